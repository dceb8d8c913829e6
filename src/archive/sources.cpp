#include "archive/sources.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "dicom/byte_order.h"
#include "dicom/inflating_source.h"

namespace isocenter::archive {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

class RangesSource final : public ByteSource {
  public:
    RangesSource(blob::BlobStore& blobs, BlobKey key, std::vector<ByteRange> ranges)
        : blobs_(blobs), key_(std::move(key)), ranges_(std::move(ranges)) {
        for (const ByteRange& range : ranges_)
            left_ += range.length;
    }
    Result<std::size_t> read(MutableBytes into) override {
        while (!into.empty()) {
            if (current_ == nullptr) {
                if (next_ == ranges_.size()) break;
                ISO_TRY(current_, blobs_.open(key_, ranges_[next_++]));
            }
            ISO_TRY(const std::size_t n, current_->read(into));
            left_ -= n;
            if (n != 0) return n;
            current_.reset();
        }
        return std::size_t{0};
    }
    std::optional<std::uint64_t> remaining() const override { return left_; }

  private:
    blob::BlobStore& blobs_;
    BlobKey key_;
    std::vector<ByteRange> ranges_;
    std::size_t next_ = 0;
    std::unique_ptr<ByteSource> current_;
    std::uint64_t left_ = 0;
};

class SwappingSource final : public ByteSource {
  public:
    SwappingSource(std::unique_ptr<ByteSource> inner, unsigned unit)
        : inner_(std::move(inner)), unit_(unit), buffer_(kBufferBytes) {}

    Result<std::size_t> read(MutableBytes into) override {
        if (begin_ == end_) ISO_CHECK(refill());
        const std::size_t n = std::min(into.size(), end_ - begin_);
        std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), n, into.begin());
        begin_ += n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override {
        const auto left = inner_->remaining();
        if (!left) return std::nullopt;
        return *left + (end_ - begin_);
    }

  private:
    /// Whole units only, but for the last read.
    Status refill() {
        begin_ = 0;
        end_ = 0;
        while (end_ < buffer_.size()) {
            ISO_TRY(const std::size_t n, inner_->read(MutableBytes(buffer_).subspan(end_)));
            if (n == 0) break;
            end_ += n;
            if (end_ % unit_ == 0) break;
        }
        for (std::size_t i = 0; i + unit_ <= end_; i += unit_) {
            const auto at = buffer_.begin() + static_cast<std::ptrdiff_t>(i);
            std::reverse(at, at + unit_);
        }
        return {};
    }

    std::unique_ptr<ByteSource> inner_;
    unsigned unit_;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

class PartSource final : public ByteSource {
  public:
    PartSource(std::unique_ptr<ByteSource> inner, std::uint64_t skip, std::uint64_t length)
        : inner_(std::move(inner)), skip_(skip), left_(length) {}
    Result<std::size_t> read(MutableBytes into) override {
        while (skip_ != 0) {
            std::array<std::byte, 4096> ignored;
            const std::size_t wanted = std::min<std::uint64_t>(skip_, ignored.size());
            ISO_TRY(const std::size_t n, inner_->read(MutableBytes(ignored).first(wanted)));
            if (n == 0) return fail(ErrorCode::corrupt, "the value is shorter than it should be");
            skip_ -= n;
        }
        const std::size_t wanted = std::min<std::uint64_t>(left_, into.size());
        if (wanted == 0) return std::size_t{0};
        ISO_TRY(const std::size_t n, inner_->read(into.first(wanted)));
        if (n == 0) return fail(ErrorCode::corrupt, "the value is shorter than it should be");
        left_ -= n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override { return left_; }

  private:
    std::unique_ptr<ByteSource> inner_;
    std::uint64_t skip_;
    std::uint64_t left_;
};

class BitSource final : public ByteSource {
  public:
    BitSource(std::unique_ptr<ByteSource> inner, unsigned offset, std::uint64_t bits)
        : inner_(std::move(inner)), offset_(offset), bits_(bits) {}
    Result<std::size_t> read(MutableBytes into) override {
        const std::size_t wanted = std::min<std::uint64_t>(*remaining(), into.size());
        for (std::size_t i = 0; i < wanted; ++i) {
            ISO_TRY(const unsigned value, next_byte());
            into[i] = static_cast<std::byte>(value);
        }
        return wanted;
    }
    std::optional<std::uint64_t> remaining() const override { return (bits_ + 7) / 8; }

  private:
    Result<unsigned> next_byte() {
        if (!started_) {
            ISO_TRY(const unsigned first, fetch());
            held_ = first >> offset_;
            held_bits_ = 8 - offset_;
            started_ = true;
        }
        const auto taken = static_cast<unsigned>(std::min<std::uint64_t>(bits_, 8));
        if (held_bits_ < taken) {
            ISO_TRY(const unsigned next, fetch());
            held_ |= next << held_bits_;
            held_bits_ += 8;
        }
        const unsigned value = held_ & ((1U << taken) - 1U);
        held_ >>= taken;
        held_bits_ -= taken;
        bits_ -= taken;
        return value;
    }
    Result<unsigned> fetch() {
        if (begin_ == end_) {
            ISO_TRY(end_, inner_->read(buffer_));
            begin_ = 0;
            if (end_ == 0) return fail(ErrorCode::corrupt, "the frame is shorter than it should be");
        }
        return std::to_integer<unsigned>(buffer_[begin_++]);
    }

