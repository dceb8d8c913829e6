#include "codec/rle.h"

#include <gtest/gtest.h>

#include <random>

#include "codec/frame_codec.h"

namespace isocenter::codec {
namespace {

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

// An encoder of its own kind: literals of random length and runs, mixed with no-operation bytes.
std::string pack(const std::string& plane, std::mt19937& random) {
    std::string packed;
    std::size_t at = 0;
    while (at < plane.size()) {
        std::size_t run = 1;
        while (at + run < plane.size() && run < 128 && plane[at + run] == plane[at])
            ++run;
        if (random() % 7 == 0) packed.push_back(static_cast<char>(-128));
        if (run >= 2) {
            packed.push_back(static_cast<char>(1 - static_cast<int>(run)));
            packed.push_back(plane[at]);
        } else {
            run = std::min<std::size_t>(1 + random() % 128, plane.size() - at);
            packed.push_back(static_cast<char>(run - 1));
            packed += plane.substr(at, run);
        }
        at += run;
    }
    if (packed.size() % 2 != 0) packed.push_back('\0');
    return packed;
}

std::string encode(const std::vector<std::string>& planes, std::mt19937& random) {
    std::string header(64, '\0');
    std::string body;
    const auto put = [&](std::size_t at, std::size_t value) {
        for (std::size_t i = 0; i < 4; ++i)
            header[at + i] = static_cast<char>(value >> (8 * i));
    };
    put(0, planes.size());
    for (std::size_t i = 0; i < planes.size(); ++i) {
        put(4 + 4 * i, 64 + body.size());
        body += pack(planes[i], random);
    }
    return header + body;
}

FrameShape shape_of(std::uint32_t rows, std::uint32_t columns, std::uint32_t samples, std::uint32_t bits,
                    std::uint32_t planar = 0) {
    FrameShape shape;
    shape.rows = rows;
    shape.columns = columns;
    shape.samples_per_pixel = samples;
    shape.bits_allocated = bits;
    shape.planar_configuration = planar;
    return shape;
}

Result<std::string> decode(const std::string& frame, const FrameShape& shape) {
    return RleCodec().decode(as_bytes(frame), shape);
}

// Written by pydicom 3: two segments, most significant bytes first.
constexpr const char* kMono16 =
    "02000000400000005a00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00"
    "0000000000000000000000fc00ff12fe12fd240024fc360048fd48fe5bff5bfc6dfc7fff91fc00ff34fe34fd680068fc9c00d0fd"
    "d0"
    "fe04ff04fc38fc6cffa0";
constexpr const char* kMono16Native =
    "0000000000000000000034123412341234123412682468246824682468249c369c369c369c369c36d048d048d048d048d048045b"
    "04"
    "5b045b045b045b386d386d386d386d386d6c7f6c7f6c7f6c7f6c7fa091a091";
constexpr const char* kRgb8 =
    "03000000400000005800000070000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000040008111922042a333b444c04555d666e77047f889099a104020b131c24042d353e464f04576068"
    "7"
    "17904828a939ba404050e161f27043038414952045a636b747c04858d969ea7";
constexpr const char* kRgb8Native =
    "000205080b0e111316191c1f2224272a2d303335383b3e414446494c4f5255575a5d606366686b6e717477797c7f8285888a8d90"
    "9396999b9ea1a4a7";

TEST(RleCodec, DecodesWhatPydicomEncoded) {
    EXPECT_EQ(*decode(from_hex(kMono16), shape_of(6, 7, 1, 16)), from_hex(kMono16Native));
    EXPECT_EQ(*decode(from_hex(kRgb8), shape_of(4, 5, 3, 8)), from_hex(kRgb8Native));
}

TEST(RleCodec, GivesThePlanarConfigurationAskedFor) {
    const std::string mixed = from_hex(kRgb8Native);
    std::string planes;
    for (std::size_t sample = 0; sample < 3; ++sample) {
        for (std::size_t i = sample; i < mixed.size(); i += 3)
            planes.push_back(mixed[i]);
    }
    EXPECT_EQ(*decode(from_hex(kRgb8), shape_of(4, 5, 3, 8, 1)), planes);
}

TEST(RleCodec, RoundTripsEveryShape) {
    std::mt19937 random(7);
    for (const std::uint32_t bits : {8U, 16U, 24U, 32U, 64U}) {
        for (const std::uint32_t samples : {1U, 3U}) {
            const std::uint32_t bytes = bits / 8;
            if (samples * bytes > 15) continue;
            for (const std::uint32_t planar : {0U, 1U}) {
                const FrameShape shape = shape_of(33, 57, samples, bits, planar);
                std::string native(shape.frame_bytes(), '\0');
                for (char& c : native)
                    c = random() % 3 == 0 ? static_cast<char>(random() % 256) : 'x';
                const std::size_t pixels = 33 * 57;
                std::vector<std::string> planes;
                for (std::size_t sample = 0; sample < samples; ++sample) {
                    for (std::size_t byte = bytes; byte-- > 0;) {
                        std::string plane;
                        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
                            const std::size_t value =
                                planar == 1 ? sample * pixels + pixel : pixel * samples + sample;
                            plane.push_back(native[value * bytes + byte]);
                        }
                        planes.push_back(std::move(plane));
                    }
                }
                EXPECT_EQ(*decode(encode(planes, random), shape), native)
                    << bits << ' ' << samples << ' ' << planar;
            }
        }
    }
}

TEST(RleCodec, DecodesPackedBitmaps) {
    std::mt19937 random(9);
    const std::string native("\x81\xFF\x00\x13\x01", 5);
    EXPECT_EQ(*decode(encode({native}, random), shape_of(3, 11, 1, 1)), native);
}

TEST(RleCodec, RefusesWhatIsNoFrameOfTheShape) {
    const std::string good = from_hex(kMono16);
    EXPECT_EQ(decode("", shape_of(6, 7, 1, 16)).error().code, ErrorCode::corrupt);
    EXPECT_EQ(decode(good.substr(0, 63), shape_of(6, 7, 1, 16)).error().code, ErrorCode::corrupt);
    EXPECT_EQ(decode(good.substr(0, 100), shape_of(6, 7, 1, 16)).error().code, ErrorCode::corrupt);
    EXPECT_EQ(decode(good, shape_of(6, 8, 1, 16)).error().code, ErrorCode::corrupt);
    EXPECT_EQ(decode(good, shape_of(6, 7, 1, 8)).error().code, ErrorCode::corrupt);
    EXPECT_EQ(decode(good, shape_of(6, 7, 1, 12)).error().code, ErrorCode::unsupported);
    EXPECT_EQ(decode(good, shape_of(65535, 65535, 1, 16)).error().code, ErrorCode::corrupt);
    EXPECT_EQ(decode(good, shape_of(6, 7, 4'000'000'000U, 16)).error().code, ErrorCode::corrupt);
}

TEST(RleCodec, SurvivesAnyBytes) {
    std::mt19937 random(11);
    for (int round = 0; round < 20'000; ++round) {
        std::string frame = from_hex(kRgb8);
        for (int i = 0; i < 4; ++i)
            frame[random() % frame.size()] = static_cast<char>(random() % 256);
        frame.resize(frame.size() - random() % 40);
        const auto decoded = decode(frame, shape_of(4, 5, 3, 8));
        if (decoded) {
            EXPECT_EQ(decoded->size(), 60U);
        }
    }
}

TEST(Registry, KnowsWhatItDecodes) {
    EXPECT_NE(find_decoder("1.2.840.10008.1.2.1.98"), nullptr);
    EXPECT_NE(find_decoder("1.2.840.10008.1.2.5"), nullptr);
    EXPECT_EQ(find_decoder("1.2.840.10008.1.2.4.70"), nullptr);
}

TEST(RleCodec, IsKnownByAHeaderWithNothingOutOfPlace) {
    const std::string good = from_hex(kRgb8);
    const FrameShape shape = shape_of(4, 5, 3, 8);
    const auto known = [&](const std::string& frame) {
        return begins_like_rle(as_bytes(frame).first(std::min<std::size_t>(frame.size(), 64)), frame.size(),
                               shape);
    };
    EXPECT_TRUE(known(good));
    EXPECT_FALSE(begins_like_rle(as_bytes(good), good.size(), shape_of(4, 5, 1, 8)));
    EXPECT_FALSE(known(good.substr(0, 64)));
    EXPECT_FALSE(known(good.substr(0, 60)));
    for (const std::size_t at : {0U, 4U, 7U, 8U + 3U, 16U, 60U}) {
        std::string other = good;
        other[at] = static_cast<char>(other[at] ^ 1);
        EXPECT_FALSE(known(other)) << at;
    }
}

}  // namespace
}  // namespace isocenter::codec
