#include "http/multipart_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace isocenter::http {
namespace {

struct Recorder final : MultipartHandler {
    struct Part {
        Headers headers;
        std::string data;
        bool ended = false;
        std::string problem;  ///< of its headers
    };
    std::vector<Part> parts;
    std::size_t largest_piece = 0;
    bool refuse_data = false;
    bool refuse_unreadable = false;

    Status on_part_begin(const Headers& headers) override {
        parts.push_back({headers, {}, false, {}});
        return {};
    }
    Status on_part_unreadable(const Error& why) override {
        if (refuse_unreadable) return why;
        parts.push_back({{}, {}, false, why.message});
        return {};
    }
    Status on_part_data(ByteView bytes) override {
        EXPECT_FALSE(bytes.empty());
        if (refuse_data) return fail(ErrorCode::malformed_dicom, "refused");
        largest_piece = std::max(largest_piece, bytes.size());
        parts.back().data += as_text(bytes);
        return {};
    }
    Status on_part_end() override {
        parts.back().ended = true;
        return {};
    }
};

struct Outcome {
    Recorder recorder;
    MultipartReader::End end = MultipartReader::End::no_boundary;
    Status status;
};

/// Feeds `body` in pieces of `step` bytes.
Outcome feed(const std::string& body, std::size_t step, const std::string& boundary = "b0undary",
             std::uint64_t max_parts = 100) {
    Outcome out;
    MultipartReader reader(boundary, out.recorder, max_parts);
    for (std::size_t at = 0; at < body.size() && out.status; at += step)
        out.status = reader.write(as_bytes(std::string_view(body).substr(at, step)));
    out.end = reader.finish();
    return out;
}

void expect_same(const Outcome& a, const Outcome& b, const std::string& what) {
    EXPECT_EQ(a.end, b.end) << what;
    EXPECT_EQ(a.status.ok(), b.status.ok()) << what;
    ASSERT_EQ(a.recorder.parts.size(), b.recorder.parts.size()) << what;
    for (std::size_t i = 0; i < a.recorder.parts.size(); ++i) {
        EXPECT_EQ(a.recorder.parts[i].data, b.recorder.parts[i].data) << what;
        EXPECT_EQ(a.recorder.parts[i].ended, b.recorder.parts[i].ended) << what;
        EXPECT_EQ(a.recorder.parts[i].problem, b.recorder.parts[i].problem) << what;
        EXPECT_EQ(a.recorder.parts[i].headers.fields(), b.recorder.parts[i].headers.fields()) << what;
    }
}

/// Whole, byte by byte and in other cuts must be the same.
Outcome feed_all_ways(const std::string& body) {
    Outcome whole = feed(body, std::max<std::size_t>(body.size(), 1));
    for (const std::size_t step : {1U, 2U, 3U, 7U, 11U, 13U})
        expect_same(whole, feed(body, step), "step " + std::to_string(step));
    return whole;
}

TEST(MultipartReader, ReadsPartsWithHeaders) {
    const Outcome out = feed_all_ways(
        "--b0undary\r\nContent-Type: application/dicom\r\nX-Long: a\r\n b\r\n\r\nfirst\r\n"
        "--b0undary\r\ncontent-type:text/plain\r\n\r\nsec\r\nond\r\n--b0undary--\r\nepilogue --b0undary\r\n");
    ASSERT_TRUE(out.status);
    EXPECT_EQ(out.end, MultipartReader::End::complete);
    ASSERT_EQ(out.recorder.parts.size(), 2U);
    EXPECT_EQ(out.recorder.parts[0].headers.get("content-type"), "application/dicom");
    EXPECT_EQ(out.recorder.parts[0].headers.get("x-long"), "a b");
    EXPECT_EQ(out.recorder.parts[0].data, "first");
    EXPECT_EQ(out.recorder.parts[1].data, "sec\r\nond");
    EXPECT_TRUE(out.recorder.parts[1].ended);
}

TEST(MultipartReader, AcceptsPreambleLeadingCrlfLfOnlyAndBlanksAfterTheBoundary) {
    for (const std::string body : {
             "\r\n--b0undary\r\n\r\nx\r\n--b0undary--",
             "preamble --b0undary\r\n--b0undary \t\r\n\r\nx\r\n--b0undary--\r\n",
             "--b0undary\n\nx\n--b0undary--\n",
             "preamble\n--b0undary\nA: b\n\nx\n--b0undary--",
         }) {
        const Outcome out = feed_all_ways(body);
        ASSERT_TRUE(out.status) << body;
        EXPECT_EQ(out.end, MultipartReader::End::complete) << body;
        ASSERT_EQ(out.recorder.parts.size(), 1U) << body;
        EXPECT_EQ(out.recorder.parts[0].data, "x") << body;
    }
}

TEST(MultipartReader, ReadsEmptyParts) {
    const Outcome out = feed_all_ways(
        "--b0undary\r\nA: b\r\n\r\n\r\n--b0undary\r\n\r\n--b0undary\r\n\r\n\r\n\r\n--b0undary--");
    ASSERT_TRUE(out.status);
    ASSERT_EQ(out.recorder.parts.size(), 3U);
    EXPECT_EQ(out.recorder.parts[0].data, "");
    EXPECT_EQ(out.recorder.parts[1].data, "");
    EXPECT_EQ(out.recorder.parts[2].data, "\r\n");
}

TEST(MultipartReader, TakesLongerLinesThatBeginLikeTheBoundaryForData) {
    const std::string data = "a\r\n--b0undaryX\r\n--b0undary-y\n--b0undar\r\n\r\n--\r\r\n--b0und";
    const Outcome out = feed_all_ways("--b0undary\r\n\r\n" + data + "\r\n--b0undary--");
    ASSERT_TRUE(out.status);
    ASSERT_EQ(out.recorder.parts.size(), 1U);
    EXPECT_EQ(out.recorder.parts[0].data, data);
}

TEST(MultipartReader, KeepsCarriageReturnsThatAreData) {
    const Outcome out = feed_all_ways("--b0undary\r\n\r\n\r\r\r\r\n--b0undary\r\n\r\nx\r\r\n--b0undary--");
    ASSERT_EQ(out.recorder.parts.size(), 2U);
    EXPECT_EQ(out.recorder.parts[0].data, "\r\r\r");
    EXPECT_EQ(out.recorder.parts[1].data, "x\r");
}

TEST(MultipartReader, TellsHowABrokenBodyEnds) {
    EXPECT_EQ(feed_all_ways("").end, MultipartReader::End::no_boundary);
    EXPECT_EQ(feed_all_ways("just text\r\n--other\r\n").end, MultipartReader::End::no_boundary);
    EXPECT_EQ(feed_all_ways("--b0undary\r\nContent-Type: x").end, MultipartReader::End::between);
    EXPECT_EQ(feed_all_ways("--b0undary\r\n\r\ndata").end, MultipartReader::End::in_part);
    EXPECT_EQ(feed_all_ways("--b0undary--").end, MultipartReader::End::complete);
    const Outcome cut = feed_all_ways("--b0undary\r\n\r\ndata\r\n");
    ASSERT_EQ(cut.recorder.parts.size(), 1U);
    EXPECT_FALSE(cut.recorder.parts[0].ended);
}

TEST(MultipartReader, TellsWhenOnlyTheBoundaryLineIsCut) {
    const std::string part = "--b0undary\r\n\r\ndata";
    for (const std::string line :
         {"\r\n--b", "\n--b0undar", "\r\n--b0undary", "\r\n--b0undary-", "\r\n--b0undary \t\r"}) {
        const Outcome cut = feed_all_ways(part + line);
        EXPECT_EQ(cut.end, MultipartReader::End::in_boundary) << line;
        ASSERT_EQ(cut.recorder.parts.size(), 1U) << line;
        EXPECT_EQ(cut.recorder.parts[0].data, "data") << line;
        EXPECT_FALSE(cut.recorder.parts[0].ended) << line;
    }
    EXPECT_EQ(feed_all_ways("--b0undary\r\n\r\n--b0").end, MultipartReader::End::in_boundary);
    for (const std::string line : {"\r", "\r\n", "\r\n-", "\r\n--", "\r\n--c", "--b0undary"})
        EXPECT_EQ(feed_all_ways(part + line).end, MultipartReader::End::in_part) << line;
    EXPECT_EQ(feed_all_ways("--b0undary").end, MultipartReader::End::no_boundary);
}

TEST(MultipartReader, BoundsHeadersAndParts) {
    const std::string long_header = "--b0undary\r\nA: " + std::string(20'000, 'x') + "\r\n\r\n";
    EXPECT_NE(feed_all_ways(long_header).recorder.parts.at(0).problem, "");
    const std::string endless = "--b0undary\r\n" + std::string(20'000, 'x');
    EXPECT_NE(feed_all_ways(endless).recorder.parts.at(0).problem, "");
    std::string parts;
    for (int i = 0; i < 4; ++i)
        parts += "--b0undary\r\n\r\nx\r\n";
    EXPECT_TRUE(feed(parts, 5, "b0undary", 4).status);
    EXPECT_EQ(feed(parts, 5, "b0undary", 3).status.error().code, ErrorCode::too_large);
    EXPECT_FALSE(feed("--b0undary" + std::string(1000, ' '), 10).status);
    EXPECT_FALSE(feed("--b0undary  x\r\n\r\n", 10).status);
}

TEST(MultipartReader, PartsBehindUnreadableHeadersAreRead) {
    // To the last: a line that ends at the limit, so that the boundary behind it begins a line.
    const std::vector<std::string> headers = {"no colon\r\n", "A: b\r\nno colon\r\nC: d\r\n",
                                              std::string(20'000, 'x') + "\r\n", std::string(20'000, 'x'),
                                              "A: " + std::string(16'379, 'x') + "\r\n"};
    for (const std::string& header : headers) {
        const Outcome out =
            feed_all_ways("--b0undary\r\n" + header + "\r\n--b0undary\r\nA: b\r\n\r\nx" + "\r\n--b0undary--");
        EXPECT_EQ(out.end, MultipartReader::End::complete);
        ASSERT_EQ(out.recorder.parts.size(), 2U) << header.size();
        EXPECT_NE(out.recorder.parts[0].problem, "");
        EXPECT_TRUE(out.recorder.parts[0].ended);
        EXPECT_EQ(out.recorder.parts[1].data, "x");
    }
    Recorder strict;
    strict.refuse_unreadable = true;
    MultipartReader reader("b", strict);
    const Status status = reader.write(as_bytes("--b\r\nno colon\r\n"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::invalid_request);
}

TEST(MultipartReader, PassesOnTheHandlersError) {
    Recorder recorder;
    recorder.refuse_data = true;
    MultipartReader reader("b", recorder);
    const Status status = reader.write(as_bytes("--b\r\n\r\nx"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::malformed_dicom);
}

TEST(MultipartReader, PassesLargePartsOnInLargePieces) {
    std::string data(1'000'000, '\0');
    std::mt19937 random(7);
    for (char& c : data)
        c = static_cast<char>(random());
    const Outcome out = feed("--b0undary\r\n\r\n" + data + "\r\n--b0undary--", 131'072);
    ASSERT_EQ(out.recorder.parts.size(), 1U);
    EXPECT_TRUE(out.recorder.parts[0].data == data);
    EXPECT_GT(out.recorder.largest_piece, 100'000U);
}

TEST(MultipartReader, RandomCutsOfRandomBodiesGiveTheSame) {
    std::mt19937 random(11);
    const std::vector<std::string> atoms = {"\r\n--b",  "\n--b", "--b",       "\r",   "\n",   "-",
                                            "\r\n\r\n", "x",     "\r\n--b--", "A: b", "--b ", "\t"};
    for (int round = 0; round < 2000; ++round) {
        std::string body = round % 2 == 0 ? "--b\r\n\r\n" : "";
        const std::size_t count = random() % 12;
        for (std::size_t i = 0; i < count; ++i)
            body += atoms[random() % atoms.size()];
        const Outcome whole = feed(body, std::max<std::size_t>(body.size(), 1), "b");
        expect_same(whole, feed(body, 1, "b"), body);
        expect_same(whole, feed(body, 1 + random() % 5, "b"), body);
    }
}

}  // namespace
}  // namespace isocenter::http
