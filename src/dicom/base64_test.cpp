#include "dicom/base64.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

TEST(Base64, HasTheVectorsOfRfc4648) {
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [bytes, text] : vectors) {
        std::string out;
        append_base64(out, bytes);
        EXPECT_EQ(out, text);
        EXPECT_EQ(decode_base64(text), bytes);
    }
}

TEST(Base64, EveryByteComesBack) {
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(decode_base64(text), bytes);
}

TEST(Base64, ToleratesBlanksAndMissingPaddingOnly) {
    EXPECT_EQ(decode_base64(" Zm\r\n9v "), "foo");
    EXPECT_EQ(decode_base64("Zg"), "f");
    EXPECT_EQ(decode_base64("Z"), std::nullopt);
    EXPECT_EQ(decode_base64("Zg==Zg=="), std::nullopt);
    EXPECT_EQ(decode_base64("Zm9-"), std::nullopt);
}

}  // namespace
}  // namespace isocenter::dicom
