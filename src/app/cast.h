#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "app/cast_engine.h"
#include "app/settings.h"
#include "base/result.h"

namespace isocenter::app {

/// The bridge to FHIR as a process of its own: follows the change feed of any DICOMweb server and keeps a
/// FHIR server in step with it.
class CastProcess {
  public:
    /// Listens already when it returns. `invalid_request` for settings that are missing or wrong;
    /// `unavailable` when the state cannot be opened.
    static Result<std::unique_ptr<CastProcess>> open(const Settings& settings,
                                                     const CastEngine::Wishes& wishes);
    ~CastProcess();
    /// `http://127.0.0.1:8081` where it serves `/cast`, `/health` and `/metrics`; empty without
    /// `cast.listen`.
    std::string address() const;
    /// Of the target that `open` was told of.
    fhir::EngineStatus status() const;
    /// Works until `stop`; calls under way are ended. Ends by itself with `invalid_request` where a FHIR
    /// server is of another version or without transactions; one that does not answer is waited for.
    Status run(std::stop_token stop);

  private:
    struct Graph;
    explicit CastProcess(std::unique_ptr<Graph> graph);
    std::unique_ptr<Graph> graph_;
};

}  // namespace isocenter::app
