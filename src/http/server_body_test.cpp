// Bodies that are sources: by the kernel, with a length, in chunks; clients that leave or read slowly.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "http/server.h"
#include "http/testing/pattern_source.h"
#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::pattern;
using testing::PatternSource;
using testing::RawClient;
using testing::RawResponse;
using testing::SliceSource;
using testing::source_response;
using testing::TestServer;

constexpr std::size_t kSizes[] = {0, 1, 300 * 1024, 256 * 1024, 512 * 1024, 20 * 1024 * 1024};

std::size_t size_of(const RequestContext& context) {
    return std::strtoull(std::string(context.params.get("size")).c_str(), nullptr, 10);
}

void add_routes(TestServer& test) {
    test.get("/file/{size}", [](const RequestContext& context) {
        return source_response(std::make_unique<SliceSource>(pattern(size_of(context)), 1000, 5000));
    });
    test.get("/length/{size}", [](const RequestContext& context) {
        return source_response(std::make_unique<PatternSource>(pattern(size_of(context)), true));
    });
    test.get("/chunks/{size}", [](const RequestContext& context) {
        return source_response(std::make_unique<PatternSource>(pattern(size_of(context)), false));
    });
}

std::string ask(const std::string& method, const std::string& kind, std::size_t size,
                const std::string& version = "1.1") {
    return method + " /" + kind + "/" + std::to_string(size) + " HTTP/" + version + "\r\nHost: x\r\n\r\n";
}

TEST(ServerBody, EverySizeArrivesInEveryFraming) {
    TestServer test;
    add_routes(test);
    RawClient client(test.start());
    for (const std::size_t size : kSizes) {
        const std::string expected = pattern(size);
        for (const std::string kind : {"file", "length", "chunks"}) {
            SCOPED_TRACE(kind + " " + std::to_string(size));
            const RawResponse response = client.ask(ask("GET", kind, size));
            EXPECT_EQ(response.status, 200U);
            EXPECT_TRUE(response.complete);
            EXPECT_TRUE(response.body == expected);
            // A body that fits into one piece gets its length even if the source did not know it.
            const bool chunked = kind == "chunks" && size >= 256 * 1024;
            EXPECT_EQ(response.headers.get("Transfer-Encoding"), chunked ? "chunked" : "");
            EXPECT_EQ(response.headers.get("Content-Length"), chunked ? "" : std::to_string(size));
        }
    }
}

