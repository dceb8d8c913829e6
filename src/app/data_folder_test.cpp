#include "app/data_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
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

std::string refusal_of(const std::filesystem::path& folder) {
    Settings settings;
    settings.data_folder = folder.string();
    const auto opened = ArchiveFolder::open(settings);
    return opened ? "" : opened.error().message;
}

TEST(ArchiveFolder, says_which_index_it_cannot_open_and_what_can_be_done) {
    const auto path =
        std::filesystem::temp_directory_path() / ("isocenter-index-" + std::to_string(getpid()));
    std::filesystem::create_directories(path);
    std::ofstream(path / "index.sqlite") << std::string(8192, 'x');
    const std::string refused = refusal_of(path);
    for (const std::string& word : {(path / "index.sqlite").string(), std::string("file is not a database"),
                                    std::string("backup"), "isocenter import " + (path / "objects").string()})
        EXPECT_NE(refused.find(word), std::string::npos) << refused;
    std::filesystem::remove_all(path);
}

TEST(ArchiveFolder, of_a_newer_program_is_refused_with_both_versions) {
    const auto path =
        std::filesystem::temp_directory_path() / ("isocenter-newer-" + std::to_string(getpid()));
    ASSERT_EQ(refusal_of(path), "");
    {
        // The number that PRAGMA user_version keeps in the header, big endian.
        std::fstream index(path / "index.sqlite", std::ios::in | std::ios::out | std::ios::binary);
        index.seekp(60).write("\0\0\3\xe7", 4);
    }
    const std::string refused = refusal_of(path);
    for (const std::string& word : {(path / "index.sqlite").string(), std::string("version 999,"),
                                    std::string("this program knows up to ")})
        EXPECT_NE(refused.find(word), std::string::npos) << refused;
    EXPECT_EQ(refused.find("backup"), std::string::npos) << refused;
    std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace isocenter::app
