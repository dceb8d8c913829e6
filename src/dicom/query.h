#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dicom/attribute_path.h"
#include "dicom/tag.h"

namespace isocenter::dicom {

enum class Level { study, series, instance };

/// How one attribute is compared (PS3.4 C.2.2.2). All texts are UTF-8, already trimmed.
struct MatchText {
    std::vector<std::string> any_of;  ///< dates and times in the form of MatchRange
    bool case_sensitive = true;       ///< false: folded by fold_case (the compatibility faces)
};
struct MatchWildcard {
    std::vector<std::string> any_of;  ///< `*` any run, `?` one character; at least one member has one
    bool case_sensitive = true;       ///< as of MatchText
};
/// Person names: folded by fold_name. Each pattern is compared with each component group, or group by group
/// when it has '='.
struct MatchName {
    std::vector<std::string> any_of;
    bool whole_value =
        false;  ///< the compatibility faces: equality of the whole first value, '*' and '?' literal
};
/// Fuzzy person names by words, folded.
struct MatchNameWords {
    std::vector<std::string> words;  ///< each may contain wildcards unless adjacent
    bool adjacent_in_order =
        false;  ///< v1/v2: consecutive words with these prefixes; else any order within one component group
};
/// Inclusive; an open end is empty. Dates `yyyyMMdd`, times `HHMMSS.FFFFFF` (both ends filled up), DT as text
/// of 20 characters in UTC.
struct MatchRange {
    std::string from;
    std::string to;
};
/// One span of moments over a date and a time attribute together (PS3.18 8.3.4.1.1): `yyyyMMddHHMMSS.FFFFFF`.
struct MatchMoment {
    Tag time_tag;  ///< the date's tag is the matcher's
    std::string from;
    std::string to;
};
struct MatchNumber {
    std::vector<double> any_of;
};
struct MatchUid {
    std::vector<std::string> any_of;
};
/// The attribute is absent or empty.
struct MatchEmpty {};

using Match = std::variant<MatchText, MatchWildcard, MatchName, MatchNameWords, MatchRange, MatchMoment,
                           MatchNumber, MatchUid, MatchEmpty>;

/// One condition. Conditions of a query are ANDed; those with the same non-empty `sequence` must hold in the
/// same item.
struct Matcher {
    Tag tag;
    std::optional<Tag> sequence;  ///< RequestAttributesSequence for its members
    Match match;
    /// An attribute that is absent or empty matches as well (PS3.4 C.2.2.1.2); no index serves that.
    bool or_unknown = false;
};

/// A search as HTTP and DIMSE speak it and the index answers it.
struct Query {
    Level level = Level::study;
    std::int64_t partition = 1;
    std::vector<Matcher> matchers;
    enum class Order {
        newest_first,  ///< by creation of the record, descending
        by_number,     ///< series: Series Number, UID; instances: Series Number, Instance Number, UID
    };
    Order order = Order::newest_first;
    std::uint64_t offset = 0;
    std::uint64_t limit = 100;
    bool want_total = false;     ///< also count all matches
    bool want_document = false;  ///< rows carry the stored JSON of the record's newest instance
};

/// One attribute that the index can match.
struct SearchableAttribute {
    Tag tag;
    std::optional<Tag> sequence;  ///< of which it is a member
    Level level;                  ///< whose record holds it
};

/// All of them. Static storage.
std::span<const SearchableAttribute> searchable_attributes();
/// Attributes that the index can match, per level; what is not here must be refused or ignored by the caller.
bool is_searchable(Tag tag, std::optional<Tag> sequence);
/// The level whose record holds the attribute: ModalitiesInStudy is study, Modality series. Nothing when not
/// searchable.
std::optional<Level> searchable_level(Tag tag, std::optional<Tag> sequence);
/// Whether the record of this very level holds the attribute: the searchable ones of it, and
/// TimezoneOffsetFromUTC in those of studies and series, each its own.
bool is_row_value(Tag tag, Level level);
/// Whether that record or one of those above it holds the attribute.
bool is_in_row(Tag tag, Level level);
/// The same as searchable_level of a known path.
std::optional<Level> searchable_level(const AttributePath& path);

}  // namespace isocenter::dicom
