// The middleware through a running server: CORS, compression, gzip bodies, query check, access, request ids.
#include <gtest/gtest.h>
#include <zstd.h>

#include "http/content_coding.h"
#include "http/server.h"
#include "http/testing/pattern_source.h"
#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::RawClient;
using testing::RawResponse;
using testing::TestServer;

std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::string post(const std::string& body, const std::string& fields = "") {
    return "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           fields + "\r\n" + body;
}

std::string json_text() {
    std::string text = "[";
    while (text.size() < 300'000)
        text += R"({"00080018":{"vr":"UI","Value":["1.2.)" + std::to_string(text.size()) + R"("]}},)";
    return text + "{}]";
}

class TextSink final : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        text += as_text(bytes);
        return {};
    }
    std::string text;
};

std::string unpacked(const RawResponse& response) {
    if (response.headers.get("Content-Encoding") == "gzip") {
        TextSink sink;
        Gunzip gunzip;
        const bool good = gunzip.write(as_bytes(response.body), sink).has_value() && gunzip.complete();
        return good ? sink.text : "broken gzip";
    }
    std::string out(1'000'000, '\0');
    const std::size_t size =
        ZSTD_decompress(out.data(), out.size(), response.body.data(), response.body.size());
    return ZSTD_isError(size) != 0 ? "broken zstd" : out.substr(0, size);
}

std::string gzip(const std::string& text) {
    std::string out;
    make_encoder(Coding::gzip)->encode(as_bytes(text), true, out);
    return out;
}

