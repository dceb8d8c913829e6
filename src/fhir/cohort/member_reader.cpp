#include "fhir/cohort/member_reader.h"

#include <fmt/format.h>

namespace isocenter::fhir::cohort {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostItems = 50;
constexpr std::size_t kLongestText = 4096;
constexpr std::int64_t kMostCount = 1'000'000;

}  // namespace

Error bad(std::string_view pointer, std::string_view reason) {
    if (pointer.empty()) return fail(ErrorCode::invalid_request, std::string(reason));
    return fail(ErrorCode::invalid_request, fmt::format("{}: {}", pointer, reason));
}

std::string pointer_to(std::string_view parent, std::string_view member) {
    std::string pointer = std::string(parent) + '/';
    for (const char c : member)
        pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return pointer;
}

Status read_members(const json::value& value, const std::string& pointer, const Members& readers) {
    if (!value.is_object()) return bad(pointer, "must be an object");
    for (const auto& member : value.get_object()) {
        const std::string_view name = member.key();
        const auto reader = readers.find(name);
        const std::string place = pointer_to(pointer, name);
        if (reader == readers.end()) return bad(place, "there is no such member");
        ISO_CHECK(reader->second(member.value(), place));
    }
    return {};
}

Status read_items(const json::value& value, const std::string& pointer, const ValueReader& read) {
    if (!value.is_array()) return bad(pointer, "must be an array");
    if (value.get_array().size() > kMostItems)
        return bad(pointer, fmt::format("has more than {} members", kMostItems));
    std::size_t index = 0;
    for (const json::value& item : value.get_array())
        ISO_CHECK(read(item, fmt::format("{}/{}", pointer, index++)));
    return {};
}

Result<std::string> text_of(const json::value& value, const std::string& pointer) {
    if (!value.is_string()) return bad(pointer, "must be a text");
    const std::string text(value.get_string());
    if (text.empty() || text.size() > kLongestText)
        return bad(pointer, fmt::format("must have 1 to {} characters", kLongestText));
    return text;
}

Result<std::int64_t> number_of(const json::value& value, const std::string& pointer) {
    if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > kMostCount)
        return bad(pointer, fmt::format("must be a whole number from 0 to {}", kMostCount));
    return value.get_int64();
}

}  // namespace isocenter::fhir::cohort
