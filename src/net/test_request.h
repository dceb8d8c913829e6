#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <string>

namespace isocenter::net {

/// For servers of tests: one HTTP/1.1 request whose body, if any, has a Content-Length; what came of it when
/// the client closes early.
inline std::string read_request(int connection) {
    std::string text;
    char buffer[4096];
    while (true) {
        const std::size_t end = text.find("\r\n\r\n");
        if (end != std::string::npos) {
            const std::size_t at = text.find("Content-Length: ");
            const std::size_t body =
                at == std::string::npos || at > end ? 0 : std::stoul(text.substr(at + 16));
            if (text.size() >= end + 4 + body) return text;
        }
        const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
    }
}

}  // namespace isocenter::net
