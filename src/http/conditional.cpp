#include "http/conditional.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/ascii.h"

namespace isocenter::http {
namespace {

std::string_view opaque(std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
        tag.remove_prefix(1);
        tag.remove_suffix(1);
    }
    return tag;
}

/// Takes the next tag of a list off `list`; quotes protect commas.
std::string_view next_tag(std::string_view& list) {
    std::size_t end = 0;
    bool quoted = false;
    while (end < list.size() && (quoted || list[end] != ',')) {
        if (list[end] == '"') quoted = !quoted;
        ++end;
    }
    const std::string_view tag = trim(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    return tag;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range && end == text.data() + text.size()) return UINT64_MAX;
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

RangeDecision decide_one(std::string_view spec, std::uint64_t size) {
    const std::size_t dash = spec.find('-');
    if (dash == std::string_view::npos) return WholeRange{};
    const std::string_view from = trim(spec.substr(0, dash));
    const std::string_view to = trim(spec.substr(dash + 1));
    if (from.empty()) {
        const auto suffix = parse_number(to);
        if (!suffix) return WholeRange{};
        if (*suffix == 0 || size == 0) return UnsatisfiableRange{};
        const std::uint64_t length = std::min(*suffix, size);
        return ByteRange{size - length, length};
    }
    const auto first = parse_number(from);
    if (!first) return WholeRange{};
    std::uint64_t last = UINT64_MAX;
    if (!to.empty()) {
        const auto given = parse_number(to);
        if (!given || *given < *first) return WholeRange{};
        last = *given;
    }
    if (*first >= size) return UnsatisfiableRange{};
    return ByteRange{*first, std::min(last, size - 1) - *first + 1};
}

}  // namespace

bool if_none_match(const Request& request, std::string_view etag) {
    const std::string header = request.headers.joined("If-None-Match");
    std::string_view list(header);
    while (!list.empty()) {
        const std::string_view tag = next_tag(list);
        if (tag.empty()) continue;
        if (tag == "*" || opaque(tag) == opaque(etag)) return true;
    }
    return false;
}

RangeDecision decide_range(const Request& request, std::uint64_t size, std::string_view etag) {
    if (request.method != Method::get && request.method != Method::head) return WholeRange{};
    const std::string header = request.headers.joined("Range");
    std::string_view spec = trim(header);
    if (!starts_with_ignore_case(spec, "bytes")) return WholeRange{};
    spec = trim(spec.substr(5));
    if (!spec.starts_with('=')) return WholeRange{};
    spec = trim(spec.substr(1));
    if (request.headers.has("If-Range")) {
        const std::string_view condition = trim(request.headers.get("If-Range"));
        if (etag.empty() || etag.starts_with("W/") || condition != etag) return WholeRange{};
    }
    if (spec.find(',') != std::string_view::npos) return WholeRange{};
    return decide_one(spec, size);
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
    return "bytes " + std::to_string(range.offset) + "-" + std::to_string(range.end() - 1) + "/" +
           std::to_string(size);
}

std::string unsatisfied_content_range(std::uint64_t size) {
    return "bytes */" + std::to_string(size);
}

}  // namespace isocenter::http
