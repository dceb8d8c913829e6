#pragma once

#include <string>
#include <string_view>

#include "dicom/tag.h"

namespace isocenter::api {

/// The texts that clients of the compatibility faces may compare (dicomweb.md section 12), as templates:
/// `{tag}`, `{name}` and `{reason}` are replaced. X1 to X6 are the words of the dialect, by the digests of
/// section 12; the others are ours. A deployment that needs other words replaces the catalogue.
struct MessageCatalogue {
    /// X3, X4, X6: an invalid value; the reason comes from the rule that was broken.
    std::string_view invalid_value = "DICOM100: {tag} - {reason}";
    /// X5: an attribute that must be there.
    std::string_view missing_attribute = "DICOM100: {tag} - The required attribute '{tag}' is missing.";
    /// An instance that belongs to another study than the URL names.
    std::string_view other_study = "DICOM100: {tag} - The instance belongs to another study than the URL.";
    /// X1: a search by an attribute that is not searchable at this level.
    std::string_view not_searchable =
        "Invalid query: AttributeId {name} is not queryable.  If the parameter is an attribute keyword, "
        "check the casing as they are case-sensitive. The conformance statement has a list of "
        "supported query parameters, attributes and the levels.";
    /// X2: a search by a value that is no date.
    std::string_view invalid_date =
        "Invalid query: specified Date value '{reason}' is invalid for attribute '{name}'. Date should be "
        "valid and formatted as yyyyMMdd.";
    /// Warning header of a store (dicomweb.md 4.4).
    std::string_view first_value_only = "Only the first value of a multi-valued indexed attribute is used.";
};
const MessageCatalogue& messages();

/// Fills a template.
std::string fill_message(std::string_view text, std::string_view tag, std::string_view name,
                         std::string_view reason);

}  // namespace isocenter::api
