#include "dicom/video_header.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace isocenter::dicom {
namespace {

std::string from_hex(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return out;
}

// What FFmpeg, x264 and x265 write.
constexpr std::string_view kMpeg2 = "000001b304003023ffffe000000001b5148a000100000000";
constexpr std::string_view kH264 =
    "000000016764000aacd94427e221000003000100000300320f1225960000000168ebe3cb22c0";
constexpr std::string_view kH265 =
    "0000000140010c01ffff01600000030090000003000003001e9598090000000142010101600000030090000003000003001ea020"
    "839f265959ae4cae6808000003000800000300c840000000014401c173d089";

struct Case {
    std::string_view media_type;
    std::string bytes;
    std::string_view syntax;
    unsigned rows;
    unsigned columns;
    unsigned bits;
};

TEST(VideoHeader, OfEveryKind) {
    const std::string avc_box =
        "avcC" +
        from_hex(
            "0164000affe100186764000aacd94427e221000003000100000300320f12259601000668ebe3cb22c0fdf8f800");
    const std::string level_42 =
        from_hex("000000016764002aacd940780227e584000003000400000300c83c60c65800000001");
    const std::string main_10 =
        from_hex("0000000142010102200000030090000003000003001ea020839f2365959ae4cae6808000000300800000");
    const std::string high_level = from_hex("000001b35002d033ffffe000000001b5146a000100000000");
    const Case cases[] = {
        {"video/mpeg", from_hex(kMpeg2), "1.2.840.10008.1.2.4.100", 48, 64, 8},
        {"video/mpeg", "a packet's header" + from_hex(kMpeg2), "1.2.840.10008.1.2.4.100", 48, 64, 8},
        {"video/mpeg", high_level, "1.2.840.10008.1.2.4.101", 720, 1280, 8},
        {"video/mp4", from_hex(kH264), "1.2.840.10008.1.2.4.102", 50, 64, 8},
        {"video/mp4", std::string(40, '\1') + avc_box, "1.2.840.10008.1.2.4.102", 50, 64, 8},
        {"video/mp4", level_42, "1.2.840.10008.1.2.4.104", 1080, 1920, 8},
        {"video/h265", from_hex(kH265), "1.2.840.10008.1.2.4.107", 50, 64, 8},
        {"video/h265", main_10, "1.2.840.10008.1.2.4.108", 50, 64, 10},
    };
    for (const Case& one : cases) {
        const auto header = read_video_header(one.media_type, as_bytes(one.bytes));
        ASSERT_TRUE(header) << one.syntax << header.error().message;
        EXPECT_EQ(header->transfer_syntax, one.syntax);
        EXPECT_EQ(header->rows, one.rows) << one.syntax;
        EXPECT_EQ(header->columns, one.columns) << one.syntax;
        EXPECT_EQ(header->bits_stored, one.bits) << one.syntax;
        EXPECT_EQ(header->samples_per_pixel, 3U);
        EXPECT_EQ(header->photometric_interpretation, "YBR_PARTIAL_420");
    }
}

TEST(VideoHeader, WhatNoSyntaxHasIsUnsupported) {
    const auto code = [](std::string_view media_type, const std::string& bytes) {
        return read_video_header(media_type, as_bytes(bytes)).error().code;
    };
    EXPECT_EQ(code("video/mpeg", "no video"), ErrorCode::unsupported);
    EXPECT_EQ(code("video/mpeg", from_hex(kH264)), ErrorCode::unsupported);
    EXPECT_EQ(code("video/mpeg", from_hex(kMpeg2.substr(0, 24))), ErrorCode::unsupported) << "MPEG-1";
    EXPECT_EQ(code("video/h265", from_hex(kH264)), ErrorCode::unsupported);
    EXPECT_EQ(code("video/x", from_hex(kH264)), ErrorCode::unsupported);
    std::string baseline = from_hex(kH264);
    baseline[5] = 66;
    EXPECT_FALSE(read_video_header("video/mp4", as_bytes(baseline)));
    std::string level_5 = from_hex(kH264);
    level_5[7] = 50;
    EXPECT_EQ(code("video/mp4", level_5), ErrorCode::unsupported);
    EXPECT_EQ(code("video/mp4", from_hex(kH264.substr(0, 20))), ErrorCode::malformed_dicom);
}

TEST(VideoHeader, AnyBytesAreHarmless) {
    std::mt19937 random(17);
    for (const auto& [media_type, hex] :
         {std::pair{"video/mpeg", kMpeg2}, {"video/mp4", kH264}, {"video/h265", kH265}}) {
        for (int round = 0; round < 10'000; ++round) {
            std::string bytes = from_hex(hex);
            for (int i = 0; i < 3; ++i)
                bytes[4 + random() % (bytes.size() - 4)] = static_cast<char>(random() % 256);
            bytes.resize(bytes.size() - random() % 12);
            const auto header = read_video_header(media_type, as_bytes(bytes));
            if (header) {
                EXPECT_LE(header->rows, 0xFFFFU);
                EXPECT_GT(header->columns, 0U);
            }
        }
    }
}

}  // namespace
}  // namespace isocenter::dicom