    std::unique_ptr<ByteSource> inner_;
    unsigned offset_;
    std::uint64_t bits_;
    bool started_ = false;
    unsigned held_ = 0;
    unsigned held_bits_ = 0;
    std::array<std::byte, 4096> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

class FragmentsSource final : public ByteSource {
  public:
    FragmentsSource(std::unique_ptr<ByteSource> inner, bool big_endian)
        : inner_(std::move(inner)), big_endian_(big_endian) {}
    Result<std::size_t> read(MutableBytes into) override {
        while (left_ == 0 && !ended_) {
            ISO_CHECK(next_item());
            if (!std::exchange(past_table_, true)) ISO_CHECK(skip_table());
        }
        const std::size_t wanted = std::min<std::uint64_t>(left_, into.size());
        if (wanted == 0) return std::size_t{0};
        ISO_TRY(const std::size_t n, inner_->read(into.first(wanted)));
        if (n == 0) return broken();
        left_ -= n;
        return n;
    }

  private:
    static Error broken() { return fail(ErrorCode::corrupt, "the stored fragments are broken"); }
    Status next_item() {
        std::array<std::byte, 8> header;
        for (std::size_t have = 0; have < header.size();) {
            ISO_TRY(const std::size_t n, inner_->read(MutableBytes(header).subspan(have)));
            if (n == 0) return broken();
            have += n;
        }
        const std::uint16_t group = dicom::read_u16(header, big_endian_);
        const std::uint16_t element = dicom::read_u16(ByteView(header).subspan(2), big_endian_);
        left_ = dicom::read_u32(ByteView(header).subspan(4), big_endian_);
        ended_ = element == 0xE0DD;
        if (group != 0xFFFE || (element != 0xE000 && !ended_) || (ended_ && left_ != 0)) return broken();
        return {};
    }
    Status skip_table() {
        std::array<std::byte, 4096> ignored;
        while (left_ != 0) {
            const std::size_t wanted = std::min<std::uint64_t>(left_, ignored.size());
            ISO_TRY(const std::size_t n, inner_->read(MutableBytes(ignored).first(wanted)));
            if (n == 0) return broken();
            left_ -= n;
        }
        return {};
    }

    std::unique_ptr<ByteSource> inner_;
    bool big_endian_;
    bool past_table_ = false;
    bool ended_ = false;
    std::uint64_t left_ = 0;  ///< of the fragment under way
};

}  // namespace

std::unique_ptr<ByteSource> make_ranges_source(blob::BlobStore& blobs, BlobKey key,
                                               std::vector<ByteRange> ranges) {
    return std::make_unique<RangesSource>(blobs, std::move(key), std::move(ranges));
}

std::unique_ptr<ByteSource> make_swapping_source(std::unique_ptr<ByteSource> inner, unsigned unit) {
    return std::make_unique<SwappingSource>(std::move(inner), unit);
}

std::unique_ptr<ByteSource> make_part_source(std::unique_ptr<ByteSource> inner, std::uint64_t skip,
                                             std::uint64_t length) {
    return std::make_unique<PartSource>(std::move(inner), skip, length);
}

std::unique_ptr<ByteSource> make_bit_source(std::unique_ptr<ByteSource> inner, unsigned offset,
                                            std::uint64_t bits) {
    return std::make_unique<BitSource>(std::move(inner), offset, bits);
}

std::unique_ptr<ByteSource> make_fragments_source(std::unique_ptr<ByteSource> inner, bool big_endian) {
    return std::make_unique<FragmentsSource>(std::move(inner), big_endian);
}

class InflatedRanges::Cursor {
  public:
    Cursor(blob::BlobStore& blobs, BlobKey key, ByteRange deflated)
        : blobs_(blobs), key_(std::move(key)), deflated_(deflated) {}

    Result<std::size_t> read(std::uint64_t at, MutableBytes into) {
        if (stream_ == nullptr || at < position_) {
            ISO_TRY(auto bytes, blobs_.open(key_, deflated_));
            stream_ = dicom::make_inflating_source(std::move(bytes));
            position_ = 0;
        }
        std::vector<std::byte> ignored(at == position_ ? 0 : kBufferBytes);
        while (position_ < at) {
            const std::size_t wanted = std::min<std::uint64_t>(ignored.size(), at - position_);
            ISO_TRY(const std::size_t n, advance(MutableBytes(ignored).first(wanted)));
            if (n == 0) return fail(ErrorCode::corrupt, "the deflated data set is shorter than it should be");
        }
        return advance(into);
    }

  private:
    Result<std::size_t> advance(MutableBytes into) {
        ISO_TRY(const std::size_t n, stream_->read(into));
        position_ += n;
        return n;
    }

    blob::BlobStore& blobs_;
    BlobKey key_;
    ByteRange deflated_;
    std::unique_ptr<ByteSource> stream_;
    std::uint64_t position_ = 0;
};

class InflatedRanges::Source final : public ByteSource {
  public:
    Source(std::shared_ptr<Cursor> cursor, ByteRange range) : cursor_(std::move(cursor)), range_(range) {}
    Result<std::size_t> read(MutableBytes into) override {
        const std::size_t wanted = std::min<std::uint64_t>(into.size(), range_.length);
        if (wanted == 0) return std::size_t{0};
        ISO_TRY(const std::size_t n, cursor_->read(range_.offset, into.first(wanted)));
        if (n == 0) return fail(ErrorCode::corrupt, "the deflated data set is shorter than it should be");
        range_.offset += n;
        range_.length -= n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override { return range_.length; }

  private:
    std::shared_ptr<Cursor> cursor_;
    ByteRange range_;
};

InflatedRanges::InflatedRanges(blob::BlobStore& blobs, BlobKey key, std::uint64_t data_set_offset,
                               std::uint64_t size_bytes)
    : cursor_(std::make_shared<Cursor>(blobs, std::move(key),
                                       ByteRange{data_set_offset, size_bytes - data_set_offset})) {}

std::unique_ptr<ByteSource> InflatedRanges::open(ByteRange range) const {
    return std::make_unique<Source>(cursor_, range);
}

}  // namespace isocenter::archive
