#include "http/url.h"

#include <gtest/gtest.h>

namespace isocenter::http {
namespace {

TEST(PercentDecode, ReadsEscapesOfEitherCase) {
    EXPECT_EQ(percent_decode("a%2Cb%2c%20c"), "a,b, c");
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode("%c3%A9"), "\xC3\xA9");
}

TEST(PercentDecode, KnowsThatPlusIsABlankOnlyInForms) {
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
}

TEST(PercentDecode, RefusesBrokenEscapes) {
    for (const char* text : {"%", "%4", "a%", "%4G", "%G4", "%%41"})
        EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(PercentEncode, IsUndoneByDecode) {
    std::string all;
    for (int i = 0; i < 256; ++i)
        all += static_cast<char>(i);
    const std::string encoded = percent_encode(all);
    EXPECT_EQ(percent_decode(encoded), all);
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a/b c"), "a%2Fb%20c");
}

TEST(ParseQuery, KeepsOrderAndRepeats) {
    const auto items = parse_query("limit=10&PatientName=DOE%5EJ*&includefield=a%2Cb&includefield=c&flag&x=");
    ASSERT_TRUE(items);
    ASSERT_EQ(items->size(), 6U);
    EXPECT_EQ((*items)[0].name, "limit");
    EXPECT_EQ((*items)[1].value, "DOE^J*");
    EXPECT_EQ((*items)[2].value, "a,b");
    EXPECT_EQ((*items)[3].value, "c");
    EXPECT_FALSE((*items)[4].has_equals);
    EXPECT_TRUE((*items)[5].has_equals);
    EXPECT_EQ((*items)[5].value, "");
}

TEST(ParseQuery, SplitsAtTheFirstEqualsSignAndSkipsEmptyItems) {
    const auto items = parse_query("&&a=b=c&&+d+=e+f&");
    ASSERT_TRUE(items);
    ASSERT_EQ(items->size(), 2U);
    EXPECT_EQ((*items)[0].value, "b=c");
    EXPECT_EQ((*items)[1].name, " d ");
    EXPECT_EQ((*items)[1].value, "e f");
    EXPECT_TRUE(parse_query("")->empty());
}

TEST(ParseQuery, RefusesBrokenEscapes) {
    EXPECT_FALSE(parse_query("a=%2"));
    EXPECT_FALSE(parse_query("%zz=1"));
}

// The examples of RFC 3986 5.4 that an http base has.
TEST(ResolveReference, FollowsTheRfc) {
    const struct {
        const char* reference;
        const char* absolute;
    } examples[] = {{"g:h", "g:h"},
                    {"g", "http://a/b/c/g"},
                    {"./g", "http://a/b/c/g"},
                    {"g/", "http://a/b/c/g/"},
                    {"/g", "http://a/g"},
                    {"//g", "http://g"},
                    {"?y", "http://a/b/c/d;p?y"},
                    {"g?y", "http://a/b/c/g?y"},
                    {"", "http://a/b/c/d;p"},
                    {".", "http://a/b/c/"},
                    {"..", "http://a/b/"},
                    {"../g", "http://a/b/g"},
                    {"../../g", "http://a/g"},
                    {"../../../g", "http://a/g"},
                    {"/../g", "http://a/g"},
                    {"g/./h", "http://a/b/c/g/h"},
                    {"g/../h", "http://a/b/c/h"},
                    {"g?y/../x", "http://a/b/c/g?y/../x"},
                    {"1:2", "http://a/b/c/1:2"},
                    {"cid:5@x/../y", "cid:5@x/../y"},
                    {"https://x/y/../z", "https://x/z"}};
    for (const auto& [reference, absolute] : examples)
        EXPECT_EQ(resolve_reference("http://a/b/c/d;p?q", reference), absolute) << reference;
    EXPECT_EQ(resolve_reference("http://a", "g"), "http://a/g");
}

}  // namespace
}  // namespace isocenter::http
