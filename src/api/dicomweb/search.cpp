#include <algorithm>
#include <functional>
#include <set>
#include <span>
#include <utility>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/entity.h"
#include "api/dicomweb/query_params.h"
#include "api/dicomweb/search_response.h"
#include "api/dicomweb/xml_parts.h"
#include "api/errors.h"
#include "api/face.h"
#include "dicom/tags.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

constexpr DataSetOffer kOffer{true, false};

http::Response refuse(const Face& face, const http::Request& request, const Error& error,
                      const std::string& parameter = {}) {
    ErrorDetails details;
    details.parameter = parameter;
    return error_response(face.profile, request, error, details);
}

http::Response not_acceptable(const Face& face, const http::Request& request, const Error& error) {
    ErrorDetails details;
    details.asked = asked_ranges(request);
    details.available = available_forms(face.profile, kOffer);
    details.bodiless = true;
    return error_response(face.profile, request, error, details);
}

/// Matches gathered in the form that was chosen.
struct Matches {
    std::string json = "[";
    std::vector<std::string> rows;  ///< for XML
    std::uint64_t count = 0;
};

/// Rows that are looked into one by one for what the index cannot compare; what needs more cannot be bounded.
constexpr std::uint64_t kMaxChecked = 10'000;

/// Gives `sink` the rows of `query` that pass all `checks`, whatever page the query asks for.
Status check_rows(const Face& face, dicom::Query query, std::span<const RowCheck> checks,
                  const std::function<Status(index::SearchRow&&)>& sink) {
    query.offset = 0;
    query.limit = kMaxChecked + 1;
    query.want_document = true;
    std::uint64_t checked = 0;
    const auto searched = face.archive.search(query, [&](index::SearchRow&& row) -> Status {
        if (++checked > kMaxChecked)
            return fail(ErrorCode::too_large,
                        "The search is too broad for its time zone or private attribute.");
        const bool all = std::ranges::all_of(checks, [&](const RowCheck& check) {
            return passes(check, row, face.options.site_utc_offset_minutes);
        });
        return all ? sink(std::move(row)) : Status{};
    });
    if (!searched) return searched.error();
    return {};
}

/// A search whose rows are checked beside the index, paged after that.
Result<index::SearchSummary> search_with_checks(const Face& face, const SearchRequest& search,
                                                const std::function<Status(index::SearchRow&&)>& sink) {
    std::uint64_t passed = 0;
    ISO_CHECK(check_rows(face, search.query, search.checks, [&](index::SearchRow&& row) -> Status {
        const std::uint64_t place = passed++;
        if (place < search.query.offset || place - search.query.offset >= search.query.limit) return {};
        return sink(std::move(row));
    }));
    index::SearchSummary summary;
    summary.total = passed;
    summary.more = passed > search.query.offset && passed - search.query.offset > search.query.limit;
    return summary;
}

/// Of which level a private attribute is nobody can say, so a study or series matches when one of its
/// instances does: the conditions on private attributes become a list of UIDs.
Status resolve_private(const Face& face, SearchRequest& search) {
    const auto others = std::stable_partition(
        search.checks.begin(), search.checks.end(),
        [](const RowCheck& check) { return std::holds_alternative<PrivateValue>(check); });
    if (search.query.level == dicom::Level::instance || others == search.checks.begin()) return {};
    const bool series = search.query.level == dicom::Level::series;
    std::set<std::string> uids;
    dicom::Query instances = search.query;
    instances.level = dicom::Level::instance;
    ISO_CHECK(check_rows(face, instances, std::span(search.checks.begin(), others),
                         [&](index::SearchRow&& row) -> Status {
                             uids.insert(series ? row.key.series.str() : row.key.study.str());
                             return {};
                         }));
    search.checks.erase(search.checks.begin(), others);
    search.query.matchers.push_back({series ? dicom::tags::SeriesInstanceUID : dicom::tags::StudyInstanceUID,
                                     std::nullopt, dicom::MatchUid{{uids.begin(), uids.end()}}});
    return {};
}

