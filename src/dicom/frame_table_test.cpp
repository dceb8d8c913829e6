#include "dicom/frame_table.h"

#include <gtest/gtest.h>

#include "dicom/tags.h"
#include "dicom/test_file.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;
using namespace test_file;
using Kind = FrameTable::Kind;

constexpr std::string_view kJpeg = "1.2.840.10008.1.2.4.50";

std::string us(Tag tag, unsigned value) {
    return explicit_element(tag, "US", u16(value));
}

std::string image(unsigned rows, unsigned columns, unsigned samples, unsigned bits, std::string_view frames,
                  std::string_view photometric = "MONOCHROME2") {
    return us(tags::SamplesPerPixel, samples) +
           explicit_element(tags::PhotometricInterpretation, "CS", photometric) +
           explicit_element(tags::NumberOfFrames, "IS", frames) + us(tags::Rows, rows) +
           us(tags::Columns, columns) + us(tags::BitsAllocated, bits);
}

struct Read {
    std::string bytes;
    ObjectLayout layout;

    FrameTable& frames() { return layout.frames; }
    /// The bytes of a frame, "?" when there is no such frame.
    std::string frame(std::uint32_t number) {
        const auto ranges = frames().ranges_of(number);
        if (ranges.empty()) return "?";
        std::string out;
        for (const ByteRange& range : ranges)
            out += bytes.substr(range.offset, range.length);
        return out;
    }
};

/// Also checks that the stored form of the layout gives the layout back.
Read read(std::string_view syntax, const std::string& data_set) {
    Read out{file_of(syntax, data_set), {}};
    auto object = read_part10(as_bytes(out.bytes));
    EXPECT_TRUE(object.ok()) << (object ? "" : object.error().message);
    if (!object) return out;
    EXPECT_EQ(dump(read_in_pieces(out.bytes, 1, 0)), dump(object));
    out.layout = object->layout;
    const auto decoded = decode_layout(encode_layout(out.layout));
    EXPECT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, out.layout);
    return out;
}

std::string fragments(const std::string& items) {
    return explicit_element(tags::PixelData, "OB", items + sequence_end(), kUndefined);
}

TEST(FrameTable, Native) {
    Read object = read(kExplicitVrLittleEndian,
                       image(1, 2, 1, 16, "3 ") + explicit_element(tags::PixelData, "OW", "aaaabbbbcccc"));
    EXPECT_EQ(object.frames().kind, Kind::native);
    EXPECT_EQ(object.frames().frame_bits, 32U);
    EXPECT_EQ(object.frame(1), "aaaa");
    EXPECT_EQ(object.frame(3), "cccc");
    EXPECT_EQ(object.frame(4), "?");
    EXPECT_EQ(object.frame(0), "?");
}

TEST(FrameTable, NativeOfOneBit) {
    Read object = read(kExplicitVrLittleEndian,
                       image(3, 3, 1, 1, "3 ") + explicit_element(tags::PixelData, "OB", "abcd"));
    EXPECT_EQ(object.frame(1), "ab");
    EXPECT_EQ(object.frame(2), "bc");
    EXPECT_EQ(object.frame(3), "cd");
    EXPECT_EQ(object.frames().bit_offset(1), 0U);
    EXPECT_EQ(object.frames().bit_offset(2), 1U);
    EXPECT_EQ(object.frames().bit_offset(3), 2U);
}

TEST(FrameTable, NativeColourSubsampledHasTwoSamples) {
    Read object = read(kExplicitVrLittleEndian, image(1, 2, 3, 8, "2 ", "YBR_FULL_422") +
                                                    explicit_element(tags::PixelData, "OB", "aaaabbbb"));
    EXPECT_EQ(object.frame(2), "bbbb");
}

TEST(FrameTable, FloatPixelData) {
    Read object = read(kExplicitVrLittleEndian,
                       image(1, 1, 1, 32, "2 ") + explicit_element(tags::FloatPixelData, "OF", "aaaabbbb"));
    EXPECT_EQ(object.frame(2), "bbbb");
    Read doubles =
        read(kExplicitVrLittleEndian,
             image(1, 1, 1, 64, "1 ") + explicit_element(tags::DoubleFloatPixelData, "OD", "aaaabbbb"));
    EXPECT_EQ(doubles.frame(1), "aaaabbbb");
}

