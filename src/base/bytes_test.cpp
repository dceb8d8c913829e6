#include "base/bytes.h"

#include <gtest/gtest.h>

namespace isocenter {
namespace {

class Collector final : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        text.append(as_text(bytes));
        return {};
    }
    std::string text;
};

TEST(Bytes, copies_a_source_that_is_larger_than_the_buffer) {
    std::string big(700'001, 'x');
    big.back() = 'y';
    auto source = make_string_source(big);
    Collector sink;
    const auto copied = copy_all(*source, sink);
    ASSERT_TRUE(copied.ok());
    EXPECT_EQ(*copied, big.size());
    EXPECT_EQ(sink.text, big);
}

TEST(Bytes, read_all_stops_at_the_limit) {
    auto within = make_string_source("12345");
    EXPECT_EQ(read_all(*within, 5).value(), "12345");
    auto beyond = make_string_source("123456");
    const auto result = read_all(*beyond, 5);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace isocenter
