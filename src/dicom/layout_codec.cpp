// The binary form of ObjectLayout, version 1. Numbers are LEB128 varints; "signed" ones zigzag first.
//
//   version:1  flags:1  [inline_bytes]
//              (1 big endian, 2 deflated, 4 mislabelled, 8 inline_bytes follows, 16 foreign pixels)
//   data_set_offset
//   kind  frames  value.offset  value.length  frame_bits
//   count of fragments; for each: signed (offset - end of the one before)  length
//   count of first_fragment; for each: difference to the one before
//   count of bulk; for each: path length, path, two letters, signed (offset - data_set_offset), length,
//                  encapsulated
#include <limits>

#include "dicom/frame_table.h"

namespace isocenter::dicom {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kBigEndian = 1;
constexpr std::uint8_t kDeflated = 2;
constexpr std::uint8_t kMislabelled = 4;
// Only where it is not the default, so that what was written before the limit could be set reads the same.
constexpr std::uint8_t kOtherInlineBytes = 8;
constexpr std::uint8_t kForeignPixels = 16;

void put(std::string& out, std::uint64_t value) {
    while (value >= 0x80U) {
        out += static_cast<char>((value & 0x7FU) | 0x80U);
        value >>= 7U;
    }
    out += static_cast<char>(value);
}

/// Small distances in either direction are small numbers; arithmetic is modulo 2^64.
void put_signed(std::string& out, std::uint64_t difference) {
    const bool negative = (difference >> 63U) != 0;
    put(out, (difference << 1U) ^ (negative ? ~0ULL : 0ULL));
}

void put_text(std::string& out, std::string_view text) {
    put(out, text.size());
    out += text;
}

/// Remembers that something was wrong, so that callers check once.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    bool good() const { return good_; }
    bool at_end() const { return bytes_.empty(); }

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (bytes_.empty()) break;
            const auto byte = static_cast<unsigned char>(bytes_.front());
            bytes_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if (byte < 0x80U) return value;
        }
        good_ = false;
        return 0;
    }

    std::uint64_t signed_number() {
        const std::uint64_t value = number();
        return (value >> 1U) ^ ((value & 1U) != 0 ? ~0ULL : 0ULL);
    }

    std::uint64_t number_up_to(std::uint64_t limit) {
        const std::uint64_t value = number();
        if (value > limit) good_ = false;
        return good_ ? value : 0;
    }

    /// A count of things that take `bytes_each` at least: no more than what is left can hold.
    std::uint64_t count(std::uint64_t bytes_each) {
        const std::uint64_t value = number();
        if (value > bytes_.size() / bytes_each) good_ = false;
        return good_ ? value : 0;
    }

    std::string text() {
        const auto length = static_cast<std::size_t>(count(1));
        std::string out(bytes_.substr(0, length));
        bytes_.remove_prefix(length);
        return out;
    }

    /// A range whose end is no overflow.
    ByteRange range(std::uint64_t base) {
        const std::uint64_t offset = base + signed_number();
        const std::uint64_t length = number_up_to(std::numeric_limits<std::uint64_t>::max() - offset);
        return {offset, length};
    }

  private:
    std::string_view bytes_;
    bool good_ = true;
};

bool has_flag(std::string_view encoded_layout, std::uint8_t flag) {
    return encoded_layout.size() > 1 && (static_cast<std::uint8_t>(encoded_layout[1]) & flag) != 0;
}

