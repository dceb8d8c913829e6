#include "codec/rle.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace isocenter::codec {
namespace {

// A frame (PS3.5 G.3 - G.5), little endian:
//   0   4   number of segments, 1 to 15
//   4  60   offset of each segment from the first byte of this header, unused ones 0
//   64      segments: for each sample in turn, its most significant byte of all pixels first
// A segment is a row of runs: a byte n >= 0 is followed by n + 1 bytes as they are, -127 to -1 by one byte
// that counts 1 - n times, -128 means nothing.
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kMaxSegments = 15;
// Two bytes unpack to 128 at most.
constexpr std::uint64_t kMaxExpansion = 64;

std::uint32_t read_u32(ByteView bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
        value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
    return value;
}

/// Every `stride`th byte of a frame from `first` on: one byte of one sample of all pixels.
struct Plane {
    std::string& frame;
    std::size_t first;
    std::size_t stride;
    std::size_t count;

    void copy(std::size_t at, ByteView bytes) {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            frame[first + (at + i) * stride] = std::to_integer<char>(bytes[i]);
        }
    }
    void repeat(std::size_t at, std::byte value, std::size_t times) {
        for (std::size_t i = 0; i < times; ++i)
            frame[first + (at + i) * stride] = std::to_integer<char>(value);
    }
};

Status unpack(ByteView segment, Plane plane) {
    std::size_t done = 0;
    std::size_t at = 0;
    while (done < plane.count) {
        if (at == segment.size()) return fail(ErrorCode::corrupt, "an RLE segment is too short");
        const auto control = std::to_integer<std::int8_t>(segment[at++]);
        if (control == -128) continue;
        // More than is wanted is padding of careless encoders.
        const std::size_t room = plane.count - done;
        if (control >= 0) {
            const std::size_t length = static_cast<std::size_t>(control) + 1;
            if (length > segment.size() - at) return fail(ErrorCode::corrupt, "an RLE run is cut off");
            const std::size_t used = std::min(length, room);
            plane.copy(done, segment.subspan(at, used));
            at += length;
            done += used;
        } else {
            if (at == segment.size()) return fail(ErrorCode::corrupt, "an RLE run is cut off");
            const std::size_t used = std::min(static_cast<std::size_t>(1 - control), room);
            plane.repeat(done, segment[at++], used);
            done += used;
        }
    }
    return {};
}

struct Segments {
    std::array<ByteView, kMaxSegments> bytes;
    std::size_t count = 0;
};

bool is_bitmap(const FrameShape& shape) {
    return shape.bits_allocated == 1 && shape.samples_per_pixel == 1;
}

std::size_t sample_bytes_of(const FrameShape& shape) {
    return is_bitmap(shape) ? 1 : shape.bits_allocated / 8;
}

/// Of a frame whose header has passed RleCodec::probe.
Result<Segments> find_segments(ByteView frame) {
    Segments segments;
    segments.count = read_u32(frame, 0);
    std::size_t begin = read_u32(frame, 4);
    for (std::size_t i = 0; i < segments.count; ++i) {
        const std::size_t end = i + 1 < segments.count ? read_u32(frame, 8 + 4 * i) : frame.size();
        if (begin < kHeaderBytes || end < begin || end > frame.size()) {
            return fail(ErrorCode::corrupt, "an RLE segment lies outside of the frame");
        }
        segments.bytes[i] = frame.subspan(begin, end - begin);
        begin = end;
    }
    return segments;
}

}  // namespace

Status RleCodec::probe(ByteView beginning, std::uint64_t, const FrameShape& shape) const {
    const bool bitmap = is_bitmap(shape);
    if (!bitmap &&
        (shape.bits_allocated == 0 || shape.bits_allocated % 8 != 0 || shape.bits_allocated > 64)) {
        return fail(ErrorCode::unsupported, "RLE with this number of bits allocated");
    }
    if (beginning.size() < kHeaderBytes)
        return fail(ErrorCode::corrupt, "an RLE frame is shorter than its header");
    const std::uint64_t needed = std::uint64_t{shape.samples_per_pixel} * sample_bytes_of(shape);
    if (needed > kMaxSegments || read_u32(beginning, 0) != needed)
        return fail(ErrorCode::corrupt, "an RLE frame has another number of segments than its pixels need");
    return {};
}

Result<std::string> RleCodec::decode(ByteView frame, const FrameShape& shape) const {
    ISO_CHECK(probe(frame, frame.size(), shape));
    ISO_TRY(const Segments segments, find_segments(frame));
    const bool bitmap = is_bitmap(shape);
    const std::size_t samples = shape.samples_per_pixel;
    const std::size_t sample_bytes = sample_bytes_of(shape);
    const std::uint64_t pixels = std::uint64_t{shape.rows} * shape.columns;
    const std::uint64_t plane_bytes = bitmap ? (pixels + 7) / 8 : pixels;
    if (plane_bytes > frame.size() * kMaxExpansion) {
        return fail(ErrorCode::corrupt, "an RLE frame has too few bytes for its pixels");
    }
    std::string decoded(plane_bytes * segments.count, '\0');
    const bool planar = shape.planar_configuration == 1;
    for (std::size_t i = 0; i < segments.count; ++i) {
        const std::size_t sample = i / sample_bytes;
        const std::size_t byte = sample_bytes - 1 - i % sample_bytes;
        const std::size_t first = sample * sample_bytes * (planar ? plane_bytes : 1) + byte;
        const std::size_t stride = sample_bytes * (planar ? 1 : samples);
        ISO_CHECK(unpack(segments.bytes[i], Plane{decoded, first, stride, plane_bytes}));
    }
    return decoded;
}

bool begins_like_rle(ByteView beginning, std::uint64_t frame_bytes, const FrameShape& shape) {
    if (const Status fits = RleCodec().probe(beginning, frame_bytes, shape); !fits) return false;
    const std::size_t segments = read_u32(beginning, 0);
    std::uint64_t before = kHeaderBytes;
    if (read_u32(beginning, 4) != before || frame_bytes <= before) return false;
    for (std::size_t i = 1; i < kMaxSegments; ++i) {
        const std::uint64_t offset = read_u32(beginning, 4 + 4 * i);
        const bool good = i < segments ? offset > before && offset < frame_bytes : offset == 0;
        if (!good) return false;
        before = offset;
    }
    return true;
}

}  // namespace isocenter::codec
