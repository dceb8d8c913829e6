#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/settings.h"
#include "archive/archive.h"
#include "base/result.h"
#include "fhir/cohort/definition.h"
#include "fhir/cohort/failure.h"
#include "fhir/cohort/selection.h"

namespace isocenter::app {

/// The DICOMweb root below which the answers tell where studies are, without '/' at the end: that of the
/// resources in FHIR (cast_embedded.h), with the same error.
Result<std::string> retrieve_root(const Settings& settings);

/// What runs of cohorts share: connections, tokens, settings. Thread-safe.
class CohortEngine {
  public:
    /// Asks the FHIR servers of all targets (cast_targets.h), and `archive` or else, when it is null, the
    /// archive at dicomweb.endpoint. `invalid_request` names the setting that is wrong. Calls end with
    /// `stop`.
    static Result<std::unique_ptr<CohortEngine>> open(const Settings& settings, archive::Archive* archive,
                                                      std::stop_token stop);
    ~CohortEngine();
    /// Reads a definition and checks that this engine can run it; `invalid_request` names the place. Where
    /// it names a partition the archive is asked whether there is one.
    Result<fhir::cohort::Definition> read(std::string_view definition) const;
    /// Whether there is a target of that name; empty: the default one.
    bool has_target(const std::string& name) const;

  private:
    friend class CohortRun;
    struct State;
    explicit CohortEngine(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// One run, or one page of it; counts its requests and its time. Used by one thread.
class CohortRun {
  public:
    /// Asks the FHIR server of `target`, one that the engine has. `token`: asks it with that; empty: as its
    /// fhir.auth says. Requests end when `abandoned` is requested: the failure is `cancelled`.
    CohortRun(CohortEngine& engine, const std::string& target, const std::string& token = {},
              const std::stop_token& abandoned = {});
    ~CohortRun();
    /// `as_of`: empty for the definition's own, else today.
    fhir::cohort::Found<fhir::cohort::Selection> find(const fhir::cohort::Definition& definition,
                                                      const std::string& as_of);
    /// The answer's objects for members `first` to `first + count`.
    fhir::cohort::Found<std::vector<boost::json::object>> describe(const fhir::cohort::Definition& definition,
                                                                   const fhir::cohort::Selection& selection,
                                                                   std::size_t first, std::size_t count,
                                                                   const std::string& retrieve_root);
    /// Drops the patients that the FHIR server does not show to this run.
    fhir::cohort::Found<void> keep_readable(fhir::cohort::Selection& selection);
    /// What the selection holds as a FHIR Group of that name; returns `Group/17` (fhir/cohort/group.h).
    fhir::cohort::Found<std::string> write_group(const std::string& uuid, const std::string& name,
                                                 const fhir::cohort::Selection& selection);
    fhir::cohort::Found<void> remove_group(const std::string& uuid);
    boost::json::object stats() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::app
