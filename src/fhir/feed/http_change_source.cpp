#include "fhir/feed/http_change_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/ascii.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

std::optional<std::string> text_member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_string() || value->get_string().empty()) return std::nullopt;
    return std::string(value->get_string());
}

std::optional<std::int64_t> sequence_of(const json::object& object) {
    const json::value* value = object.if_contains("sequence");
    if (value == nullptr || !value->is_int64() || value->get_int64() < 1) return std::nullopt;
    return value->get_int64();
}

/// Takes the entries into `window`; false when one does not even tell its number.
bool take_entries(const json::value& document, FeedWindow& window) {
    if (!document.is_array()) return false;
    FeedWindow part;
    for (const json::value& member : document.get_array()) {
        if (!member.is_object()) return false;
        const json::object& object = member.get_object();
        const auto sequence = sequence_of(object);
        if (!sequence) return false;
        const auto study = text_member(object, "studyInstanceUid");
        if (!study) {
            part.unreadable.push_back(*sequence);
            continue;
        }
        FeedEntry entry;
        entry.sequence = *sequence;
        entry.study_uid = *study;
        entry.partition = text_member(object, "partitionName").value_or("Microsoft.Default");
        entry.time = parse_iso8601(text_member(object, "timestamp").value_or("")).value_or(0);
        // Servers write it capitalised, the tables of the compatibility faces in lower case.
        const std::string action = text_member(object, "action").value_or("");
        if (action == "Delete" || action == "delete")
            entry.removed_instance = text_member(object, "sopInstanceUid").value_or("");
        part.entries.push_back(std::move(entry));
    }
    std::move(part.entries.begin(), part.entries.end(), std::back_inserter(window.entries));
    window.unreadable.insert(window.unreadable.end(), part.unreadable.begin(), part.unreadable.end());
    return true;
}

Error refusal(unsigned status) {
    const ErrorCode code = status == 401   ? ErrorCode::unauthenticated
                           : status == 403 ? ErrorCode::forbidden
                                           : ErrorCode::unavailable;
    return fail(code, fmt::format("the DICOM server answered {} to the change feed", status));
}

bool is_service_segment(std::string_view segment) {
    return segment == "dicom-web" || (segment.size() >= 2 && segment[0] == 'v' && is_digit(segment[1]));
}

}  // namespace

std::string service_root(std::string_view endpoint) {
    std::string_view root = endpoint.substr(0, endpoint.find_last_not_of('/') + 1);
    const std::size_t authority = root.find("://");
    const std::size_t path = root.find('/', authority == std::string_view::npos ? 0 : authority + 3);
    if (path == std::string_view::npos) return std::string(root);
    if (const std::size_t at = root.rfind("/partitions/");
        at != std::string_view::npos && root.find('/', at + 12) == std::string_view::npos) {
        root = root.substr(0, at);
    }
    const std::size_t slash = root.rfind('/');
    if (slash >= path && is_service_segment(root.substr(slash + 1))) root = root.substr(0, slash);
    return std::string(root);
}

Result<std::string> HttpChangeSource::get(const std::string& path_and_query) {
    net::HttpRequest request{.url = options_.root + path_and_query};
    request.headers = {{"Accept", "application/json"}};
    request.timeout = options_.timeout;
    ISO_TRY(net::HttpReply reply, sender_.send(request));
    if (reply.status == 204) return std::string();
    if (reply.status != 200) return refusal(reply.status);
    return std::move(reply.body);
}

Result<std::int64_t> HttpChangeSource::latest() {
    ISO_TRY(const std::string body, get("/v1/changefeed/latest?includeMetadata=false"));
    if (body.empty()) return 0;
    boost::system::error_code error;
    const json::value document = json::parse(body, error);
    const auto sequence = !error && document.is_object() ? sequence_of(document.get_object()) : std::nullopt;
    if (!sequence) return fail(ErrorCode::unavailable, "the DICOM server's newest feed entry cannot be read");
    return *sequence;
}

Status HttpChangeSource::read_part(std::int64_t after, std::int64_t limit, FeedWindow& into) {
    ISO_TRY(const std::string body,
            get(fmt::format("/v1/changefeed?offset={}&limit={}&includeMetadata=false", after, limit)));
    boost::system::error_code error;
    const json::value document = body.empty() ? json::array() : json::parse(body, error);
    if (!error && take_entries(document, into)) return {};
    if (limit == 1) {
        into.unreadable.push_back(after + 1);
        return {};
    }
    const std::int64_t half = limit / 2;
    ISO_CHECK(read_part(after, half, into));
    return read_part(after + half, limit - half, into);
}

Result<FeedWindow> HttpChangeSource::read(std::int64_t after) {
    FeedWindow window;
    ISO_CHECK(read_part(after, kWindow, window));
    std::sort(window.entries.begin(), window.entries.end(),
              [](const FeedEntry& a, const FeedEntry& b) { return a.sequence < b.sequence; });
    return window;
}

void HttpChangeSource::wait_for_news(std::stop_token stop, std::chrono::milliseconds longest) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::min(longest, options_.poll_interval), [] { return false; });
}

}  // namespace isocenter::fhir
