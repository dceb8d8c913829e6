#include "app/cast_state.h"

#include <unistd.h>

#include <filesystem>

#include "fhir/engine/state_contract_test.h"

namespace isocenter::app {
namespace {

class FileFixture {
  public:
    FileFixture() {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        open();
    }
    ~FileFixture() {
        state_.reset();
        file_.reset();
        std::filesystem::remove_all(folder_);
    }
    fhir::CheckpointStore& checkpoint() { return *state_; }
    fhir::DeadLetterStore& letters() { return *state_; }
    fhir::BackfillStore& backfills() { return *state_; }
    void reopen() {
        state_.reset();
        file_.reset();
        open();
    }

  private:
    void open() {
        file_ = std::move(*CastStateFile::open((folder_ / "cast-state.db").string()));
        state_ = std::move(*CastState::open(*file_, "default"));
        other_ = std::move(*CastState::open(*file_, "other"));
        // Another target in the same file must change nothing.
        static_cast<void>(other_->acquire("x", 0, 1'000'000));
        static_cast<void>(other_->record(0, fhir::make_letter(fhir::LetterClass::dicom, "9.9", 1)));
        static_cast<void>(other_->begin_backfill(0, {}, std::nullopt));
        static_cast<void>(other_->note_backfilled(0, {{"Microsoft.Default", "1.1"}}));
    }
    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("isocenter-cast-" + std::to_string(getpid()));
    std::unique_ptr<CastStateFile> file_;
    std::unique_ptr<CastState> state_;
    std::unique_ptr<CastState> other_;
};

}  // namespace
}  // namespace isocenter::app

namespace isocenter::fhir {

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StateContract, app::FileFixture);

}  // namespace isocenter::fhir

namespace isocenter::app {
namespace {

TEST(CastState, a_position_of_a_former_version_is_kept) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("isocenter-cast-position-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    {
        auto file = std::move(*CastStateFile::open((folder / "cast-state.db").string()));
        const auto connection = std::move(*file->writer());
        ASSERT_TRUE(connection
                        ->execute("CREATE TABLE cast_target (target TEXT PRIMARY KEY, "
                                  "low INTEGER NOT NULL DEFAULT 0, latest INTEGER NOT NULL DEFAULT 0, "
                                  "owner TEXT NOT NULL DEFAULT '', token INTEGER NOT NULL DEFAULT 0, "
                                  "lease_end INTEGER NOT NULL DEFAULT 0, "
                                  "changed INTEGER NOT NULL DEFAULT 0) STRICT;"
                                  "INSERT INTO cast_target (target, low, latest) VALUES ('default', 7, 9)")
                        .ok());
    }
    {
        const auto file = std::move(*CastStateFile::open((folder / "cast-state.db").string()));
        const auto state = CastState::open(*file, "default");
        ASSERT_TRUE(state.ok()) << state.error().message;
        const auto row = (*state)->load();
        ASSERT_TRUE(row.ok() && row->has_value());
        EXPECT_EQ((*row)->low, 7);
        EXPECT_TRUE((*row)->server.empty());
    }
    std::filesystem::remove_all(folder);
}

TEST(CastState, letters_of_a_former_version_are_kept) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("isocenter-cast-former-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    {
        auto file = std::move(*CastStateFile::open((folder / "cast-state.db").string()));
        const auto connection = std::move(*file->writer());
        ASSERT_TRUE(connection
                        ->execute("CREATE TABLE cast_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                                  "target TEXT NOT NULL, partition TEXT NOT NULL, study TEXT NOT NULL, "
                                  "class TEXT NOT NULL, sequence INTEGER NOT NULL, state TEXT NOT NULL, "
                                  "first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL, "
                                  "entries INTEGER NOT NULL, attempts INTEGER NOT NULL, "
                                  "first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, "
                                  "error TEXT NOT NULL, tag TEXT NOT NULL, status INTEGER NOT NULL, "
                                  "replay INTEGER NOT NULL DEFAULT 0, "
                                  "UNIQUE (target, partition, study, class, sequence)) STRICT;"
                                  "INSERT INTO cast_letter VALUES (1, 'default', 'p', '1.1', 'fhir', 0, "
                                  "'open', 1, 1, 1, 1, 10, 10, 'why', '', 422, 0)")
                        .ok());
    }
    for (int start = 0; start < 2; ++start) {
        const auto file = std::move(*CastStateFile::open((folder / "cast-state.db").string()));
        const auto state = CastState::open(*file, "default");
        ASSERT_TRUE(state.ok()) << state.error().message;
        const auto letters = (*state)->list({});
        ASSERT_TRUE(letters.ok());
        ASSERT_EQ(letters->size(), 1U);
        EXPECT_EQ(letters->front().error, "why");
        EXPECT_TRUE(letters->front().removed.empty());
    }
    std::filesystem::remove_all(folder);
}

TEST(CastStateFile, tells_of_which_targets_it_keeps_something) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("isocenter-targets-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    {
        const auto file = std::move(*CastStateFile::open((folder / "cast-state.db").string()));
        const auto looked_at = std::move(*CastState::open(*file, "nothing"));
        EXPECT_TRUE(looked_at->list({}).ok());
        EXPECT_TRUE(kept_targets(*file)->empty());
        const auto followed = std::move(*CastState::open(*file, "research"));
        ASSERT_TRUE(followed->acquire("x", 0, 1).ok());
        const auto failed = std::move(*CastState::open(*file, "default"));
        ASSERT_TRUE(failed->record(0, fhir::make_letter(fhir::LetterClass::dicom, "9.9", 1)).ok());
        EXPECT_EQ(*kept_targets(*file), (std::vector<std::string>{"default", "research"}));
    }
    std::filesystem::remove_all(folder);
}

TEST(CastStateFile, a_folder_that_is_not_there_is_refused) {
    const auto file = CastStateFile::open("/nonexistent/folder/cast-state.db");
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace isocenter::app
