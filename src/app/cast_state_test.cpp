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

TEST(CastStateFile, a_folder_that_is_not_there_is_refused) {
    const auto file = CastStateFile::open("/nonexistent/folder/cast-state.db");
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace isocenter::app
