#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fhir/cohort/definition.h"
#include "fhir/cohort/selection.h"

namespace isocenter::app {

/// A run whose pages may be asked for.
struct CohortResult {
    fhir::cohort::Definition definition;
    fhir::cohort::Selection selection;
    std::string owner;  ///< digest of the caller's token; empty: anybody's
    std::string text;   ///< the definition as it was written
    bool frozen = false;
};

/// Runs by an opaque key, each for a limited time, so that all pages of a run tell of the same patients. The
/// oldest go when there are too many. Thread-safe.
class CohortResults {
  public:
    using Clock = std::chrono::steady_clock;
    explicit CohortResults(std::chrono::seconds keep, std::size_t most = 100) : keep_(keep), most_(most) {}

    std::string add(std::shared_ptr<const CohortResult> result, Clock::time_point now);
    /// Null when it is not there any more.
    std::shared_ptr<const CohortResult> find(const std::string& key, Clock::time_point now);

  private:
    struct Kept {
        std::shared_ptr<const CohortResult> result;
        Clock::time_point until;
    };
    void drop_old(Clock::time_point now);

    const std::chrono::seconds keep_;
    const std::size_t most_;
    std::mutex mutex_;
    std::map<std::string, Kept> kept_;
};

/// `KEY-OFFSET`
struct CohortCursor {
    std::string key;
    std::size_t offset = 0;

    std::string to_text() const { return key + '-' + std::to_string(offset); }
    static std::optional<CohortCursor> parse(const std::string& text);
};

}  // namespace isocenter::app
