#include "app/data_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "app/archive_folder.h"
#include "http/ascii.h"

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

/// Where names differ by case only, the lock of the folder and that of its objects would be one file.
TEST(DataFolder, holds_no_two_names_that_differ_by_case) {
    const auto path =
        std::filesystem::temp_directory_path() / ("isocenter-names-" + std::to_string(getpid()));
    Settings settings;
    settings.data_folder = path.string();
    ASSERT_TRUE(ArchiveFolder::open(settings).ok());
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path))
        EXPECT_TRUE(names.insert(http::to_lower(entry.path().filename().string())).second) << entry.path();
    EXPECT_TRUE(names.contains("lock"));
    std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace isocenter::app
