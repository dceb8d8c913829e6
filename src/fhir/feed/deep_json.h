#pragma once

#include <boost/json.hpp>
#include <string_view>

namespace isocenter::fhir {

/// DICOM JSON as deep as data sets occur: a sequence in a sequence takes three levels, and the library's own
/// limit is 32 of them. `error` as of boost::json::parse.
inline boost::json::value parse_deep(std::string_view text, boost::system::error_code& error) {
    boost::json::parse_options limits;
    limits.max_depth = 1024;
    return boost::json::parse(text, error, {}, limits);
}

}  // namespace isocenter::fhir
