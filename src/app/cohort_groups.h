#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <string>

#include "app/cohort_engine.h"
#include "app/cohort_store.h"
#include "app/name_locks.h"

namespace isocenter::app {

/// The FHIR Groups of frozen cohorts, as far as the FHIR server takes them. Thread-safe: one at a time works
/// on that of a cohort, and on what is saved under its name; who comes second waits for its turn, and is
/// `unavailable` when that takes too long.
class CohortGroups {
  public:
    /// `store` outlives this. `as_caller`: the runs ask with the caller's own token.
    CohortGroups(CohortStore& store, bool as_caller) : store_(store), as_caller_(as_caller) {}
    /// A turn, to be held while something is frozen and its Group is written.
    fhir::cohort::Found<NameLocks::Turn> turn_to_freeze(const std::string& name);
    /// A turn, to be held while what was frozen, and its Group, come to an end. Deletions have one thread:
    /// none of them waits long for a FHIR server that is slow in writing a Group.
    fhir::cohort::Found<NameLocks::Turn> turn_to_end(const std::string& name);

    // Whoever calls what follows has the turn of the name.

    /// Writes what was frozen. What to say of it: `{"group": "Group/17"}`, or `{"groupError": "..."}` when
    /// the FHIR server did not take it, which is no failure.
    fhir::cohort::Found<boost::json::object> write(CohortRun& run, const std::string& name,
                                                   const fhir::cohort::Selection& selection);
    /// Removes the Group of a cohort whose frozen list goes, if there is one. A server that refuses the
    /// service keeps what it has, and the log says so. One that refuses the caller, or is away, is a failure:
    /// nobody else would remove it.
    fhir::cohort::Found<void> remove(CohortRun& run, const std::string& name);
    /// Forgets the Group of a cohort whose FHIR server is in no setting any more; the log says so.
    fhir::cohort::Found<void> abandon(const std::string& name);

  private:
    fhir::cohort::Found<NameLocks::Turn> turn(const std::string& name, std::chrono::seconds patience);
    fhir::cohort::Found<void> leave(const std::string& name, const std::string& uuid);

    CohortStore& store_;
    const bool as_caller_;
    NameLocks busy_;
};

}  // namespace isocenter::app
