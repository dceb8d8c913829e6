#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fhir/client/failure.h"
#include "fhir/mapping/attributes.h"

namespace isocenter::fhir::classic {

enum class Action { create, update, remove };

/// An entry of the change feed, with what this profile uses of it.
struct Entry {
    std::int64_t sequence = 0;
    Action action = Action::create;
    bool gone = false;  ///< its state: the instance has been deleted since
    std::string study_uid;
    std::string series_uid;
    std::string sop_uid;
    std::optional<DataSet> metadata;  ///< of the instance as it is now; none when it is gone
};

/// Entries of a change feed by their number. Thread-safe. Failures: `archive_down`, `archive_transient`,
/// `cancelled`; `unusable` for an entry that cannot be read. Two implementations: any server's feed over HTTP
/// (http_entry_source.h), and the archive of this process (app).
class EntrySource {
  public:
    virtual ~EntrySource() = default;
    /// Nothing when there is no such entry.
    virtual Attempt<std::optional<Entry>> entry(std::int64_t sequence) = 0;
    /// The same, with nothing that was read before.
    virtual Attempt<std::optional<Entry>> reread(std::int64_t sequence) { return entry(sequence); }
};

}  // namespace isocenter::fhir::classic
