#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "fhir/client/fhir_client.h"
#include "fhir/engine/archive_source.h"
#include "fhir/engine/job.h"
#include "fhir/engine/patient_locks.h"
#include "fhir/mapping/wanted.h"
#include "fhir/plan/plan.h"

namespace isocenter::fhir {

/// The job of the engine: reads the study from the archive, computes the wanted resources, looks up what is
/// there, writes the difference in one transaction. Thread-safe.
class StudyJob : public ComparingRunner {
  public:
    StudyJob(ArchiveSource& archive, FhirClient& client, Options options)
        : archive_(archive), client_(client), options_(std::move(options)) {}

    JobResult run(const JobRequest& request) override;
    /// Studies that share no patient and create nothing twice go into one bundle; a bundle that is refused is
    /// halved until the culprit is alone.
    std::vector<JobResult> run_joint(const std::vector<JobRequest>& requests) override;
    Attempt<void> probe_target() override;

    Attempt<Difference> compare(const Key& key) override;

  private:
    /// The wanted resources of one look at the archive, and what the searches found.
    struct Look {
        Wanted wanted;
        Existing existing;
        std::vector<ValidationRecord> records;
    };
    /// Up to the difference, with the patients' locks in `hold`. Nothing when they are held elsewhere and
    /// may not be waited for.
    Attempt<std::optional<Difference>> prepare(const JobRequest& request, bool may_wait,
                                               std::optional<PatientLocks::Hold>& hold);
    /// One study of a joint bundle.
    struct Part {
        std::size_t at = 0;  ///< of the request
        std::optional<PatientLocks::Hold> hold{};
        Difference difference{};
    };
    std::vector<std::unique_ptr<Part>> prepare_parts(const std::vector<JobRequest>& requests,
                                                     std::vector<std::optional<JobResult>>& results);
    void write_parts(std::span<const std::unique_ptr<Part>> parts, const JobRequest& request,
                     std::vector<std::optional<JobResult>>& results);
    Attempt<std::size_t> synchronise(const JobRequest& request, std::vector<JobNote>& notes);
    Attempt<Target> target();
    /// What of a job's first look still holds with the locks taken.
    struct Held {
        const Key& key;
        StudySnapshot study;
        std::optional<Identifier> patient;
        std::vector<Identifier> former;
    };
    Attempt<Held> first_look(const Key& key, std::string& version);
    Attempt<void> make_sure(Held& held, const std::string& version);
    /// What the searches found by each identity, with the locks held.
    using FoundPatients = std::map<Identifier, std::vector<boost::json::object>>;
    Attempt<Snapshot> read_archive(Held held, FoundPatients& found);
    Attempt<StudySnapshot> latest_study_of(const Held& held, const Identifier& patient,
                                           const std::vector<boost::json::object>& patients);
    Attempt<std::map<Key, boost::json::object>> rows_of(const Identifier& patient);
    Attempt<std::vector<Key>> linked_studies(const std::vector<boost::json::object>& patients);
    Attempt<StudySnapshot> read_whole(const Key& key);
    Attempt<std::vector<Identifier>> former_patients(const Key& key,
                                                     const std::optional<Identifier>& patient);
    Attempt<Look> look(Held held);
    Attempt<Plan> plan_of(Look look, const Target& target);
    Attempt<std::vector<boost::json::object>> holders_of(const Plan& plan);
    Attempt<Existing> search_all(const Wanted& wanted, FoundPatients patients);
    Attempt<std::vector<boost::json::object>> search(const Lookup& lookup);
    Attempt<std::vector<boost::json::object>> endpoints(const Lookups& lookups);
    bool has_orders();
    void forget_endpoint();

    ArchiveSource& archive_;
    FhirClient& client_;
    const Options options_;
    PatientLocks locks_;

    std::mutex mutex_;
    std::optional<Capability> capability_;
    std::vector<boost::json::object> endpoints_;  ///< the same for every job; dropped when anything fails
};

}  // namespace isocenter::fhir
