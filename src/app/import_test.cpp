#include "app/import.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <set>

#include "app/import_progress.h"

namespace isocenter::app {
namespace {

namespace fs = std::filesystem;

struct Received {
    std::mutex mutex;
    std::multiset<std::string> names;
    std::string refuse;
    bool reachable = true;
};

class FakeTarget final : public ImportTarget {
  public:
    explicit FakeTarget(Received& received) : received_(received) {}
    ImportResult store(const fs::path& file, std::uint64_t) override {
        const std::scoped_lock lock(received_.mutex);
        if (!received_.reachable) return {ImportResult::Kind::unreachable, "down"};
        received_.names.insert(file.filename());
        if (file.filename() == received_.refuse) return {ImportResult::Kind::refused, "because"};
        return {};
    }

  private:
    Received& received_;
};

class ImportTest : public testing::Test {
  protected:
    void SetUp() override {
        fs::create_directories(root / "a/b");
        fs::create_directories(root / ".hidden");
        for (const char* name : {"a/1.dcm", "a/b/2", "3.dcm", ".hidden/4.dcm"}) {
            std::ofstream(root / name) << std::string(128, '\0') << "DICM" << name;
        }
        std::ofstream(root / "notes.txt") << "not an image";
        options.roots = {root};
        options.progress = false;
        options.journal = root / ".journal";
        options.report = root / ".report";
    }
    void TearDown() override { fs::remove_all(root); }
    ImportSummary run() {
        const auto summary = run_import(options, [&]() -> Result<std::unique_ptr<ImportTarget>> {
            return std::make_unique<FakeTarget>(received);
        });
        EXPECT_TRUE(summary.ok());
        return summary.value_or(ImportSummary{});
    }
    std::string report() {
        std::ifstream file(options.report);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    fs::path root = fs::temp_directory_path() / ("isocenter-import-" + std::to_string(getpid()));
    Received received;
    ImportOptions options;
};

TEST_F(ImportTest, stores_every_dicom_file_once_and_reports_the_rest) {
    received.refuse = "3.dcm";
    const ImportSummary summary = run();
    EXPECT_EQ(received.names, (std::multiset<std::string>{"1.dcm", "2", "3.dcm"}));
    EXPECT_EQ(summary.files, 4U);
    EXPECT_EQ(summary.stored, 2U);
    EXPECT_EQ(summary.refused, 1U);
    EXPECT_EQ(summary.not_dicom, 1U);
    EXPECT_NE(report().find("because"), std::string::npos);
    EXPECT_NE(report().find("notes.txt"), std::string::npos);
}

TEST_F(ImportTest, goes_on_where_it_ended) {
    received.reachable = false;
    EXPECT_EQ(run().unreachable, 3U);
    received.reachable = true;
    EXPECT_EQ(run().stored, 3U);
    const ImportSummary nothing_left = run();
    EXPECT_EQ(nothing_left.files, 0U);
    EXPECT_EQ(nothing_left.skipped, 4U);
    EXPECT_NE(report().find("notes.txt"), std::string::npos) << "what an earlier run reported is kept";
    std::ofstream(root / "3.dcm", std::ios::app) << "changed";
    EXPECT_EQ(run().stored, 1U);
    EXPECT_EQ(received.names.count("3.dcm"), 2U);
    EXPECT_EQ(received.names.count("1.dcm"), 1U);
}

TEST_F(ImportTest, nothing_to_report_leaves_no_report) {
    fs::remove(root / "notes.txt");
    std::ofstream(options.report) << "of an earlier import\n";
    EXPECT_EQ(run().stored, 3U);
    EXPECT_FALSE(fs::exists(options.report));
}

TEST_F(ImportTest, a_journal_of_other_files_counts_for_nothing) {
    std::ofstream(options.journal) << "12 34 /elsewhere/a.dcm\n";
    EXPECT_EQ(run().skipped, 0U);
}

TEST_F(ImportTest, a_root_that_is_not_there_is_named) {
    options.roots = {root / "nowhere"};
    const auto summary = run_import(options, [&]() -> Result<std::unique_ptr<ImportTarget>> {
        return std::make_unique<FakeTarget>(received);
    });
    ASSERT_FALSE(summary.ok());
    EXPECT_NE(summary.error().message.find("nowhere"), std::string::npos);
}

TEST(ImportProgress, tells_rate_and_time_left) {
    EXPECT_EQ(progress_line(50, 100, 500'000'000, 1'000'000'000, std::chrono::seconds(10)),
              "[############............] 50/100 files  500.0 MB  50.0 MB/s  0:10 left");
}

}  // namespace
}  // namespace isocenter::app
