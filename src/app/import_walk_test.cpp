#include "app/import_walk.h"

#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>

namespace isocenter::app {
namespace {

namespace fs = std::filesystem;
using Kind = ImportResult::Kind;

class ImportWalkTest : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(root); }
    void TearDown() override {
        std::error_code ignored;
        fs::permissions(root / "closed", fs::perms::owner_all, ignored);
        fs::remove_all(root);
    }
    void make_file(const std::string& name) {
        fs::create_directories((root / name).parent_path());
        std::ofstream(root / name) << name;
    }
    /// Paths below the root.
    void walk(const std::vector<fs::path>& roots, bool hidden_folders = false) {
        auto found = find_files(roots, hidden_folders);
        ASSERT_TRUE(found.ok()) << found.error().message;
        files.clear();
        others.clear();
        for (const ImportFile& file : found->files)
            files.insert(file.path.lexically_relative(root));
        for (PassedOver& other : found->passed_over)
            others[other.path.lexically_relative(root)] = std::move(other.result);
    }

    fs::path root = fs::temp_directory_path() / ("isocenter-walk-" + std::to_string(getpid()));
    std::multiset<std::string> files;
    std::map<std::string, ImportResult> others;
};

using Names = std::multiset<std::string>;

TEST_F(ImportWalkTest, links_to_folders_are_followed_once) {
    make_file("real/1");
    make_file("other/2");
    fs::create_directory_symlink("..", root / "real/loop");
    fs::create_directory_symlink("../other", root / "real/to-other");
    fs::create_symlink("../real/1", root / "other/to-file");
    walk({root / "real"});
    EXPECT_EQ(files, (Names{"real/1", "real/loop/other/2", "real/loop/other/to-file"}));
    ASSERT_EQ(others.size(), 2U);
    EXPECT_EQ(others["real/loop/real"].kind, Kind::left_out);
    EXPECT_EQ(others["real/to-other"].kind, Kind::left_out);
    EXPECT_FALSE(others["real/to-other"].reason.empty());
}

TEST_F(ImportWalkTest, above_a_link_is_above_what_it_leads_to) {
    make_file("lex/a/b/1");
    make_file("lex/wrong");
    fs::create_directory_symlink("a/b", root / "lex/l");
    walk({root / "lex/l/.."});
    EXPECT_EQ(files, Names{"lex/a/b/1"});
    walk({root / "lex/l"});
    EXPECT_EQ(files, Names{"lex/l/1"}) << "a link by itself keeps its name";
    walk({root / "lex/./a/../a/b/"});
    EXPECT_EQ(files, Names{"lex/a/b/1"});
    fs::create_directory_symlink("l", root / "lex/m");
    walk({root / "lex/m/../../a"});
    EXPECT_EQ(files, Names{"lex/a/b/1"});
    EXPECT_EQ(full_path("/.."), "/");
}

TEST_F(ImportWalkTest, roots_inside_of_each_other_count_once) {
    make_file("a/b/1");
    walk({root, root / "a/b"});
    EXPECT_EQ(files, Names{"a/b/1"});
    EXPECT_EQ(others["a/b"].kind, Kind::left_out);
}

TEST_F(ImportWalkTest, broken_links_are_not_readable) {
    fs::create_symlink("nowhere", root / "broken");
    fs::create_symlink("itself", root / "itself");
    walk({root});
    EXPECT_TRUE(files.empty());
    EXPECT_EQ(others["broken"].kind, Kind::unreadable);
    EXPECT_EQ(others["broken"].reason, "the link leads nowhere");
    EXPECT_EQ(others["itself"].kind, Kind::unreadable);
}

TEST_F(ImportWalkTest, special_files_are_left_out) {
    ASSERT_EQ(mkfifo((root / "pipe").c_str(), 0600), 0);
    fs::create_symlink("/dev/zero", root / "device");
    walk({root});
    EXPECT_TRUE(files.empty());
    EXPECT_EQ(others["pipe"].kind, Kind::left_out);
    EXPECT_EQ(others["device"].kind, Kind::left_out);
    const auto named = find_files({root / "pipe"}, false);
    ASSERT_FALSE(named.ok());
    EXPECT_NE(named.error().message.find("pipe"), std::string::npos);
}

TEST_F(ImportWalkTest, a_pipe_is_not_waited_for) {
    ASSERT_EQ(mkfifo((root / "pipe").c_str(), 0600), 0);
    auto source = FileSource::open(root / "pipe");
    ASSERT_TRUE(source.ok());
    std::byte one{};
    EXPECT_EQ(*(*source)->read({&one, 1}), 0U);
}

TEST_F(ImportWalkTest, hidden_files_are_files_and_hidden_folders_are_left_out) {
    make_file(".1.dcm");
    make_file(".trash/2");
    make_file("a/.cache/3");
    walk({root});
    EXPECT_EQ(files, Names{".1.dcm"});
    EXPECT_EQ(others[".trash"].kind, Kind::left_out);
    EXPECT_EQ(others["a/.cache"].kind, Kind::left_out);
    walk({root}, true);
    EXPECT_EQ(files, (Names{".1.dcm", ".trash/2", "a/.cache/3"}));
    walk({root / ".trash"});
    EXPECT_EQ(files, Names{".trash/2"}) << "a root that is named is meant";
}

TEST_F(ImportWalkTest, closed_folders_are_not_readable) {
    make_file("closed/1");
    make_file("open/2");
    fs::permissions(root / "closed", fs::perms::none);
    // Root reads everything, so the walk is somebody else's; without its rights this changes nothing.
    const int before = setfsuid(65534);
    auto found = find_files({root}, false);
    setfsuid(static_cast<uid_t>(before));
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found->files.size(), 1U);
    EXPECT_EQ(found->files[0].path, root / "open/2") << "the walk goes on behind it";
    ASSERT_EQ(found->passed_over.size(), 1U);
    EXPECT_EQ(found->passed_over[0].path, root / "closed");
    EXPECT_EQ(found->passed_over[0].result.kind, Kind::unreadable);
    EXPECT_NE(found->passed_over[0].result.reason.find("ermission"), std::string::npos);
}

}  // namespace
}  // namespace isocenter::app
