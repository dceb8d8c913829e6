#include "http/message.h"

#include <gtest/gtest.h>

#include "http/ascii.h"

namespace isocenter::http {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
    Headers headers;
    headers.add("Accept", "a");
    headers.add("ACCEPT", "b");
    headers.add("X-Empty", "");
    EXPECT_EQ(headers.get("accept"), "a");
    EXPECT_EQ(headers.joined("aCCept"), "a, b");
    EXPECT_TRUE(headers.has("x-empty"));
    EXPECT_EQ(headers.get("x-empty"), "");
    EXPECT_FALSE(headers.has("x"));
    EXPECT_EQ(headers.joined("x"), "");
}

TEST(Headers, SetReplacesEveryFieldOfTheName) {
    Headers headers;
    headers.add("A", "1");
    headers.add("B", "2");
    headers.add("a", "3");
    headers.set("a", "4");
    ASSERT_EQ(headers.fields().size(), 2U);
    EXPECT_EQ(headers.fields()[0], (std::pair<std::string, std::string>("A", "4")));
    headers.set("C", "5");
    EXPECT_EQ(headers.get("c"), "5");
    headers.remove("a");
    EXPECT_FALSE(headers.has("A"));
}

TEST(Method, NamesAreExact) {
    for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::delete_,
                                Method::options, Method::patch})
        EXPECT_EQ(parse_method(to_string(method)), method);
    EXPECT_EQ(parse_method("get"), Method::other);
    EXPECT_EQ(parse_method(""), Method::other);
}

TEST(Ascii, ListsAndTokens) {
    EXPECT_TRUE(list_has("keep-alive, Close", "close"));
    EXPECT_TRUE(list_has(" chunked ", "chunked"));
    EXPECT_FALSE(list_has("closed", "close"));
    EXPECT_FALSE(list_has("", "close"));
    EXPECT_TRUE(is_token("X-Request-Id"));
    EXPECT_FALSE(is_token("a b"));
    EXPECT_FALSE(is_token(""));
    EXPECT_FALSE(is_token(std::string_view("a\0b", 3)));
    EXPECT_TRUE(starts_with_ignore_case("/V2/studies", "/v2"));
    EXPECT_EQ(trim(" \ta b\t "), "a b");
}

}  // namespace
}  // namespace isocenter::http
