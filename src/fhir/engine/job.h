#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fhir/client/failure.h"
#include "fhir/engine/dirty_keys.h"
#include "fhir/mapping/wanted.h"
#include "fhir/plan/plan.h"

namespace isocenter::fhir {

struct JobRequest {
    Key key;
    /// The server refused to delete what others refer to: mark it as entered in error instead.
    bool keep_referenced = false;
    /// Spare resources of ours that have the identifier of another go as well.
    bool remove_duplicates = false;
    /// Instances that deletions in the feed named; asked only about series that another archive holds too.
    std::set<std::string> removed_instances{};
    /// Asked right before anything is written; false: end with `lease_lost`.
    std::function<bool()> may_write{};
    /// The entry of the feed to apply, where jobs are of single entries; 0: the study as a whole.
    std::int64_t sequence = 0;
};

/// A value that was left out or doubtful; the rest was written.
struct JobNote {
    std::string tag;
    std::string text;
};

inline JobNote to_note(const ValidationRecord& record) {
    return {record.tag, record.value.empty() ? record.reason : record.reason + ": " + record.value};
}

struct JobResult {
    std::size_t written = 0;  ///< entries of the bundle; 0: nothing to do
    std::vector<JobNote> notes;
    std::optional<Failure> failure;
};

/// Brings one study into FHIR. Two implementations: study_job.h recomputes it whole, classic/classic_job.h
/// applies single entries of the feed. Thread-safe: jobs of different keys run at once.
class JobRunner {
  public:
    virtual ~JobRunner() = default;
    /// Ids that are kept between runs are looked up again after one that failed.
    virtual JobResult run(const JobRequest& request) = 0;
    /// Several studies, in one transaction where the runner can; one result each, in order.
    virtual std::vector<JobResult> run_joint(const std::vector<JobRequest>& requests) {
        std::vector<JobResult> results;
        for (const JobRequest& request : requests)
            results.push_back(run(request));
        return results;
    }
    /// Whether the FHIR server as a whole answers again.
    virtual Attempt<void> probe_target() = 0;
};

/// What a job would write.
struct Difference {
    bool in_archive = false;
    Plan plan;
    std::vector<JobNote> notes;
};

/// Jobs that can tell beforehand what they would write of a study as a whole.
class ComparingRunner : public JobRunner {
  public:
    virtual Attempt<Difference> compare(const Key& key) = 0;
};

/// Runs the job, and again at once up to three times while others get in its way or refer to what it deletes,
/// once when something that it refers to is gone; `before_rerun` is called each time.
JobResult run_to_the_end(JobRunner& jobs, JobRequest request, const std::function<void()>& before_rerun);
/// The same of several at once; what does not succeed in company is run again alone.
std::vector<JobResult> run_to_the_end(JobRunner& jobs, const std::vector<JobRequest>& requests,
                                      const std::function<void()>& before_rerun);

/// Time, so that tests can set it. Thread-safe.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual std::chrono::steady_clock::time_point now() const { return std::chrono::steady_clock::now(); }
    virtual Ticks wall() const { return now_ticks(); }
};

}  // namespace isocenter::fhir
