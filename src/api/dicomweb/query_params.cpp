#include "api/dicomweb/query_params.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "api/dicomweb/date_time_pairs.h"
#include "api/dicomweb/match_value.h"
#include "api/messages.h"
#include "base/utf8.h"
#include "dicom/attribute_path.h"
#include "dicom/tags.h"
#include "http/ascii.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

using dicom::AttributePath;
using dicom::Level;
using dicom::Tag;
namespace tags = dicom::tags;

constexpr std::size_t kMaxItems = 512;
constexpr std::size_t kMaxWarnings = 16;
constexpr std::uint64_t kMaxOffset = INT64_MAX;

Error bad(std::string message) {
    return fail(ErrorCode::invalid_request, std::move(message));
}

/// One attribute that the request filters by.
struct Filter {
    AttributePath path;
    std::string name;
    std::string value;
};

class Parser {
  public:
    Parser(const Profile& profile, const SearchScope& scope, const SearchLimits& limits,
           std::string& bad_parameter)
        : profile_(profile), scope_(scope), limits_(limits), bad_parameter_(bad_parameter) {}

    Result<SearchRequest> parse(std::string_view query);

  private:
    Status read_item(const http::QueryItem& item);
    Result<bool> read_service_parameter(std::string_view name, const std::string& value);
    Status read_limit(std::string_view value);
    Status read_offset(std::string_view value);
    Status read_include(std::string_view list);
    Status read_include_name(std::string_view name);
    Status read_filter(const http::QueryItem& item);
    Status keep_filter(Filter filter);
    Status apply_filters();
    Status apply_filter(const Filter& filter);
    Status apply_unindexed(const Filter& filter);
    const Filter* creator_of(Tag tag) const;
    Status check_private_creators();
    Status check_level(const Filter& filter, Level level) const;
    void return_filter(const Filter& filter);
    Status ignore(std::string_view name);
    void let_unknown_match();
    void finish();
    bool seen(std::string_view name);
    Error not_queryable(std::string_view name) const;

    const Profile& profile_;
    const SearchScope& scope_;
    const SearchLimits& limits_;
    std::string& bad_parameter_;
    SearchRequest request_;
    MatchOptions options_;
    std::vector<Filter> filters_;
    std::vector<std::string> seen_;
    std::vector<ReturnField> included_;
    std::optional<int> zone_minutes_;
    bool all_ = false;
    std::size_t include_items_ = 0;
};

bool Parser::seen(std::string_view name) {
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) return true;
    seen_.emplace_back(name);
    return false;
}

Error Parser::not_queryable(std::string_view name) const {
    return bad(fill_message(messages().not_searchable, {}, name, {}));
}

/// D8: what is not supported is passed over with a warning, or refused.
Status Parser::ignore(std::string_view name) {
    if (!profile_.ignore_unknown_query) return bad(std::string(name) + " is not supported by this resource.");
    // The name consists of letters, digits and dots here, so that it cannot break the header.
    if (request_.warnings.size() < kMaxWarnings)
        request_.warnings.push_back(std::string(name) + " is not supported and was ignored");
    return {};
}

Status Parser::read_limit(std::string_view value) {
    if (!profile_.standard && seen("limit")) return {};
    const std::uint64_t max = profile_.standard ? limits_.max_results : profile_.max_limit;
    ISO_TRY(request_.query.limit, read_count("Limit", value, max, profile_.reject_limit_above_max));
    if (request_.query.limit == 0 && profile_.reject_limit_above_max)
        return bad("Limit must be from 1 to " + std::to_string(max) + ".");
    return {};
}

Status Parser::read_offset(std::string_view value) {
    if (!profile_.standard && seen("offset")) return {};
    ISO_TRY(request_.query.offset, read_count("Offset", value, kMaxOffset, !profile_.standard));
    return {};
}

/// True when `name` is a parameter of the service and not an attribute.
Result<bool> Parser::read_service_parameter(std::string_view name, const std::string& value) {
    const std::string key = profile_.standard ? std::string(name) : http::to_lower(name);
    const auto done = [](Status status) -> Result<bool> {
        if (!status) return std::move(status).error();
        return true;
    };
    if (key == "includefield") return done(read_include(value));
    // `accept` is read by the negotiation; the answer is UTF-8 whatever `charset` says (standard-face.md
    // D19). The compatibility faces know neither (dicomweb.md 6.2).
    if (profile_.standard && (key == "charset" || key == "accept")) return true;
    const bool matching =
        profile_.standard && (key == "emptyvaluematching" || key == "multiplevaluematching");
    if (key != "limit" && key != "offset" && key != "fuzzymatching" && !matching) return false;
    if (profile_.standard && seen(key)) return bad(key + " must not be repeated.");
    if (key == "limit") return done(read_limit(value));
    if (key == "offset") return done(read_offset(value));
    if (!profile_.standard && seen(key)) return true;
    ISO_TRY(const bool on, read_bool(key, value, !profile_.standard));
    if (key == "fuzzymatching") options_.fuzzy = on;
    if (key == "emptyvaluematching") options_.empty_value = on;
    if (key == "multiplevaluematching") options_.multiple_values = on;
    return true;
}

