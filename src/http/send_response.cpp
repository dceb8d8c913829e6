#include <array>
#include <charconv>

#include "base/log.h"
#include "http/connection.h"
#include "http/mixed_source.h"
#include "http/response_head.h"

namespace isocenter::http {
namespace asio = boost::asio;
namespace {

constexpr std::string_view kLastChunk = "0\r\n\r\n";
/// Of one piece: as many files are open at most, twice for each connection.
constexpr std::size_t kMostCuts = 16;
/// Of an answer whose content goes while it is made.
constexpr int kMostTries = 3;

/// Size line of a chunk.
std::string chunk_head(std::uint64_t size) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    return std::string(digits.data(), end) + "\r\n";
}

}  // namespace

/// Runs on the lane. Failures of the first piece of a source can still become an error response, or another
/// try where that may see what the source could not.
void Connection::ready(Response response) {
    take_over(std::move(response));
    const Route* route = call_->match.route;
    const bool repeatable = route != nullptr && route->handler && call_->request.method == Method::get;
    const auto may_pass = [](ErrorCode code) {
        return code == ErrorCode::changed || code == ErrorCode::not_found || code == ErrorCode::gone;
    };
    for (int tried = 1; tried < kMostTries && repeatable && source_failure_; ++tried) {
        if (!may_pass(source_failure_->code)) break;
        source_.reset();
        take_over(route->handler(*context_));
    }
    if (!source_failure_) return;
    source_.reset();
    // What is damaged is so the next time too; all else may pass.
    Error error = fail(ErrorCode::corrupt, "The stored object cannot be read.", "first piece of the body");
    if (source_failure_->code == ErrorCode::changed)
        error = *source_failure_;
    else if (source_failure_->code != ErrorCode::corrupt)
        error = fail(ErrorCode::unavailable, source_failure_->message, error.detail);
    response_ = shared_.service.refuse(*call_, error);
}

/// With the first piece of a source, so that a short one costs no further turn on the lane.
void Connection::take_over(Response response) {
    shared_.service.complete(*call_, response);
    if (auto* source = std::get_if<std::unique_ptr<ByteSource>>(&response.body)) {
        source_ = std::move(*source);
        if (!source_) {
            response.body = std::monostate{};
        } else {
            if (!response.content_length) response.content_length = source_->remaining();
            slice_ = stream_.is_tls() ? std::nullopt : source_->as_file_slice();
            if (slice_) response.content_length = slice_->range.length;
        }
    }
    response_ = std::move(response);
    source_ended_ = false;
    source_failure_.reset();
    if (!source_ || slice_ || call_->request.method == Method::head || has_no_body(response_->status)) return;
    fill_piece(0);
    const auto announced = response_->content_length;
    const std::uint64_t had = pieces_[0].total();
    // Too short or too long is an error as well, and here it can still be told.
    if (announced && (had > *announced || (source_ended_ && had < *announced)))
        source_failure_ = source_failure_.value_or(fail(ErrorCode::corrupt, "the body is not as announced"));
}

std::uint64_t Connection::Piece::total() const {
    std::uint64_t sum = size;
    for (const Cut& cut : cuts)
        sum += cut.slice.range.length;
    return sum;
}

/// Runs on the lane.
void Connection::fill_piece(std::size_t index) {
    Piece& piece = pieces_[index];
    piece.size = 0;
    piece.cuts.clear();
    if (!piece.buffer) piece.buffer = shared_.buffers.take();
    auto* mixed = stream_.is_tls() ? nullptr : dynamic_cast<MixedSource*>(source_.get());
    const auto failed = [this](const Error& error) {
        source_failure_ = error;
        log_event(error.code == ErrorCode::changed ? LogLevel::info : LogLevel::error, "response_body_failed",
                  {{"request_id", std::string_view(call_->request.request_id)},
                   {"route", call_->label()},
                   {"code", to_string(error.code)},
                   {"message", std::string_view(error.message)},
                   {"detail", std::string_view(error.detail)}});
    };
    const MutableBytes room = std::as_writable_bytes(std::span<char>(piece.buffer.get(), BufferPool::kBytes));
    while (piece.size < room.size() && piece.cuts.size() < kMostCuts) {
        if (mixed != nullptr) {
            auto slice = mixed->take_slice();
            if (!slice) return failed(slice.error());
            if (*slice) {
                piece.cuts.push_back({piece.size, **std::move(slice)});
                continue;
            }
        }
        const auto count = source_->read(room.subspan(piece.size));
        if (!count) return failed(count.error());
        source_ended_ = *count == 0;
        if (source_ended_) return;
        piece.size += *count;
    }
}

