#pragma once

#include <string>
#include <vector>

#include "fhir/engine/engine.h"
#include "fhir/engine/state_store.h"
#include "http/exchange.h"
#include "net/lane.h"

namespace isocenter::api {

/// A further FHIR server of a bridge.
struct CastTarget {
    std::string name;
    fhir::Engine& engine;
    fhir::DeadLetterStore& letters;
};

/// A running bridge to FHIR, as far as it is shown and managed over HTTP. All outlive the server.
struct CastView {
    fhir::Engine& engine;
    fhir::DeadLetterStore& letters;
    std::vector<CastTarget> further{};  ///< chosen by the parameter `target`
};

/// How the bridge does, in one sentence.
struct CastHealth {
    bool working = true;
    std::string reason;
};
CastHealth cast_health(const fhir::EngineStatus& status);
/// Of all targets: the first that does not work, by its name.
CastHealth cast_health(const CastView& cast);

/// `/cast/status` and `/cast/dead-letters` (fhir-sync.md 23.9) on `lane`. Errors are problem documents.
std::vector<http::Route> cast_routes(const CastView& cast, net::Lane& lane);
/// `/health/live` and `/health/ready` of a bridge that is a process of its own.
std::vector<http::Route> cast_health_routes(const CastView& cast);

/// A dead letter as HTTP and the command line show it: one JSON object.
std::string letter_json(const fhir::DeadLetter& letter);
/// The number of open letters of each class, by its name: one JSON object.
std::string counts_json(const fhir::LetterCounts& counts);

}  // namespace isocenter::api
