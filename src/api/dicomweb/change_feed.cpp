#include <chrono>
#include <memory>
#include <utility>

#include "api/dicomweb/feed_entry.h"
#include "api/dicomweb/feed_params.h"
#include "api/errors.h"
#include "api/face.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";

using Parse = Result<FeedRequest> (*)(const Profile&, std::string_view, std::string&);

std::string write_answer(const FeedRequest& feed, const std::vector<index::Change>& changes) {
    std::string out = feed.by_cursor ? "{\"entries\":[" : "[";
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (i != 0) out += ',';
        append_change(out, changes[i]);
    }
    out += ']';
    if (!feed.by_cursor) return out;
    const std::int64_t next = changes.empty() ? feed.query.after : changes.back().sequence;
    return out + ",\"next\":\"" + to_cursor(next) + "\"}";
}

/// A read of the feed that may wait for its first entry.
class FeedExchange : public http::Exchange {
  public:
    FeedExchange(const Face& face, const http::Request& request, FeedRequest feed)
        : face_(face),
          request_(request),
          feed_(std::move(feed)),
          deadline_(std::chrono::steady_clock::now() + std::chrono::seconds(feed_.wait_seconds)) {}

    Status on_body(ByteView) override { return {}; }

    std::optional<http::WaitFor> wait_before_finish() override {
        if (feed_.wait_seconds == 0 || !face_.change_signal) return std::nullopt;
        http::WaitFor wait{face_.change_signal, face_.change_signal->generation(), deadline_};
        changes_ = face_.archive.changes(feed_.query);
        const bool over =
            !changes_->ok() || !(*changes_)->empty() || std::chrono::steady_clock::now() >= deadline_;
        if (over) return std::nullopt;
        return wait;
    }

    http::Response finish() override {
        http::Response response = answer();
        for (const std::string& warning : feed_.warnings)
            response.headers.add("Warning", "299 " + face_.options.service_name + ": " + warning);
        return response;
    }

  private:
    http::Response answer() {
        if (!changes_) changes_ = face_.archive.changes(feed_.query);
        const auto& changes = *changes_;
        if (!changes) return error_response(face_.profile, request_, changes.error());
        if (feed_.query.latest_only) {
            if (changes->empty()) return http::empty_response(204);
            std::string entry;
            append_change(entry, changes->front());
            return http::text_response(200, kJson, std::move(entry));
        }
        return http::text_response(200, kJson, write_answer(feed_, *changes));
    }

    const Face& face_;
    const http::Request& request_;
    const FeedRequest feed_;
    const std::chrono::steady_clock::time_point deadline_;
    std::optional<Result<std::vector<index::Change>>> changes_;
};

/// Answers a request that was refused before it began.
class RefusedExchange : public http::Exchange {
  public:
    explicit RefusedExchange(http::Response response) : response_(std::move(response)) {}
    Status on_body(ByteView) override { return {}; }
    http::Response finish() override { return std::move(response_); }

  private:
    http::Response response_;
};

http::Route route(const Face& face, std::string pattern, Parse parse) {
    http::Route made;
    made.method = http::Method::get;
    made.pattern = std::move(pattern);
    made.lane = &face.lanes.query;
    made.access = http::Access::read;
    made.exchange = [&face,
                     parse](const http::RequestContext& context) -> Result<std::unique_ptr<http::Exchange>> {
        ErrorDetails details;
        auto feed = parse(face.profile, context.request.query, details.parameter);
        if (!feed) {
            return std::make_unique<RefusedExchange>(
                error_response(face.profile, context.request, feed.error(), details));
        }
        return std::make_unique<FeedExchange>(face, context.request, *std::move(feed));
    };
    return made;
}

}  // namespace

std::vector<http::Route> change_feed_routes(const Face& face) {
    return {route(face, "/changefeed", parse_feed), route(face, "/changefeed/latest", parse_latest)};
}

}  // namespace isocenter::api
