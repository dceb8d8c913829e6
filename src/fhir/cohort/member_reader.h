#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

// Reading a JSON document whose every member is known: what is wrong is told by the pointer to it (RFC 6901).
namespace isocenter::fhir::cohort {

/// `invalid_request` about the value at `pointer`; about the whole document, whose pointer is empty, the
/// reason alone.
Error bad(std::string_view pointer, std::string_view reason);
/// The pointer to `member` of the object at `parent`.
std::string pointer_to(std::string_view parent, std::string_view member);

/// Takes a value and the pointer to it.
using ValueReader = std::function<Status(const boost::json::value&, const std::string&)>;
using Members = std::map<std::string_view, ValueReader>;

/// Hands each member of the object at `pointer` to its reader; a member without a reader is an error.
Status read_members(const boost::json::value& value, const std::string& pointer, const Members& readers);
/// The same for the members of an array, of which there may be 50.
Status read_items(const boost::json::value& value, const std::string& pointer, const ValueReader& read);

/// A text of 1 to 4096 bytes.
Result<std::string> text_of(const boost::json::value& value, const std::string& pointer);
/// A whole number from 0 to a million.
Result<std::int64_t> number_of(const boost::json::value& value, const std::string& pointer);

/// Readers that keep what they read; `target` outlives them.
inline auto text_into(std::string& target) {
    return [&target](const boost::json::value& value, const std::string& pointer) -> Status {
        ISO_TRY(target, text_of(value, pointer));
        return {};
    };
}

template <class Whole>
auto number_into(Whole& target) {
    return [&target](const boost::json::value& value, const std::string& pointer) -> Status {
        ISO_TRY(const std::int64_t number, number_of(value, pointer));
        target = static_cast<Whole>(number);
        return {};
    };
}

inline auto flag_into(bool& target) {
    return [&target](const boost::json::value& value, const std::string& pointer) -> Status {
        if (!value.is_bool()) return bad(pointer, "must be true or false");
        target = value.get_bool();
        return {};
    };
}

/// A text that `parse` understands; an error of it is told with the pointer.
template <class T>
auto parsed_into(T& target, Result<typename T::value_type> (*parse)(std::string_view)) {
    return [&target, parse](const boost::json::value& value, const std::string& pointer) -> Status {
        ISO_TRY(const std::string text, text_of(value, pointer));
        auto parsed = parse(text);
        if (!parsed) return bad(pointer, parsed.error().message);
        target = std::move(*parsed);
        return {};
    };
}

}  // namespace isocenter::fhir::cohort
