#include "http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <exception>
#include <utility>

#include "base/log.h"
#include "http/ascii.h"
#include "http/inflating_exchange.h"

namespace isocenter::http {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kHeadPiece = 16 * 1024;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kLateHead = "The request's head did not arrive in time.";

}  // namespace

BufferPool::Buffer BufferPool::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            Buffer buffer = std::move(free_.back());
            free_.pop_back();
            return buffer;
        }
    }
    return std::make_unique_for_overwrite<char[]>(kBytes);
}

void BufferPool::give_back(Buffer buffer) {
    static constexpr std::size_t kMostFree = 64;
    if (!buffer) return;
    const std::lock_guard lock(mutex_);
    if (free_.size() < kMostFree) free_.push_back(std::move(buffer));
}

Connection::Connection(ServerShared& shared, Worker& worker, asio::ip::tcp::socket socket)
    : shared_(shared),
      worker_(worker),
      stream_(std::move(socket), shared.tls ? &*shared.tls : nullptr),
      lane_call_(worker.loop),
      local_authority_(stream_.local_authority()),
      remote_address_(stream_.remote_address()) {}

asio::awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
    self->worker_.connections.insert(self.get());
    try {
        co_await self->talk();
    } catch (const std::exception& e) {
        log_event(LogLevel::error, "connection_failed", {{"what", e.what()}});
    }
    self->stream_.abort();
    self->worker_.connections.erase(self.get());
}

asio::awaitable<void> Connection::talk() {
    // Plain statements on purpose: with awaits in the conditions g++ 12 lays out the frame wrongly.
    const auto timeout = shared_.options.header_timeout;
    before_request_ = true;
    bool go_on = co_await stream_.handshake(timeout);
    before_request_ = false;
    if (!go_on) co_return;
    while (go_on) {
        go_on = co_await read_head();
        if (go_on) go_on = co_await serve();
    }
    co_await stream_.close();
}

/// Whether the client is gone shows by itself while there is a body to read. One that closed its connection
/// in order cannot be told from one that has but nothing more to send.
void Connection::look_after(Stream::Clock::time_point now) {
    stream_.expire_if_due(now);
    if (lane_call_.busy() && body_done() && stream_.is_reset()) abandoned_.request_stop();
}

void Connection::close_if_idle() {
    if (before_request_) stream_.abort();
    wake();
}

/// Ends a wait for a signal early.
void Connection::wake() {
    if (waiting_) waiting_->cancel();
}

/// True when a whole head is in head_; false when the connection is to be closed.
asio::awaitable<bool> Connection::read_head() {
    const ServerOptions& options = shared_.options;
    const HeadLimits limits{options.max_target_bytes, options.max_header_bytes};
    const std::size_t most = options.max_target_bytes + options.max_header_bytes;
    const bool first_request = !call_.has_value();
    auto deadline = Stream::Clock::now() + options.header_timeout;
    std::size_t looked_at = 0;
    std::uint64_t skipped = 0;
    for (;;) {
        if (in_.size() > most && skipped < options.max_drain_bytes) {
            const std::size_t taken = shorten_line(in_, limits);
            skipped += taken;
            if (taken > 0) looked_at = 0;
        }
        // Looking for the end of the head first keeps a head that comes byte by byte from being parsed each
        // time.
        if (in_.size() > most || in_.find("\r\n\r\n", looked_at) != std::string::npos) {
            const HeadOutcome outcome = parse_request_head(in_, limits, head_);
            if (outcome.kind == HeadOutcome::Kind::complete) {
                in_.erase(0, outcome.consumed);
                co_return true;
            }
            if (outcome.kind == HeadOutcome::Kind::refused) {
                co_await reject_head(outcome.status, outcome.message);
                co_return false;
            }
        }
        looked_at = in_.size() < 3 ? 0 : in_.size() - 3;
        const bool idle = in_.empty();
        if (worker_.draining) co_return false;
        auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Stream::Clock::now());
        if (idle && !first_request) timeout = options.keep_alive_timeout;
        const std::size_t old = in_.size();
        in_.resize(old + kHeadPiece);
        const std::span<char> room(in_.data() + old, kHeadPiece);
        before_request_ = true;
        const std::size_t count = co_await stream_.read(room, timeout);
        before_request_ = false;
        in_.resize(old + count);
        if (count == 0) {
            if (worker_.draining || in_.empty() || (!stream_.timed_out() && skipped == 0)) co_return false;
            head_ = {};
            HeadOutcome why{HeadOutcome::Kind::refused, 0, 408, kLateHead};
            if (skipped > 0) why = parse_request_head(in_, limits, head_);
            co_await reject_head(why.status, why.message);
            co_return false;
        }
        if (idle && !first_request) deadline = Stream::Clock::now() + options.header_timeout;
    }
}

