#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "http/ascii.h"
#include "http/message.h"

namespace isocenter::http::testing {

struct RawResponse {
    unsigned status = 0;  ///< 0: the server closed before a whole response
    Headers headers;
    std::string body;
    bool complete = false;  ///< the body ended as its framing said
};

/// A client that sends exactly the bytes it is given: for tests of what well-behaved clients never send.
/// Gives up on a read after five seconds.
class RawClient {
  public:
    explicit RawClient(std::uint16_t port, bool at_once = true)
        : port_(port), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval five{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof five);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &five, sizeof five);
        if (at_once) connect();
    }
    ~RawClient() { close(); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    void connect() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    bool connected() const { return connected_; }
    int descriptor() const { return fd_; }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    void half_close() const { ::shutdown(fd_, SHUT_WR); }

    /// The next response; `head_only` for the answer to HEAD.
    RawResponse receive(bool head_only = false) {
        RawResponse out;
        std::size_t end = 0;
        while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
            if (!fill()) return out;
        }
        parse_head(std::string_view(in_).substr(0, end + 2), out);
        in_.erase(0, end + 4);
        const std::string_view length = out.headers.get("Content-Length");
        if (head_only || out.status < 200 || out.status == 204 || out.status == 304) {
            out.complete = true;
        } else if (out.headers.get("Transfer-Encoding") == "chunked") {
            out.complete = read_chunks(out.body);
        } else if (!length.empty()) {
            const std::size_t want = std::strtoull(std::string(length).c_str(), nullptr, 10);
            out.complete = take(want, out.body);
        } else {
            while (fill()) {
            }
            out.body = std::move(in_);
            in_.clear();
            out.complete = !broken_;
        }
        return out;
    }
    RawResponse ask(std::string_view request) {
        send(request);
        return receive();
    }
    /// True when the server closes without sending anything else.
    bool at_end() { return in_.empty() && !fill(); }

  private:
    bool fill() {
        char buffer[65536];
        const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
        broken_ = count < 0;
        if (count <= 0) return false;
        in_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }
    bool take(std::size_t count, std::string& out) {
        while (in_.size() < count) {
            if (!fill()) break;
        }
        const std::size_t have = std::min(count, in_.size());
        out.append(in_, 0, have);
        in_.erase(0, have);
        return have == count;
    }
    bool read_chunks(std::string& out) {
        for (;;) {
            std::size_t end = 0;
            while ((end = in_.find("\r\n")) == std::string::npos) {
                if (!fill()) return false;
            }
            const std::size_t size = std::strtoull(in_.substr(0, end).c_str(), nullptr, 16);
            in_.erase(0, end + 2);
            std::string line_end;
            if (!take(size, out) || !take(2, line_end) || line_end != "\r\n") return false;
            if (size == 0) return true;
        }
    }
    static void parse_head(std::string_view head, RawResponse& out) {
        const std::size_t line = head.find("\r\n");
        out.status = static_cast<unsigned>(std::strtoul(std::string(head.substr(9, 3)).c_str(), nullptr, 10));
        head.remove_prefix(line + 2);
        while (!head.empty()) {
            const std::size_t end = head.find("\r\n");
            const std::string_view field = head.substr(0, end);
            const std::size_t colon = field.find(':');
            out.headers.add(std::string(field.substr(0, colon)), std::string(trim(field.substr(colon + 1))));
            head.remove_prefix(end + 2);
        }
    }

    const std::uint16_t port_;
    int fd_;
    bool connected_ = false;
    bool broken_ = false;  ///< the last read ended in a reset, or in nothing
    std::string in_;
};

}  // namespace isocenter::http::testing
