#include "app/import.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <set>

#include "app/import_journal.h"
#include "app/progress.h"

namespace isocenter::app {
namespace {

namespace fs = std::filesystem;

struct Received {
    std::mutex mutex;
    std::multiset<std::string> names;
    std::string refuse;
    std::string warn;
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
        if (file.filename() == received_.warn) return {ImportResult::Kind::stored, "not whole"};
        return {};
    }

  private:
    Received& received_;
};

class ImportTest : public testing::Test {
  protected:
    void SetUp() override {
        fs::create_directories(root / "a/b");
        for (const char* name : {"a/1.dcm", "a/b/2", "3.dcm"})
            make_file(root / name);
        std::ofstream(root / "notes.txt") << "not an image";
        options.roots = {root};
        options.progress = false;
        options.target = "A";
        options.journal = state / "journal";
        options.report = state / "report";
    }
    void TearDown() override {
        fs::remove_all(root);
        fs::remove_all(state);
    }
    static void make_file(const fs::path& path) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << std::string(128, '\0') << "DICM" << path.filename();
    }
    Error refusal() {
        const auto summary = run_import(options, [&]() -> Result<std::unique_ptr<ImportTarget>> {
            return std::make_unique<FakeTarget>(received);
        });
        EXPECT_FALSE(summary.ok());
        return summary.ok() ? Error{} : summary.error();
    }
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
    fs::path state = root.string() + "-state";
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
    received.refuse = "3.dcm";
    EXPECT_EQ(run().stored, 2U);
    const ImportSummary second = run();
    EXPECT_EQ(second.files, 1U) << "what was refused is tried again";
    EXPECT_EQ(second.skipped, 3U);
    EXPECT_NE(report().find("notes.txt"), std::string::npos) << "what an earlier run reported is kept";
    EXPECT_EQ(report().find("3.dcm"), report().rfind("3.dcm")) << "once, though two runs reported it";
    received.refuse.clear();
    EXPECT_EQ(run().stored, 1U);
    EXPECT_EQ(received.names.count("1.dcm"), 1U);
    EXPECT_EQ(report().find("3.dcm"), std::string::npos) << "it is stored now";
    EXPECT_FALSE(fs::exists(options.journal)) << "nothing is left to go on with";
}

TEST_F(ImportTest, a_changed_file_is_imported_again) {
    received.refuse = "3.dcm";
    run();
    std::ofstream(root / "a/1.dcm", std::ios::app) << "longer";
    fs::last_write_time(root / "a/b/2", fs::last_write_time(root / "a/b/2") + std::chrono::milliseconds(1));
    EXPECT_EQ(run().stored, 2U);
    EXPECT_EQ(received.names.count("1.dcm"), 2U);
    EXPECT_EQ(received.names.count("2"), 2U);
}

TEST_F(ImportTest, a_journal_counts_for_its_target_only) {
    received.reachable = false;
    run();
    options.target = "B";
    const Error error = refusal();
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_NE(error.message.find(" into A"), std::string::npos) << error.message;
    EXPECT_TRUE(received.names.empty());
    fs::remove(options.journal);
    received.reachable = true;
    EXPECT_EQ(run().stored, 3U);
}

TEST_F(ImportTest, a_journal_is_of_one_import_at_a_time) {
    const auto held = ImportJournal::open(options.journal, "A");
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(refusal().code, ErrorCode::conflict);
}

TEST_F(ImportTest, a_file_that_is_no_journal_stays_what_it_is) {
    fs::create_directories(state);
    std::ofstream(options.journal) << "12 34 /elsewhere/a.dcm\n";
    EXPECT_EQ(refusal().code, ErrorCode::invalid_request);
    EXPECT_EQ(fs::file_size(options.journal), 23U);
    options.journal = "/dev/null";
    EXPECT_EQ(refusal().code, ErrorCode::invalid_request);
    EXPECT_TRUE(fs::exists("/dev/null"));
}

TEST_F(ImportTest, a_journal_or_report_that_cannot_be_written_is_named) {
    options.journal = root / "notes.txt" / "journal";
    EXPECT_NE(refusal().message.find(options.journal.string()), std::string::npos);
    options.journal = state / "journal";
    options.report = root / "notes.txt" / "report";
    EXPECT_NE(refusal().message.find(options.report.string()), std::string::npos);
}

TEST_F(ImportTest, names_with_line_ends_are_known_again) {
    make_file(root / "line\nend.dcm");
    received.refuse = "3.dcm";
    run();
    EXPECT_EQ(run().files, 1U);
    EXPECT_EQ(received.names.count("line\nend.dcm"), 1U);
}

TEST_F(ImportTest, nothing_to_report_leaves_no_report) {
    fs::remove(root / "notes.txt");
    fs::create_directories(state);
    std::ofstream(options.report) << R"({"file":"/a","result":"refused","reason":"earlier"})" << '\n';
    EXPECT_EQ(run().stored, 3U);
    EXPECT_FALSE(fs::exists(options.report));
}