asio::awaitable<void> Connection::reject_head(unsigned status, std::string_view message) {
    call_.emplace();
    call_->request = std::move(head_.request);
    call_->request.remote_address = remote_address_;
    head_ = {};
    head_.keep_alive = false;
    response_ = shared_.service.reject(*call_, status, message);
    const bool sent = co_await send_response(false);
    shared_.service.end(*call_);
    if (!sent) co_return;
    stream_.shutdown_send();
    forget_framing();
    co_await drain(shared_.options.max_drain_bytes);
}

void Connection::begin_call() {
    call_.emplace();
    call_->request = std::move(head_.request);
    call_->request.remote_address = remote_address_;
    call_->request.tls = stream_.is_tls();
    call_->request.abandoned = abandoned_.get_token();
    context_.reset(new RequestContext{call_->request, call_->match.params});
    response_.reset();
    wait_.reset();
    body_left_ = call_->request.content_length.value_or(0);
    chunked_ = {};
    continue_pending_ = head_.expects_continue && call_->request.has_body;
    body_failed_ = body_broken_ = body_over_ = false;
    guarded([this] { response_ = shared_.service.begin(*call_, local_authority_); });
    const std::uint64_t limit = shared_.options.max_body_bytes;
    if (!response_ && limit != 0 && body_left_ > limit)
        response_ =
            shared_.service.refuse(*call_, fail(ErrorCode::too_large, "The request body is too large."));
}

/// True when the connection can take another request.
asio::awaitable<bool> Connection::serve() {
    begin_call();
    if (!response_) co_await open_exchange();
    if (!response_ && !wait_) co_await receive_body();
    while (!response_ && wait_)
        co_await wait_and_finish();
    bool keep = false;
    bool sent = false;
    if (response_) {
        keep = may_keep_alive();
        sent = co_await send_response(keep);
        keep = keep && head_.keep_alive;
    }
    co_await release();
    call_->aborted = !sent;
    shared_.service.end(*call_);
    if (!sent) {
        stream_.abort();
        co_return false;
    }
    if (body_done()) co_return keep;
    // The rest of a refused body is read, so that its sender gets to see the answer.
    if (!keep) stream_.shutdown_send();
    const bool drained = co_await drain(shared_.options.max_drain_bytes);
    co_return keep&& drained;
}

bool Connection::may_keep_alive() const {
    if (!head_.keep_alive || worker_.draining || body_failed_ || body_over_) return false;
    if (body_done()) return true;
    // Without the 100 nobody knows whether the body will come.
    return !continue_pending_ && !head_.chunked && body_left_ <= shared_.options.max_drain_bytes;
}

void Connection::guarded(const Task& task) {
    try {
        task();
    } catch (const std::exception& e) {
        source_.reset();
        slice_.reset();
        response_ = shared_.service.broken(*call_, e.what());
    } catch (...) {
        source_.reset();
        slice_.reset();
        response_ = shared_.service.broken(*call_, "an exception of unknown type");
    }
}

asio::awaitable<void> Connection::open_exchange() {
    const Task task = [this] { guarded([this] { open_on_lane(); }); };
    if (!lane_call_.try_start(lane(), task)) {
        response_ =
            shared_.service.refuse(*call_, fail(ErrorCode::overloaded, "The server is busy.", "lane full"));
        co_return;
    }
    co_await lane_call_.wait();
}

