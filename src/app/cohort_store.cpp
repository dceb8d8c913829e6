#include "app/cohort_store.h"

#include <utility>

namespace isocenter::app {
namespace {

using index::sql::Run;

constexpr std::string_view kSchema = R"sql(
CREATE TABLE IF NOT EXISTS cohort (
    name       TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    frozen     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS cohort_group (
    name TEXT PRIMARY KEY,
    uuid TEXT NOT NULL
) STRICT;
)sql";

}  // namespace

Result<std::unique_ptr<CohortStore>> CohortStore::open(index::sql::ConnectionSource& connections) {
    ISO_TRY(const auto lease, connections.writer());
    ISO_CHECK(lease->execute(kSchema));
    return std::unique_ptr<CohortStore>(new CohortStore(connections));
}

Result<std::vector<SavedCohort>> CohortStore::list() {
    ISO_TRY(const auto lease, connections_.reader());
    Run run(*lease, "SELECT name, definition FROM cohort ORDER BY name");
    std::vector<SavedCohort> cohorts;
    while (true) {
        ISO_TRY(const bool more, run.next());
        if (!more) return cohorts;
        cohorts.push_back({run.string(0), run.string(1), {}});
    }
}

Result<std::optional<SavedCohort>> CohortStore::find(const std::string& name) {
    ISO_TRY(const auto lease, connections_.reader());
    Run run(*lease, "SELECT name, definition, frozen FROM cohort WHERE name = ?");
    ISO_TRY(const bool found, run.bind(name).next());
    if (!found) return std::optional<SavedCohort>();
    return std::optional(SavedCohort{run.string(0), run.string(1), run.string(2)});
}

Status CohortStore::save(const std::string& name, const std::string& definition) {
    ISO_TRY(const auto lease, connections_.writer());
    Run run(*lease,
            "INSERT INTO cohort (name, definition) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET "
            "frozen = CASE WHEN definition = excluded.definition THEN frozen ELSE '' END, "
            "definition = excluded.definition");
    return run.bind(name).bind(definition).run();
}

Result<bool> CohortStore::freeze(const std::string& name, const std::string& definition,
                                 const std::string& frozen) {
    ISO_TRY(const auto lease, connections_.writer());
    Run run(*lease, "UPDATE cohort SET frozen = ? WHERE name = ? AND definition = ?");
    ISO_CHECK(run.bind(frozen).bind(name).bind(definition).run());
    return lease->changed() > 0;
}

Result<std::string> CohortStore::group_of(const std::string& name) {
    ISO_TRY(const auto lease, connections_.reader());
    Run run(*lease, "SELECT uuid FROM cohort_group WHERE name = ?");
    ISO_TRY(const bool found, run.bind(name).next());
    return found ? run.string(0) : std::string();
}

Status CohortStore::keep_group(const std::string& name, const std::string& uuid) {
    ISO_TRY(const auto lease, connections_.writer());
    if (uuid.empty()) return Run(*lease, "DELETE FROM cohort_group WHERE name = ?").bind(name).run();
    Run run(*lease,
            "INSERT INTO cohort_group (name, uuid) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET uuid = "
            "excluded.uuid");
    return run.bind(name).bind(uuid).run();
}

Result<bool> CohortStore::remove(const std::string& name) {
    ISO_TRY(const auto lease, connections_.writer());
    Run run(*lease, "DELETE FROM cohort WHERE name = ?");
    ISO_CHECK(run.bind(name).run());
    return lease->changed() > 0;
}

}  // namespace isocenter::app
