#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

/// JSON of others, kept to the digit. In FHIR the precision of a decimal is part of what it says (`1.50` is
/// not `1.5`), which a double cannot hold. Here a number whose text an integer would not give back is held as
/// a string that begins with a mark no text of FHIR has. Throws nothing but for lack of memory; any thread.
namespace isocenter::fhir {

/// As boost::json::parse, numbers exact.
boost::json::value parse_exact(std::string_view text, boost::system::error_code& error);

/// As boost::json::serialize; exact numbers are written as they were read.
std::string serialize_exact(const boost::json::value& value);
std::string serialize_exact(const boost::json::object& object);

/// Whether the value is a number held by its text. As a string its content means nothing.
bool is_exact_number(const boost::json::value& value);

/// The value of a number in any form, rounded to a double; nothing for what is no number.
std::optional<double> number_in(const boost::json::value& value);

}  // namespace isocenter::fhir