Result<index::SearchSummary> gather(const Face& face, SearchRequest& search, std::string base_uri, bool xml,
                                    Matches& matches) {
    ISO_CHECK(resolve_private(face, search));
    RowWriter writer(face.profile, search, std::move(base_uri));
    const auto sink = [&](index::SearchRow&& row) -> Status {
        if (xml) {
            writer.append(matches.rows.emplace_back(), row);
        } else {
            if (matches.count != 0) matches.json += ',';
            writer.append(matches.json, row);
        }
        ++matches.count;
        return {};
    };
    if (!search.checks.empty()) return search_with_checks(face, search, sink);
    return face.archive.search(search.query, sink);
}

void add_warnings(const Face& face, const SearchRequest& search, const index::SearchSummary& summary,
                  std::uint64_t returned, http::Response& response) {
    const std::string agent = "299 " + face.options.service_name + ": ";
    for (const std::string& warning : search.warnings)
        response.headers.add("Warning", agent + warning);
    if (!face.profile.standard || !summary.more || !summary.total) return;
    const std::uint64_t seen = search.query.offset + returned;
    if (*summary.total <= seen) return;
    response.headers.add("Warning", agent + "There are " + std::to_string(*summary.total - seen) +
                                        " additional results that can be requested");
}

Result<http::Response> write_answer(const Face& face, Matches matches, bool xml) {
    if (matches.count == 0 && face.profile.empty_search_status == 204) return http::empty_response(204);
    if (xml) return xml_parts_response(matches.rows);
    matches.json += ']';
    return http::text_response(
        200, face.profile.standard ? "application/dicom+json" : "application/dicom+json; charset=utf-8",
        std::move(matches.json));
}

/// The UIDs of the path; resources over all studies have none.
Result<index::EntityKey> read_scope(SearchResource resource, const http::PathParams& params) {
    if (covers_level(resource, dicom::Level::study)) return index::EntityKey{};
    return read_entity(params);
}

/// A parameter of a type of its own: the compatibility faces read it before they look at Accept
/// (dicomweb.md 2.1, rows 5 and 7).
bool is_typed(std::string_view name) {
    return http::equals_ignore_case(name, "limit") || http::equals_ignore_case(name, "offset") ||
           http::equals_ignore_case(name, "fuzzymatching");
}

http::Response answer(const Face& face, SearchResource resource, const http::RequestContext& context) {
    const http::Request& request = context.request;
    const auto form = choose_data_set_form(face.profile, request, kOffer);
    const auto key = read_scope(resource, context.params);
    const SearchScope scope =
        key ? SearchScope{resource, key->study, key->series} : SearchScope{resource, {}, {}};
    const SearchLimits limits{face.options.max_results};
    std::string parameter;
    auto search = parse_search(face.profile, scope, request.query, limits, parameter);
    const bool accept_first = !face.profile.standard && (search.ok() || !is_typed(parameter));
    if (accept_first && !form) return not_acceptable(face, request, form.error());
    if (!key) return refuse(face, request, key.error());
    if (!search) return refuse(face, request, search.error(), parameter);
    if (!form) return not_acceptable(face, request, form.error());
    const bool xml = *form != DataSetForm::json;
    Matches matches;
    const auto summary = gather(face, *search, face.base_uri(request), xml, matches);
    if (!summary) return refuse(face, request, summary.error());
    const std::uint64_t returned = matches.count;
    auto response = write_answer(face, std::move(matches), xml);
    if (!response) return refuse(face, request, response.error());
    add_warnings(face, *search, *summary, returned, *response);
    if (face.profile.standard) response->headers.set("Cache-Control", "private, no-cache");
    return *std::move(response);
}

http::Route route(const Face& face, SearchResource resource, std::string pattern) {
    http::Route made;
    made.method = http::Method::get;
    made.pattern = std::move(pattern);
    made.lane = &face.lanes.query;
    made.access = http::Access::read;
    made.handler = [&face, resource](const http::RequestContext& context) {
        return answer(face, resource, context);
    };
    return made;
}

}  // namespace

std::vector<http::Route> search_routes(const Face& face) {
    return {
        route(face, SearchResource::studies, "/studies"),
        route(face, SearchResource::all_series, "/series"),
        route(face, SearchResource::all_instances, "/instances"),
        route(face, SearchResource::study_series, "/studies/{study}/series"),
        route(face, SearchResource::study_instances, "/studies/{study}/instances"),
        route(face, SearchResource::series_instances, "/studies/{study}/series/{series}/instances"),
    };
}

}  // namespace isocenter::api