void Connection::open_on_lane() {
    const Route& route = *call_->match.route;
    if (route.handler) {
        ready(route.handler(*context_));
        return;
    }
    const std::string coding = call_->request.headers.joined("Content-Encoding");
    const bool gzip = equals_ignore_case(coding, "gzip") || equals_ignore_case(coding, "x-gzip");
    if (call_->request.has_body && !gzip && !coding.empty() && !equals_ignore_case(coding, "identity")) {
        Response refusal = shared_.service.refuse(
            *call_, fail(ErrorCode::unsupported_media, "The request's Content-Encoding is not supported."));
        refusal.headers.set("Accept-Encoding", "gzip");
        response_ = std::move(refusal);
        return;
    }
    auto made = route.exchange(*context_);
    if (!made) {
        response_ = shared_.service.refuse(*call_, made.error());
        return;
    }
    exchange_ = *std::move(made);
    if (auto refusal = exchange_->early_response()) {
        ready(std::move(*refusal));
        return;
    }
    if (gzip && call_->request.has_body)
        exchange_ = make_inflating_exchange(std::move(exchange_), shared_.options.max_body_bytes);
    if (!call_->request.has_body) finish_on_lane();
}

void Connection::finish_on_lane() {
    wait_ = exchange_->wait_before_finish();
    if (!wait_) ready(exchange_->finish());
}

/// Waits without a thread for what the exchange waits for, then asks it again. A server that stops does not
/// wait.
asio::awaitable<void> Connection::wait_and_finish() {
    const WaitFor wait = *wait_;
    wait_.reset();
    const auto timer = std::make_shared<asio::steady_timer>(worker_.loop, wait.deadline);
    // Fired on any thread: the timer is touched on its loop only, and not before the wait below has begun.
    const std::function<void()> fired = [timer] {
        asio::post(timer->get_executor(), [timer] { timer->cancel(); });
    };
    const std::uint64_t subscription = wait.signal->subscribe(wait.generation, fired);
    waiting_ = timer;
    if (!worker_.draining) co_await timer->async_wait(kTuple);
    waiting_.reset();
    wait.signal->unsubscribe(subscription);
    const bool at_once = worker_.draining;
    const Task task = [this, at_once] {
        guarded([this, at_once] { at_once ? ready(exchange_->finish()) : finish_on_lane(); });
    };
    lane_call_.start(lane(), task);
    co_await lane_call_.wait();
}

void Connection::body_on_lane(ByteView bytes, bool last) {
    Status status = bytes.empty() ? Status{} : exchange_->on_body(bytes);
    if (status && last) status = exchange_->on_body_end();
    if (status) {
        if (last) finish_on_lane();
        return;
    }
    if (auto early = exchange_->early_response()) {
        ready(std::move(*early));
    } else {
        response_ = shared_.service.refuse(*call_, status.error());
    }
}

/// Hands the body to the exchange, reading one piece ahead. Ends with a response, or without one when the
/// client went away.
asio::awaitable<void> Connection::receive_body() {
    if (continue_pending_ && in_.empty()) {
        const Stream::Pieces pieces(kContinue, {}, {});
        const bool sent = co_await stream_.write(pieces, shared_.options.write_timeout);
        if (!sent) {
            body_failed_ = true;
            co_return;
        }
    }
    continue_pending_ = false;
    std::array<BufferPool::Buffer, 2> buffers = {shared_.buffers.take(), shared_.buffers.take()};
    std::size_t current = 0;
    bool handed_last = false;
    // While a piece is on the lane the response is the lane's.
    while (!handed_last && (lane_call_.busy() || !response_)) {
        const std::span<char> room(buffers[current].get(), BufferPool::kBytes);
        const std::size_t count = co_await read_body(room);
        co_await lane_call_.wait();
        if (response_) break;
        const ByteView bytes = as_bytes(std::string_view(room.data(), count));
        if (body_failed_ || body_over_) {
            co_await on_body_failure(bytes);
            break;
        }
        const bool last = body_done();
        const Task task = [this, bytes, last] {
            guarded([this, bytes, last] { body_on_lane(bytes, last); });
        };
        lane_call_.start(lane(), task);
        handed_last = last;
        current ^= 1U;
    }
    co_await lane_call_.wait();
    for (BufferPool::Buffer& buffer : buffers)
        shared_.buffers.give_back(std::move(buffer));
}

