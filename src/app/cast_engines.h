#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "api/manage/cast.h"
#include "app/cast_engine.h"

namespace isocenter::app {

/// The bridge to every target: an engine each, beside each other and without knowing of each other.
class CastEngines {
  public:
    /// All outlive the engines; `archive`, `studies` and `entries` are thread-safe.
    struct Sides {
        std::function<std::unique_ptr<fhir::ChangeSource>()> make_feed;  ///< called once per engine
        fhir::ArchiveSource& archive;
        fhir::StudyList& studies;
        fhir::classic::EntrySource& entries;
        index::sql::ConnectionSource& state;
        Metrics& metrics;
    };
    /// What `wishes` says of position and backfill is for the target that it names. Errors as of
    /// CastEngine::make; `invalid_request` also when there is no such target.
    static Result<std::unique_ptr<CastEngines>> make(const Settings& settings, const Sides& sides,
                                                     const CastEngine::Wishes& wishes);

    /// As CastEngine::check_server, of each.
    Status check_servers(std::stop_token stop);
    /// Works until `stop`; calls under way are ended.
    void run(std::stop_token stop);
    /// The default target, and the further ones by name.
    api::CastView view();
    /// Null when there is no such target.
    fhir::Engine* find(std::string_view target);

  private:
    struct Member {
        std::string target;
        std::unique_ptr<fhir::ChangeSource> feed;
        std::unique_ptr<CastEngine> engine;
    };
    std::vector<Member> members_;  ///< the default target first
};

}  // namespace isocenter::app