TEST_F(ImportTest, a_file_that_is_no_report_stays_what_it_is) {
    make_file(state / "image.dcm");
    for (const fs::path& victim : {state / "image.dcm", root / "a/1.dcm", root / "notes.txt"}) {
        options.report = victim;
        const auto before = fs::file_size(victim);
        const Error error = refusal();
        EXPECT_EQ(error.code, ErrorCode::invalid_request);
        EXPECT_NE(error.message.find(victim.string()), std::string::npos) << error.message;
        EXPECT_EQ(fs::file_size(victim), before);
        EXPECT_TRUE(received.names.empty());
        EXPECT_FALSE(fs::exists(options.journal)) << "refused before anything is done";
    }
    options.report = state / "empty";
    std::ofstream(options.report).flush();
    EXPECT_EQ(run().stored, 3U);
    EXPECT_NE(report().find("notes.txt"), std::string::npos);
    EXPECT_EQ(run().stored, 3U) << "over the report of the run before";
}

TEST_F(ImportTest, journal_and_report_are_two_files) {
    options.report = options.journal;
    EXPECT_EQ(refusal().code, ErrorCode::invalid_request);
    EXPECT_FALSE(fs::exists(options.journal));
}

TEST_F(ImportTest, the_directory_of_a_medium_is_left_out) {
    const std::string uid("1.2.840.10008.1.3.10");
    const std::string version("\2\0\1\0OB\0\0\2\0\0\0\0\1", 14);
    std::ofstream(root / "DICOMDIR") << std::string(128, '\0') << "DICM" << version
                                     << std::string("\2\0\2\0UI", 6) << static_cast<char>(uid.size()) << '\0'
                                     << uid;
    const ImportSummary summary = run();
    EXPECT_EQ(summary.stored, 3U);
    EXPECT_EQ(summary.left_out, 1U);
    EXPECT_TRUE(summary.complete());
    EXPECT_FALSE(received.names.contains("DICOMDIR"));
    EXPECT_NE(report().find("directory of a medium"), std::string::npos) << report();
    EXPECT_FALSE(fs::exists(options.journal));
}

TEST_F(ImportTest, what_is_stored_with_a_warning_is_reported) {
    received.warn = "2";
    const ImportSummary summary = run();
    EXPECT_EQ(summary.stored, 3U);
    EXPECT_EQ(summary.with_warning, 1U);
    EXPECT_TRUE(summary.complete());
    EXPECT_NE(report().find(R"(/a/b/2","result":"stored","reason":"not whole")"), std::string::npos)
        << report();
}

TEST_F(ImportTest, a_root_that_is_not_there_is_named) {
    options.roots = {root / "nowhere"};
    EXPECT_NE(refusal().message.find("nowhere"), std::string::npos);
}

TEST_F(ImportTest, a_file_that_cannot_be_read_is_a_failure) {
    // Sizes and times of such files can be had, their bytes cannot, by nobody.
    options.roots = {"/proc/self/mem"};
    const ImportSummary summary = run();
    EXPECT_EQ(summary.unreadable, 1U);
    EXPECT_FALSE(summary.complete());
    EXPECT_NE(report().find("cannot be read"), std::string::npos) << report();
}

TEST(ImportTargetAddress, is_one_for_all_ways_to_write_it) {
    for (const char* base :
         {"http://h:8080", "http://h:8080/", "HTTP://H:8080/dicom-web", "http://h:8080/dicom-web//"})
        EXPECT_EQ(studies_address(base), "http://h:8080/dicom-web/studies") << base;
    EXPECT_EQ(studies_address("https://H/Pacs/v2"), "https://h/Pacs/v2/studies");
    EXPECT_EQ(studies_address("https://h/pacs/v2/studies/"), "https://h/pacs/v2/studies") << "written out";
}

TEST(ImportPlacesTest, depend_on_target_and_roots) {
    const auto a = default_import_places("A", "/data", {"/x"});
    ASSERT_TRUE(a.ok());
    EXPECT_EQ(a->journal.parent_path(), "/data/imports");
    EXPECT_EQ(a->report.parent_path(), "/data/imports");
    EXPECT_EQ(default_import_places("A", "/data", {"/y/../x"})->journal, a->journal);
    EXPECT_NE(default_import_places("B", "/data", {"/x"})->journal, a->journal);
    EXPECT_EQ(default_import_places("A", "/data", {"/x/"})->journal, a->journal);
    EXPECT_NE(default_import_places("A", "/data", {"/x", "/y"})->journal, a->journal);
}

TEST(StudyProgress, counts_its_rate_from_where_this_run_began) {
    EXPECT_EQ(study_progress_line(300, 500, 200, std::chrono::seconds(10)),
              "[##############..........] 300/500 studies  10.0/s  0:20 left");
    EXPECT_EQ(study_progress_line(0, 0, 0, std::chrono::seconds(10)),
              "[########################] 0/0 studies");
}

TEST(ImportProgress, tells_rate_and_time_left) {
    EXPECT_EQ(progress_line(50, 100, 500'000'000, 1'000'000'000, std::chrono::seconds(10)),
              "[############............] 50/100 files  500.0 MB  50.0 MB/s  0:10 left");
}

}  // namespace
}  // namespace isocenter::app
