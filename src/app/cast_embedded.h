#pragma once

#include <memory>

#include "app/cast_engines.h"
#include "app/settings.h"
#include "archive/archive.h"
#include "base/metrics.h"
#include "index/registry.h"

namespace isocenter::app {

/// The bridge to FHIR inside of the server: follows the archive of this process, keeps its state in the
/// index's database. Used by one thread.
class EmbeddedCast {
  public:
    /// To be made before the archive is used, which outlives it. `invalid_request` names the setting that is
    /// missing or wrong. Asks nothing of the FHIR server: it may be absent.
    static Result<std::unique_ptr<EmbeddedCast>> make(const Settings& settings, archive::Archive& archive,
                                                      const index::Database& database, Metrics& metrics);
    ~EmbeddedCast();
    void start();
    /// Asks the work to end; stop() then waits for that.
    void request_stop();
    /// Ends calls under way and stores the position.
    void stop();
    /// Thread-safe to use.
    api::CastView view();

  private:
    struct Graph;
    explicit EmbeddedCast(std::unique_ptr<Graph> graph);
    std::unique_ptr<Graph> graph_;
};

/// The DICOMweb root that the resources tell: `dicomweb.endpoint`, else `/dicom-web` below
/// `server.public_url`, else below the address that the server listens on. `invalid_request` when that is not
/// known before the start.
Result<std::string> endpoint_for_clients(const Settings& settings);

}  // namespace isocenter::app
