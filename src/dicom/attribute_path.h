#pragma once

#include <string_view>
#include <vector>

#include "dicom/tag.h"
#include "dicom/vr.h"

namespace isocenter::dicom {

/// An attribute as a query names it (PS3.18 8.3.1, 8.3.4.1): keyword, eight hexadecimal digits, or a path of
/// them through sequences.
struct AttributePath {
    enum class Kind {
        known,      ///< in the dictionary, or private
        unknown,    ///< well-formed, but no attribute of the standard
        malformed,  ///< neither a keyword nor eight digits, or a path that does not run through sequences
    };
    Kind kind = Kind::malformed;
    std::vector<Tag> tags;      ///< from the outermost; empty unless known
    Vr vr = Vr::UN;             ///< of the last tag; UN for private ones
    bool multi_valued = false;  ///< the dictionary's multiplicity is more than 1

    Tag tag() const { return tags.back(); }
    bool nested() const { return tags.size() > 1; }
};

/// Reads `text`; never fails otherwise than by `kind`. Paths of more than eight members are malformed.
AttributePath parse_attribute_path(std::string_view text);

}  // namespace isocenter::dicom