/// May find that the connection cannot be kept, by the framing it needs.
asio::awaitable<bool> Connection::send_response(bool keep_alive) {
    const bool head_only = call_->request.method == Method::head || has_no_body(response_->status);
    const auto* text = std::get_if<std::string>(&response_->body);
    const std::uint64_t written_before = stream_.bytes_written();
    std::optional<std::uint64_t> length = 0;
    if (text != nullptr) length = text->size();
    if (source_) length = source_ended_ ? pieces_[0].total() : response_->content_length;
    HeadOptions options;
    options.length = length.value_or(0);
    options.http_1_0 = head_.http_1_0;
    options.keep_alive = keep_alive;
    if (!length) options.framing = head_.http_1_0 ? Framing::until_close : Framing::chunked;
    if (has_no_body(response_->status)) options.framing = Framing::none;
    if (options.framing == Framing::until_close) options.keep_alive = head_.keep_alive = false;
    stream_.reset_on_abort(options.framing == Framing::until_close && !head_only);
    std::string head = write_response_head(*response_, options);
    call_->status = response_->status;

    bool sent = false;
    if (head_only || (text == nullptr && !source_)) {
        const Stream::Pieces pieces(head, {}, {});
        sent = co_await stream_.write(pieces, shared_.options.write_timeout);
    } else if (text != nullptr) {
        const Stream::Pieces pieces(head, *text, {});
        sent = co_await stream_.write(pieces, shared_.options.write_timeout);
    } else if (slice_) {
        const Stream::Pieces pieces(head, {}, {});
        const bool more = slice_->range.length > 0;
        sent = co_await stream_.write(pieces, shared_.options.write_timeout, more);
        FileSlice slice = *slice_;
        if (sent) sent = co_await stream_.send_file(std::move(slice), shared_.options.write_timeout);
    } else {
        const bool chunked = options.framing == Framing::chunked;
        sent = co_await send_source(std::move(head), chunked, length);
    }
    call_->bytes_out += stream_.bytes_written() - written_before;
    if (sent) stream_.reset_on_abort(false);
    co_return sent;
}

/// The bytes of the piece with its slices in their places, between `head` and `tail`.
asio::awaitable<bool> Connection::send_piece(std::string_view head, std::size_t index,
                                             std::string_view tail) {
    const Piece& piece = pieces_[index];
    std::size_t from = 0;
    for (const Piece::Cut& cut : piece.cuts) {
        const std::string_view text(piece.buffer.get() + from, cut.at - from);
        const Stream::Pieces before(head, text, {});
        bool sent = co_await stream_.write(before, shared_.options.write_timeout, true);
        FileSlice slice = cut.slice;
        if (sent) sent = co_await stream_.send_file(std::move(slice), shared_.options.write_timeout);
        if (!sent) co_return false;
        from = cut.at;
        head = {};
    }
    const std::string_view rest(piece.buffer.get() + from, piece.size - from);
    const Stream::Pieces pieces(head, rest, tail);
    const bool sent = co_await stream_.write(pieces, shared_.options.write_timeout);
    co_return sent;
}

/// Sends what the source yields; while one piece leaves, the lane reads the next.
asio::awaitable<bool> Connection::send_source(std::string head, bool chunked,
                                              std::optional<std::uint64_t> length) {
    std::uint64_t total = 0;
    std::size_t current = 0;
    for (;;) {
        const bool last = source_ended_;
        const std::uint64_t size = pieces_[current].total();
        total += size;
        // More or fewer bytes than announced would be taken for the next answer: break off instead.
        if (length && (total > *length || (last && total < *length))) co_return false;
        const std::size_t next = current ^ 1U;
        const Task task = [this, next] { guarded([this, next] { fill_piece(next); }); };
        if (!last) lane_call_.start(lane(), task);
        std::string_view tail;
        if (chunked && size > 0) head += chunk_head(size);
        if (chunked) tail = last ? (size > 0 ? "\r\n0\r\n\r\n" : kLastChunk) : std::string_view("\r\n");
        const bool sent = co_await send_piece(head, current, tail);
        co_await lane_call_.wait();
        if (!sent || source_failure_ || !source_) co_return false;
        if (last) co_return true;
        head.clear();
        current = next;
    }
}

/// Gives back what the request held; destructors may touch disks, so they run on the lane.
asio::awaitable<void> Connection::release() {
    for (Piece& piece : pieces_) {
        shared_.buffers.give_back(std::move(piece.buffer));
        piece.cuts.clear();
    }
    slice_.reset();
    response_.reset();
    const Task task = [this] {
        exchange_.reset();
        source_.reset();
        context_.reset();
    };
    if (exchange_ || source_) {
        lane_call_.start(lane(), task);
        co_await lane_call_.wait();
    }
}

}  // namespace isocenter::http