FrameTable read_frames(Reader& in) {
    FrameTable frames;
    frames.kind = static_cast<FrameTable::Kind>(in.number_up_to(static_cast<int>(FrameTable::Kind::unknown)));
    frames.frames = static_cast<std::uint32_t>(in.number_up_to(std::numeric_limits<std::uint32_t>::max()));
    frames.value = in.range(0);
    frames.frame_bits = in.number();
    const std::uint64_t fragments = in.count(2);
    frames.fragments.reserve(static_cast<std::size_t>(fragments));
    std::uint64_t end = frames.value.offset;
    for (std::uint64_t i = 0; i < fragments && in.good(); ++i) {
        frames.fragments.push_back(in.range(end));
        end = frames.fragments.back().end();
    }
    const std::uint64_t starts = in.count(1);
    frames.first_fragment.reserve(static_cast<std::size_t>(starts));
    std::uint64_t fragment = 0;
    for (std::uint64_t i = 0; i < starts && in.good(); ++i) {
        fragment += in.number_up_to(fragments - fragment);
        frames.first_fragment.push_back(static_cast<std::uint32_t>(fragment));
    }
    return frames;
}

}  // namespace

std::string encode_layout(const ObjectLayout& layout) {
    std::string out;
    out += static_cast<char>(kVersion);
    const bool other_limit = layout.inline_bytes != kDefaultInlineBytes;
    out += static_cast<char>((layout.big_endian ? kBigEndian : 0) | (layout.deflated ? kDeflated : 0) |
                             (layout.mislabelled ? kMislabelled : 0) | (other_limit ? kOtherInlineBytes : 0) |
                             (layout.foreign_pixels ? kForeignPixels : 0));
    if (other_limit) put(out, layout.inline_bytes);
    put(out, layout.data_set_offset);
    const FrameTable& frames = layout.frames;
    put(out, static_cast<std::uint64_t>(frames.kind));
    put(out, frames.frames);
    put_signed(out, frames.value.offset);
    put(out, frames.value.length);
    put(out, frames.frame_bits);
    put(out, frames.fragments.size());
    std::uint64_t end = frames.value.offset;
    for (const ByteRange& fragment : frames.fragments) {
        put_signed(out, fragment.offset - end);
        put(out, fragment.length);
        end = fragment.end();
    }
    put(out, frames.first_fragment.size());
    std::uint32_t before = 0;
    for (const std::uint32_t first : frames.first_fragment) {
        put(out, first - before);
        before = first;
    }
    put(out, layout.bulk.size());
    for (const BulkValue& bulk : layout.bulk) {
        put_text(out, bulk.path);
        put_text(out, bulk.vr);
        put_signed(out, bulk.range.offset - layout.data_set_offset);
        put(out, bulk.range.length);
        put(out, bulk.encapsulated ? 1 : 0);
    }
    return out;
}

Result<ObjectLayout> decode_layout(std::string_view bytes) {
    Reader in(bytes);
    ObjectLayout layout;
    if (in.number() != kVersion) return fail(ErrorCode::corrupt, "object layout of an unknown version");
    const std::uint64_t flags =
        in.number_up_to(kBigEndian | kDeflated | kMislabelled | kOtherInlineBytes | kForeignPixels);
    layout.big_endian = (flags & kBigEndian) != 0;
    layout.deflated = (flags & kDeflated) != 0;
    layout.mislabelled = (flags & kMislabelled) != 0;
    layout.foreign_pixels = (flags & kForeignPixels) != 0;
    if ((flags & kOtherInlineBytes) != 0) layout.inline_bytes = in.number();
    layout.data_set_offset = in.number();
    layout.frames = read_frames(in);
    constexpr std::uint64_t kLeastBulkBytes = 5;
    const std::uint64_t count = in.count(kLeastBulkBytes);
    for (std::uint64_t i = 0; i < count && in.good(); ++i) {
        BulkValue bulk;
        bulk.path = in.text();
        bulk.vr = in.text();
        bulk.range = in.range(layout.data_set_offset);
        bulk.encapsulated = in.number_up_to(1) == 1;
        layout.bulk.push_back(std::move(bulk));
    }
    if (!in.good() || !in.at_end()) return fail(ErrorCode::corrupt, "object layout is damaged");
    return layout;
}

bool is_mislabelled(std::string_view encoded_layout) {
    return has_flag(encoded_layout, kMislabelled);
}

bool has_foreign_pixels(std::string_view encoded_layout) {
    return has_flag(encoded_layout, kForeignPixels);
}

}  // namespace isocenter::dicom
