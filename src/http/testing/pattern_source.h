#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "http/message.h"

namespace isocenter::http::testing {

/// Bytes that differ from place to place, so that a lost, repeated or swapped piece shows.
inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 12345;
    for (char& c : text) {
        state = state * 1664525U + 1013904223U;
        c = static_cast<char>(state >> 24U);
    }
    return text;
}

/// Yields a text in pieces of changing size; can fail after a number of bytes.
class PatternSource final : public ByteSource {
  public:
    PatternSource(std::string text, bool knows_size) : text_(std::move(text)), knows_size_(knows_size) {}
    void fail_at(std::size_t at, ErrorCode code = ErrorCode::corrupt) {
        fail_at_ = at;
        code_ = code;
    }
    Result<std::size_t> read(MutableBytes into) override {
        if (at_ >= fail_at_) return fail(code_, "broken source");
        const std::size_t left = std::min(text_.size(), fail_at_) - at_;
        const std::size_t count = std::min({into.size(), left, std::size_t{1} + (at_ * 7) % 100'000});
        std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
        at_ += count;
        return count;
    }
    std::optional<std::uint64_t> remaining() const override {
        if (!knows_size_) return std::nullopt;
        return text_.size() - at_;
    }

  private:
    const std::string text_;
    const bool knows_size_;
    std::size_t at_ = 0;
    std::size_t fail_at_ = static_cast<std::size_t>(-1);
    ErrorCode code_ = ErrorCode::corrupt;
};

/// A slice of an unlinked temporary file that holds `before`, the text and `after`.
class SliceSource final : public ByteSource {
  public:
    SliceSource(std::string text, std::size_t before, std::size_t after) : text_(std::move(text)) {
        char path[] = "/tmp/isocenter_slice_XXXXXX";
        const int fd = ::mkstemp(path);
        ::unlink(path);
        const std::string all = std::string(before, '<') + text_ + std::string(after, '>');
        if (::write(fd, all.data(), all.size()) != static_cast<ssize_t>(all.size())) std::abort();
        slice_.descriptor = std::shared_ptr<const int>(new int(fd), [](const int* open) {
            ::close(*open);
            delete open;
        });
        slice_.range = {before, text_.size()};
    }
    Result<std::size_t> read(MutableBytes into) override {
        const std::size_t count = std::min(into.size(), text_.size() - at_);
        std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
        at_ += count;
        return count;
    }
    std::optional<std::uint64_t> remaining() const override { return text_.size() - at_; }
    std::optional<FileSlice> as_file_slice() const override { return slice_; }
    /// Announces more bytes than the file has.
    void stretch(std::uint64_t by) { slice_.range.length += by; }

  private:
    const std::string text_;
    FileSlice slice_;
    std::size_t at_ = 0;
};

inline Response source_response(std::unique_ptr<ByteSource> source) {
    Response response;
    response.headers.add("Content-Type", "application/octet-stream");
    response.body = std::move(source);
    return response;
}

}  // namespace isocenter::http::testing