Status Parser::read_include(std::string_view list) {
    for (;;) {
        const std::size_t comma = list.find(',');
        const std::string_view name = http::trim(list.substr(0, comma));
        if (++include_items_ > kMaxItems) return bad("There are too many attributes in includefield.");
        ISO_CHECK(read_include_name(name));
        if (comma == std::string_view::npos) return {};
        list.remove_prefix(comma + 1);
    }
}

Status Parser::read_include_name(std::string_view name) {
    if (http::equals_ignore_case(name, "all")) {
        all_ = true;
        return {};
    }
    if (name.empty() && profile_.standard) return {};
    const AttributePath path = dicom::parse_attribute_path(name);
    const bool usable = path.kind == AttributePath::Kind::known && (profile_.standard || !path.nested());
    if (path.kind == AttributePath::Kind::malformed || (!profile_.standard && !usable))
        return bad("includefield names an attribute that does not exist: " + std::string(name) + ".");
    if (!usable) return {};
    const Tag tag = path.tags.front();
    // Attributes of a lower level shall not be returned (PS3.18 10.6.1.2.2); the compatibility faces do.
    if (profile_.standard && level_of(tag) > row_level(scope_.resource) &&
        tag != tags::SpecificCharacterSet) {
        return {};
    }
    // The index keeps just the members that it can match, so a path to one of those needs no document.
    const bool index_has_it =
        path.tags.size() == 2 && dicom::is_searchable(path.tags[1], std::optional<Tag>(path.tags[0]));
    included_.push_back({tag, profile_.standard, !index_has_it});
    return {};
}

Status Parser::read_filter(const http::QueryItem& item) {
    Filter filter{dicom::parse_attribute_path(item.name), item.name, item.value};
    using Kind = AttributePath::Kind;
    if (!profile_.standard) {
        if (filter.path.kind != Kind::known || filter.path.nested()) return not_queryable(item.name);
        return keep_filter(std::move(filter));
    }
    if (filter.path.kind == Kind::malformed)
        return bad("The query names something that is neither a parameter nor an attribute.");
    if (filter.path.kind == Kind::unknown) return ignore(item.name);
    if (filter.path.tag() == tags::TimezoneOffsetFromUTC && !filter.path.nested()) {
        if (seen("TimezoneOffsetFromUTC")) return bad(item.name + " must not be repeated.");
        zone_minutes_ = read_zone(item.value);
        if (!zone_minutes_ && !item.value.empty()) return bad(item.name + " has the form +HHMM or -HHMM.");
        if (item.value.empty()) included_.push_back({tags::TimezoneOffsetFromUTC, true, false});
        return {};
    }
    return keep_filter(std::move(filter));
}

Status Parser::keep_filter(Filter filter) {
    const bool repeated = std::any_of(filters_.begin(), filters_.end(), [&](const Filter& other) {
        return other.path.tags == filter.path.tags;
    });
    if (repeated) return bad("The attribute " + filter.name + " must not be repeated.");
    filters_.push_back(std::move(filter));
    return {};
}

Status Parser::read_item(const http::QueryItem& item) {
    if (!is_utf8(item.name) || !is_utf8(item.value)) return bad("The query is not UTF-8.");
    ISO_TRY(const bool done, read_service_parameter(item.name, item.value));
    if (done) return {};
    return read_filter(item);
}

/// A private attribute says nothing without the creator of its block (standard-face.md 5.1).
Status Parser::check_private_creators() {
    if (!profile_.standard) return {};
    for (const Filter& filter : filters_) {
        const Tag tag = filter.path.tags.front();
        if (!tag.is_private() || tag.element < 0x1000) continue;
        bad_parameter_ = filter.name;
        if (creator_of(tag) == nullptr)
            return bad("The private attribute " + filter.name + " needs its private creator.");
    }
    bad_parameter_.clear();
    return {};
}

