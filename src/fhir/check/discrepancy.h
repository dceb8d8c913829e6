#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/engine/dirty_keys.h"

namespace isocenter::fhir {

/// Something in FHIR that is not as the archive wants it.
struct Discrepancy {
    enum class Kind {
        missing,     ///< a resource that should be there
        different,   ///< `elements` have other values
        extra,       ///< a resource of ours, or our part of one, that nothing in the archive calls for
        duplicate,   ///< a resource of ours has the identifier of another one
        unwritable,  ///< the study cannot be expressed, or the FHIR server's content forbids to write it
        undecided,   ///< left as it is by rule; no deviation
        unused,      ///< a Patient of ours to whom nothing refers; no deviation
    };
    Kind kind = Kind::missing;
    Key key;                            ///< study that showed it; empty for those of no study
    std::string resource;               ///< `Type/id`, or `Type` of one that is not there
    std::vector<std::string> elements;  ///< of `different`
    std::string text;                   ///< why; may quote the FHIR server
    std::string_view remedy;            ///< `create`, `update` or `delete`; empty: none
    bool mended = false;
};
std::string_view to_string(Discrepancy::Kind kind);
/// Whether FHIR is not as it should be; the others only inform.
bool is_deviation(Discrepancy::Kind kind);

/// What a reconciliation came to.
struct ReconciliationResult {
    std::uint64_t studies = 0;                         ///< of the archive, looked at
    std::map<Discrepancy::Kind, std::uint64_t> found;  ///< mended ones included
    std::uint64_t mended = 0;
    std::uint64_t remaining = 0;  ///< deviations that are still there
};

}  // namespace isocenter::fhir
