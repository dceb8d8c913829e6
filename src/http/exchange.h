#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "http/message.h"
#include "http/signal.h"
#include "net/lane.h"

namespace isocenter::http {

/// Percent-decoded values of a route pattern's `{names}`.
class PathParams {
  public:
    void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
    bool has(std::string_view name) const { return values_.contains(name); }
    /// The value of a name that the route's pattern has; an empty view otherwise.
    std::string_view get(std::string_view name) const {
        const auto it = values_.find(name);
        return it == values_.end() ? std::string_view{} : std::string_view(it->second);
    }

  private:
    std::map<std::string, std::string, std::less<>> values_;
};

/// One request being answered. Its functions are called one after another on the route's lane, never at once:
/// on_body as chunks arrive (not at all without a body), then finish once. If the client goes away before the
/// end of its body, on_body_cut is called instead; whatever is not committed then must be undone by the
/// destructor.
class Exchange {
  public:
    virtual ~Exchange() = default;
    /// A piece of the request body, valid during the call. An error ends the request: it is answered through
    /// the mount's error writer and the rest of the body is drained within limits.
    virtual Status on_body(ByteView bytes) = 0;
    /// Called once after the last on_body, before finish; an error is answered like one of on_body.
    virtual Status on_body_end() { return {}; }
    virtual Response finish() = 0;
    /// The body ends here although more was announced. `why`: `cancelled` when the client left, `timed_out`
    /// when it sent nothing in time, `invalid_request` when what carries the body is ill-formed (chunks,
    /// gzip), `too_large` past the limit. Called after the last on_body, nothing but the destructor after it.
    /// What is returned is sent if the client still takes it; without it `why` is what the client is
    /// answered.
    virtual std::unique_ptr<Response> on_body_cut(const Error& why) {
        (void)why;
        return nullptr;
    }
    /// Asked when the body is complete, again after every wait, until nothing is returned; then finish is
    /// called. For long polls: the connection waits for the signal or the deadline without a thread.
    virtual std::optional<WaitFor> wait_before_finish() { return std::nullopt; }
    /// Asked right after the exchange was made: what is set then answers the request by its headers alone,
    /// without `100 Continue` and without any of its body. Asked again after on_body or on_body_end returned
    /// an error: what is set then is sent instead of the error writer's.
    virtual std::unique_ptr<Response> early_response() { return nullptr; }
};

/// What a handler sees of a request. Lives as long as the exchange.
struct RequestContext {
    const Request& request;
    const PathParams& params;
};

/// Makes the exchange of a request; an error is answered at once, before any of the body is read (so a POST
/// can be refused by its headers). Runs on the route's lane.
using ExchangeFactory = std::function<Result<std::unique_ptr<Exchange>>(const RequestContext&)>;
/// A handler of requests whose body is of no interest.
using Handler = std::function<Response(const RequestContext&)>;
/// Turns an error into this face's error response; also used for 404, 405 (with Allow already in `headers`),
/// 413, 503.
using ErrorWriter = std::function<Response(const Request&, const Error&, unsigned status)>;

/// What access a route needs; for authorization, which the middleware decides.
enum class Access { anonymous, read, write, delete_, manage };

struct Route {
    Method method = Method::get;
    /// `/studies/{study}/series`: literals and `{name}` segments. HEAD comes with every GET.
    std::string pattern;
    /// nullptr: the handler never blocks and runs on the io thread (health, metrics).
    net::Lane* lane = nullptr;
    Access access = Access::read;
    ExchangeFactory exchange;  ///< exactly one of exchange and handler is set
    Handler handler;
};

/// A set of routes below one prefix that share case rules and the look of errors.
struct Mount {
    std::string prefix;  ///< "" or "/v2"; compared without regard to case when case_insensitive
    bool case_insensitive = false;
    std::vector<Route> routes;
    ErrorWriter error;
    /// Answers 400 before anything else when the raw query holds `<` or `%3C` (dicomweb.md 2.1 row 1).
    bool refuse_markup_in_query = false;
    /// What else is refused whatever route was found, after access was granted; runs on the io thread.
    std::function<Status(const Request&)> check;
    /// Added to every response of this mount, errors included.
    std::vector<std::pair<std::string, std::string>> headers;
    /// Called for every response of this mount before it is sent: last changes to headers.
    std::function<void(const Request&, Response&)> decorate;
};

}  // namespace isocenter::http
