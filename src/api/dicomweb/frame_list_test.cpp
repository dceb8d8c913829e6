#include "api/dicomweb/frame_list.h"

#include <gtest/gtest.h>

namespace isocenter::api {
namespace {

TEST(FrameList, KeepsOrderAndRepeats) {
    EXPECT_EQ(parse_frame_list("3,1,2,1").value(), (std::vector<std::uint32_t>{3, 1, 2, 1}));
    EXPECT_EQ(parse_frame_list("99999999999999999999").value(), (std::vector<std::uint32_t>{UINT32_MAX}));
}

TEST(FrameList, RefusesEverythingElse) {
    for (const char* text : {"", "0", "-1", "1,-1", "0,1", "a", "1,,2", "1,", "+1", " 1", "1.5"})
        EXPECT_FALSE(parse_frame_list(text)) << text;
}

}  // namespace
}  // namespace isocenter::api
