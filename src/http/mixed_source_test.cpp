#include "http/mixed_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "http/testing/raw_client.h"
#include "http/testing/test_server.h"

namespace isocenter::http {
namespace {

using testing::RawClient;
using testing::TestServer;

/// A temporary file of `size` letters.
std::shared_ptr<const int> letters(std::size_t size) {
    std::FILE* file = std::tmpfile();
    const int descriptor = ::dup(::fileno(file));
    std::fclose(file);
    const std::string text(size, 'x');
    EXPECT_EQ(::write(descriptor, text.data(), text.size()), static_cast<ssize_t>(size));
    return {new int(descriptor), [](const int* owned) {
                ::close(*owned);
                delete owned;
            }};
}

/// "<", a slice, ">" and so on.
class Alternating : public MixedSource {
  public:
    Alternating(std::shared_ptr<const int> file, std::uint64_t size, int slices)
        : file_(std::move(file)), size_(size), left_(2 * slices) {}
    Result<std::optional<FileSlice>> take_slice() override {
        if (left_ % 2 == 0) return std::optional<FileSlice>();
        --left_;
        return std::optional<FileSlice>(FileSlice{file_, {0, size_}});
    }
    Result<std::size_t> read(MutableBytes into) override {
        if (left_ == 0) return std::size_t{0};
        if (left_ % 2 == 1) return fail(ErrorCode::internal, "the slice was to be taken");
        --left_;
        into.front() = std::byte{'|'};
        return std::size_t{1};
    }

  private:
    std::shared_ptr<const int> file_;
    std::uint64_t size_;
    int left_;
};

class MixedSourceServer : public ::testing::TestWithParam<bool> {};

TEST_P(MixedSourceServer, SlicesGoOutInTheirPlaces) {
    constexpr std::size_t kSize = 300'000;
    constexpr int kSlices = 40;  // several pieces
    const bool known = GetParam();
    const auto file = letters(kSize);
    TestServer test;
    test.get("/mixed", [&](const RequestContext&) {
        Response response = empty_response(200);
        response.body = std::make_unique<Alternating>(file, kSize, kSlices);
        if (known) response.content_length = kSlices * (kSize + 1);
        return response;
    });
    RawClient client(test.start());
    std::string expected;
    for (int i = 0; i < kSlices; ++i)
        expected += "|" + std::string(kSize, 'x');
    for (int i = 0; i < 2; ++i)
        EXPECT_TRUE(client.ask("GET /mixed HTTP/1.1\r\nHost: x\r\n\r\n").body == expected);
}

INSTANTIATE_TEST_SUITE_P(LengthAndChunks, MixedSourceServer, ::testing::Bool());

}  // namespace
}  // namespace isocenter::http
