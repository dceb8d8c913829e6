#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

/// Members of JSON objects that came from outside: one of another type counts as absent.
namespace isocenter::fhir {

/// Empty when absent.
std::string text_member(const boost::json::object& object, std::string_view key);

/// Of `object`, which must outlive it; an empty one when absent.
const boost::json::array& list_member(const boost::json::object& object, std::string_view key);

}  // namespace isocenter::fhir
