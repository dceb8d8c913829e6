#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/client/failure.h"
#include "fhir/engine/dirty_keys.h"

namespace isocenter::fhir {

/// Which studies of an archive are meant; what is empty restricts nothing.
struct StudyFilter {
    std::string date{};      ///< `20240229`, `20240101-20241231`, `20240101-`, `-20241231`
    std::string modality{};  ///< of a series of the study
    std::string patient_id{};
    std::string partition{};

    bool is_empty() const { return *this == StudyFilter{}; }
    friend bool operator==(const StudyFilter&, const StudyFilter&) = default;
};
/// Whether `text` is a date or range of dates as above: of days that there are, the earlier one first.
bool is_date_range(std::string_view text);
/// Whether there can be such studies in `partitions`; `invalid_request` with the reason where not.
Status check_filter(const StudyFilter& filter, const std::vector<std::string>& partitions);

/// The studies that an archive holds, page by page. Thread-safe. Failures: `archive_down`,
/// `archive_transient`, `cancelled`. Two implementations: any DICOMweb server (http_archive_source.h), and
/// the archive of this process (app).
class StudyList {
  public:
    virtual ~StudyList() = default;
    /// Studies of `partition` that fit, leaving out the first `offset`; empty behind the last one. Pages
    /// overlap or leave studies out when the archive changes between them.
    virtual Attempt<std::vector<Key>> page(const std::string& partition, const StudyFilter& filter,
                                           std::size_t offset) = 0;
};

/// One pass over the studies of several partitions. Not thread-safe.
class StudyWalk {
  public:
    /// `list` outlives the walk. Those of `partitions` that the filter leaves out are not looked at.
    StudyWalk(StudyList& list, StudyFilter filter, const std::vector<std::string>& partitions);

    /// The next page that has studies; nothing when the pass is over, and the next call begins another one.
    /// After a failure the same page is asked for again. `unusable`: the archive gives an earlier page again
    /// whatever `offset` is, so what lies behind it cannot be listed.
    Attempt<std::optional<std::vector<Key>>> next();

  private:
    Attempt<bool> heeds_offset(const std::vector<Key>& page);

    StudyList& list_;
    const StudyFilter filter_;
    std::vector<std::string> partitions_;
    std::size_t at_ = 0;
    std::size_t offset_ = 0;
    /// Of this partition, the first page and the last one: those that archives without regard for `offset`
    /// give again.
    std::vector<std::vector<Key>> known_;
};

}  // namespace isocenter::fhir