TEST(FrameTable, NativeValueThatIsTooShortOrUndescribed) {
    Read short_value = read(kExplicitVrLittleEndian, image(65535, 65535, 65535, 65535, "2147483647") +
                                                         explicit_element(tags::PixelData, "OB", "abc"));
    EXPECT_EQ(short_value.frames().kind, Kind::native);
    EXPECT_EQ(short_value.frame(1), "?");
    EXPECT_EQ(short_value.frame(2147483647), "?");
    EXPECT_EQ(short_value.frames().present(), 0U);
    Read bare = read(kExplicitVrLittleEndian, explicit_element(tags::PixelData, "OB", "abc"));
    EXPECT_EQ(bare.frame(1), "?");
    EXPECT_EQ(bare.layout.bulk.at(0).range.length, 3U);
    Read negative = read(kExplicitVrLittleEndian,
                         image(1, 1, 1, 8, "-5") + explicit_element(tags::PixelData, "OB", "ab"));
    EXPECT_EQ(negative.frames().frames, 1U);
}

TEST(FrameTable, NativeUnderACompressedLabel) {
    Read object = read("1.2.840.10008.1.2.4.108",
                       image(1, 2, 1, 8, "2 ") + explicit_element(tags::PixelData, "OB", "aabb"));
    EXPECT_EQ(object.frames().kind, Kind::native);
    EXPECT_EQ(object.frame(2), "bb");
}

TEST(FrameTable, OneFrameIsAllFragments) {
    Read object = read(kJpeg, image(1, 1, 1, 8, "1 ") + fragments(item("") + item("ab") + item("cd")));
    EXPECT_EQ(object.frames().kind, Kind::encapsulated);
    EXPECT_EQ(object.frame(1), "abcd");
    EXPECT_EQ(object.frame(2), "?");
    EXPECT_EQ(object.frames().value.length, 8U + 10 + 10 + 8);
}

TEST(FrameTable, FragmentsOfAnUnknownVr) {
    Read object = read(kJpeg, image(1, 1, 1, 8, "1 ") +
                                  explicit_element(tags::PixelData, "UN",
                                                   item("") + item("ab") + sequence_end(), kUndefined));
    EXPECT_EQ(object.frame(1), "ab");
    EXPECT_EQ(object.layout.bulk.at(0).vr, "OB");
}

TEST(FrameTable, AFragmentPerFrame) {
    Read object = read(kJpeg, image(1, 1, 1, 8, "2 ") + fragments(item("") + item("ab") + item("cd")));
    EXPECT_EQ(object.frame(2), "cd");
}

TEST(FrameTable, BasicOffsetTable) {
    Read object = read(kJpeg, image(1, 1, 1, 8, "2 ") +
                                  fragments(item(u32(0) + u32(20)) + item("ab") + item("cd") + item("ef")));
    EXPECT_EQ(object.frame(1), "abcd");
    EXPECT_EQ(object.frame(2), "ef");
}

TEST(FrameTable, ExtendedOffsetTable) {
    const std::string table = explicit_element(tags::ExtendedOffsetTable, "OV", u64(0) + u64(10)) +
                              explicit_element(tags::ExtendedOffsetTableLengths, "OV", u64(2) + u64(2));
    Read object = read(
        kJpeg, image(1, 1, 1, 8, "2 ") + table + fragments(item("") + item("ab") + item("cd") + item("ef")));
    EXPECT_EQ(object.frame(1), "ab");
    EXPECT_EQ(object.frame(2), "cdef");
}

TEST(FrameTable, WrongOffsetsAreNotBelieved) {
    for (const std::string& offsets :
         {u32(0) + u32(19), u32(0) + u32(0), u32(20) + u32(0), u32(0) + u32(0xFFFFFFFF), u32(10) + u32(20),
          u32(0), u32(0) + u32(10) + u32(20), "\0\0\0\0\x0A"s}) {
        Read object = read(
            kJpeg, image(1, 1, 1, 8, "2 ") + fragments(item(offsets) + item("ab") + item("cd") + item("ef")));
        EXPECT_EQ(object.frames().kind, Kind::unknown);
        EXPECT_EQ(object.frame(1), "?");
        EXPECT_EQ(object.frames().fragments.size(), 3U);
    }
    Read equal =
        read(kJpeg, image(1, 1, 1, 8, "2 ") + fragments(item(u32(5) + u32(1)) + item("ab") + item("cd")));
    EXPECT_EQ(equal.frame(2), "cd");
}

