#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/index.h"
#include "index/sql/attributes.h"
#include "index/sql/connection.h"

namespace isocenter::index::sql {

/// What was given out last, in the whole database.
struct Counters {
    std::int64_t study = 0;
    std::int64_t series = 0;
    std::int64_t instance = 0;
    std::int64_t version = 0;
    std::int64_t sequence = 0;
    Ticks time = 0;
};
Result<Counters> load_counters(Connection& connection);
Status save_counters(Connection& connection, const Counters& counters);

/// How the totals of a partition change.
struct TotalsChange {
    std::int64_t studies = 0;
    std::int64_t series = 0;
    std::int64_t instances = 0;
    std::int64_t bytes = 0;
};
Status save_totals(Connection& connection, std::int64_t partition, const TotalsChange& change);

/// A row of study or series in memory while a transaction works on it. Attribute values are in the order of
/// columns_of(level); empty means absent.
struct EntityRow {
    dicom::Level level = dicom::Level::study;
    std::int64_t id = 0;
    std::int64_t partition = kDefaultPartition;
    std::int64_t study = 0;  ///< series: its study
    std::string uid;
    std::int64_t series_count = 0;  ///< study only
    std::int64_t instance_count = 0;
    std::int64_t size_bytes = 0;
    std::int64_t newest_version = 0;
    std::int64_t newest_instance = 0;
    std::int64_t next_document = 0;  ///< series only
    std::vector<std::string> values;

    bool is_new = true;
    bool attributes_changed = false;
    bool stale = false;  ///< an instance that may have given some of the values was taken out

    /// Takes the non-empty values of this row's level.
    void take(const AttributeValues& attributes);
};

Result<std::optional<EntityRow>> load_study(Connection& connection, std::int64_t partition,
                                            std::string_view uid);
Result<std::optional<EntityRow>> load_series(Connection& connection, std::int64_t study,
                                             std::string_view uid);
/// Inserts or updates the row, and the person names of a study.
Status save(Connection& connection, const EntityRow& row);
/// Removes the row with everything filed under it; its children must be gone.
Status erase(Connection& connection, const EntityRow& row);

/// What name_group and name_word have of one name: component group and text, in the order of the tables.
struct NameRows {
    std::vector<std::pair<std::int64_t, std::string>> groups;
    std::vector<std::pair<std::int64_t, std::string>> words;
};
NameRows name_rows(std::string_view folded);

/// Names in name_group, name_word and the trigrams, as made from the folded values.
struct FiledNames {
    std::string patient;
    std::string referring;
    friend bool operator==(const FiledNames&, const FiledNames&) = default;
};
struct NameOwner {
    std::int64_t partition = kDefaultPartition;
    std::int64_t study = 0;
};
FiledNames names_of(const EntityRow& study);
/// What the study's row has; nothing when there is none.
Result<std::optional<FiledNames>> load_filed_names(Connection& connection, std::int64_t study);
/// `old` nothing: none were filed.
Status file_names(Connection& connection, const NameOwner& owner, const std::optional<FiledNames>& old,
                  const std::optional<FiledNames>& now);

/// Files all studies by the pieces of their names anew, by what their rows have. For rows that may have other
/// names than were filed: taking such a one's pieces out spoils the table or is refused.
Status refile_trigrams(Connection& connection);

/// Binds the value and its derived form.
void bind_value(Run& run, const Column& column, std::string_view value);

/// Feed entries: action as in Action's order.
Status append_change(Connection& connection, Counters& counters, const EntityKey& key, Action action,
                     std::int64_t version);

/// Adds `by` instances of a SOP class to those of a study; the row goes when none is left.
Status count_sop_class(Connection& connection, std::int64_t study, std::string_view uid, std::int64_t by);

/// Queues a blob for removal at once.
Status queue_removal(Connection& connection, std::string_view blob);

/// Room for 2^24 documents a series (see schema).
inline constexpr std::int64_t kDocumentsPerSeries = std::int64_t{1} << 24;

}  // namespace isocenter::index::sql
