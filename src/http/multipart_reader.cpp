#include "http/multipart_reader.h"

#include <string.h>  // memmem

#include <algorithm>
#include <utility>

#include "http/ascii.h"

namespace isocenter::http {
namespace {

constexpr std::size_t kMaxHeaderBytes = 16 * 1024;
constexpr std::size_t kMaxPadding = 256;

std::size_t find(std::string_view text, std::string_view needle) {
    const void* at = ::memmem(text.data(), text.size(), needle.data(), needle.size());
    if (at == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

/// Length of the tail of `text` that further bytes could complete to CR + `needle` or `needle`.
std::size_t unfinished_tail(std::string_view text, std::string_view needle) {
    const std::size_t longest = std::min(text.size(), needle.size() - 1);
    std::size_t from = text.size() - longest;
    for (;;) {
        from = text.find(needle.front(), from);
        if (from == std::string_view::npos) break;
        if (needle.starts_with(text.substr(from))) {
            if (from > 0 && text[from - 1] == '\r') --from;
            return text.size() - from;
        }
        ++from;
    }
    return !text.empty() && text.back() == '\r' ? 1 : 0;
}

}  // namespace

MultipartReader::MultipartReader(std::string boundary, MultipartHandler& handler, std::uint64_t max_parts)
    : boundary_(std::move(boundary.insert(0, "\n--"))), handler_(handler), max_parts_(max_parts) {
    enter_data(Phase::preamble);
}

/// A boundary may follow at once: the line end before it has been read already.
void MultipartReader::enter_data(Phase phase) {
    phase_ = phase;
    held_ = "\n";
    phantom_ = 1;
}

Status MultipartReader::write(ByteView bytes) {
    std::string_view rest = as_text(bytes);
    while (!rest.empty()) {
        switch (phase_) {
            case Phase::preamble:
            case Phase::data:
                ISO_CHECK(scan(rest));
                break;
            case Phase::after_boundary:
                ISO_CHECK(after_boundary(rest));
                break;
            case Phase::headers:
                ISO_CHECK(read_headers(rest));
                break;
            case Phase::epilogue:
                return {};
        }
    }
    return {};
}

Status MultipartReader::emit(std::string_view data) {
    if (phase_ != Phase::data || data.empty()) return {};
    return handler_.on_part_data(as_bytes(data));
}

Status MultipartReader::emit_before_delimiter(std::string_view data) {
    cr_ = !data.empty() && data.back() == '\r';
    if (cr_) data.remove_suffix(1);
    ISO_CHECK(emit(data));
    held_.clear();
    phase_ = Phase::after_boundary;
    return {};
}

void MultipartReader::hold_back(std::string_view bytes) {
    held_.assign(bytes);
    phantom_ = 0;
}

/// Looks for the boundary in preamble or data, first across what was held back and then in `bytes` itself,
/// which is not copied but for a tail that may begin a boundary.
Status MultipartReader::scan(std::string_view& bytes) {
    if (!held_.empty()) {
        const std::size_t old = held_.size();
        const std::size_t borrowed = std::min(bytes.size(), boundary_.size());
        held_.append(bytes.substr(0, borrowed));
        const std::size_t at = find(held_, boundary_);
        if (at != std::string_view::npos) {
            bytes.remove_prefix(at + boundary_.size() - old);
            const std::string before = held_.substr(std::min(phantom_, at), at - std::min(phantom_, at));
            return emit_before_delimiter(before);
        }
        if (borrowed == bytes.size()) {
            bytes = {};
            const std::size_t keep = unfinished_tail(held_, boundary_);
            const std::size_t done = held_.size() - keep;
            if (done == 0) return {};
            const std::string all = std::move(held_);
            const std::size_t skipped = phantom_;
            hold_back(std::string_view(all).substr(done));
            return emit(std::string_view(all).substr(skipped, done - skipped));
        }
        // No boundary begins in the held bytes; those borrowed are looked at again where they lie.
        const std::string held = held_.substr(phantom_, old - phantom_);
        hold_back({});
        ISO_CHECK(emit(held));
    }
    const std::size_t at = find(bytes, boundary_);
    if (at != std::string_view::npos) {
        const std::string_view before = bytes.substr(0, at);
        bytes.remove_prefix(at + boundary_.size());
        return emit_before_delimiter(before);
    }
    const std::size_t keep = unfinished_tail(bytes, boundary_);
    const std::string_view all = bytes;
    bytes = {};
    hold_back(all.substr(all.size() - keep));
    return emit(all.substr(0, all.size() - keep));
}

/// Decides what follows the boundary's characters: "--" closes, blanks and a line end open a part, anything
/// else means that it was no boundary.
Status MultipartReader::after_boundary(std::string_view& bytes) {
    const char c = bytes.front();
    if (held_ == "-" && c != '-') return not_a_boundary();
    if (held_.empty() && c != '-' && c != ' ' && c != '\t' && c != '\r' && c != '\n') return not_a_boundary();
    if (held_.size() >= kMaxPadding)
        return fail(ErrorCode::invalid_request, "the multipart boundary line is too long");
    bytes.remove_prefix(1);
    held_ += c;
    const bool closing = held_ == "--";
    if (!closing && c != '\n') {
        if (held_ == "-" || c == ' ' || c == '\t' || c == '\r') return {};
        return fail(ErrorCode::invalid_request, "the multipart boundary is followed by other characters");
    }
    held_.clear();
    seen_boundary_ = true;
    if (part_open_) {
        part_open_ = false;
        ISO_CHECK(handler_.on_part_end());
    }
    if (closing) {
        phase_ = Phase::epilogue;
        return {};
    }
    if (parts_ == max_parts_) return fail(ErrorCode::too_large, "the multipart body has too many parts");
    headers_ = {};
    header_bytes_ = 0;
    phase_ = Phase::headers;
    return {};
}

/// The boundary's characters were part of a longer line: they are data.
Status MultipartReader::not_a_boundary() {
    const std::string data = (cr_ ? "\r" : "") + boundary_ + held_;
    phase_ = part_open_ ? Phase::data : Phase::preamble;
    hold_back({});
    return emit(data);
}

Status MultipartReader::read_headers(std::string_view& bytes) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end == std::string_view::npos ? bytes.size() : end + 1);
    const std::size_t room = kMaxHeaderBytes - header_bytes_;
    if (piece.size() > room) {
        // To the byte, so that the cutting of the bytes makes no difference.
        bytes.remove_prefix(room);
        return begin_unreadable("the headers of a multipart part are too long", room == 0 && held_.empty());
    }
    header_bytes_ += piece.size();
    bytes.remove_prefix(piece.size());
    held_ += piece;
    if (end == std::string_view::npos) return {};
    const std::string line = std::move(held_);
    held_.clear();
    std::string_view text(line);
    text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    if (!text.empty()) return take_header_line(text);
    ++parts_;
    part_open_ = true;
    enter_data(Phase::data);
    return handler_.on_part_begin(headers_);
}

Status MultipartReader::take_header_line(std::string_view line) {
    if ((line.front() == ' ' || line.front() == '\t') && !headers_.fields().empty()) {
        // A folded line (RFC 5322 2.2.3) continues the value before it.
        headers_.extend_last(" " + std::string(trim(line)));
        return {};
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = trim(line.substr(0, colon));
    if (colon == std::string_view::npos || !is_token(name))
        return begin_unreadable("a header line of a multipart part is ill-formed", true);
    headers_.add(std::string(name), std::string(trim(line.substr(colon + 1))));
    return {};
}

/// The boundaries around such a part are whole: those behind it can be read.
Status MultipartReader::begin_unreadable(std::string_view why, bool at_line_end) {
    ++parts_;
    part_open_ = true;
    enter_data(Phase::data);
    if (!at_line_end) hold_back({});
    return handler_.on_part_unreadable(fail(ErrorCode::invalid_request, std::string(why)));
}

/// Whether what is held back is a line end and the beginning of a boundary, not just a line end.
bool MultipartReader::began_boundary() const {
    std::string_view line(held_);
    if (line.starts_with('\r')) line.remove_prefix(1);
    constexpr std::string_view kBeforeTheName = "\n--";
    return line.size() > kBeforeTheName.size() && std::string_view(boundary_).starts_with(line);
}

MultipartReader::End MultipartReader::finish() const {
    if (phase_ == Phase::epilogue) return End::complete;
    if (phase_ == Phase::after_boundary && part_open_) return End::in_boundary;
    if (phase_ == Phase::data) return began_boundary() ? End::in_boundary : End::in_part;
    return seen_boundary_ ? End::between : End::no_boundary;
}

}  // namespace isocenter::http
