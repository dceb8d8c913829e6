#include <utility>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/checked_search.h"
#include "api/dicomweb/entity.h"
#include "api/dicomweb/member_list.h"
#include "api/dicomweb/query_params.h"
#include "api/dicomweb/retrieval.h"
#include "api/dicomweb/search_body.h"
#include "api/dicomweb/store_response.h"
#include "api/errors.h"
#include "api/face.h"
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

/// Fails only where another try may not: what was found went before its documents were read.
Result<http::Response> try_answer(const Face& face, SearchResource resource,
                                  const http::RequestContext& context) {
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
    const auto summary = search_rows(face, *search, body.rows, body.memory);
    if (!summary) return refuse(face, request, summary.error());
    const std::uint64_t returned = body.rows.size();
    auto response = write_answer(std::move(body));
    if (!response) return response;
    add_warnings(face, *search, *summary, returned, *response);
    if (face.profile.standard) response->headers.set("Cache-Control", "private, no-cache");
    return response;
}

http::Response answer(const Face& face, SearchResource resource, const http::RequestContext& context) {
    for (int tried = 1;; ++tried) {
        auto response = try_answer(face, resource, context);
        if (response) return *std::move(response);
        if (response.error().code != ErrorCode::changed || tried == kMostRenewals)
            return refuse(face, context.request, response.error());
    }
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