TEST(FrameTable, FramesByTheirFirstBytes) {
    for (const std::string& head : {"\xFF\xD8\xFF\xE0"s, "\xFF\x4F\xFF\x51"s}) {
        Read object = read(kJpeg, image(1, 1, 1, 8, "2 ") + fragments(item("") + item(head + "ab") +
                                                                      item("cd") + item(head + "ef")));
        EXPECT_EQ(object.frame(1), head + "abcd");
        EXPECT_EQ(object.frame(2), head + "ef");
    }
}

TEST(FrameTable, VideoAndTooFewFragmentsAreUnknown) {
    Read video = read("1.2.840.10008.1.2.4.100",
                      image(1, 1, 1, 8, "2 ") + fragments(item("") + item("ab") + item("cd")));
    EXPECT_EQ(video.frames().kind, Kind::unknown);
    Read few = read(kJpeg, image(1, 1, 1, 8, "9 ") + fragments(item("") + item("ab")));
    EXPECT_EQ(few.frames().kind, Kind::unknown);
    Read none = read(kJpeg, image(1, 1, 1, 8, "1 ") + fragments(""));
    EXPECT_EQ(none.frames().kind, Kind::unknown);
}

TEST(FrameTable, BulkValuesAreListedByPath) {
    const std::string icon =
        image(1, 1, 1, 8, "1 ") + explicit_element(tags::PixelData, "OB", std::string(2000, 'i'));
    const std::string small_icon = explicit_element(tags::PixelData, "OB", "i ");
    const std::string waveform = explicit_element(tags::WaveformData, "OW", "ww");
    Read object = read(kExplicitVrLittleEndian,
                       explicit_element(tags::EncapsulatedDocument, "OB", "%PDF") +
                           explicit_element({0x0088, 0x0200}, "SQ", item(small_icon) + item(icon)) +
                           explicit_element(tags::WaveformSequence, "SQ", item(waveform)));
    ASSERT_EQ(object.layout.bulk.size(), 3U);
    EXPECT_EQ(object.layout.bulk[0].path, "00420011");
    EXPECT_EQ(object.layout.bulk[1].path, "00880200/2/7FE00010");
    EXPECT_EQ(object.layout.bulk[1].vr, "OB");
    EXPECT_EQ(object.layout.bulk[1].range.length, 2000U);
    EXPECT_EQ(object.layout.bulk[2].path, "54000100/1/54001010");
    EXPECT_EQ(object.frames().kind, Kind::none) << "nested pixel data are no frames";
}

TEST(ObjectLayout, DamagedBytesAreRefused) {
    ObjectLayout layout;
    layout.data_set_offset = 300;
    layout.big_endian = true;
    layout.frames = {Kind::encapsulated, 2, {400, 100}, 0, {{416, 10}, {434, 66}}, {0, 1, 2}};
    layout.bulk = {{"7FE00010", "OB", {400, 100}, true}};
    const std::string good = encode_layout(layout);
    ASSERT_EQ(*decode_layout(good), layout);
    for (std::size_t length = 0; length < good.size(); ++length) {
        const auto cut = decode_layout(std::string_view(good).substr(0, length));
        ASSERT_FALSE(cut.ok()) << length;
        EXPECT_EQ(cut.error().code, ErrorCode::corrupt);
    }
    EXPECT_FALSE(decode_layout(good + "x").ok());
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string flipped = good;
        flipped[at] = static_cast<char>(0xFF);
        const auto decoded = decode_layout(flipped);
        if (decoded) {
            for (std::uint32_t number = 0; number < 4; ++number)
                (void)decoded->frames.ranges_of(number);
        }
    }
}

TEST(ObjectLayout, TenThousandFragmentsAreSmall) {
    ObjectLayout layout;
    layout.frames.kind = Kind::encapsulated;
    layout.frames.frames = 10000;
    std::uint64_t offset = 2000;
    for (std::uint32_t i = 0; i < 10000; ++i) {
        layout.frames.first_fragment.push_back(i);
        layout.frames.fragments.push_back({offset, 12000 + i % 7});
        offset += 12008 + i % 7;
    }
    layout.frames.first_fragment.push_back(10000);
    EXPECT_LT(encode_layout(layout).size(), 45000U);
    EXPECT_EQ(*decode_layout(encode_layout(layout)), layout);
    layout.inline_bytes = 100'000;
    layout.big_endian = true;
    EXPECT_EQ(*decode_layout(encode_layout(layout)), layout);
}

}  // namespace
}  // namespace isocenter::dicom
