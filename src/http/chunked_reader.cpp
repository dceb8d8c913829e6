#include "http/chunked_reader.h"

#include <algorithm>
#include <cstring>

#include "base/ascii.h"

namespace isocenter::http {
namespace {

constexpr unsigned kMaxSizeDigits = 15;
constexpr std::size_t kMaxExtensionBytes = 4096;
constexpr std::size_t kMaxTrailerBytes = 16 * 1024;

}  // namespace

ChunkedReader::Outcome ChunkedReader::read(std::span<char> piece) {
    Outcome out;
    while (out.consumed < piece.size() && phase_ != Phase::done) {
        if (phase_ != Phase::data) {
            if (!step(piece[out.consumed])) {
                out.broken = true;
                return out;
            }
            ++out.consumed;
            continue;
        }
        const std::size_t take = std::min<std::uint64_t>(left_, piece.size() - out.consumed);
        if (out.data != out.consumed)
            std::memmove(piece.data() + out.data, piece.data() + out.consumed, take);
        out.data += take;
        out.consumed += take;
        left_ -= take;
        if (left_ == 0) phase_ = Phase::data_cr;
    }
    return out;
}

bool ChunkedReader::step(char c) {
    switch (phase_) {
        case Phase::size:
        case Phase::extension:
            return step_size(c);
        case Phase::size_lf:
            if (c != '\n') return false;
            line_bytes_ = 0;
            digits_ = 0;
            phase_ = left_ == 0 ? Phase::trailer_start : Phase::data;
            return true;
        case Phase::data_cr:
            phase_ = Phase::data_lf;
            return c == '\r';
        case Phase::data_lf:
            phase_ = Phase::size;
            return c == '\n';
        case Phase::trailer_start:
        case Phase::trailer:
        case Phase::trailer_lf:
        case Phase::end_lf:
            return step_trailer(c);
        case Phase::data:
        case Phase::done:
            return false;
    }
    return false;
}

bool ChunkedReader::step_size(char c) {
    if (c == '\r' && digits_ > 0) {
        phase_ = Phase::size_lf;
        return true;
    }
    if (phase_ == Phase::extension) return c != '\n' && c != '\r' && ++line_bytes_ <= kMaxExtensionBytes;
    if (digits_ > 0 && (c == ';' || c == ' ' || c == '\t')) {
        phase_ = Phase::extension;
        return true;
    }
    const int value = hex_value(c);
    if (value < 0 || ++digits_ > kMaxSizeDigits) return false;
    left_ = (digits_ == 1 ? 0 : left_ * 16) + static_cast<std::uint64_t>(value);
    return true;
}

bool ChunkedReader::step_trailer(char c) {
    if (++line_bytes_ > kMaxTrailerBytes) return false;
    switch (phase_) {
        case Phase::trailer_start:
            phase_ = c == '\r' ? Phase::end_lf : Phase::trailer;
            return c != '\n';
        case Phase::trailer:
            if (c == '\r') phase_ = Phase::trailer_lf;
            return c != '\n';
        case Phase::trailer_lf:
            phase_ = Phase::trailer_start;
            return c == '\n';
        default:
            phase_ = Phase::done;
            return c == '\n';
    }
}

}  // namespace isocenter::http
