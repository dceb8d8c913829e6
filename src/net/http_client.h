#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace isocenter::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// A request whose body, if any, is at hand.
struct HttpRequest {
    std::string method = "GET";
    std::string url{};
    HttpHeaders headers{};
    std::string body{};
    /// For the whole call; nothing: only the limits of the client apply.
    std::optional<std::chrono::milliseconds> timeout{};
    /// Never through a proxy, whatever the environment says.
    bool direct = false;
};

struct HttpReply {
    unsigned status = 0;
    std::string content_type;
    HttpHeaders headers{};  ///< names in lower case, in the order received
    std::string body{};

    /// The first header of that name (lower case); empty when absent.
    std::string_view header(std::string_view name) const;
};

/// Seconds since 1970 of an HTTP date in any of its three forms (RFC 9110 5.6.7); nothing when it is none.
std::optional<std::int64_t> parse_http_date(const std::string& text);

/// Sends one request and waits for the reply. Any HTTP status is a reply. Errors: `unavailable` when no reply
/// came, `timed_out` when it did not come in time (the request may have had its effect in both cases),
/// `cancelled`, `too_large`. What authorizes, repeats or fakes requests implements this as well.
class HttpSender {
  public:
    virtual ~HttpSender() = default;
    virtual Result<HttpReply> send(const HttpRequest& request) = 0;
};

/// An outgoing HTTP client over libcurl that keeps its connection open between requests. Blocks; used by one
/// thread at a time, from lanes or command-line tools, never from io threads.
class HttpClient : public HttpSender {
  public:
    struct Options {
        std::chrono::milliseconds connect_timeout{10'000};
        /// Gives up when less than one byte a second moves for this long.
        std::chrono::seconds stall_timeout{120};
        std::uint64_t max_reply_bytes = 64ULL << 20U;
        /// PEM file with the authorities that servers may be certified by. Empty: those of the system.
        std::string ca_file{};
        /// Ends calls under way with `cancelled`, within about a second.
        std::stop_token stop{};
    };
    using Headers = HttpHeaders;

    explicit HttpClient(Options options);
    HttpClient() : HttpClient(Options{}) {}
    ~HttpClient() override;
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    Result<HttpReply> send(const HttpRequest& request) override;
    /// Sends `body` as it is read.
    Result<HttpReply> post(const std::string& url, const Headers& headers, ByteSource& body,
                           std::uint64_t body_bytes);
    Result<HttpReply> get(const std::string& url, const Headers& headers);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Lends clients to whichever thread sends: as many as threads send at once. Thread-safe.
class HttpClientPool : public HttpSender {
  public:
    explicit HttpClientPool(HttpClient::Options options);
    ~HttpClientPool() override;
    HttpClientPool(const HttpClientPool&) = delete;
    HttpClientPool& operator=(const HttpClientPool&) = delete;
    Result<HttpReply> send(const HttpRequest& request) override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::net