TEST(Middleware, CompressesTextWhenAsked) {
    TestServer test;
    test.get("/text", [](const RequestContext&) {
        Response response = text_response(200, "application/dicom+json", json_text());
        response.headers.add("ETag", "\"a\"");
        return response;
    });
    test.get("/source", [](const RequestContext&) {
        Response response =
            testing::source_response(std::make_unique<testing::PatternSource>(json_text(), true));
        response.headers.set("Content-Type", "application/json");
        return response;
    });
    test.get("/binary", [](const RequestContext&) {
        return text_response(200, "application/octet-stream", json_text());
    });
    test.get("/short", [](const RequestContext&) { return text_response(200, "application/json", "[]"); });
    RawClient client(test.start());
    for (const std::string path : {"/text", "/source"}) {
        for (const std::string coding : {"gzip", "zstd"}) {
            SCOPED_TRACE(path + " " + coding);
            const RawResponse packed = client.ask(get(path, "Accept-Encoding: " + coding + "\r\n"));
            EXPECT_EQ(packed.headers.get("Content-Encoding"), coding);
            EXPECT_EQ(packed.headers.get("Vary"), "Accept-Encoding");
            EXPECT_LT(packed.body.size(), 100'000U);
            EXPECT_TRUE(packed.complete);
            EXPECT_TRUE(unpacked(packed) == json_text());
            EXPECT_EQ(packed.headers.get("ETag"), path == "/text" ? "W/\"a\"" : "");
        }
        const RawResponse plain = client.ask(get(path));
        EXPECT_FALSE(plain.headers.has("Content-Encoding"));
        EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
        EXPECT_TRUE(plain.body == json_text());
    }
    for (const std::string path : {"/binary", "/short"})
        EXPECT_FALSE(client.ask(get(path, "Accept-Encoding: gzip\r\n")).headers.has("Content-Encoding"));
    client.send("HEAD /text HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
    EXPECT_EQ(client.receive(true).headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(client.ask(get("/short")).body, "[]");
}

TEST(Middleware, UndoesGzipOfRequests) {
    TestServer test;
    test.options.max_body_bytes = 1'000'000;
    const std::uint16_t port = test.start();
    RawClient client(port);
    const std::string body = json_text();
    const std::string packed = gzip(body);
    EXPECT_TRUE(client.ask(post(packed, "Content-Encoding: gzip\r\n")).body ==
                std::to_string(body.size()) + ":" + body);
    EXPECT_EQ(client.ask(post("plain", "Content-Encoding: identity\r\n")).body, "5:plain");
    for (const std::size_t size : {packed.size() - 1, packed.size() / 2, std::size_t{5}}) {
        const RawResponse cut = client.ask(post(packed.substr(0, size), "Content-Encoding: gzip\r\n"));
        EXPECT_EQ(cut.status, 400U);
        EXPECT_EQ(cut.body, "invalid_request The gzip request body breaks off.");
    }
    EXPECT_EQ(client.ask(post("no gzip at all", "Content-Encoding: gzip\r\n")).status, 400U);
    // A small body that becomes a large one.
    EXPECT_EQ(client.ask(post(gzip(std::string(2'000'000, 'a')), "Content-Encoding: gzip\r\n")).status, 413U);
}

TEST(Middleware, RefusesOtherCodingsOfRequests) {
    TestServer test;
    RawClient client(test.start());
    for (const std::string coding : {"br", "zstd", "gzip, gzip", "nonsense"}) {
        const RawResponse refused = client.ask(post("abc", "Content-Encoding: " + coding + "\r\n"));
        EXPECT_EQ(refused.status, 415U) << coding;
        EXPECT_EQ(refused.headers.get("Accept-Encoding"), "gzip");
    }
    EXPECT_EQ(client.ask(post("abc")).body, "3:abc");
}

TEST(Middleware, CorsOfPreflightsAnswersAndErrors) {
    TestServer test;
    test.options.cors_origins = {"https://viewer.example"};
    test.options.cors_headers = {"x-extra"};
    test.access = [](const Request& request, Access) -> Status {
        if (request.headers.has("Authorization")) return {};
        return fail(ErrorCode::unauthenticated, "Log in.");
    };
    RawClient client(test.start());
    const std::string origin = "Origin: https://viewer.example\r\n";
    const RawResponse preflight = client.ask("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n" + origin +
                                             "Access-Control-Request-Method: POST\r\n\r\n");
    EXPECT_EQ(preflight.status, 204U);
    EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Origin"), "https://viewer.example");
    EXPECT_NE(preflight.headers.get("Access-Control-Allow-Methods").find("POST"), std::string::npos);
    EXPECT_NE(preflight.headers.get("Access-Control-Allow-Headers").find("x-extra"), std::string::npos);
    EXPECT_FALSE(preflight.headers.has("Content-Length"));
    const RawResponse refused = client.ask(post("abc", origin));
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(refused.headers.get("Access-Control-Allow-Origin"), "https://viewer.example");
    const RawResponse missing = client.ask(get("/nothing", origin));
    EXPECT_EQ(missing.status, 404U);
    EXPECT_EQ(missing.headers.get("Access-Control-Allow-Origin"), "https://viewer.example");
    const RawResponse good = client.ask(post("abc", origin + "Authorization: x\r\n"));
    EXPECT_EQ(good.headers.get("Access-Control-Allow-Origin"), "https://viewer.example");
    EXPECT_EQ(good.headers.get("Vary"), "Origin");
    const RawResponse stranger = client.ask(
        "OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: https://other.example\r\n"
        "Access-Control-Request-Method: POST\r\n\r\n");
    EXPECT_NE(stranger.status, 204U);
    EXPECT_FALSE(stranger.headers.has("Access-Control-Allow-Origin"));
}

TEST(Middleware, AccessIsAskedForTheRoutesNeed) {
    TestServer test;
    std::vector<Access> asked;
    test.access = [&asked](const Request&, Access access) -> Status {
        asked.push_back(access);
        return fail(ErrorCode::forbidden, "Not for you.");
    };
    test.mount.routes[0].access = Access::write;
    RawClient client(test.start());
    const RawResponse refused = client.ask(post("a body that is not read"));
    EXPECT_EQ(refused.status, 403U);
    EXPECT_EQ(refused.body, "forbidden Not for you.");
    EXPECT_EQ(client.ask(get("/nothing")).status, 404U);
    EXPECT_EQ(asked, std::vector<Access>{Access::write});
}

TEST(Middleware, MarkupInQueriesIsRefusedBeforeAccess) {
    TestServer test;
    test.mount.refuse_markup_in_query = true;
    test.access = [](const Request&, Access) -> Status { return fail(ErrorCode::forbidden, "no"); };
    test.get("/search", [](const RequestContext&) { return empty_response(200); });
    RawClient client(test.start());
    for (const std::string query : {"a=%3Cscript", "a=%3c", "x&%3C"})
        EXPECT_EQ(client.ask(get("/search?" + query)).status, 400U) << query;
    EXPECT_EQ(client.ask(get("/search?a=3C")).status, 403U);
}

TEST(Middleware, AMountHasItsOwnCheckOfWhatIsRouted) {
    TestServer test;
    test.mount.check = [](const Request& request) -> Status {
        if (!request.headers.has("X-Bad")) return {};
        return fail(ErrorCode::invalid_request, "Bad.");
    };
    test.access = [](const Request& request, Access) -> Status {
        if (request.headers.has("Authorization")) return {};
        return fail(ErrorCode::unauthenticated, "Log in.");
    };
    test.get("/search", [](const RequestContext&) { return empty_response(200); });
    RawClient client(test.start());
    const std::string known = "Authorization: x\r\n";
    EXPECT_EQ(client.ask(get("/search", known)).status, 200U);
    EXPECT_EQ(client.ask(get("/search", known + "X-Bad: 1\r\n")).body, "invalid_request Bad.");
    EXPECT_EQ(client.ask(get("/search", "X-Bad: 1\r\n")).status, 401U);
    EXPECT_EQ(client.ask(get("/nothing", known + "X-Bad: 1\r\n")).status, 404U);
}

TEST(Middleware, RequestIdsAreEchoedWhenWellFormed) {
    TestServer test;
    RawClient client(test.start());
    const auto id_for = [&client](const std::string& given) {
        return std::string(
            client.ask(post("x", "X-Request-Id: " + given + "\r\n")).headers.get("X-Request-Id"));
    };
    EXPECT_EQ(id_for("abc-1.2_Z"), "abc-1.2_Z");
    for (const std::string& bad : {std::string("a b"), std::string("<x>"), std::string(129, 'a')}) {
        EXPECT_NE(id_for(bad), bad);
        EXPECT_EQ(id_for(bad).size(), 24U);
    }
    EXPECT_EQ(RawClient(test.server->port()).ask("bad\r\n\r\n").headers.get("X-Request-Id").size(), 24U);
}

}  // namespace
}  // namespace isocenter::http
