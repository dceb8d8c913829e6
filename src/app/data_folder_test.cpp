#include "app/data_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace isocenter::app {
namespace {

TEST(DataFolder, is_held_by_one_at_a_time) {
    const auto path =
        std::filesystem::temp_directory_path() / ("isocenter-folder-" + std::to_string(getpid()));
    {
        const auto first = DataFolder::open(path / "deep");
        ASSERT_TRUE(first.ok()) << first.error().message;
        EXPECT_TRUE(std::filesystem::is_directory(first->spool_folder()));
        const auto second = DataFolder::open(path / "deep");
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code, ErrorCode::conflict);
        EXPECT_NE(second.error().message.find(std::to_string(getpid())), std::string::npos)
            << second.error().message;
    }
    EXPECT_TRUE(DataFolder::open(path / "deep").ok());
    std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace isocenter::app
