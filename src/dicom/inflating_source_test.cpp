#include "dicom/inflating_source.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace isocenter::dicom {
namespace {

std::string deflate_raw(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST(InflatingSource, GivesWhatWasDeflated) {
    std::string text;
    for (unsigned i = 0; i < 300'000; ++i)
        text += std::to_string(i * 7919U % 1000U);
    auto source = make_inflating_source(make_string_source(deflate_raw(text) + "pad"));
    EXPECT_EQ(*read_all(*source, 1U << 24U), text);
}

TEST(InflatingSource, TruncatedOrDamagedIsCorrupt) {
    const std::string deflated = deflate_raw(std::string(100'000, 'x') + "tail");
    auto shortened = make_inflating_source(make_string_source(deflated.substr(0, deflated.size() - 3)));
    EXPECT_EQ(read_all(*shortened, 1U << 24U).error().code, ErrorCode::corrupt);
    auto garbage = make_inflating_source(make_string_source(std::string(100, '\xFF')));
    EXPECT_EQ(read_all(*garbage, 1U << 24U).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace isocenter::dicom