/// Why the body will not be complete; `cancelled` when nobody is left to be told.
Error Connection::body_error() const {
    if (body_over_) return fail(ErrorCode::too_large, "The request body is too large.");
    if (body_broken_)
        return fail(ErrorCode::invalid_request, "The chunks of the request body are ill-formed.");
    if (stream_.timed_out()) return fail(ErrorCode::timed_out, "The request body did not arrive in time.");
    return fail(ErrorCode::cancelled, "The client left in the middle of the request body.");
}

/// `rest` came before the failure. A response where the client may still be there to read it.
asio::awaitable<void> Connection::on_body_failure(ByteView rest) {
    const Error why = body_error();
    const Task task = [this, &why, rest] {
        guarded([this, &why, rest] {
            body_on_lane(rest, false);
            if (response_) return;
            if (auto answer = exchange_->on_body_cut(why)) ready(std::move(*answer));
        });
    };
    lane_call_.start(lane(), task);
    co_await lane_call_.wait();
    if (response_ || why.code == ErrorCode::cancelled) co_return;
    response_ = shared_.service.refuse(*call_, why, why.code == ErrorCode::timed_out ? 408 : 0);
}

/// Bytes of the body without framing; 0 when it is complete. With body_failed_, and at the limit, where
/// body_over_ begins, they are the last ones before what fails, if there are any.
asio::awaitable<std::size_t> Connection::read_body(std::span<char> into) {
    const std::uint64_t limit = shared_.options.max_body_bytes;
    while (!body_done()) {
        std::size_t want = into.size();
        if (!head_.chunked) want = static_cast<std::size_t>(std::min<std::uint64_t>(want, body_left_));
        std::size_t have = std::min(want, in_.size());
        if (have > 0) {
            std::memcpy(into.data(), in_.data(), have);
            in_.erase(0, have);
        } else {
            have = co_await stream_.read(into.first(want), shared_.options.body_timeout);
            if (have == 0) {
                body_failed_ = true;
                co_return 0;
            }
        }
        if (!head_.chunked) {
            body_left_ -= have;
            call_->bytes_in += have;
            co_return have;
        }
        const ChunkedReader::Outcome outcome = chunked_.read(into.first(have));
        if (outcome.consumed < have) in_.insert(0, into.data() + outcome.consumed, have - outcome.consumed);
        call_->bytes_in += outcome.data;
        body_failed_ = body_broken_ = outcome.broken;
        if (limit != 0 && call_->bytes_in > limit && !std::exchange(body_over_, true))
            co_return outcome.data - std::min(outcome.data, std::size_t{call_->bytes_in - limit});
        if (body_failed_) co_return outcome.data;
        if (outcome.data > 0) co_return outcome.data;
    }
    co_return 0;
}

/// Where the body ends cannot be known any more: all that comes counts as it.
void Connection::forget_framing() {
    in_.clear();
    head_.chunked = false;
    body_left_ = shared_.options.max_drain_bytes;
    body_failed_ = body_broken_ = false;
}

/// Reads the rest of the body and forgets it; false when it is longer than `limit` or breaks off.
asio::awaitable<bool> Connection::drain(std::uint64_t limit) {
    BufferPool::Buffer buffer = shared_.buffers.take();
    std::uint64_t seen = 0;
    // Bytes that drip must not hold the connection: the time limit is for the whole.
    const auto end = Stream::Clock::now() + shared_.options.body_timeout;
    while (seen < limit && Stream::Clock::now() < end) {
        if (body_broken_) forget_framing();
        if (body_done() || body_failed_) break;
        const std::span<char> room(buffer.get(), BufferPool::kBytes);
        seen += co_await read_body(room);
    }
    shared_.buffers.give_back(std::move(buffer));
    co_return body_done();
}

}  // namespace isocenter::http