TEST(ServerBody, HeadSendsNoBody) {
    TestServer test;
    add_routes(test);
    RawClient client(test.start());
    for (const std::string kind : {"file", "length", "chunks"}) {
        client.send(ask("HEAD", kind, 300'000));
        const RawResponse head = client.receive(true);
        EXPECT_EQ(head.status, 200U);
        EXPECT_EQ(head.headers.get("Content-Length"), kind == "chunks" ? "" : "300000");
        EXPECT_EQ(client.ask(ask("GET", kind, 1)).body, pattern(1));
    }
}

TEST(ServerBody, OldClientsReadUntilTheClose) {
    TestServer test;
    add_routes(test);
    RawClient client(test.start());
    const RawResponse response = client.ask(ask("GET", "chunks", 1'000'000, "1.0"));
    EXPECT_FALSE(response.headers.has("Transfer-Encoding"));
    EXPECT_TRUE(response.body == pattern(1'000'000));
    EXPECT_TRUE(client.at_end());
}

TEST(ServerBody, ClientsThatLeaveMidwayHoldNothing) {
    TestServer test;
    add_routes(test);
    const std::uint16_t port = test.start();
    for (const std::string kind : {"file", "length", "chunks"}) {
        for (int i = 0; i < 4; ++i) {
            RawClient client(port);
            client.send(ask("GET", kind, 20 * 1024 * 1024));
            char some[1000];
            ASSERT_GT(::recv(client.descriptor(), some, sizeof some, 0), 0);
        }
        RawClient other(port);
        EXPECT_EQ(other.ask(ask("GET", kind, 1)).body, pattern(1));
    }
    EXPECT_TRUE(test.server->stop(std::chrono::seconds(5)));
}

TEST(ServerBody, SlowReadersHoldNoThreadOfTheLane) {
    TestServer test;  // two threads in the lane
    add_routes(test);
    const std::uint16_t port = test.start();
    std::vector<std::unique_ptr<RawClient>> slow;
    for (const std::string kind : {"file", "length", "chunks", "length", "chunks", "file"}) {
        slow.push_back(std::make_unique<RawClient>(port));
        slow.back()->send(ask("GET", kind, 20 * 1024 * 1024));
        char some[1000];
        ASSERT_GT(::recv(slow.back()->descriptor(), some, sizeof some, MSG_PEEK), 0);
    }
    RawClient quick(port);
    EXPECT_TRUE(quick.ask(ask("GET", "length", 300'000)).body == pattern(300'000));
    // And the slow ones get everything in the end.
    for (const auto& client : slow)
        EXPECT_TRUE(client->receive().body == pattern(20 * 1024 * 1024));
}

TEST(ServerBody, ASourceThatFailsAtOnceIsAnError) {
    TestServer test;
    for (const bool damaged : {true, false}) {
        test.get(damaged ? "/damaged" : "/busy", [damaged](const RequestContext&) {
            auto source = std::make_unique<PatternSource>(pattern(1000), true);
            source->fail_at(10, damaged ? ErrorCode::corrupt : ErrorCode::overloaded);
            return source_response(std::move(source));
        });
    }
    test.get("/short", [](const RequestContext&) {
        Response response = source_response(std::make_unique<PatternSource>(pattern(1000), false));
        response.content_length = 1001;
        return response;
    });
    RawClient client(test.start());
    for (const std::string path : {"/damaged", "/short", "/busy"}) {
        const RawResponse response = client.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const bool passes = path == "/busy";
        EXPECT_EQ(response.status, passes ? 503U : 500U) << path;
        EXPECT_EQ(response.body,
                  passes ? "unavailable broken source" : "corrupt The stored object cannot be read.");
    }
}

TEST(ServerBody, WhatChangesBeforeTheStatusIsTriedAgain) {
    TestServer test;
    std::atomic<int> calls = 0;
    const auto failing = [&calls](int times) {
        return [&calls, times](const RequestContext&) {
            auto source = std::make_unique<PatternSource>(pattern(1000), true);
            if (++calls <= times) source->fail_at(10, ErrorCode::changed);
            return source_response(std::move(source));
        };
    };
    test.get("/twice", failing(2));
    test.get("/always", failing(1000));
    RawClient client(test.start());
    EXPECT_TRUE(client.ask("GET /twice HTTP/1.1\r\nHost: x\r\n\r\n").body == pattern(1000));
    EXPECT_EQ(calls, 3);
    calls = 0;
    const RawResponse refused = client.ask("GET /always HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(refused.status, 503U);
    EXPECT_EQ(refused.body, "changed broken source");
    EXPECT_FALSE(refused.headers.get("Retry-After").empty());
    EXPECT_EQ(calls, 3);
}

TEST(ServerBody, ASourceThatFailsLaterBreaksTheConnection) {
    TestServer test;
    for (const bool knows_size : {true, false}) {
        test.get(knows_size ? "/length" : "/chunks", [knows_size](const RequestContext&) {
            auto source = std::make_unique<PatternSource>(pattern(3'000'000), knows_size);
            source->fail_at(2'000'000);
            return source_response(std::move(source));
        });
    }
    test.get("/file", [](const RequestContext&) {
        auto source = std::make_unique<SliceSource>(pattern(2'000'000), 10, 0);
        source->stretch(1);
        return source_response(std::move(source));
    });
    const std::uint16_t port = test.start();
    for (const std::string version : {"1.1", "1.0"}) {
        for (const std::string path : {"/length", "/chunks", "/file"}) {
            SCOPED_TRACE(path + " " + version);
            RawClient client(port);
            const RawResponse response =
                client.ask("GET " + path + " HTTP/" + version + "\r\nHost: x\r\n\r\n");
            EXPECT_EQ(response.status, 200U);
            EXPECT_FALSE(response.complete);
            EXPECT_TRUE(client.at_end());
        }
    }
}

TEST(ServerBody, WhereTheEndOfTheConnectionEndsTheBodyAWholeOneEndsInOrder) {
    TestServer test;
    test.get("/whole", [](const RequestContext&) {
        return source_response(std::make_unique<PatternSource>(pattern(3'000'000), false));
    });
    RawClient client(test.start());
    const RawResponse response = client.ask("GET /whole HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(response.complete);
    EXPECT_TRUE(response.body == pattern(3'000'000));
}

}  // namespace
}  // namespace isocenter::http
