#include "http/media_type.h"

#include <gtest/gtest.h>

namespace isocenter::http {
namespace {

TEST(MediaType, ReadsAContentType) {
    const auto type =
        parse_media_type("Multipart/Related; TYPE=\"application/dicom\"; boundary=\"a b;,\\\"c\"");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->essence(), "multipart/related");
    EXPECT_EQ(type->param("type"), "application/dicom");
    EXPECT_EQ(type->param("Boundary"), "a b;,\"c");
    EXPECT_EQ(type->param("start"), std::nullopt);
}

TEST(MediaType, IsLenientAboutBareValuesAndBlanks) {
    const auto type = parse_media_type(" multipart/related ;type = application/octet-stream ; boundary=x;");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->param("type"), "application/octet-stream");
    EXPECT_EQ(type->param("boundary"), "x");
}

TEST(MediaType, RefusesWhatIsNone) {
    for (const char* text : {"", "text", "/", "text/", "/plain", "te xt/plain", "text/plain; a=\"open",
                             "*/plain", "text/plain; a=\"b\"c", "text/plain, text/html", "text/plain; =x"})
        EXPECT_FALSE(parse_media_type(text)) << text;
}

TEST(MediaType, KeepsQInContentTypes) {
    EXPECT_EQ(parse_media_type("text/plain; q=0.5")->param("q"), "0.5");
}

TEST(Accept, ReadsRecordedHeaders) {
    const auto ohif = parse_accept(
        "multipart/related; type=\"image/jls\"; transfer-syntax=\"1.2.840.10008.1.2.4.80\"; "
        "transfer-syntax=\"*\"");
    ASSERT_EQ(ohif.size(), 1U);
    EXPECT_EQ(ohif[0].param("type"), "image/jls");
    EXPECT_EQ(ohif[0].all("transfer-syntax"), (std::vector<std::string_view>{"1.2.840.10008.1.2.4.80", "*"}));

    const auto cornerstone =
        parse_accept("multipart/related; type=application/octet-stream; transfer-syntax=*, image/jpeg");
    ASSERT_EQ(cornerstone.size(), 2U);
    EXPECT_EQ(cornerstone[0].param("type"), "application/octet-stream");
    EXPECT_EQ(cornerstone[0].param("transfer-syntax"), "*");
    EXPECT_EQ(cornerstone[1].essence(), "image/jpeg");

    const auto browser =
        parse_accept("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8");
    ASSERT_EQ(browser.size(), 5U);
    EXPECT_DOUBLE_EQ(browser[2].q, 0.9);
    EXPECT_DOUBLE_EQ(browser[4].q, 0.8);
    EXPECT_EQ(browser[4].essence(), "*/*");

    const auto java = parse_accept("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2");
    ASSERT_EQ(java.size(), 5U);
    EXPECT_EQ(java[3].essence(), "*/*");
    EXPECT_DOUBLE_EQ(java[3].q, 0.2);
}

TEST(Accept, SkipsIllFormedRangesAndKeepsTheRest) {
    const auto ranges = parse_accept("nonsense, image/png;q=2, , image/jls; a=\"x, y\", text/plain;q=0");
    ASSERT_EQ(ranges.size(), 2U);
    EXPECT_EQ(ranges[0].param("a"), "x, y");
    EXPECT_EQ(ranges[1].essence(), "text/plain");
    EXPECT_DOUBLE_EQ(ranges[1].q, 0);
}

TEST(Accept, IgnoresWhatFollowsQ) {
    const auto ranges = parse_accept("image/png;a=1;q=0.5;b=2;q=0.1");
    ASSERT_EQ(ranges.size(), 1U);
    EXPECT_DOUBLE_EQ(ranges[0].q, 0.5);
    EXPECT_EQ(ranges[0].params.size(), 1U);
}

TEST(Accept, AnUnclosedQuoteEndsTheHeader) {
    EXPECT_EQ(parse_accept("image/png, image/jpeg; a=\"x, image/gif").size(), 1U);
}

TEST(Accept, KnowsStrictFromLenient) {
    for (const char* text :
         {"application/dicom+json", "application/*;q=0.2, */*", "a/b; c=\"d,e\"", "a/b ; c=d"})
        EXPECT_TRUE(is_well_formed_accept(text)) << text;
    for (const char* text : {"", " ", ",", "*", "application", "a/b; c", "a/b;;", "a/b; c=d/e",
                             "a/b, nonsense", "a/b;q=2", "a/b; c=\"open"})
        EXPECT_FALSE(is_well_formed_accept(text)) << text;
}

}  // namespace
}  // namespace isocenter::http
