#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "fhir/check/discrepancy.h"
#include "fhir/client/fhir_client.h"
#include "fhir/engine/job.h"
#include "fhir/feed/study_list.h"

namespace isocenter::fhir {

/// Compares what the archive holds with what FHIR says of it, resource by resource, and mends it when asked
/// to (fhir-sync.md 23.10). Needs no position, lease or state; a bridge may run at the same time, and what it
/// has not come to yet is found as well.
class Reconciliation {
  public:
    struct Options {
        StudyFilter filter{};  ///< with one, resources of studies that the archive has not are not looked for
        std::vector<std::string> partitions{std::string(kDefaultPartition)};
        std::size_t workers = 4;
        bool repair = false;
        bool observations = true;       ///< dose Observations of ours that no study leads to are looked for
        bool prune_patients = false;    ///< remove Patients of ours to whom nothing refers
        bool archive_is_empty = false;  ///< an archive that lists no study is believed to have none
    };
    /// All outlive it. `content` says what is ours.
    struct Parts {
        StudyList& studies;
        ComparingRunner& job;
        FhirClient& client;
        const fhir::Options& content;
    };
    /// Called as they come, by several threads but never at once.
    using Sink = std::function<void(const Discrepancy&)>;
    using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

    Reconciliation(Options options, Parts parts, Sink sink, Progress progress);

    /// Ends with a failure when a server is away or `stop` is asked for: nothing is said then about the rest.
    /// So does a repair that would remove everything of ours, since the archive lists no study at all:
    /// `unusable`.
    Attempt<ReconciliationResult> run(std::stop_token stop);

  private:
    // --- reconciliation.cpp
    Attempt<std::uint64_t> count();
    Attempt<void> walk(std::uint64_t all, std::stop_token stop);
    Attempt<void> look_at_all(const std::vector<Key>& keys, std::stop_token stop);
    Attempt<void> look_at(const Key& key, std::stop_token stop);
    Attempt<Difference> compare(const Key& key, std::stop_token stop);
    /// Before anything is repaired: `unusable` where the archive lists no study and that is not believed.
    Attempt<void> check_archive_lists() const;
    std::vector<Discrepancy> discrepancies_of(const Key& key, const Difference& difference);
    bool is_new(const std::string& what);
    void tell(const Discrepancy& discrepancy);

    // --- leftovers.cpp
    Attempt<void> look_for_extra(std::stop_token stop);
    Attempt<std::vector<std::string>> searches_for_own();
    bool concerns_us(const boost::json::object& study) const;
    std::optional<std::string> partition_by(const std::string& mark) const;
    Discrepancy beyond_partitions(const boost::json::object& study, Key key) const;
    Attempt<void> add_studies_elsewhere(std::set<Key>& keys);
    Attempt<void> add_observations_elsewhere(std::set<Key>& keys);
    /// What the archive is asked about a resource of ours: the study that it names. Nothing when it names
    /// none, or none of a partition of this target.
    std::optional<Key> key_to_ask(const Key& said) const;
    Attempt<void> settle_unasked();
    Attempt<void> settle_shared();
    Attempt<void> look_for_unused(std::stop_token stop);
    Attempt<bool> is_used(const std::string& reference);
    /// False with the reason in `why` when the server refuses.
    Attempt<bool> remove(const std::string& reference, std::string& why);

    const Options options_;
    const Parts parts_;
    const Sink sink_;
    const Progress progress_;
    Capability capability_;
    std::uint64_t all_ = 0;
    std::set<std::string> own_endpoints_;  ///< references
    std::set<Key> seen_;                   ///< studies of the archive
    /// Resources of ours that the archive is not asked about, in the order in which they can be removed.
    std::multimap<int, Discrepancy> unasked_;

    std::mutex mutex_;                ///< guards what follows
    std::set<std::string> unmended_;  ///< UIDs of studies told of that are not as they should be
    ReconciliationResult result_;
    std::set<std::string> told_;       ///< resources that several studies share
    std::vector<Discrepancy> shared_;  ///< findings about Patients and Endpoints, for the end
};

}  // namespace isocenter::fhir
