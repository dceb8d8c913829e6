#pragma once

#include <string>
#include <string_view>

#include "dicom/tag.h"

namespace isocenter::api {

/// The texts that clients of the compatibility faces may compare (dicomweb.md section 12), as templates:
/// `{tag}`,
/// `{name}` and `{reason}` are replaced. The wording is ours; a deployment that needs other words replaces
/// the catalogue.
struct MessageCatalogue {
    /// X3, X4, X6: an invalid value; the reason comes from the rule that was broken.
    std::string_view invalid_value = "DICOM100: {tag} - {reason}";
    /// X5: an attribute that must be there.
    std::string_view missing_attribute = "DICOM100: {tag} - The required attribute '{tag}' is missing.";
    /// An instance that belongs to another study than the URL names.
    std::string_view other_study = "DICOM100: {tag} - The instance belongs to another study than the URL.";
    /// X1: a search by an attribute that is not searchable at this level.
    std::string_view not_searchable =
        "Invalid query: the attribute '{name}' cannot be searched by.  Keywords are case-sensitive. The "
        "conformance "
        "statement lists the searchable attributes.";
    /// X2: a search by a value that is no date.
    std::string_view invalid_date =
        "Invalid query: '{reason}' is not a valid date for '{name}'. Dates have the form yyyyMMdd.";
    /// Warning header of a store (dicomweb.md 4.4).
    std::string_view first_value_only = "Only the first value of a multi-valued indexed attribute is used.";
};
const MessageCatalogue& messages();

/// Fills a template.
std::string fill_message(std::string_view text, std::string_view tag, std::string_view name,
                         std::string_view reason);

}  // namespace isocenter::api
