#include "dicom/image_header.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "dicom/tags.h"

namespace isocenter::dicom {
namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (const int value : values)
        out += static_cast<char>(value);
    return out;
}

/// A frame of 24 rows and 40 columns with one component, then a scan with `parameter`.
std::string jpeg(int frame_type, int precision, int parameter) {
    return bytes({0xFF, 0xD8, 0xFF, 0xE0, 0, 7, 'J', 'F', 'I', 'F', 0}) +
           bytes({0xFF, frame_type, 0, 11, precision, 0, 24, 0, 40, 1, 1, 0x11, 0}) +
           bytes({0xFF, 0xDA, 0, 8, 1, 1, 0, parameter, 63, 0});
}

std::string codestream(int capabilities, int transform) {
    return bytes({0xFF, 0x4F, 0xFF, 0x51, 0, 47, capabilities, 0, 0, 0, 0,  42, 0, 0, 0, 24, 0, 0, 0, 2, 0,
                  0,    0,    0,    0,    0, 0,  64,           0, 0, 0, 64, 0,  0, 0, 0, 0,  0, 0, 0}) +
           bytes({0, 3, 0x8B, 1, 1, 0x8B, 1, 1, 0x8B, 1, 1}) +
           bytes({0xFF, 0x52, 0, 12, 0, 0, 0, 1, 1, 5, 4, 4, 0, transform});
}

TEST(ImageHeader, JpegProcessesAndTheirSyntaxes) {
    const struct {
        int frame_type, precision, parameter;
        std::string_view syntax;
    } cases[] = {{0xC0, 8, 0, "1.2.840.10008.1.2.4.50"},  {0xC1, 12, 0, "1.2.840.10008.1.2.4.51"},
                 {0xC3, 16, 1, "1.2.840.10008.1.2.4.70"}, {0xC3, 16, 4, "1.2.840.10008.1.2.4.57"},
                 {0xF7, 10, 0, "1.2.840.10008.1.2.4.80"}, {0xF7, 10, 2, "1.2.840.10008.1.2.4.81"}};
    for (const auto& one : cases) {
        const auto header = read_image_header(as_bytes(jpeg(one.frame_type, one.precision, one.parameter)));
        ASSERT_TRUE(header) << one.syntax;
        EXPECT_EQ(header->transfer_syntax, one.syntax);
        EXPECT_EQ(header->rows, 24U);
        EXPECT_EQ(header->columns, 40U);
        EXPECT_EQ(header->samples_per_pixel, 1U);
        EXPECT_EQ(header->bits_stored, one.precision);
        EXPECT_EQ(header->photometric_interpretation, "MONOCHROME2");
    }
}

TEST(ImageHeader, Jpeg2000AloneAndInAFile) {
    for (const std::string& file : {codestream(0, 1), bytes({0,    0,  0, 12, 'j', 'P', ' ', ' ', 13,  10,
                                                             0x87, 10, 0, 0,  0,   0,   'j', 'p', '2', 'c'}) +
                                                          codestream(0, 1)}) {
        const auto header = read_image_header(as_bytes(file));
        ASSERT_TRUE(header);
        EXPECT_EQ(header->transfer_syntax, "1.2.840.10008.1.2.4.90");
        EXPECT_EQ(header->columns, 40U);
        EXPECT_EQ(header->rows, 24U);
        EXPECT_EQ(header->samples_per_pixel, 3U);
        EXPECT_EQ(header->bits_stored, 12U);
        EXPECT_TRUE(header->is_signed);
        EXPECT_EQ(header->photometric_interpretation, "YBR_RCT");
    }
    EXPECT_EQ(read_image_header(as_bytes(codestream(0, 0)))->transfer_syntax, "1.2.840.10008.1.2.4.91");
    EXPECT_EQ(read_image_header(as_bytes(codestream(0x40, 1)))->transfer_syntax, "1.2.840.10008.1.2.4.201");
}

std::string from_hex(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return out;
}

std::string box(std::string_view type, const std::string& content) {
    return bytes({0, 0, 0, static_cast<int>(content.size() + 8)}) + std::string(type) + content;
}

// What libjxl 0.7 made of pictures of 40 rows and 24 columns, up to within their first frame.
constexpr std::string_view kGrey8 = "ff0a0904088a0b0108020100fc004b2837d61fbc53503045";
constexpr std::string_view kGrey16Lossy = "ff0a09047e92e242016801ab720900800a9551c60d5ecef5";

