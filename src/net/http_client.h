#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace isocenter::net {

struct HttpReply {
    unsigned status = 0;
    std::string content_type;
    std::string body;
};

/// An outgoing HTTP client over libcurl that keeps its connection open between requests. Blocks; used by one
/// thread at a time, from lanes or command-line tools, never from io threads.
class HttpClient {
  public:
    struct Options {
        std::chrono::milliseconds connect_timeout{10'000};
        /// Gives up when less than one byte a second moves for this long.
        std::chrono::seconds stall_timeout{120};
        std::uint64_t max_reply_bytes = 64ULL << 20U;
    };
    using Headers = std::vector<std::pair<std::string, std::string>>;

    explicit HttpClient(Options options);
    HttpClient() : HttpClient(Options{}) {}
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Sends `body` as it is read. Any HTTP status is a reply; `unavailable` when there is none.
    Result<HttpReply> post(const std::string& url, const Headers& headers, ByteSource& body,
                           std::uint64_t body_bytes);
    Result<HttpReply> get(const std::string& url, const Headers& headers);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::net
