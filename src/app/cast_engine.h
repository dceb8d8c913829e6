#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "app/cast_state.h"
#include "app/cast_targets.h"
#include "app/settings.h"
#include "base/metrics.h"
#include "fhir/classic/entry.h"
#include "fhir/engine/archive_source.h"
#include "fhir/engine/engine.h"
#include "fhir/feed/change_source.h"
#include "fhir/feed/study_list.h"
#include "net/http_client.h"

namespace isocenter::app {

/// The bridge to one FHIR server from settings, over whichever feed, archive and state it is given: the same
/// for the process of its own and for the server.
class CastEngine {
  public:
    /// All outlive the engine.
    struct Sides {
        fhir::ChangeSource& feed;
        fhir::ArchiveSource& archive;
        fhir::StudyList& studies;
        fhir::classic::EntrySource& entries;  ///< used by the profile `cast-compatible`
        index::sql::ConnectionSource& state;
        Metrics& metrics;
    };
    struct Wishes {
        bool lease = true;                   ///< false: nobody else can work on this state
        std::optional<std::int64_t> from{};  ///< begins there instead of at the stored position
        std::optional<fhir::StudyFilter> backfill{};
        std::string target{kDefaultTarget};  ///< whose settings and state
    };
    /// `invalid_request` for settings that are missing or wrong, `unavailable` when the state cannot be
    /// opened.
    static Result<std::unique_ptr<CastEngine>> make(const Settings& settings, const Sides& sides,
                                                    const Wishes& wishes);
    ~CastEngine();

    /// `invalid_request` when the FHIR server answers and is of a version, or lacks transactions, that the
    /// bridge cannot use; one that does not answer soon is waited for later. Ends early at `stop`, after
    /// which the engine can call nobody any more.
    Status check_server(std::stop_token stop);
    /// Works until `stop`; calls under way are ended.
    void run(std::stop_token stop);
    fhir::Engine& engine();
    CastState& state();

  private:
    struct Graph;
    explicit CastEngine(std::unique_ptr<Graph> graph);
    std::unique_ptr<Graph> graph_;
};

}  // namespace isocenter::app
