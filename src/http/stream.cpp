#include "http/stream.h"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "http/base_url.h"

namespace isocenter::http {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
/// Of one sendfile call: other connections of the thread get their turn in between.
constexpr std::uint64_t kMaxSendfile = 1024 * 1024;

/// Drops `count` bytes from the front.
void advance(Stream::Pieces& pieces, std::size_t count) {
    for (std::string_view* piece : {&pieces.head, &pieces.body, &pieces.tail}) {
        const std::size_t take = std::min(count, piece->size());
        piece->remove_prefix(take);
        count -= take;
    }
}

/// One sendmsg; bytes sent, or -1 with errno.
ssize_t send_pieces(int fd, const Stream::Pieces& pieces, bool more) {
    std::array<iovec, 3> vectors{};
    std::size_t count = 0;
    for (const std::string_view piece : {pieces.head, pieces.body, pieces.tail}) {
        if (!piece.empty()) vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    return ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
}

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket, asio::ssl::context* tls) : socket_(std::move(socket)) {
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    socket_.native_non_blocking(true, ignored);
    if (tls != nullptr) tls_.emplace(socket_, *tls);
}

void Stream::arm(Duration timeout) {
    timed_out_ = false;
    deadline_ = Clock::now() + timeout;
}

void Stream::expire_if_due(Clock::time_point now) {
    if (now < deadline_) return;
    disarm();
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

bool Stream::is_reset() {
    pollfd socket{socket_.native_handle(), 0, 0};
    return ::poll(&socket, 1, 0) == 1 && (socket.revents & (POLLERR | POLLHUP)) != 0;
}

void Stream::abort() {
    disarm();
    boost::system::error_code ignored;
    if (reset_on_abort_) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

asio::awaitable<bool> Stream::handshake(Duration timeout) {
    if (!tls_) co_return true;
    arm(timeout);
    auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kTuple);
    disarm();
    co_return !error;
}

asio::awaitable<std::size_t> Stream::read(std::span<char> into, Duration timeout) {
    arm(timeout);
    const asio::mutable_buffer buffer(into.data(), into.size());
    if (tls_) {
        auto [error, count] = co_await tls_->async_read_some(buffer, kTuple);
        disarm();
        co_return error ? 0 : count;
    }
    auto [error, count] = co_await socket_.async_read_some(buffer, kTuple);
    disarm();
    if (error) co_return 0;
    std::size_t have = count;
    while (have < into.size()) {
        const ssize_t more =
            ::recv(socket_.native_handle(), into.data() + have, into.size() - have, MSG_DONTWAIT);
        if (more <= 0) break;  // nothing at hand; an end or an error shows at the next read
        have += static_cast<std::size_t>(more);
    }
    co_return have;
}

asio::awaitable<bool> Stream::write(Pieces pieces, Duration timeout, bool more) {
    while (pieces.size() > 0) {
        std::size_t sent = 0;
        if (tls_) {
            const std::string_view first = !pieces.head.empty()   ? pieces.head
                                           : !pieces.body.empty() ? pieces.body
                                                                  : pieces.tail;
            const asio::const_buffer buffer(first.data(), first.size());
            arm(timeout);
            auto [error, count] = co_await tls_->async_write_some(buffer, kTuple);
            disarm();
            if (error) co_return false;
            sent = count;
        } else {
            const ssize_t count = send_pieces(socket_.native_handle(), pieces, more);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno != EAGAIN) co_return false;
            if (count < 0) {
                arm(timeout);
                auto [error] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, kTuple);
                disarm();
                if (error) co_return false;
                continue;
            }
            sent = static_cast<std::size_t>(count);
        }
        written_ += sent;
        advance(pieces, sent);
    }
    co_return true;
}

asio::awaitable<bool> Stream::send_file(FileSlice slice, Duration timeout) {
    auto offset = static_cast<off_t>(slice.range.offset);
    std::uint64_t left = slice.range.length;
    while (left > 0) {
        const ssize_t count = ::sendfile(socket_.native_handle(), *slice.descriptor, &offset,
                                         static_cast<std::size_t>(std::min(left, kMaxSendfile)));
        if (count > 0) {
            left -= static_cast<std::uint64_t>(count);
            written_ += static_cast<std::uint64_t>(count);
            if (left > 0) co_await asio::post(socket_.get_executor(), asio::use_awaitable);
            continue;
        }
        if (count == 0) co_return false;  // the file is shorter than its slice
        if (errno == EINTR) continue;
        if (errno != EAGAIN) co_return false;
        arm(timeout);
        auto [error] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, kTuple);
        disarm();
        if (error) co_return false;
    }
    co_return true;
}

void Stream::shutdown_send() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> Stream::close() {
    if (tls_ && socket_.is_open() && !timed_out_) {
        // Waits for the peer's close_notify, but not long: all answers are framed.
        arm(Duration(500));
        auto [error] = co_await tls_->async_shutdown(kTuple);
        disarm();
        static_cast<void>(error);
    }
    shutdown_send();
    abort();
}

std::string Stream::local_authority() const {
    boost::system::error_code error;
    const auto endpoint = socket_.local_endpoint(error);
    if (error) return "localhost";
    const std::string address = canonical_address(endpoint.address().to_string()).value_or("");
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

std::string Stream::remote_address() const {
    boost::system::error_code error;
    const auto endpoint = socket_.remote_endpoint(error);
    return error ? "" : canonical_address(endpoint.address().to_string()).value_or("");
}

}  // namespace isocenter::http
