#pragma once

#include "fhir/classic/entry.h"
#include "fhir/classic/request.h"
#include "fhir/client/fhir_client.h"
#include "fhir/engine/archive_source.h"
#include "fhir/engine/job.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir::classic {

/// The job of the profile `cast-compatible`: applies one entry of the feed in one transaction. A request
/// without entry applies the study's instances one after the other. Jobs of studies of one patient that run
/// at once cost each other conflicts: give the engine one worker.
class ClassicJob : public ComparingRunner {
  public:
    struct Sides {
        EntrySource& entries;
        ArchiveSource& archive;
        FhirClient& client;
    };
    ClassicJob(Sides sides, Options options, UuidSource new_uuid = random_uuid)
        : sides_(sides), options_(std::move(options)), new_uuid_(std::move(new_uuid)) {}

    JobResult run(const JobRequest& request) override;
    Attempt<void> probe_target() override;
    /// Whether Patient, Endpoint and ImagingStudy are there, and whether the latter lists what the archive
    /// has. Not what they say: that gathers, and depends on the order in which instances came.
    Attempt<Difference> compare(const Key& key) override;

  private:
    using Found = std::vector<boost::json::object>;

    Attempt<std::size_t> apply_numbered(const JobRequest& request, std::vector<JobNote>& notes);
    /// Takes away what earlier runs wrote of the study: Observations have no identity of their own, so every
    /// instance that is applied makes them anew.
    Attempt<std::size_t> remove_observations(const JobRequest& request);
    Attempt<std::size_t> apply_study(const JobRequest& request, std::vector<JobNote>& notes);
    Attempt<std::size_t> apply(const Entry& entry, const JobRequest& request, std::vector<JobNote>& notes);

    Attempt<Requests> prepare(const Entry& entry, bool keep_referenced, const Context& context);
    Attempt<Request> prepare_patient(const DataSet& metadata, const Context& context);
    Attempt<Request> prepare_endpoint();
    Attempt<std::vector<Request>> prepare_observations(const Entry& entry, const Requests& others,
                                                       const Context& context);
    /// None or one; several are a failure.
    Attempt<Found> find_one(const std::string& type, const std::string& query);

    Sides sides_;
    const Options options_;
    const UuidSource new_uuid_;
};

}  // namespace isocenter::fhir::classic