/// The compatibility faces take attributes of the levels of 6.2 only; the standard refuses those below the
/// target (PS3.18 10.6.1.2.1).
Status Parser::check_level(const Filter& filter, Level level) const {
    if (profile_.standard) {
        if (level <= row_level(scope_.resource)) return {};
        return bad("The attribute " + filter.name + " is of a lower level than what is searched for.");
    }
    return covers_level(scope_.resource, level) ? Status{} : not_queryable(filter.name);
}

void Parser::return_filter(const Filter& filter) {
    // Values that only the index computes or cuts are shown as they are in the index.
    request_.return_set.add({filter.path.tags.front(), profile_.standard, false});
}

/// The filters of dicomweb.md 6.2; the index can match more.
bool is_compatibility_filter(Tag tag) {
    constexpr std::array kFilters{
        tags::SOPInstanceUID,    tags::StudyDate,
        tags::AccessionNumber,   tags::Modality,
        tags::ModalitiesInStudy, tags::ReferringPhysicianName,
        tags::StudyDescription,  tags::ManufacturerModelName,
        tags::PatientName,       tags::PatientID,
        tags::PatientBirthDate,  tags::StudyInstanceUID,
        tags::SeriesInstanceUID, tags::PerformedProcedureStepStartDate,
    };
    return std::find(kFilters.begin(), kFilters.end(), tag) != kFilters.end();
}

/// The filter that names the creator of the block of `tag`; nullptr: none.
const Filter* Parser::creator_of(Tag tag) const {
    const Tag creator{tag.group, static_cast<std::uint16_t>(tag.element >> 8U)};
    const auto at = std::find_if(filters_.begin(), filters_.end(), [&](const Filter& other) {
        return !other.path.nested() && other.path.tag() == creator && !other.value.empty();
    });
    return at == filters_.end() ? nullptr : &*at;
}

/// Private attributes are compared with the stored documents of instances, whatever block an object uses
/// (standard-face.md 5.1); a creator alone and everything else are ignored, with a warning.
Status Parser::apply_unindexed(const Filter& filter) {
    const Tag tag = filter.path.tag();
    const bool is_creator = tag.is_private() && tag.element < 0x1000;
    const bool used = is_creator && std::any_of(filters_.begin(), filters_.end(), [&](const Filter& other) {
                          return !other.path.nested() && other.path.tag().element >= 0x1000 &&
                                 other.path.tag().is_private() && creator_of(other.path.tag()) == &filter;
                      });
    if (used) return {};
    const bool comparable = tag.is_private() && !is_creator && !filter.path.nested();
    if (!comparable) return ignore(filter.name);
    request_.private_attributes.push_back({creator_of(tag)->value, tag});
    if (filter.value.empty() || filter.value == "*") return {};
    // The query does not say which VR the attribute has, nor how many values.
    PrivateValue wanted{request_.private_attributes.back(), {}};
    AttributePath path = filter.path;
    path.multi_valued = true;
    for (const dicom::Vr vr : kComparedAs) {
        path.vr = vr;
        // Hexadecimal digits have no case: lower, as in row_check.cpp.
        const std::string value = vr == dicom::Vr::AT ? http::to_lower(filter.value) : filter.value;
        auto conditions = read_match_value(path, filter.name, value, options_);
        // Of a text, which takes both separators and wildcards, everything is a value within limits.
        if (!conditions && vr == dicom::Vr::LO) return conditions.error();
        if (conditions) wanted.readings.push_back({vr, *std::move(conditions)});
    }
    request_.checks.emplace_back(std::move(wanted));
    return {};
}

Status Parser::apply_filter(const Filter& filter) {
    bad_parameter_ = filter.name;
    const std::optional<Tag> sequence =
        filter.path.nested() ? std::optional<Tag>(filter.path.tags.front()) : std::nullopt;
    const auto level = dicom::searchable_level(filter.path);
    if (!profile_.standard && (!level || !is_compatibility_filter(filter.path.tag())))
        return not_queryable(filter.name);
    if (profile_.standard && filter.path.vr == dicom::Vr::SQ) {
        // The sequence itself can only be asked for, not compared.
        if (!filter.value.empty()) return bad("A value must be given for a member of the sequence.");
        ISO_CHECK(check_level(filter, level_of(filter.path.tags.front())));
        request_.return_set.add({filter.path.tags.front(), true, true});
        return {};
    }
    if (!level) return apply_unindexed(filter);
    ISO_CHECK(check_level(filter, *level));
    ISO_TRY(Conditions conditions, read_match_value(filter.path, filter.name, filter.value, options_));
    for (dicom::Match& match : conditions)
        request_.query.matchers.push_back({filter.path.tag(), sequence, std::move(match)});
    return_filter(filter);
    return {};
}

