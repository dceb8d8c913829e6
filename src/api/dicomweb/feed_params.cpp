#include "api/dicomweb/feed_params.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "api/dicomweb/query_params.h"
#include "base/clock.h"
#include "base/digest.h"
#include "http/ascii.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

constexpr unsigned kMaxWaitSeconds = 60;
constexpr std::string_view kCursorPrefix = "f1";
constexpr std::size_t kMarkDigits = 12;
constexpr std::string_view kWait = "wait";
constexpr std::size_t kMaxWarnings = 16;
constexpr std::size_t kMaxShownName = 64;

Error bad(std::string message) {
    return fail(ErrorCode::invalid_request, std::move(message));
}

class FeedParser {
  public:
    FeedParser(const Profile& profile, std::vector<http::QueryItem> items, std::string& bad_parameter)
        : profile_(profile), items_(std::move(items)), bad_parameter_(bad_parameter) {}

    Result<FeedRequest> parse();
    Result<FeedRequest> parse_latest();

  private:
    /// The first parameter of that name; remembers it as the one to blame.
    const std::string* find(std::string_view name);
    Status read_metadata();
    Status read_limit();
    Status read_window();
    Status read_times();
    Status read_cursor_form(const std::string& cursor);
    Status look_for_others();
    Result<std::optional<Ticks>> read_time(std::string_view name);

    const Profile& profile_;
    const std::vector<http::QueryItem> items_;
    std::string& bad_parameter_;
    std::vector<std::string_view> known_;  ///< the names that were looked for
    FeedRequest request_;
};

const std::string* FeedParser::find(std::string_view name) {
    bad_parameter_ = name;
    known_.push_back(name);
    for (const http::QueryItem& item : items_) {
        if (http::equals_ignore_case(item.name, name)) return &item.value;
    }
    return nullptr;
}

Status FeedParser::read_metadata() {
    const std::string* text = find("includeMetadata");
    if (text == nullptr) return {};
    ISO_TRY(request_.query.with_documents, read_bool("includeMetadata", *text, true));
    return {};
}

Status FeedParser::read_limit() {
    request_.query.limit = profile_.feed_default_limit;
    const std::string* text = find("limit");
    if (text == nullptr) return {};
    ISO_TRY(request_.query.limit, read_count("limit", *text, profile_.feed_max_limit, true));
    if (request_.query.limit == 0) return bad("limit must be at least 1.");
    return {};
}

/// v1: a window of sequences.
Status FeedParser::read_window() {
    std::uint64_t after = 0;
    if (const std::string* text = find("offset")) {
        ISO_TRY(after, read_count("offset", *text, INT64_MAX, true));
    }
    index::ChangeQuery& query = request_.query;
    query.after = static_cast<std::int64_t>(after);
    const auto width = static_cast<std::int64_t>(query.limit);
    query.up_to = query.after > INT64_MAX - width ? INT64_MAX : query.after + width;
    return {};
}

Result<std::optional<Ticks>> FeedParser::read_time(std::string_view name) {
    const std::string* text = find(name);
    if (text == nullptr || text->empty()) return std::optional<Ticks>{};
    const auto time = parse_iso8601(*text);
    if (!time)
        return bad(std::string(name) + " must be a date and time with a zone, such as 2024-01-31T09:15:27Z.");
    return time;
}

Status FeedParser::read_times() {
    index::ChangeQuery& query = request_.query;
    query.by_time = true;
    if (const std::string* text = find("offset")) {
        ISO_TRY(query.offset, read_count("offset", *text, INT64_MAX, true));
    }
    ISO_TRY(const auto from, read_time("startTime"));
    ISO_TRY(const auto until, read_time("endTime"));
    query.from = from.value_or(0);
    query.until = until.value_or(kMaxTicks);
    if (query.until <= query.from) return bad("endTime must be later than startTime.");
    return {};
}

Status FeedParser::read_cursor_form(const std::string& cursor) {
    auto after = read_cursor(cursor);
    if (!after) return bad("cursor must be 0 or the value of next in an earlier answer.");
    request_.by_cursor = true;
    request_.query.after = after->sequence;
    request_.entry_mark = std::move(after->mark);
    if (const std::string* text = find(kWait)) {
        ISO_TRY(const auto seconds, read_count(kWait, *text, kMaxWaitSeconds, true));
        request_.wait_seconds = static_cast<unsigned>(seconds);
    }
    return {};
}

