#pragma once

#include <boost/json.hpp>
#include <mutex>
#include <string>

#include "app/cohort_engine.h"
#include "app/cohort_store.h"

namespace isocenter::app {

/// The FHIR Groups of frozen cohorts, as far as the FHIR server takes them. Thread-safe: one at a time.
class CohortGroups {
  public:
    /// `store` outlives this. `as_caller`: the runs ask with the caller's own token.
    CohortGroups(CohortStore& store, bool as_caller) : store_(store), as_caller_(as_caller) {}
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
    fhir::cohort::Found<void> leave(const std::string& name, const std::string& uuid);

    CohortStore& store_;
    const bool as_caller_;
    std::mutex mutex_;
};

}  // namespace isocenter::app
