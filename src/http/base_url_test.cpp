#include "http/base_url.h"

#include <gtest/gtest.h>

namespace isocenter::http {
namespace {

Request from(std::string address, std::vector<std::pair<std::string, std::string>> fields) {
    Request request;
    request.remote_address = std::move(address);
    for (auto& [name, value] : fields)
        request.headers.add(name, value);
    return request;
}

const BaseUrlRules kRules{"", {"10.0.0.9"}};

TEST(BaseUrl, IsTheHostUnlessItIsNoAuthority) {
    EXPECT_EQ(base_url_of(from("1.1.1.1", {{"Host", "pacs:8080"}}), {}, "l:1"), "http://pacs:8080");
    EXPECT_EQ(base_url_of(from("1.1.1.1", {{"Host", "[::1]:80"}}), {}, "l:1"), "http://[::1]:80");
    for (const char* host : {"", "a/b", "a@b", "a b", "a\"b", "<x>"})
        EXPECT_EQ(base_url_of(from("1.1.1.1", {{"Host", host}}), {}, "l:1"), "http://l:1") << host;
    Request tls = from("1.1.1.1", {{"Host", "pacs"}});
    tls.tls = true;
    EXPECT_EQ(base_url_of(tls, {}, "l:1"), "https://pacs");
}

TEST(BaseUrl, ALoopbackNameWithoutPortGetsOurs) {
    EXPECT_EQ(base_url_of(from("127.0.0.1", {{"Host", "127.0.0.1"}}), {}, "127.0.0.1:8080"),
              "http://127.0.0.1:8080");
    EXPECT_EQ(base_url_of(from("127.0.0.1", {{"Host", "localhost"}}), {}, "127.0.0.1:8080"),
              "http://localhost:8080");
    EXPECT_EQ(base_url_of(from("127.0.0.1", {{"Host", "localhost:1"}}), {}, "127.0.0.1:8080"),
              "http://localhost:1");
    EXPECT_EQ(base_url_of(from("10.0.0.8", {{"Host", "pacs"}}), {}, "10.0.0.1:8080"), "http://pacs");
}

TEST(BaseUrl, BelievesOnlyTrustedProxies) {
    const std::vector<std::pair<std::string, std::string>> fields = {{"Host", "inner"},
                                                                     {"X-Forwarded-Proto", "https"},
                                                                     {"X-Forwarded-Host", "outer:444, x"},
                                                                     {"X-Forwarded-Prefix", "/pacs/"}};
    EXPECT_EQ(base_url_of(from("10.0.0.8", fields), kRules, "l:1"), "http://inner");
    EXPECT_EQ(base_url_of(from("10.0.0.9", fields), kRules, "l:1"), "https://outer:444/pacs");
    EXPECT_EQ(
        base_url_of(from("10.0.0.9", {{"Host", "inner"},
                                      {"Forwarded", "for=1.2.3.4; Proto=HTTPS;host=\"f:1\", for=x;host=y"}}),
                    kRules, "l:1"),
        "https://f:1");
    EXPECT_EQ(
        base_url_of(from("10.0.0.9",
                         {{"Host", "inner"}, {"X-Forwarded-Host", "a/<b>"}, {"X-Forwarded-Proto", "ftp"}}),
                    kRules, "l:1"),
        "http://inner");
}

TEST(BaseUrl, APortOfItsOwnCompletesTheHost) {
    const auto base_of = [](std::vector<std::pair<std::string, std::string>> fields) {
        fields.emplace_back("Host", "inner");
        return base_url_of(from("10.0.0.9", std::move(fields)), kRules, "l:1");
    };
    const std::pair<std::string, std::string> https{"X-Forwarded-Proto", "https"};
    const std::pair<std::string, std::string> host{"X-Forwarded-Host", "b.example"};
    EXPECT_EQ(base_of({https, host, {"X-Forwarded-Port", "8443, 80"}}), "https://b.example:8443");
    EXPECT_EQ(base_of({https, host, {"X-Forwarded-Port", "443"}}), "https://b.example");
    EXPECT_EQ(base_of({host, {"X-Forwarded-Port", "443"}}), "http://b.example:443");
    EXPECT_EQ(base_of({host, {"X-Forwarded-Port", "80"}}), "http://b.example");
    EXPECT_EQ(base_of({{"X-Forwarded-Port", "8080"}}), "http://inner:8080");
    EXPECT_EQ(base_of({{"X-Forwarded-Host", "b:1"}, {"X-Forwarded-Port", "2"}}), "http://b:1");
    EXPECT_EQ(base_of({{"X-Forwarded-Host", "[::1]"}, {"X-Forwarded-Port", "2"}}), "http://[::1]:2");
    EXPECT_EQ(base_of({{"X-Forwarded-Host", "[::1]:1"}, {"X-Forwarded-Port", "2"}}), "http://[::1]:1");
    EXPECT_EQ(base_of({{"Forwarded", "host=f.example"}, {"X-Forwarded-Port", "2"}}), "http://f.example");
    for (const char* port : {"", "0", "65536", "-1", "8x", "/evil"})
        EXPECT_EQ(base_of({host, {"X-Forwarded-Port", port}}), "http://b.example") << port;
    EXPECT_EQ(base_url_of(from("10.0.0.8", {{"Host", "inner"}, {"X-Forwarded-Port", "2"}}), kRules, "l:1"),
              "http://inner");
}

TEST(BaseUrl, PublicBaseOverridesAll) {
    EXPECT_EQ(base_url_of(from("10.0.0.9", {{"Host", "x"}}), {"https://p.example/a/", {}}, "l:1"),
              "https://p.example/a");
}

TEST(BaseUrl, KnowsWhatCanStandBeforeAPath) {
    for (const char* good :
         {"http://pacs", "https://pacs.example:8443", "https://[::1]:1", "https://p.example/a/"})
        EXPECT_TRUE(is_base_url(good)) << good;
    for (const char* bad : {"", "pacs", "notaurl", "ftp://pacs", "https://", "https:///a", "https://p a",
                            "https://p/?q", "https://p/#f", "https://u@p"})
        EXPECT_FALSE(is_base_url(bad)) << bad;
}

TEST(BaseUrl, AnAddressHasOneSpelling) {
    EXPECT_EQ(canonical_address("10.0.0.5"), "10.0.0.5");
    EXPECT_EQ(canonical_address("::ffff:10.0.0.5"), "10.0.0.5");
    EXPECT_EQ(canonical_address("0:0:0:0:0:FFFF:0A00:0005"), "10.0.0.5");
    EXPECT_EQ(canonical_address("0:0:0:0:0:0:0:1"), "::1");
    EXPECT_EQ(canonical_address("2001:DB8:0::1"), "2001:db8::1");
    for (const char* bad : {"", "proxy", "10.0.0", "10.0.0.0/8", "10.0.0.5:80", "[::1]"})
        EXPECT_FALSE(canonical_address(bad)) << bad;
}

TEST(BaseUrl, KnowsOrigins) {
    for (const char* good : {"http://localhost:3000", "https://viewer.example", "https://[::1]:1", "app://x"})
        EXPECT_TRUE(is_origin(good)) << good;
    for (const char* bad : {"", "foo", "viewer.example", "https://", "://a", "https://a/", "https://a/b",
                            "https://A", "https://a b", "HTTPS://a", "1x://a", "https://u@a"})
        EXPECT_FALSE(is_origin(bad)) << bad;
}

}  // namespace
}  // namespace isocenter::http