TEST(ImageHeader, JpegXlCodestreams) {
    const struct {
        std::string_view hex, syntax, photometric;
        unsigned samples, bits;
    } cases[] = {
        {kGrey8, "1.2.840.10008.1.2.4.110", "MONOCHROME2", 1, 8},
        {"ff0a09047e80e2420802010060044b386998ca83f74b2898", "1.2.840.10008.1.2.4.110", "MONOCHROME2", 1, 16},
        {"ff0a090408282e040802010064014b28a21c1b5793b73d21", "1.2.840.10008.1.2.4.110", "RGB", 3, 8},
        {"ff0a090458505c080808100008024b28a21c9b4ebb7752e1", "1.2.840.10008.1.2.4.110", "RGB", 3, 8},
        {kGrey16Lossy, "1.2.840.10008.1.2.4.112", "MONOCHROME2", 1, 16},
        {"ff0a090448282e0401d001ab720900800a9551c60d5ecef5", "1.2.840.10008.1.2.4.112", "XYB", 3, 8},
        {"ff0a0904d8505c08015003ab720900800a9551c60d5ecef5", "1.2.840.10008.1.2.4.112", "XYB", 3, 8},
        {"ff0a0904088a1b01e05b0010009005087008700870feff0e", "1.2.840.10008.1.2.4.111", "MONOCHROME2", 1, 8},
        {"ff0a09048804e05b021000dc040c640c640c64feff0e0000", "1.2.840.10008.1.2.4.111", "YBR_FULL_422", 3, 8},
        {"ff0a09048804e05b001000bc040c640c640c64feff0e0000", "1.2.840.10008.1.2.4.111", "YBR_FULL", 3, 8},
    };
    for (const auto& one : cases) {
        const auto header = read_image_header(as_bytes(from_hex(one.hex)));
        ASSERT_TRUE(header) << one.hex;
        EXPECT_EQ(header->transfer_syntax, one.syntax) << one.hex;
        EXPECT_EQ(header->rows, 40U) << one.hex;
        EXPECT_EQ(header->columns, 24U) << one.hex;
        EXPECT_EQ(header->samples_per_pixel, one.samples) << one.hex;
        EXPECT_EQ(header->bits_stored, one.bits) << one.hex;
        EXPECT_EQ(header->photometric_interpretation, one.photometric) << one.hex;
    }
}

TEST(ImageHeader, JpegXlInAFileOfBoxes) {
    const std::string head = box("JXL ", "\r\n\x87\n") + box("ftyp", std::string("jxl \0\0\0\0jxl ", 12));
    const std::string stream = from_hex(kGrey8);
    const std::string number(4, '\0');
    for (const std::string& file :
         {head + box("jxll", "\x0A") + box("jxlc", stream),
          head + box("jxlp", number + stream.substr(0, 5)) + box("jbrd", "?") +
              box("jxlp", number + stream.substr(5)),
          head + bytes({0, 0, 0, 0}) + "jxlc" + stream, head + bytes({0, 0, 1, 0}) + "jxlc" + stream}) {
        const auto header = read_image_header(as_bytes(file));
        ASSERT_TRUE(header);
        EXPECT_EQ(header->transfer_syntax, "1.2.840.10008.1.2.4.110");
        EXPECT_EQ(header->columns, 24U);
    }
    EXPECT_FALSE(read_image_header(as_bytes(head)));
    EXPECT_FALSE(read_image_header(as_bytes(head + box("jxlc", "no stream"))));
    EXPECT_FALSE(read_image_header(as_bytes(head + box("jxlp", "?"))));
}

TEST(ImageHeader, AnyBytesOfJpegXlAreHarmless) {
    std::mt19937 random(3);
    for (int round = 0; round < 20'000; ++round) {
        std::string stream = from_hex(kGrey8);
        for (int i = 0; i < 3; ++i)
            stream[2 + random() % (stream.size() - 2)] = static_cast<char>(random() % 256);
        stream.resize(2 + random() % (stream.size() - 2));
        const auto header = read_image_header(as_bytes(stream));
        if (header) {
            EXPECT_LE(header->bits_stored, 32U);
        }
    }
}

TEST(ImageHeader, EveryPrefixIsRefusedWithoutHarm) {
    for (std::size_t length = 0; length < 9; ++length)
        EXPECT_FALSE(read_image_header(as_bytes(from_hex(kGrey8).substr(0, length)))) << length;
    // The last three bytes of a scan's header say nothing that is read, but the segment must be whole.
    for (const std::string& whole : {jpeg(0xC0, 8, 0), codestream(0, 1)}) {
        for (std::size_t length = 0; length < whole.size(); ++length)
            EXPECT_FALSE(read_image_header(as_bytes(whole.substr(0, length)))) << length;
        EXPECT_TRUE(read_image_header(as_bytes(whole)));
    }
    EXPECT_EQ(read_image_header(as_bytes(std::string("GIF89a"))).error().code, ErrorCode::unsupported);
    EXPECT_FALSE(read_image_header(as_bytes(jpeg(0xC2, 8, 0))));
    EXPECT_FALSE(read_image_header(as_bytes(bytes({0xFF, 0xD8, 0xFF, 0xE0, 0, 0}))));
}

TEST(ImageHeader, DescribesOnlyWhatIsMissing) {
    DataSet set;
    set.set_text(tags::PhotometricInterpretation, "MONOCHROME1");
    describe_pixels(set, *read_image_header(as_bytes(jpeg(0xC1, 12, 0))), 3);
    EXPECT_EQ(set.text(tags::PhotometricInterpretation), "MONOCHROME1");
    EXPECT_EQ(set.integer(tags::Rows), 24);
    EXPECT_EQ(set.integer(tags::Columns), 40);
    EXPECT_EQ(set.integer(tags::BitsAllocated), 16);
    EXPECT_EQ(set.integer(tags::BitsStored), 12);
    EXPECT_EQ(set.integer(tags::HighBit), 11);
    EXPECT_EQ(set.integer(tags::PixelRepresentation), 0);
    EXPECT_EQ(set.text(tags::NumberOfFrames), "3");
    EXPECT_EQ(set.find(tags::PlanarConfiguration), nullptr);
    ImageHeader colour;
    colour.samples_per_pixel = 3;
    colour.photometric_interpretation = "RGB";
    redescribe_pixels(set, colour, 1);
    EXPECT_EQ(set.text(tags::PhotometricInterpretation), "RGB");
    EXPECT_EQ(set.integer(tags::BitsStored), 8);
    EXPECT_EQ(set.integer(tags::PlanarConfiguration), 0);
    EXPECT_EQ(set.find(tags::NumberOfFrames), nullptr);
}

}  // namespace
}  // namespace isocenter::dicom
