#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isocenter::http {

/// A media type or media range with its parameters (RFC 9110 8.3.1, 12.5.1). Type, subtype and parameter
/// names are lower case; parameter values are unquoted and keep their case.
struct MediaType {
    std::string type;                                         ///< "multipart", "*"
    std::string subtype;                                      ///< "related", "*"
    std::vector<std::pair<std::string, std::string>> params;  ///< in order, repeats kept, `q` excluded
    double q = 1.0;

    std::string essence() const { return type + "/" + subtype; }
    /// The first parameter of that name; nothing when absent.
    std::optional<std::string_view> param(std::string_view name) const;
    /// All parameters of that name, in order.
    std::vector<std::string_view> all(std::string_view name) const;
};

/// Reads one media type such as a Content-Type; nothing when ill-formed. Lenient: optional blanks around ';'
/// and '=', values quoted or bare; a bare value may contain '/', '*' and other characters up to the next ';'
/// or ','.
std::optional<MediaType> parse_media_type(std::string_view text);

/// Reads an Accept header (several lines joined by commas). Ill-formed ranges are skipped; `q=0` ranges are
/// kept, the caller excludes them. The order is the header's.
std::vector<MediaType> parse_accept(std::string_view text);

/// True when every range of a non-empty list was well-formed: the strict reading that the compatibility faces
/// demand.
bool is_well_formed_accept(std::string_view text);

}  // namespace isocenter::http
