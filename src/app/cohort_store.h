#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "index/sql/connection.h"

namespace isocenter::app {

struct SavedCohort {
    std::string name;
    std::string definition;  ///< JSON as it was sent
    std::string frozen;      ///< what freeze kept, JSON; empty: never frozen
};

/// Saved cohorts, in a table of their own of any SQL database. Thread-safe when the connections are.
class CohortStore {
  public:
    /// Makes the table when absent. `connections` outlives the store.
    static Result<std::unique_ptr<CohortStore>> open(index::sql::ConnectionSource& connections);

    /// By name; `frozen` is not read.
    Result<std::vector<SavedCohort>> list();
    Result<std::optional<SavedCohort>> find(const std::string& name);
    /// Replaces a definition of that name; what was frozen goes when the definition differs.
    Status save(const std::string& name, const std::string& definition);
    /// Whether `definition` is still what the name stands for; else nothing is kept.
    Result<bool> freeze(const std::string& name, const std::string& definition, const std::string& frozen);
    /// UUID of the FHIR Group that holds what was frozen; empty: none was written.
    Result<std::string> group_of(const std::string& name);
    /// Empty: there is none any more.
    Status keep_group(const std::string& name, const std::string& uuid);
    /// Whether there was one.
    Result<bool> remove(const std::string& name);

  private:
    explicit CohortStore(index::sql::ConnectionSource& connections) : connections_(connections) {}
    index::sql::ConnectionSource& connections_;
};

}  // namespace isocenter::app
