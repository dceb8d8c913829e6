#include "http/server.h"

#include <gtest/gtest.h>

#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::RawClient;
using testing::RawResponse;
using testing::TestServer;

Response hello(const RequestContext& context) {
    return text_response(200, "text/plain", "hello " + std::string(context.params.get("name")));
}

std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::string post(const std::string& body, const std::string& fields = "") {
    return "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           fields + "\r\n" + body;
}

TEST(Server, AnswersOneAfterAnotherOnOneConnection) {
    TestServer test;
    test.get("/hello/{name}", hello);
    RawClient client(test.start());
    for (int i = 0; i < 3; ++i) {
        const RawResponse response = client.ask(get("/hello/a%20b"));
        EXPECT_EQ(response.status, 200U);
        EXPECT_EQ(response.body, "hello a b");
        EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff");
        EXPECT_FALSE(response.headers.get("Date").empty());
        EXPECT_FALSE(response.headers.get("X-Request-Id").empty());
    }
    const RawResponse last = client.ask(get("/hello/z", "Connection: close\r\n"));
    EXPECT_EQ(last.headers.get("Connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST(Server, OnASocketOfBothFamiliesIPv4PeersHaveIPv4Addresses) {
    TestServer test;
    test.options.address = "::";
    test.options.trusted_proxies = {"127.0.0.1"};
    test.get("/peer", [](const RequestContext& context) {
        return text_response(200, "text/plain",
                             context.request.remote_address + " " + context.request.base_url);
    });
    const std::uint16_t port = test.start();
    if (port == 0) GTEST_SKIP() << "no IPv6 here";
    RawClient client(port);
    EXPECT_EQ(client.ask(get("/peer", "X-Forwarded-Proto: https\r\n")).body, "127.0.0.1 https://x");
    EXPECT_TRUE(client.ask("GET /peer HTTP/1.0\r\n\r\n").body.starts_with("127.0.0.1 http://127.0.0.1:"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    TestServer test;
    test.get("/hello/{name}", hello);
    RawClient client(test.start());
    client.send(get("/hello/1") + post("two") + get("/hello/3") +
                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                get("/hello/5"));
    EXPECT_EQ(client.receive().body, "hello 1");
    EXPECT_EQ(client.receive().body, "3:two");
    EXPECT_EQ(client.receive().body, "hello 3");
    EXPECT_EQ(client.receive().body, "3:abc");
    EXPECT_EQ(client.receive().body, "hello 5");
}

TEST(Server, ReadsLargeBodiesWithLengthAndInChunks) {
    TestServer test;
    RawClient client(test.start());
    std::string body;
    while (body.size() < 3'000'000)
        body += std::to_string(body.size()) + ",";
    EXPECT_TRUE(client.ask(post(body)).body == std::to_string(body.size()) + ":" + body);
    std::string wire = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 70'000) {
        const std::string piece = body.substr(at, 70'000);
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        wire += size + piece + "\r\n";
    }
    EXPECT_TRUE(client.ask(wire + "0\r\n\r\n").body == std::to_string(body.size()) + ":" + body);
}

TEST(Server, WorksForClientsThatSendByteByByte) {
    TestServer test;
    RawClient client(test.start());
    for (const char c : post("slow"))
        client.send(std::string(1, c));
    EXPECT_EQ(client.receive().body, "4:slow");
    for (const char c : std::string(
             "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"))
        client.send(std::string(1, c));
    EXPECT_EQ(client.receive().body, "2:ab");
}

TEST(Server, SendsContinueOnlyWhenItWantsTheBody) {
    TestServer test;
    RawClient client(test.start());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.receive().status, 100U);
    client.send("ok");
    EXPECT_EQ(client.receive().body, "2:ok");
    client.send("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    const RawResponse refusal = client.receive();
    EXPECT_EQ(refusal.status, 404U);
    EXPECT_EQ(refusal.headers.get("Connection"), "close");
}

/// Refuses by the headers alone, with an answer of its own.
class RefusedByHead final : public Exchange {
  public:
    Status on_body(ByteView) override { return fail(ErrorCode::internal, "nobody asked for it"); }
    Response finish() override { return text_response(500, "text/plain", "late"); }
    std::unique_ptr<Response> early_response() override {
        return std::make_unique<Response>(text_response(415, "text/plain", "no such type"));
    }
};

TEST(Server, AnExchangeMayRefuseBeforeTheBodyIsAskedFor) {
    TestServer test;
    test.mount.routes.push_back(testing::exchange_route(
        Method::post, "/typed", &test.lane, [](const RequestContext&) -> Result<std::unique_ptr<Exchange>> {
            return std::unique_ptr<Exchange>(std::make_unique<RefusedByHead>());
        }));
    const std::uint16_t port = test.start();
    for (const std::string more : {"Expect: 100-continue\r\n", "", "Content-Encoding: gzip\r\n"}) {
        RawClient client(port);
        client.send("POST /typed HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n" + more + "\r\n");
        const RawResponse refusal = client.receive();
        EXPECT_EQ(refusal.status, 415U) << more;
        EXPECT_EQ(refusal.body, "no such type");
    }
}

TEST(Server, KnowsWhatItHasNot) {
    TestServer test;
    test.get("/hello/{name}", hello);
    RawClient client(test.start());
    EXPECT_EQ(client.ask(get("/nothing")).status, 404U);
    const RawResponse wrong = client.ask("DELETE /hello/x HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(wrong.status, 405U);
    EXPECT_EQ(wrong.headers.get("Allow"), "GET, HEAD");
    EXPECT_EQ(client.ask(get("/hello/%zz")).status, 400U);
    EXPECT_EQ(client.ask(get("/hello/x")).body, "hello x");
}

TEST(Server, TellsWhatItCanDoInGeneral) {
    TestServer test;
    test.get("/hello/{name}", hello);
    RawClient client(test.start());
    const RawResponse response = client.ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(response.status, 204U);
    EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(client.ask("GET * HTTP/1.1\r\nHost: x\r\n\r\n").status, 400U);
}

TEST(Server, HeadHasTheHeadersOfGetAndNoBody) {
    TestServer test;
    test.get("/hello/{name}", hello);
    RawClient client(test.start());
    client.send("HEAD /hello/abc HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello/next"));
    const RawResponse head = client.receive(true);
    EXPECT_EQ(head.headers.get("Content-Length"), "9");
    EXPECT_EQ(client.receive().body, "hello next");
}

TEST(Server, AnswersOldClients) {
    TestServer test;
    test.get("/hello/{name}", hello);
    const std::uint16_t port = test.start();
    RawClient plain(port);
    EXPECT_EQ(plain.ask("GET /hello/a HTTP/1.0\r\n\r\n").body, "hello a");
    EXPECT_TRUE(plain.at_end());
    RawClient kept(port);
    EXPECT_EQ(kept.ask("GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers.get("Connection"),
              "keep-alive");
    EXPECT_EQ(kept.ask("GET /hello/b HTTP/1.0\r\n\r\n").body, "hello b");
}

TEST(Server, AnswersAfterAHalfClose) {
    TestServer test;
    RawClient client(test.start());
    client.send(post("half"));
    client.half_close();
    EXPECT_EQ(client.receive().body, "4:half");
    EXPECT_TRUE(client.at_end());
}

TEST(Server, LinksHaveTheAuthorityOfTheTarget) {
    TestServer test;
    test.get("/base", [](const RequestContext& context) {
        return text_response(200, "text/plain", context.request.base_url);
    });
    RawClient client(test.start());
    EXPECT_EQ(client.ask(get("/base")).body, "http://x");
    EXPECT_EQ(client.ask(get("http://pacs.example:81/base")).body, "http://pacs.example:81");
    EXPECT_EQ(client.ask(get("http://user@pacs.example/base")).status, 400U);
}

TEST(Server, RefusesHeadsThatAreTooLongOrIllFormed) {
    TestServer test;
    test.options.max_target_bytes = 1000;
    test.options.max_header_bytes = 2000;
    const std::uint16_t port = test.start();
    EXPECT_EQ(RawClient(port).ask(get("/" + std::string(1500, 'x'))).status, 414U);
    EXPECT_EQ(RawClient(port).ask(get("/", "A: " + std::string(2500, 'x') + "\r\n")).status, 431U);
    EXPECT_EQ(RawClient(port).ask(get("/", "A: " + std::string(100'000, 'x'))).status, 431U);
    EXPECT_EQ(RawClient(port).ask("nonsense\r\n\r\n").status, 400U);
    EXPECT_EQ(RawClient(port).ask("GET / HTTP/3.0\r\n\r\n").status, 505U);
    RawClient smuggler(port);
    EXPECT_EQ(smuggler
                  .ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n0\r\n\r\n")
                  .status,
              400U);
    smuggler.half_close();
    EXPECT_TRUE(smuggler.at_end());
}

TEST(Server, RefusedHeadsAreAnsweredAsOtherErrorsAre) {
    TestServer test;
    test.options.max_target_bytes = 1000;
    test.options.max_header_bytes = 2000;
    test.options.cors_origins = {"https://viewer.example"};
    const std::uint16_t port = test.start();
    const std::string origin = "Origin: https://viewer.example\r\n";
    const std::string line = "GET / HTTP/1.1\r\nHost: x\r\n";
    const struct {
        unsigned status;
        std::string head;
        std::string message;
    } cases[] = {
        {414, get("/" + std::string(1500, 'x'), origin), "The request's target is too long."},
        {414, get("/" + std::string(2000, 'x'), origin), "The request's target is too long."},
        {414, get("/" + std::string(200'000, 'x'), origin), "The request's target is too long."},
        {431, line + origin + "A: " + std::string(3000, 'x') + "\r\n\r\n",
         "The request's header fields are too large."},
        {400, line + "A : b\r\n" + origin + "\r\n", "A header field is ill-formed."},
        {400, "GET /\r\n" + origin + "\r\n", "The request line is ill-formed."},
        {400, "GET / HTTP/1.1\r\n" + origin + "\r\n", "There must be one Host header field."},
        {400, line + origin + "Content-Length: x\r\n\r\n",
         "The length of the request's body is not clear from its header fields."},
        {417, line + origin + "Expect: tea\r\n\r\n",
         "The expectation of the Expect header field cannot be met."},
        {501, line + origin + "Transfer-Encoding: gzip\r\n\r\n",
         "Of transfer codings only chunked is supported."},
        {505, "GET / HTTP/3.0\r\nHost: x\r\n" + origin + "\r\n", "The HTTP version is not supported."},
    };
    for (const auto& [status, head, message] : cases) {
        const RawResponse answer = RawClient(port).ask(head);
        EXPECT_EQ(answer.status, status) << message;
        EXPECT_EQ(answer.body, "invalid_request " + message);
        EXPECT_EQ(answer.headers.get("Content-Type"), "text/plain");
        EXPECT_EQ(answer.headers.get("Access-Control-Allow-Origin"), "https://viewer.example") << message;
    }
    const RawResponse other = RawClient(port).ask(line + "Expect: tea\r\nOrigin: https://else.where\r\n\r\n");
    EXPECT_EQ(other.status, 417U);
    EXPECT_FALSE(other.headers.has("Access-Control-Allow-Origin"));
    RawClient head_only(port);
    head_only.send("HEAD /" + std::string(1500, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(head_only.receive(true).status, 414U);
    EXPECT_TRUE(head_only.at_end());
}

TEST(Server, LinesThatDoNotEndAreRefusedAllTheSame) {
    TestServer test;
    test.options.max_target_bytes = 1000;
    test.options.max_header_bytes = 2000;
    test.options.max_drain_bytes = 100'000;
    const std::uint16_t port = test.start();
    RawClient endless(port);
    EXPECT_EQ(endless.ask("GET /" + std::string(200'000, 'x')).status, 414U);
    RawClient gone(port);
    gone.send("GET /" + std::string(50'000, 'x'));
    gone.half_close();
    EXPECT_EQ(gone.receive().status, 414U);
}

TEST(Server, RefusesBodiesThatAreTooLarge) {
    TestServer test;
    test.options.max_body_bytes = 10;
    const std::uint16_t port = test.start();
    RawClient client(port);
    EXPECT_EQ(client.ask(post("12345678901")).status, 413U);
    EXPECT_EQ(client.ask(post("1234567890")).body, "10:1234567890");
    EXPECT_EQ(client
                  .ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n")
                  .status,
              413U);
    EXPECT_EQ(RawClient(port)
                  .ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
                  .status,
              400U);
}

TEST(Server, EarlyRefusalReachesASenderThatGoesOnSending) {
    TestServer test;
    const std::uint16_t port = test.start();
    RawClient client(port);
    // Within max_drain_bytes the connection survives.
    const RawResponse refused = client.ask(post("REFUSE" + std::string(2'000'000, 'x')));
    EXPECT_EQ(refused.status, 409U);
    EXPECT_EQ(refused.body, "conflict refused");
    EXPECT_EQ(client.ask(post("again")).body, "5:again");
    // A longer one is not read to its end, but the answer arrives.
    RawClient large(port);
    large.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nREFUSE" +
               std::string(3'000'000, 'x'));
    const RawResponse answer = large.receive();
    EXPECT_EQ(answer.status, 409U);
    EXPECT_EQ(answer.headers.get("Connection"), "close");
}

TEST(Server, DestroysTheExchangeOfAClientThatWentAway) {
    TestServer test;
    {
        RawClient client(test.start());
        client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
        ASSERT_EQ(client.receive().status, 100U);  // the exchange exists
        client.send("abc");
    }
    test.server->stop(std::chrono::seconds(5));
    EXPECT_EQ(test.unfinished.load(), 1);
}

}  // namespace
}  // namespace isocenter::http
