// The floor of a store: takes the body of each request, writes it as COUNT files of equal size, syncs each
// file and its folder, then answers. It reads nothing of what it takes.
//
//     synced_sink PORT FOLDER        POST /COUNT/...
//
// One thread a connection; an error ends the process.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
constexpr std::string_view kReply =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

int checked(int result, const char* call) {
    if (result >= 0) return result;
    std::perror(call);
    std::_Exit(1);
}

std::size_t number_after(std::string_view head, std::string_view name) {
    const std::size_t at = head.find(name);
    return at == std::string_view::npos ? 0 : std::strtoull(head.data() + at + name.size(), nullptr, 10);
}

class Connection {
  public:
    Connection(int socket, std::string folder) : socket_(socket), folder_(std::move(folder)) {
        checked(::mkdir(folder_.c_str(), 0700), "mkdir");
        descriptor_ = checked(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY), "open");
        buffer_.resize(kBufferBytes);
    }

    void serve() {
        while (take_request())
            checked(static_cast<int>(::send(socket_, kReply.data(), kReply.size(), MSG_NOSIGNAL)), "send");
        ::close(socket_);
        ::close(descriptor_);
    }

  private:
    bool receive() {
        const ssize_t n = ::recv(socket_, buffer_.data() + held_, buffer_.size() - held_, 0);
        if (n <= 0) return false;
        held_ += static_cast<std::size_t>(n);
        return true;
    }

    bool take_request() {
        std::size_t end = std::string_view::npos;
        while ((end = std::string_view(buffer_.data(), held_).find("\r\n\r\n")) == std::string_view::npos) {
            if (held_ == buffer_.size() || !receive()) return false;
        }
        const std::string_view head(buffer_.data(), end);
        const std::size_t length = number_after(head, "Content-Length: ");
        const std::size_t count = std::max<std::size_t>(number_after(head, "POST /"), 1);
        consume(end + 4);
        for (std::size_t i = 0; i < count; ++i) {
            if (!take_file(length / count + (i == 0 ? length % count : 0))) return false;
        }
        return true;
    }

    bool take_file(std::size_t size) {
        const std::string path = folder_ + "/" + std::to_string(files_++);
        const int file = checked(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600), "open");
        while (size > 0) {
            if (held_ == 0 && !receive()) return false;
            const std::size_t part = std::min(size, held_);
            checked(static_cast<int>(::write(file, buffer_.data(), part)) - static_cast<int>(part), "write");
            consume(part);
            size -= part;
        }
        checked(::fsync(file), "fsync");
        ::close(file);
        checked(::fsync(descriptor_), "fsync");
        return true;
    }

    void consume(std::size_t bytes) {
        std::memmove(buffer_.data(), buffer_.data() + bytes, held_ - bytes);
        held_ -= bytes;
    }

    int socket_;
    std::string folder_;
    int descriptor_ = -1;
    std::vector<char> buffer_;
    std::size_t held_ = 0;
    std::size_t files_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const int listener = checked(::socket(AF_INET, SOCK_STREAM, 0), "socket");
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(arguments[1])));
    checked(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    checked(::listen(listener, SOMAXCONN), "listen");
    std::vector<std::jthread> connections;  // one for each of the few of a benchmark
    for (int number = 0;; ++number) {
        const int socket = checked(::accept(listener, nullptr, nullptr), "accept");
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections.emplace_back(
            [=] { Connection(socket, std::string(arguments[2]) + "/" + std::to_string(number)).serve(); });
    }
}