/// As it may stand in a header.
std::string printable(std::string_view name) {
    std::string text(name.substr(0, kMaxShownName));
    std::ranges::replace_if(
        text, [](char c) { return c <= ' ' || c > '~' || c == '"' || c == '\\'; }, '?');
    return text;
}

/// D8, for names that nobody has looked for.
Status FeedParser::look_for_others() {
    if (!profile_.standard) return {};
    for (const http::QueryItem& item : items_) {
        const auto same = [&item](std::string_view name) {
            return http::equals_ignore_case(name, item.name);
        };
        if (std::ranges::any_of(known_, same)) continue;
        if (!profile_.ignore_unknown_query) {
            bad_parameter_ = item.name;
            return bad(printable(item.name) + " is not supported by this form of the change feed.");
        }
        known_.push_back(item.name);
        if (request_.warnings.size() < kMaxWarnings)
            request_.warnings.push_back(printable(item.name) + " is not supported and was ignored");
    }
    return {};
}

Result<FeedRequest> FeedParser::parse() {
    ISO_CHECK(read_metadata());
    ISO_CHECK(read_limit());
    const std::string* cursor = profile_.standard ? find("cursor") : nullptr;
    if (cursor != nullptr) {
        ISO_CHECK(read_cursor_form(*cursor));
    } else if (profile_.standard && find(kWait) != nullptr) {
        return bad("wait needs a cursor.");
    } else if (profile_.feed_by_sequence_window) {
        ISO_CHECK(read_window());
    } else {
        ISO_CHECK(read_times());
    }
    ISO_CHECK(look_for_others());
    bad_parameter_.clear();
    return std::move(request_);
}

Result<FeedRequest> FeedParser::parse_latest() {
    ISO_CHECK(read_metadata());
    request_.query.latest_only = true;
    request_.query.limit = 1;
    ISO_CHECK(look_for_others());
    bad_parameter_.clear();
    return std::move(request_);
}

Result<std::vector<http::QueryItem>> read_items(const Profile& profile, std::string_view query) {
    ISO_CHECK(check_query_guard(profile, query));
    auto items = http::parse_query(query);
    if (!items) return bad("The query has a broken percent escape.");
    return *std::move(items);
}

}  // namespace

Result<FeedRequest> parse_feed(const Profile& profile, std::string_view query, std::string& bad_parameter) {
    ISO_TRY(auto items, read_items(profile, query));
    return FeedParser(profile, std::move(items), bad_parameter).parse();
}

Result<FeedRequest> parse_latest(const Profile& profile, std::string_view query, std::string& bad_parameter) {
    ISO_TRY(auto items, read_items(profile, query));
    return FeedParser(profile, std::move(items), bad_parameter).parse_latest();
}

std::string entry_mark(const index::Change& change) {
    std::string entry = std::to_string(change.sequence) + ' ' + std::to_string(change.time) + ' ' +
                        std::to_string(static_cast<int>(change.action));
    for (const std::string_view uid :
         {change.key.study.view(), change.key.series.view(), change.key.instance.view()})
        entry += ' ' + std::string(uid);
    return to_hex(sha256(as_bytes(entry))).substr(0, kMarkDigits);
}

std::string to_cursor(const FeedCursor& cursor) {
    if (cursor.sequence == 0) return "0";
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, cursor.sequence, 16);
    return std::string(kCursorPrefix) + std::string(digits, end.ptr) + '-' + cursor.mark;
}

std::optional<FeedCursor> read_cursor(std::string_view text) {
    FeedCursor cursor;
    if (text == "0") return cursor;
    if (!text.starts_with(kCursorPrefix)) return std::nullopt;
    text.remove_prefix(kCursorPrefix.size());
    if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
        cursor.mark = text.substr(dash + 1);
        text = text.substr(0, dash);
        if (cursor.mark.size() != kMarkDigits) return std::nullopt;
    }
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, cursor.sequence, 16);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end || cursor.sequence < 0) return std::nullopt;
    return cursor;
}

}  // namespace isocenter::api
