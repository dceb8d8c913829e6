#include "fhir/classic/http_entry_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir/feed/archive_failure.h"
#include "fhir/feed/deep_json.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

constexpr int kPage = 10;

/// Servers differ in the case of these words.
std::string word(const json::object& object, std::string_view name) {
    std::string text = text_member(object, name);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

std::optional<Action> action_of(const json::object& object) {
    const auto text = word(object, "action");
    if (text == "create") return Action::create;
    if (text == "update") return Action::update;
    if (text == "delete") return Action::remove;
    return std::nullopt;
}

}  // namespace

std::optional<Entry> parse_entry(json::object&& object) {
    const auto* sequence = object.if_contains("sequence");
    const auto action = action_of(object);
    if (sequence == nullptr || !sequence->is_int64() || !action) return std::nullopt;
    Entry entry{sequence->get_int64(),
                *action,
                word(object, "state") == "deleted",
                text_member(object, "studyInstanceUid"),
                text_member(object, "seriesInstanceUid"),
                text_member(object, "sopInstanceUid"),
                {}};
    if (entry.study_uid.empty() || entry.series_uid.empty() || entry.sop_uid.empty()) return std::nullopt;
    if (auto* metadata = object.if_contains("metadata"); metadata != nullptr && metadata->is_object())
        entry.metadata = std::move(metadata->get_object());
    return entry;
}

Attempt<HttpEntrySource::Page> HttpEntrySource::read_page(std::int64_t first, int limit) {
    net::HttpRequest request{.url = fmt::format("{}/v1/changefeed?offset={}&limit={}&includeMetadata=true",
                                                options_.root, first - 1, limit)};
    request.headers = {{"Accept", "application/json"}};
    request.timeout = options_.timeout;
    const auto reply = sender_.send(request);
    if (!reply) return failed(failure_of_archive(reply.error()));
    if (reply->status == 204) return Page{};
    if (reply->status != 200) return failed(failure_of_archive(reply->status));
    boost::system::error_code error;
    json::value document = parse_deep(reply->body, error);
    const bool readable = !error && document.is_array();
    // One bad entry makes a page unreadable; the one that is asked for may be another.
    if (!readable && limit > 1) return read_page(first, 1);
    if (!readable) return failed(FailureKind::unusable, "the feed entry's metadata is no DICOM JSON");
    Page page;
    for (json::value& member : document.get_array()) {
        if (!member.is_object()) continue;
        auto entry = parse_entry(std::move(member.get_object()));
        if (!entry) continue;
        const std::int64_t sequence = entry->sequence;
        page.emplace(sequence, *std::move(entry));
    }
    return page;
}

Attempt<std::optional<Entry>> HttpEntrySource::entry(std::int64_t sequence) {
    const std::lock_guard lock(mutex_);
    auto found = page_.find(sequence);
    if (found == page_.end()) {
        FHIR_TRY(page_, read_page(sequence, kPage));
        found = page_.find(sequence);
    }
    if (found == page_.end()) return std::optional<Entry>();
    // Taken out: whoever asks again, after a failure, gets it as it is then.
    std::optional<Entry> entry = std::move(found->second);
    page_.erase(found);
    return entry;
}

Attempt<std::optional<Entry>> HttpEntrySource::reread(std::int64_t sequence) {
    {
        const std::lock_guard lock(mutex_);
        page_.clear();
    }
    return entry(sequence);
}

}  // namespace isocenter::fhir::classic
