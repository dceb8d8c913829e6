#include <algorithm>
#include <functional>
#include <set>
#include <span>
#include <utility>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/entity.h"
#include "api/dicomweb/query_params.h"
#include "api/dicomweb/retrieval.h"
#include "api/dicomweb/search_body.h"
#include "api/dicomweb/store_response.h"
#include "api/errors.h"
#include "api/face.h"
#include "dicom/tags.h"
#include "http/ascii.h"

namespace isocenter::api {
namespace {

constexpr DataSetOffer kOffer{true, false};

http::Response refuse(const Face& face, const http::Request& request, const Error& error,
                      std::string_view parameter = {}) {
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

/// Rows that are looked into one by one for what the index cannot compare; what needs more cannot be bounded.
constexpr std::uint64_t kMaxChecked = 10'000;

/// Gives `sink` the rows of `query` that pass all `checks`, whatever page the query asks for. What is unknown
/// passes the checks where it passes the query.
Status check_rows(const Face& face, dicom::Query query, std::span<const RowCheck> checks,
                  bool unknown_matches, const std::function<Status(index::SearchRow&&)>& sink) {
    query.offset = 0;
    query.limit = kMaxChecked + 1;
    query.want_document = true;
    const RowCheckRules rules{face.options.site_utc_offset_minutes, unknown_matches};
    std::uint64_t checked = 0;
    const auto searched = face.archive.search(query, [&](index::SearchRow&& row) -> Status {
        if (++checked > kMaxChecked)
            return fail(ErrorCode::too_large,
                        "The search is too broad for its time zone or private attribute.");
        const bool all =
            std::ranges::all_of(checks, [&](const RowCheck& check) { return passes(check, row, rules); });
        return all ? sink(std::move(row)) : Status{};
    });
    if (!searched) return searched.error();
    return {};
}

/// A search whose rows are checked beside the index, paged after that.
Result<index::SearchSummary> search_with_checks(const Face& face, const SearchRequest& search,
                                                const std::function<Status(index::SearchRow&&)>& sink) {
    std::uint64_t passed = 0;
    const auto page = [&](index::SearchRow&& row) -> Status {
        const std::uint64_t place = passed++;
        if (place < search.query.offset || place - search.query.offset >= search.query.limit) return {};
        return sink(std::move(row));
    };
    ISO_CHECK(check_rows(face, search.query, search.checks, search.unknown_matches, page));
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
    const auto keep = [&](index::SearchRow&& row) -> Status {
        uids.insert(series ? row.key.series.str() : row.key.study.str());
        return {};
    };
    ISO_CHECK(
        check_rows(face, instances, std::span(search.checks.begin(), others), search.unknown_matches, keep));
    search.checks.erase(search.checks.begin(), others);
    search.query.matchers.push_back({series ? dicom::tags::SeriesInstanceUID : dicom::tags::StudyInstanceUID,
                                     std::nullopt, dicom::MatchUid{{uids.begin(), uids.end()}}});
    return {};
}

/// The rows of the page, without their documents: those are fetched while the answer is written.
Result<index::SearchSummary> gather(const Face& face, SearchRequest& search,
                                    std::vector<index::SearchRow>& rows) {
    ISO_CHECK(resolve_private(face, search));
    const auto sink = [&rows](index::SearchRow&& row) -> Status {
        row.document.reset();
        rows.push_back(std::move(row));
        return {};
    };
    if (!search.checks.empty()) return search_with_checks(face, search, sink);
    dicom::Query query = search.query;
    query.want_document = false;
    return face.archive.search(query, sink);
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

Result<http::Response> write_answer(SearchBody body) {
    const Profile& profile = body.face.profile;
    if (body.rows.empty() && profile.empty_search_status == 204) return http::empty_response(204);
    // About what a row takes without its document.
    constexpr std::uint64_t kRowBytes = 4096;
    ISO_CHECK(body.memory.resize(body.rows.size() * kRowBytes));
    http::Response response;
    response.headers.set("Content-Type",
                         body.xml ? body.xml->content_type() : std::string(json_content_type(profile)));
    ISO_CHECK(send_in_batches(response, make_search_source(std::move(body))));
    return response;
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
    if (!key) return refuse(face, request, key.error(), ill_formed_parameter(context.params));
    if (!search) return refuse(face, request, search.error(), parameter);
    if (const Status accept = check_accept(face.profile, request); !accept)
        return refuse(face, request, accept.error(), "accept");
    if (!form) return not_acceptable(face, request, form.error());
    std::optional<XmlParts> xml;
    if (*form != DataSetForm::json) xml.emplace();
    const auto syntaxes = [&face](const index::EntityKey& instance) {
        return available_syntaxes(face, instance);
    };
    SearchBody body{face,
                    {face.profile, *search, face.base_uri(request), syntaxes},
                    {},
                    search->query.want_document,
                    std::move(xml),
                    MemoryBudget::Lease(*face.memory)};
    const auto summary = gather(face, *search, body.rows);
    if (!summary) return refuse(face, request, summary.error());
    const std::uint64_t returned = body.rows.size();
    auto response = write_answer(std::move(body));
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
