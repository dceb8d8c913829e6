#pragma once

#include <memory>
#include <string>

#include "api/manage/cohorts.h"
#include "app/settings.h"
#include "archive/archive.h"
#include "base/result.h"

namespace isocenter::app {

/// Where the server of a data folder keeps its saved cohorts; looks at nothing.
std::string saved_cohorts_file(const std::string& folder);

/// The cohort queries of a running server: its own archive, the FHIR server at fhir.endpoint, and saved
/// cohorts in a file of `folder`.
class CohortServer {
  public:
    /// `invalid_request` names the setting that is wrong; `unavailable` when the file cannot be opened.
    /// `archive` outlives it.
    static Result<std::unique_ptr<CohortServer>> open(const Settings& settings, archive::Archive& archive,
                                                      const std::string& folder);
    ~CohortServer();
    api::Cohorts& cohorts();
    /// Ends calls under way.
    void request_stop();

  private:
    struct Graph;
    explicit CohortServer(std::unique_ptr<Graph> graph);
    std::unique_ptr<Graph> graph_;
};

}  // namespace isocenter::app
