#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "http/call.h"
#include "http/chunked_reader.h"
#include "http/request_head.h"
#include "http/stream.h"
#include "http/worker.h"
#include "net/lane_call.h"

namespace isocenter::http {

/// One client's connection: reads requests one after another, runs each on its route's lane, sends the
/// answers in order. Belongs to one io thread; what a lane's task touches is left alone until
/// LaneCall::wait().
class Connection {
  public:
    Connection(ServerShared& shared, Worker& worker, boost::asio::ip::tcp::socket socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// From handshake to close. `self` keeps the connection alive meanwhile.
    static boost::asio::awaitable<void> run(std::shared_ptr<Connection> self);
    /// Called by the owner's sweep.
    void look_after(Stream::Clock::time_point now);
    /// Ends the connection if it waits for a request, or for the rest of its head.
    void close_if_idle();
    void abort() {
        abandoned_.request_stop();
        stream_.abort();
        wake();
    }

  private:
    template <class T>
    using Awaitable = boost::asio::awaitable<T>;
    using Task = std::function<void()>;

    // Requests (connection.cpp)
    Awaitable<void> talk();
    Awaitable<bool> read_head();
    Awaitable<void> reject_head(unsigned status, std::string_view message);
    Awaitable<bool> serve();
    void begin_call();
    Awaitable<void> open_exchange();
    void open_on_lane();
    Awaitable<void> receive_body();
    void body_on_lane(ByteView bytes, bool last);
    void finish_on_lane();
    Awaitable<void> wait_and_finish();
    void wake();
    Awaitable<std::size_t> read_body(std::span<char> into);
    bool body_done() const { return head_.chunked ? chunked_.done() : body_left_ == 0; }
    Awaitable<void> on_body_failure(ByteView rest);
    Error body_error() const;
    bool may_keep_alive() const;
    void forget_framing();
    Awaitable<bool> drain(std::uint64_t limit);
    void guarded(const Task& task);
    net::Lane* lane() const { return call_->match.route == nullptr ? nullptr : call_->match.route->lane; }

    // Answers (send_response.cpp)
    void ready(Response response);
    void take_over(Response response);
    void fill_piece(std::size_t index);
    Awaitable<bool> send_response(bool keep_alive);
    Awaitable<bool> send_piece(std::string_view head, std::size_t index, std::string_view tail);
    Awaitable<bool> send_source(std::string head, bool chunked, std::optional<std::uint64_t> length);
    Awaitable<void> release();

    ServerShared& shared_;
    Worker& worker_;
    Stream stream_;
    net::LaneCall lane_call_;
    std::stop_source abandoned_;  ///< Request::abandoned; a connection does not live on after it
    const std::string local_authority_;
    const std::string remote_address_;
    std::string in_;               ///< read, but not yet consumed
    bool before_request_ = false;  ///< it waits for the other side, and no head has come whole

    // The request under way.
    RequestHead head_;
    std::optional<Call> call_;
    std::unique_ptr<RequestContext> context_;
    std::unique_ptr<Exchange> exchange_;
    std::optional<Response> response_;
    std::optional<WaitFor> wait_;  ///< the exchange wants to be asked again
    std::shared_ptr<boost::asio::steady_timer> waiting_;
    std::uint64_t body_left_ = 0;
    ChunkedReader chunked_;
    bool continue_pending_ = false;  ///< the client waits for `100 Continue`
    bool body_failed_ = false;
    bool body_broken_ = false;
    bool body_over_ = false;  ///< in chunks, and longer than allowed

    // The answer under way.
    struct Piece {
        /// A slice that goes out when `at` bytes of the buffer have.
        struct Cut {
            std::size_t at;
            FileSlice slice;
        };
        BufferPool::Buffer buffer;
        std::size_t size = 0;  ///< of what is in the buffer
        std::vector<Cut> cuts;
        std::uint64_t total() const;  ///< with the slices
    };
    std::unique_ptr<ByteSource> source_;
    std::optional<FileSlice> slice_;
    Piece pieces_[2];
    bool source_ended_ = false;
    std::optional<Error> source_failure_;
};

}  // namespace isocenter::http
