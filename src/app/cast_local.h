#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "archive/archive.h"
#include "fhir/engine/archive_source.h"
#include "fhir/feed/change_source.h"
#include "fhir/feed/study_list.h"

namespace isocenter::app {

/// A document as `/v1` gives it: without bulk values. `corrupt` when it cannot be read.
Result<boost::json::object> data_set_of(const index::Document& document);
/// An index that fails is an outage; a single document that cannot be read must not stop the others.
fhir::Failure failure_of_local(const Error& error);

/// The change feed of the archive of this process, woken by its commits. Sequences have no gaps, so a number
/// that is missing is void at once.
class LocalChangeSource : public fhir::ChangeSource {
  public:
    /// Registers with Archive::on_change, hence before the archive is used; `archive` outlives the source.
    explicit LocalChangeSource(archive::Archive& archive);
    ~LocalChangeSource() override;

    Result<std::int64_t> latest() override;
    Result<fhir::FeedWindow> read(std::int64_t after) override;
    std::chrono::seconds gap_grace() const override { return std::chrono::seconds(0); }
    /// Returns at once when a commit came after the last latest().
    void wait_for_news(std::stop_token stop, std::chrono::milliseconds longest) override;

  private:
    struct Bell;
    archive::Archive& archive_;
    const std::shared_ptr<Bell> bell_;  ///< shared with the archive's listener, which cannot be taken away
    std::uint64_t heard_ = 0;
};

/// What the archive of this process holds: the same data sets as `/v1` gives, so that the FHIR content does
/// not depend on where the bridge runs. Partitions other than the default one are empty.
class LocalArchiveSource : public fhir::ArchiveSource, public fhir::StudyList {
  public:
    /// `archive` outlives the source.
    explicit LocalArchiveSource(archive::Archive& archive) : archive_(archive) {}

    fhir::Attempt<fhir::StudyContent> read_study(const fhir::Key& key) override;
    fhir::Attempt<std::optional<fhir::StudyContent>> read_if_changed(const fhir::Key& key,
                                                                     const std::string& version) override;
    fhir::Attempt<std::vector<boost::json::object>> studies_of_patient(
        const std::string& partition, const std::string& patient_id) override;
    fhir::Attempt<std::vector<fhir::Key>> page(const std::string& partition, const fhir::StudyFilter& filter,
                                               std::size_t offset) override;

  private:
    archive::Archive& archive_;
};

}  // namespace isocenter::app
