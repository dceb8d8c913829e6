#include "http/request_head.h"

#include <gtest/gtest.h>

#include <array>

#include "http/chunked_reader.h"

namespace isocenter::http {
namespace {

using Kind = HeadOutcome::Kind;

unsigned refusal(const std::string& text) {
    RequestHead head;
    const HeadOutcome outcome = parse_request_head(text, {}, head);
    EXPECT_NE(outcome.kind, Kind::incomplete) << text;
    return outcome.status;
}

std::string with(const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
    return line + "\r\nHost: x\r\n" + fields + "\r\n";
}

TEST(RequestHead, ReadsARequest) {
    const std::string text =
        "\r\nPOST /v2/studies?a=b%20?c HTTP/1.1\r\nHost: pacs:8080\r\nContent-Length: 12\r\nX-A:  b c "
        "\r\n\r\nBODY";
    RequestHead head;
    for (std::size_t size = 0; size < text.size() - 4; ++size)
        ASSERT_EQ(parse_request_head(text.substr(0, size), {}, head).kind, Kind::incomplete) << size;
    const HeadOutcome outcome = parse_request_head(text, {}, head);
    ASSERT_EQ(outcome.kind, Kind::complete);
    EXPECT_EQ(text.substr(outcome.consumed), "BODY");
    EXPECT_EQ(head.request.method, Method::post);
    EXPECT_EQ(head.request.path, "/v2/studies");
    EXPECT_EQ(head.request.query, "a=b%20?c");
    EXPECT_EQ(head.request.headers.get("x-a"), "b c");
    EXPECT_EQ(head.request.content_length, 12U);
    EXPECT_TRUE(head.request.has_body);
    EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, UnderstandsConnectionExpectAndForms) {
    RequestHead head;
    parse_request_head(with("Connection: x, Close\r\nExpect: 100-Continue\r\n"), {}, head);
    EXPECT_FALSE(head.keep_alive);
    EXPECT_TRUE(head.expects_continue);
    parse_request_head("GET http://h:1/p?q HTTP/1.0\r\n\r\n", {}, head);
    EXPECT_FALSE(head.keep_alive);
    EXPECT_EQ(head.request.path, "/p");
    EXPECT_EQ(head.request.query, "q");
    parse_request_head(with("Transfer-Encoding: Chunked\r\n"), {}, head);
    EXPECT_TRUE(head.chunked);
    EXPECT_TRUE(head.request.has_body);
    EXPECT_FALSE(head.request.content_length);
    parse_request_head(with("Content-Length: 0\r\n"), {}, head);
    EXPECT_FALSE(head.request.has_body);
    EXPECT_EQ(refusal(with("", "OPTIONS * HTTP/1.1")), 0U);
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0U);
}

TEST(RequestHead, TheTargetsAuthorityOverridesHost) {
    for (const auto& [target, host, path] : {
             std::array{"http://pacs:8080/v2/studies?a=b", "pacs:8080", "/v2/studies"},
             std::array{"HTTPS://[::1]:1?a", "[::1]:1", "/"},
             std::array{"http://pacs", "pacs", "/"},
             std::array{"/http://pacs/", "x", "/http://pacs/"},
         }) {
        RequestHead head;
        const auto outcome =
            parse_request_head(with("", std::string("GET ") + target + " HTTP/1.1"), {}, head);
        ASSERT_EQ(outcome.kind, Kind::complete) << target;
        EXPECT_EQ(head.request.headers.joined("Host"), host) << target;
        EXPECT_EQ(head.request.path, path) << target;
    }
    RequestHead old;
    parse_request_head("GET http://pacs/ HTTP/1.0\r\n\r\n", {}, old);
    EXPECT_EQ(old.request.headers.get("Host"), "pacs");
    for (const char* authority : {"", ":80", "user@pacs", "pacs:x", "pacs:80:80", "pa\"cs", "[::1", "pacs#a"})
        EXPECT_EQ(refusal(with("", std::string("GET http://") + authority + "/ HTTP/1.1")), 400U)
            << authority;
    EXPECT_EQ(refusal("GET http://pacs/ HTTP/1.1\r\n\r\n"), 400U) << "Host is sent all the same";
    EXPECT_EQ(refusal("GET http://pacs/ HTTP/1.1\r\nHost: a b\r\n\r\n"), 400U);
}

TEST(RequestHead, RefusesWhatTwoReadersCouldReadDifferently) {
    for (const std::string& text : {
             with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
             with("Content-Length: 1\r\nContent-Length: 2\r\n"),
             with("Content-Length: 1, 1\r\n"),
             with("Content-Length: +1\r\n"),
             with("Content-Length: \r\n"),
             with("Content-Length: 99999999999999999999\r\n"),
             with("A : b\r\n"),
             with(" folded\r\n"),
             with("A: b\r\n folded\r\n"),
             with("A: b\nC: d\r\n"),
             with("no colon\r\n"),
             with(": x\r\n"),
             with("Host: y\r\n"),
             with(std::string("A: \0\r\n", 6)),
             with("A: x\ry\r\n"),
             with("", "GET  HTTP/1.1"),
             with("", "GET /a b\tHTTP/1.1"),
             with("", "GET /\x01 HTTP/1.1"),
             with("", "G@T / HTTP/1.1"),
             with("", "GET a HTTP/1.1"),
             with("", "GET * HTTP/1.1"),
             with("", "GET / FTP/1.1"),
             with("", "GET /"),
             std::string("GET / HTTP/1.1\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: evil\"<x>\r\n\r\n"),
             std::string("GET / HTTP/1.0\r\nHost: a/b\r\n\r\n"),
             std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
         })
        EXPECT_EQ(refusal(text), 400U) << text;
    EXPECT_EQ(refusal(with("Transfer-Encoding: gzip, chunked\r\n")), 501U);
    EXPECT_EQ(refusal(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 501U);
    EXPECT_EQ(refusal(with("Expect: tea\r\n")), 417U);
    EXPECT_EQ(refusal(with("", "GET / HTTP/2.0")), 505U);
}

TEST(RequestHead, WhatIsWithinTheLimitsIsSoHoweverItArrives) {
    const HeadLimits limits{.max_target_bytes = 100, .max_header_bytes = 200};
    RequestHead head;
    const std::string field = "\r\nHost: ";
    const std::string text = "GET / HTTP/1.1" + field + std::string(200 - field.size(), 'x') + "\r\n\r\n";
    for (std::size_t size = 0; size < text.size(); ++size)
        ASSERT_EQ(parse_request_head(text.substr(0, size), limits, head).kind, Kind::incomplete) << size;
    EXPECT_EQ(parse_request_head(text, limits, head).kind, Kind::complete);

    // A line as long as a method, a target and a version at their limits may be.
    std::size_t longest = 0;
    std::string line;
    for (std::size_t size = 1; size < 400; ++size) {
        line.assign(size, 'x');
        if (parse_request_head(line + "\r\n\r\n", limits, head).status == 400) longest = size;
    }
    ASSERT_GT(longest, 100U);
    EXPECT_EQ(parse_request_head(std::string(longest, 'x') + "\r", limits, head).kind, Kind::incomplete);
}

TEST(RequestHead, BoundsLineAndFields) {
    const HeadLimits limits{.max_target_bytes = 100, .max_header_bytes = 200};
    RequestHead head;
    EXPECT_EQ(
        parse_request_head("GET /" + std::string(101, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", limits, head)
            .status,
        414U);
    EXPECT_EQ(parse_request_head("GET /" + std::string(300, 'x'), limits, head).status, 414U);
    EXPECT_EQ(parse_request_head(with("A: " + std::string(300, 'x') + "\r\n"), limits, head).status, 431U);
    EXPECT_EQ(parse_request_head("GET / HTTP/1.1\r\nA: " + std::string(300, 'x'), limits, head).status, 431U);
    std::string many;
    for (int i = 0; i < 300; ++i)
        many += "A: b\r\n";
    EXPECT_EQ(refusal(with(many)), 431U);
    std::string blank_lines;
    for (int i = 0; i < 50; ++i)
        blank_lines += "\r\n";
    EXPECT_EQ(refusal(blank_lines), 400U);
}

TEST(RequestHead, OfALongLineTheFieldsAreRead) {
    const HeadLimits limits{.max_target_bytes = 100, .max_header_bytes = 200};
    const std::string wire =
        "\r\nGET /a/" + std::string(1000, 'x') + " HTTP/1.1\r\nHost: x\r\nOrigin: o\r\n\r\n";
    for (std::size_t step = 1; step <= wire.size(); ++step) {
        std::string bytes;
        for (std::size_t at = 0; at < wire.size(); at += step) {
            bytes += wire.substr(at, step);
            shorten_line(bytes, limits);
        }
        EXPECT_LT(bytes.size(), 250U);
        RequestHead head;
        EXPECT_EQ(parse_request_head(bytes, limits, head).status, 414U) << step;
        EXPECT_EQ(head.request.method, Method::get) << step;
        EXPECT_EQ(head.request.path.substr(0, 4), "/a/x") << step;
        EXPECT_EQ(head.request.headers.get("Origin"), "o") << step;
    }
    std::string good = "GET / HTTP/1.1\r\nA: " + std::string(1000, 'x');
    EXPECT_EQ(shorten_line(good, limits), 0U);
}

struct Decoded {
    std::string data;
    std::string rest;
    bool done = false;
    bool broken = false;
};

Decoded decode(const std::string& wire, std::size_t step) {
    ChunkedReader reader;
    Decoded out;
    for (std::size_t at = 0; at < wire.size() && !out.broken; at += step) {
        std::string piece = wire.substr(at, step);
        if (reader.done()) {
            out.rest += piece;
            continue;
        }
        const ChunkedReader::Outcome outcome = reader.read({piece.data(), piece.size()});
        out.data += piece.substr(0, outcome.data);
        out.broken = outcome.broken;
        if (reader.done()) out.rest += piece.substr(outcome.consumed);
    }
    out.done = reader.done();
    return out;
}

TEST(ChunkedReader, GivesTheSameForAnyCut) {
    const std::string wire =
        "5\r\nhello\r\n1; ext=\"x\"\r\n \r\n0A \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nNEXT";
    for (std::size_t step = 1; step <= wire.size(); ++step) {
        const Decoded out = decode(wire, step);
        EXPECT_EQ(out.data, "hello 0123456789") << step;
        EXPECT_TRUE(out.done) << step;
        EXPECT_EQ(out.rest, "NEXT") << step;
    }
}

TEST(ChunkedReader, RefusesBrokenFraming) {
    for (const char* wire :
         {"\r\n", "x\r\n", "5\nhello", "5\r\nhelloX", "5\r\nhello\rX", "-1\r\n", "1111111111111111\r\n",
          ";\r\n", "0\r\n\n", "0\r\nA: b\n", "0\r\n\rX", "1;a\nb\r\n"})
        EXPECT_TRUE(decode(wire, 1).broken) << wire;
    EXPECT_TRUE(decode("1;" + std::string(5000, 'x'), 100).broken);
    EXPECT_TRUE(decode("0\r\nA: " + std::string(17'000, 'x'), 100).broken);
    EXPECT_FALSE(decode("5\r\nhel", 1).done);
}

}  // namespace
}  // namespace isocenter::http
