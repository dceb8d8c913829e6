#include "http/conditional.h"

#include <gtest/gtest.h>

#include "http/status_of.h"

namespace isocenter::http {
namespace {

Request get_with(std::vector<std::pair<std::string, std::string>> fields) {
    Request request;
    request.method = Method::get;
    for (auto& [name, value] : fields)
        request.headers.add(name, value);
    return request;
}

TEST(IfNoneMatch, ComparesWeaklyOverLists) {
    const std::string etag = "\"a,b-1\"";
    for (const char* value :
         {"\"a,b-1\"", "W/\"a,b-1\"", "\"x\", \"a,b-1\"", "*", "\"x\",W/\"a,b-1\" , \"y\""})
        EXPECT_TRUE(if_none_match(get_with({{"If-None-Match", value}}), etag)) << value;
    for (const char* value : {"", "\"x\"", "\"a\"", "a,b-1", "\"\""})
        EXPECT_FALSE(if_none_match(get_with({{"If-None-Match", value}}), etag)) << value;
    EXPECT_TRUE(if_none_match(get_with({{"If-None-Match", "bare"}}), "\"bare\""));
    EXPECT_TRUE(if_none_match(get_with({{"If-None-Match", "\"x\""}}), "W/\"x\""));
    EXPECT_FALSE(if_none_match(get_with({}), etag));
}

std::string decide(const std::string& range, std::uint64_t size, const std::string& if_range = "") {
    Request request = get_with({{"Range", range}});
    if (!if_range.empty()) request.headers.add("If-Range", if_range);
    const RangeDecision decision = decide_range(request, size, "\"e\"");
    if (std::holds_alternative<WholeRange>(decision)) return "whole";
    if (std::holds_alternative<UnsatisfiableRange>(decision)) return "416";
    return content_range(std::get<ByteRange>(decision), size);
}

TEST(Range, DecidesASingleRange) {
    EXPECT_EQ(decide("bytes=0-9", 100), "bytes 0-9/100");
    EXPECT_EQ(decide("bytes=90-", 100), "bytes 90-99/100");
    EXPECT_EQ(decide("bytes=90-1000", 100), "bytes 90-99/100");
    EXPECT_EQ(decide("bytes=-10", 100), "bytes 90-99/100");
    EXPECT_EQ(decide("bytes=-1000", 100), "bytes 0-99/100");
    EXPECT_EQ(decide("Bytes = 5-5", 100), "bytes 5-5/100");
    EXPECT_EQ(decide("bytes=0-99999999999999999999999", 100), "bytes 0-99/100");
}

TEST(Range, KnowsWhatCannotBeSatisfied) {
    EXPECT_EQ(decide("bytes=100-", 100), "416");
    EXPECT_EQ(decide("bytes=99999999999999999999999-", 100), "416");
    EXPECT_EQ(decide("bytes=-0", 100), "416");
    EXPECT_EQ(decide("bytes=0-", 0), "416");
    EXPECT_EQ(unsatisfied_content_range(100), "bytes */100");
}

TEST(Range, GivesTheWholeForAnythingElse) {
    for (const char* value : {"", "bytes", "bytes=", "bytes=a-b", "bytes=5-2", "bytes=0-1,5-6", "lines=0-1",
                              "bytes=--5", "bytes=1", "bytes=0x0-5", "bytes=-", "bytes=+1-5"})
        EXPECT_EQ(decide(value, 100), "whole") << value;
    Request post = get_with({{"Range", "bytes=0-1"}});
    post.method = Method::post;
    EXPECT_TRUE(std::holds_alternative<WholeRange>(decide_range(post, 100, "")));
}

TEST(Range, HonoursIfRange) {
    EXPECT_EQ(decide("bytes=0-9", 100, "\"e\""), "bytes 0-9/100");
    EXPECT_EQ(decide("bytes=0-9", 100, "\"other\""), "whole");
    EXPECT_EQ(decide("bytes=0-9", 100, "W/\"e\""), "whole");
    EXPECT_EQ(decide("bytes=0-9", 100, "Wed, 21 Oct 2015 07:28:00 GMT"), "whole");
}

TEST(StatusOf, TellsClientFaultsFromOurs) {
    EXPECT_EQ(status_of(ErrorCode::not_found), 404U);
    EXPECT_EQ(status_of(ErrorCode::invalid_request), 400U);
    EXPECT_EQ(status_of(ErrorCode::internal), 500U);
    EXPECT_EQ(status_of(ErrorCode::overloaded), 503U);
    EXPECT_EQ(status_of(ErrorCode::too_large), 413U);
}

}  // namespace
}  // namespace isocenter::http
