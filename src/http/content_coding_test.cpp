#include "http/content_coding.h"

#include <gtest/gtest.h>

#include "http/testing/pattern_source.h"

namespace isocenter::http {
namespace {

class TextSink final : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        text += as_text(bytes);
        return {};
    }
    std::string text;
};

std::string gzip(std::string_view text) {
    std::string out;
    make_encoder(Coding::gzip)->encode(as_bytes(text), true, out);
    return out;
}

TEST(ContentCoding, ChoosesWhatIsLikedBest) {
    EXPECT_EQ(choose_coding(""), std::nullopt);
    EXPECT_EQ(choose_coding("identity, br"), std::nullopt);
    EXPECT_EQ(choose_coding("gzip, deflate, br"), Coding::gzip);
    EXPECT_EQ(choose_coding("gzip, zstd"), Coding::zstd);
    EXPECT_EQ(choose_coding("GZIP;q=1, zstd;q=0.5"), Coding::gzip);
    EXPECT_EQ(choose_coding("*"), Coding::zstd);
    EXPECT_EQ(choose_coding("*, zstd;q=0"), Coding::gzip);
    EXPECT_EQ(choose_coding("gzip;q=0, zstd;q=0"), std::nullopt);
}

TEST(ContentCoding, GunzipIsCompleteAtTheEndOfAMemberOnly) {
    // Sizes around the room for decoded bytes: there the last byte may leave nothing to read.
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65535}, std::size_t{65536},
                                   std::size_t{65537}, std::size_t{131072}, std::size_t{1'000'000}}) {
        SCOPED_TRACE(size);
        const std::string text = testing::pattern(size);
        const std::string packed = gzip(text);
        Gunzip whole;
        TextSink sink;
        EXPECT_FALSE(whole.complete());
        ASSERT_TRUE(whole.write(as_bytes(packed), sink).has_value());
        EXPECT_TRUE(whole.complete());
        EXPECT_TRUE(sink.text == text);
        // A second member follows, and breaks off.
        ASSERT_TRUE(whole.write(as_bytes(packed), sink).has_value());
        EXPECT_TRUE(whole.complete());
        EXPECT_TRUE(sink.text == text + text);
        ASSERT_TRUE(whole.write(as_bytes(std::string_view(packed).substr(0, packed.size() - 1)), sink));
        EXPECT_FALSE(whole.complete());
    }
}

TEST(ContentCoding, GunzipTakesAnyCutting) {
    const std::string text = testing::pattern(3000) + std::string(200'000, 'a');
    const std::string packed = gzip(text);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
        Gunzip gunzip;
        TextSink sink;
        for (std::size_t at = 0; at < packed.size(); at += step) {
            EXPECT_FALSE(gunzip.complete());
            ASSERT_TRUE(gunzip.write(as_bytes(std::string_view(packed).substr(at, step)), sink));
        }
        EXPECT_TRUE(gunzip.complete());
        EXPECT_TRUE(sink.text == text);
    }
}

TEST(ContentCoding, GunzipRefusesOtherBytes) {
    TextSink sink;
    const Status plain = Gunzip().write(as_bytes("this is no gzip"), sink);
    ASSERT_FALSE(plain.has_value());
    EXPECT_EQ(plain.error().code, ErrorCode::invalid_request);
    std::string damaged = gzip("some text that is long enough");
    damaged[damaged.size() - 6] ^= 1;  // in the checksum
    EXPECT_FALSE(Gunzip().write(as_bytes(damaged), sink).has_value());
}

}  // namespace
}  // namespace isocenter::http
