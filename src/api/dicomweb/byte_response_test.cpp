#include "api/dicomweb/byte_response.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "api/dicomweb/zip_body.h"
#include "http/mixed_source.h"

namespace isocenter::api {
namespace {

SourceOpener text(std::string value) {
    return [value = std::move(value)]() -> Result<std::unique_ptr<ByteSource>> {
        return make_string_source(value);
    };
}

SourceOpener broken() {
    return []() -> Result<std::unique_ptr<ByteSource>> { return fail(ErrorCode::corrupt, "missing"); };
}

std::string read(http::Response& response) {
    return read_all(*std::get<std::unique_ptr<ByteSource>>(response.body), 1U << 20U).value();
}

TEST(MultipartResponse, FollowsTheFramingOfTheStandard) {
    std::vector<PartPlan> parts;
    parts.push_back({"image/jls; transfer-syntax=1.2", "http://h/frames/1", 3, text("abc")});
    parts.push_back({"image/jls; transfer-syntax=1.2", {}, 1, text("d")});
    auto response = multipart_response("image/jls", "B", std::move(parts));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->headers.get("Content-Type"), "multipart/related; type=\"image/jls\"; boundary=B");
    const std::string expected =
        "--B\r\nContent-Type: image/jls; transfer-syntax=1.2\r\nContent-Location: http://h/frames/1\r\n"
        "Content-Length: 3\r\n\r\nabc\r\n--B\r\nContent-Type: image/jls; "
        "transfer-syntax=1.2\r\n\r\nd\r\n--B--\r\n";
    EXPECT_EQ(response->content_length, expected.size());
    EXPECT_EQ(read(*response), expected);
}

TEST(MultipartResponse, NoValueEndsItsLine) {
    std::vector<PartPlan> parts;
    parts.push_back(
        {"a/b; transfer-syntax=1.2\r\nX-Evil: 1\r\n\r\nGARBAGE", "http://h/\n\x7f", 1, text("d")});
    auto response = multipart_response("a/b", "B", std::move(parts));
    ASSERT_TRUE(response);
    const std::string body = read(*response);
    EXPECT_EQ(response->content_length, body.size());
    EXPECT_EQ(body,
              "--B\r\nContent-Type: a/b; transfer-syntax=1.2  X-Evil: 1    GARBAGE\r\n"
              "Content-Location: http://h/  \r\nContent-Length: 1\r\n\r\nd\r\n--B--\r\n");
}

TEST(MultipartResponse, AMissingFirstObjectIsAnErrorAndUnknownLengthsAreChunked) {
    std::vector<PartPlan> missing;
    missing.push_back({"a/b", {}, 3, broken()});
    EXPECT_FALSE(multipart_response("a/b", "B", std::move(missing)));
    std::vector<PartPlan> unknown;
    unknown.push_back({"a/b", {}, std::nullopt, text("abc")});
    auto response = multipart_response("a/b", "B", std::move(unknown));
    ASSERT_TRUE(response);
    EXPECT_FALSE(response->content_length);
    EXPECT_EQ(read(*response), "--B\r\nContent-Type: a/b\r\n\r\nabc\r\n--B--\r\n");
}

/// A source that says it is a slice of a file.
class FileBytes : public ByteSource {
  public:
    explicit FileBytes(std::uint64_t length) : left_(length) {}
    Result<std::size_t> read(MutableBytes into) override {
        const std::size_t n = std::min<std::uint64_t>(into.size(), left_);
        std::fill_n(into.begin(), n, std::byte{'f'});
        left_ -= n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override { return left_; }
    std::optional<FileSlice> as_file_slice() const override {
        return FileSlice{std::make_shared<const int>(-1), {0, left_}};
    }

  private:
    std::uint64_t left_;
};

TEST(MultipartResponse, LargePartsOfFilesAreTakenAsSlices) {
    const std::uint64_t large = 100'000;
    const std::uint64_t small = 10;
    std::vector<PartPlan> parts;
    for (const std::uint64_t length : {large, small, large}) {
        parts.push_back({"a/b", {}, length, [length]() -> Result<std::unique_ptr<ByteSource>> {
                             return std::make_unique<FileBytes>(length);
                         }});
    }
    auto response = multipart_response("a/b", "B", std::move(parts));
    ASSERT_TRUE(response);
    auto& source = dynamic_cast<http::MixedSource&>(*std::get<std::unique_ptr<ByteSource>>(response->body));
    std::string all;
    std::array<std::byte, 4096> buffer{};
    for (;;) {
        const auto slice = source.take_slice();
        ASSERT_TRUE(slice);
        if (*slice) {
            all += "<" + std::to_string((*slice)->range.length) + ">";
            continue;
        }
        const std::size_t n = source.read(buffer).value();
        if (n == 0) break;
        all += as_text(ByteView(buffer).first(n));
    }
    EXPECT_EQ(
        all,
        "--B\r\nContent-Type: a/b\r\n\r\n<100000>\r\n--B\r\nContent-Type: a/b\r\n\r\nffffffffff\r\n--B\r\n"
        "Content-Type: a/b\r\n\r\n<100000>\r\n--B--\r\n");
}

SinglePlan ten_digits() {
    SinglePlan plan{"a/b; x=1", "here", "\"t\"", 10, {}};
    plan.open = [](std::optional<ByteRange> range) -> Result<std::unique_ptr<ByteSource>> {
        auto whole = make_string_source("0123456789");
        return range ? slice(std::move(whole), *range) : std::move(whole);
    };
    return plan;
}

TEST(SinglePart, RangesAreOfTheValue) {
    http::Request request;
    request.method = http::Method::get;
    request.headers.add("Range", "bytes=2-4");
    auto response = single_part_response(standard_profile(), request, "B", ten_digits());
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 206U);
    EXPECT_EQ(read(*response),
              "--B\r\nContent-Type: a/b; x=1\r\nContent-Location: here\r\nContent-Length: 3\r\n"
              "Content-Range: bytes 2-4/10\r\n\r\n234\r\n--B--\r\n");
    auto whole = single_part_response(standard_profile(), http::Request(), "B", ten_digits());
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->status, 200U);
    EXPECT_EQ(whole->headers.get("Content-Type"), "multipart/related; type=\"a/b\"; boundary=B");
}

