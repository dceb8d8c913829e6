#include "dicom/image_header.h"

#include <gtest/gtest.h>

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

TEST(ImageHeader, EveryPrefixIsRefusedWithoutHarm) {
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
}

}  // namespace
}  // namespace isocenter::dicom