Status Parser::apply_filters() {
    ISO_CHECK(check_private_creators());
    for (const Filter& filter : filters_)
        ISO_CHECK(apply_filter(filter));
    bad_parameter_.clear();
    if (!profile_.standard) return {};
    if (const auto time = find_time_over_midnight(request_.query.matchers)) {
        const auto filter = std::ranges::find_if(
            filters_, [&](const Filter& each) { return !each.path.nested() && each.path.tag() == *time; });
        bad_parameter_ = filter->name;
        return bad("The value of " + filter->name +
                   " cannot be used: a range runs over midnight only with the same range of dates.");
    }
    for (RowCheck& check : combine_dates_and_times(request_.query.matchers, zone_minutes_))
        request_.checks.push_back(std::move(check));
    return {};
}

/// D10. UIDs of the levels are never absent, and their index is worth keeping.
void Parser::let_unknown_match() {
    for (dicom::Matcher& matcher : request_.query.matchers) {
        const bool always_there = matcher.tag == tags::StudyInstanceUID ||
                                  matcher.tag == tags::SeriesInstanceUID ||
                                  matcher.tag == tags::SOPInstanceUID;
        matcher.or_unknown = !always_there;
    }
    request_.unknown_matches = true;
}

void Parser::finish() {
    if (profile_.unknown_matches) let_unknown_match();
    for (const ReturnField& field : included_)
        request_.return_set.add(field);
    dicom::Query& query = request_.query;
    query.level = row_level(scope_.resource);
    const auto pin = [&](Tag tag, const std::string& uid) {
        if (uid.empty()) return;
        query.matchers.push_back({tag, std::nullopt, dicom::MatchUid{{uid}}});
        request_.return_set.add({tag, profile_.standard, false});
    };
    pin(tags::StudyInstanceUID, scope_.study.str());
    pin(tags::SeriesInstanceUID, scope_.series.str());
    if (profile_.standard && !scope_.study.empty()) query.order = dicom::Query::Order::by_number;
    query.want_document = !request_.checks.empty() || !request_.private_attributes.empty() ||
                          needs_document(profile_, query.level, request_.return_set);
}

Result<SearchRequest> Parser::parse(std::string_view query) {
    ISO_CHECK(check_query_guard(profile_, query));
    const auto items = http::parse_query(query);
    if (!items) return bad("The query has a broken percent escape.");
    if (items->size() > kMaxItems) return bad("The query has too many parameters.");
    options_.standard = profile_.standard;
    request_.query.limit = profile_.standard ? limits_.max_results : profile_.default_limit;
    for (const http::QueryItem& item : *items) {
        bad_parameter_ = item.name;
        ISO_CHECK(read_item(item));
    }
    bad_parameter_ = "includefield";
    if (all_ && !profile_.standard && include_items_ > 1) return bad("includefield has all beside others.");
    bad_parameter_.clear();
    request_.return_set = default_return_set(profile_, scope_.resource, all_);
    ISO_CHECK(apply_filters());
    finish();
    return std::move(request_);
}

}  // namespace

Result<SearchRequest> parse_search(const Profile& profile, const SearchScope& scope, std::string_view query,
                                   const SearchLimits& limits, std::string& bad_parameter) {
    return Parser(profile, scope, limits, bad_parameter).parse(query);
}

Status check_query_guard(const Profile& profile, std::string_view query) {
    if (profile.standard) return {};
    if (query.find('<') == std::string_view::npos && query.find("%3C") == std::string_view::npos &&
        query.find("%3c") == std::string_view::npos) {
        return {};
    }
    return bad("The query string holds a character that is not allowed.");
}

Result<std::uint64_t> read_count(std::string_view name, std::string_view text, std::uint64_t max,
                                 bool refuse_above) {
    const std::string label(name);
    text = http::trim(text);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
        return bad(label + " must be a whole number that is not negative.");
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{}) value = UINT64_MAX;
    if (value > max) {
        if (refuse_above) return bad(label + " must not be greater than " + std::to_string(max) + ".");
        return max;
    }
    return value;
}

Result<bool> read_bool(std::string_view name, std::string_view text, bool any_case) {
    const std::string value = any_case ? http::to_lower(http::trim(text)) : std::string(text);
    if (value == "true") return true;
    if (value == "false") return false;
    return bad(std::string(name) + " must be true or false.");
}

}  // namespace isocenter::api