TEST(SinglePart, UnsatisfiableRangesSayTheLength) {
    http::Request request;
    request.method = http::Method::get;
    request.headers.add("Range", "bytes=10-");
    const auto part = single_part_response(standard_profile(), request, "B", ten_digits());
    const auto single = single_response(standard_profile(), request, ten_digits());
    for (const auto* response : {&part, &single}) {
        ASSERT_TRUE(*response);
        EXPECT_EQ((*response)->status, 416U);
        EXPECT_EQ((*response)->headers.get("Content-Range"), "bytes */10");
        EXPECT_EQ((*response)->headers.get("Content-Type"), "application/problem+json");
    }
}

TEST(Slice, SkipsAndEnds) {
    auto source = slice(make_string_source("0123456789"), {3, 4});
    EXPECT_EQ(source->remaining(), 4U);
    EXPECT_EQ(read_all(*source, 100).value(), "3456");
    auto beyond = slice(make_string_source("0123"), {3, 4});
    EXPECT_FALSE(read_all(*beyond, 100));
}

TEST(NotModified, KeepsTheTag) {
    http::Request request;
    request.headers.add("If-None-Match", "\"a\", W/\"b\"");
    const auto response = not_modified(request, "\"b\"", "private, max-age=1");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 304U);
    EXPECT_EQ(response->headers.get("ETag"), "\"b\"");
    EXPECT_EQ(response->headers.get("Cache-Control"), "private, max-age=1");
    EXPECT_FALSE(not_modified(request, "\"c\"", {}));
    EXPECT_FALSE(not_modified(request, "\"b\"", {})->headers.has("Cache-Control"));
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
        value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

TEST(ZipSource, HasDataChecksumAndDirectory) {
    std::vector<ZipEntry> entries;
    entries.push_back({"s/i.dcm", text("123456789")});
    entries.push_back({"s/j.dcm", text("")});
    const std::size_t directory_bytes = 2 * zip_directory_bytes(7);
    auto source =
        make_zip_source(std::make_unique<ListSupply<ZipEntry>>(std::move(entries)), directory_bytes);
    const std::string zip = read_all(*source, 1U << 20U).value();
    EXPECT_EQ(zip.find("PK\x06\x06") - zip.find("PK\x01\x02"), directory_bytes);
    // The check value of CRC-32 for these digits.
    const std::size_t data = zip.find("123456789");
    ASSERT_NE(data, std::string::npos);
    EXPECT_EQ(number_at(zip, data + 9), 0x08074B50U);
    EXPECT_EQ(number_at(zip, data + 13), 0xCBF43926U);
    const std::size_t end = zip.find("PK\x06\x06");
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(number_at(zip, end + 24), 2U);
    EXPECT_EQ(zip.substr(number_at(zip, end + 48), 4), "PK\x01\x02");
}

}  // namespace
}  // namespace isocenter::api
