#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace isocenter::http {

/// The bytes of one connection, plain or TLS. Every wait has a deadline, which the owner's sweep enforces by
/// calling expire_if_due() now and then; a wait that is cut off fails like a broken connection, and
/// timed_out() tells. Belongs to one io thread.
class Stream {
  public:
    using Clock = std::chrono::steady_clock;
    using Duration = std::chrono::milliseconds;
    Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);

    bool is_tls() const { return tls_.has_value(); }
    boost::asio::awaitable<bool> handshake(Duration timeout);
    /// Bytes read into `into`, at least one and as many as are at hand; 0 at the end or on failure.
    boost::asio::awaitable<std::size_t> read(std::span<char> into, Duration timeout);
    /// Writes all of the three pieces with as few system calls as possible; the timeout starts anew with
    /// every byte that leaves. `more` tells the kernel that further bytes follow at once.
    struct Pieces {
        Pieces() = default;
        Pieces(std::string_view a, std::string_view b, std::string_view c) : head(a), body(b), tail(c) {}
        std::string_view head, body, tail;
        std::size_t size() const { return head.size() + body.size() + tail.size(); }
    };
    boost::asio::awaitable<bool> write(Pieces pieces, Duration timeout, bool more = false);
    /// Sends a part of a file by the kernel; only without TLS.
    boost::asio::awaitable<bool> send_file(FileSlice slice, Duration timeout);
    /// Tells the peer that nothing follows, then closes.
    boost::asio::awaitable<void> close();
    /// Tells the peer that nothing follows; it may go on sending.
    void shutdown_send();
    /// Ends every wait at once.
    void abort();
    /// While `on`, abort() resets the connection: where its end is the end of an answer, an orderly one would
    /// make a part look whole.
    void reset_on_abort(bool on) { reset_on_abort_ = on; }

    /// Ends a wait whose deadline has passed.
    void expire_if_due(Clock::time_point now);
    bool timed_out() const { return timed_out_; }
    /// Whether the peer has broken the connection off (RST).
    bool is_reset();
    std::uint64_t bytes_written() const { return written_; }
    std::string local_authority() const;
    std::string remote_address() const;

  private:
    void arm(Duration timeout);
    void disarm() { deadline_ = Clock::time_point::max(); }

    boost::asio::ip::tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool timed_out_ = false;
    bool reset_on_abort_ = false;
    std::uint64_t written_ = 0;
};

}  // namespace isocenter::http
