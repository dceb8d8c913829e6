#include "codec/uncompressed.h"

#include <gtest/gtest.h>

namespace isocenter::codec {
namespace {

Result<std::string> decode(std::string_view frame, std::uint32_t columns, std::uint32_t bits) {
    FrameShape shape;
    shape.rows = 1;
    shape.columns = columns;
    shape.bits_allocated = bits;
    return UncompressedCodec().decode(as_bytes(frame), shape);
}

TEST(UncompressedCodec, GivesTheBytesWithoutTheirPadding) {
    EXPECT_EQ(*decode("abcd", 4, 8), "abcd");
    EXPECT_EQ(*decode("abcd", 3, 8), "abc");
    EXPECT_EQ(*decode("abc", 3, 8), "abc") << "padding that was forgotten";
    EXPECT_EQ(*decode("abcd", 2, 16), "abcd");
    EXPECT_EQ(*decode("ab", 11, 1), "ab");
}

TEST(UncompressedCodec, RefusesAFrameOfAnotherSize) {
    for (const std::string_view frame : {"", "abc", "abcde", "abcdef"})
        EXPECT_EQ(decode(frame, 4, 8).error().code, ErrorCode::unsupported) << frame;
}

}  // namespace
}  // namespace isocenter::codec
