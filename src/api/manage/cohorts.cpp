#include "api/manage/cohorts.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/ranges.h>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/query_params.h"
#include "api/errors.h"
#include "api/profile.h"
#include "base/log.h"
#include "fhir/auth/token_source.h"
#include "http/ascii.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kLines = "application/x-ndjson; charset=utf-8";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::size_t kLongestDefinition = 1U << 20U;
constexpr std::uint64_t kLargestPage = 1000;

http::Response refuse(const http::Request& request, const CohortRefusal& refusal) {
    const Error error = fail(ErrorCode::invalid_request, refusal.message);
    http::Response response = error_response(standard_profile(), request, error, refusal.status, {});
    if (refusal.retry_after)
        response.headers.set("Retry-After", std::to_string(refusal.retry_after->count()));
    if (refusal.status == 401) response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

http::Response answer(unsigned status, std::string_view type, std::string body) {
    http::Response response = http::text_response(status, type, std::move(body));
    response.headers.add("Cache-Control", "no-store");
    return response;
}

tl::unexpected<CohortRefusal> bad(std::string message) {
    return tl::unexpected<CohortRefusal>(CohortRefusal{400, std::move(message), {}});
}

/// The token of `Authorization: Bearer ...`; empty when there is none.
std::string bearer_of(const http::Request& request) {
    constexpr std::string_view kScheme = "bearer ";
    const std::string_view field = request.headers.get("Authorization");
    if (!http::starts_with_ignore_case(field, kScheme)) return {};
    const std::string token(field.substr(kScheme.size()));
    return fhir::is_token(token) ? token : std::string();
}

using Names = std::vector<std::string_view>;

/// What the query says; only parameters that have an effect are allowed.
CohortAnswer<CohortPage> page_of(const http::Request& request, const Names& allowed) {
    const auto items = http::parse_query(request.query);
    if (!items) return bad("the query has a broken escape");
    CohortPage page;
    page.base_url = request.base_url;
    page.token = bearer_of(request);
    page.abandoned = request.abandoned;
    for (const http::QueryItem& item : *items) {
        if (std::find(allowed.begin(), allowed.end(), item.name) == allowed.end())
            return bad(fmt::format("{} has no effect here: allowed are {}", item.name,
                                   allowed.empty() ? "none" : fmt::to_string(fmt::join(allowed, ", "))));
        if (item.name == "asOf" && !item.value.empty()) {
            page.as_of = item.value;
            // The '+' of a zone, which queries take for a space: dates have none.
            std::replace(page.as_of.begin(), page.as_of.end(), ' ', '+');
        } else if (item.name == "cursor" && !item.value.empty()) {
            page.cursor = item.value;
        } else if (item.name == "frozen" && (item.value == "true" || item.value == "false")) {
            page.frozen = item.value == "true";
        } else if (item.name == "limit") {
            const auto limit = read_count("limit", item.value, kLargestPage, true);
            if (!limit || *limit == 0) return bad("limit must be a whole number from 1 to 1000");
            page.limit = *limit;
        } else {
            return bad(item.name + " cannot be \"" + item.value + "\": frozen is true or false");
        }
    }
    if (page.frozen && !page.as_of.empty()) return bad("asOf cannot move what was frozen: it has its own");
    return page;
}

/// Whether the client asked for that type by name.
bool asks_for(const http::Request& request, std::string_view type, std::string_view subtype) {
    const AcceptLists lists = read_accept(standard_profile(), request);
    return std::any_of(lists.header.begin(), lists.header.end(), [&](const http::MediaType& range) {
        return range.type == type && range.subtype == subtype;
    });
}

bool asks_for_lines(const http::Request& request) {
    return asks_for(request, "application", "x-ndjson");
}

http::Response document(const http::Request& request, CohortAnswer<std::string> made, unsigned status = 200) {
    return made ? answer(status, kJson, *std::move(made)) : refuse(request, made.error());
}

http::Response lines(const http::Request& request, CohortAnswer<std::unique_ptr<ByteSource>> made) {
    if (!made) return refuse(request, made.error());
    http::Response response;
    response.headers.add("Content-Type", std::string(kLines));
    response.headers.add("Cache-Control", "no-store");
    response.body = *std::move(made);
    return response;
}

/// Reads the definition, then runs it.
class PostExchange : public http::Exchange {
  public:
    PostExchange(Cohorts& cohorts, const http::Request& request) : cohorts_(cohorts), request_(request) {}

    Status on_body(ByteView bytes) override {
        if (body_.size() + bytes.size() > kLongestDefinition)
            return fail(ErrorCode::too_large, "a cohort definition has at most 1 MB");
        body_ += as_text(bytes);
        return {};
    }
    http::Response finish() override {
        const auto page = page_of(request_, {"asOf", "limit", "cursor"});
        if (!page) return refuse(request_, page.error());
        if (asks_for_lines(request_)) return lines(request_, cohorts_.post_lines(body_, *page));
        return document(request_, cohorts_.post(body_, *page));
    }

  private:
    Cohorts& cohorts_;
    const http::Request& request_;
    std::string body_;
};

http::Response get(Cohorts& cohorts, const std::string& name, const CohortPage& page,
                   const http::Request& request) {
    if (asks_for_lines(request)) return lines(request, cohorts.get_lines(name, page));
    return document(request, cohorts.get(name, page));
}

http::Response studies(Cohorts& cohorts, const std::string& name, const CohortPage& page,
                       const http::Request& request) {
    const auto found = cohorts.studies(name, page);
    if (!found) return refuse(request, found.error());
    const bool as_json = asks_for(request, "application", "json");
    std::string text = as_json ? "[" : "";
    for (const CohortStudy& study : *found) {
        if (!as_json) {
            text += study.uid + '\n';
            continue;
        }
        text += (text.size() > 1 ? ",\n" : "") + std::string("{\"partitionName\":") +
                json_quote(study.partition) + ",\"studyInstanceUid\":" + json_quote(study.uid) + '}';
    }
    return as_json ? answer(200, kJson, text + ']') : answer(200, kText, std::move(text));
}

http::Response freeze(Cohorts& cohorts, const std::string& name, const CohortPage& page,
                      const http::Request& request) {
    return document(request, cohorts.freeze(name, page), 201);
}

http::Response remove(Cohorts& cohorts, const std::string& name, const CohortPage& page,
                      const http::Request& request) {
    const auto removed = cohorts.remove(name, page);
    return removed ? http::empty_response(204) : refuse(request, removed.error());
}

using Act = http::Response (*)(Cohorts&, const std::string&, const CohortPage&, const http::Request&);

http::Route named(Cohorts& cohorts, net::Lane& lane, http::Method method, std::string pattern, Act act,
                  Names allowed) {
    http::Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.lane = &lane;
    route.handler = [&cohorts, act, allowed = std::move(allowed)](const http::RequestContext& context) {
        const auto page = page_of(context.request, allowed);
        if (!page) return refuse(context.request, page.error());
        return act(cohorts, std::string(context.params.get("name")), *page, context.request);
    };
    return route;
}

}  // namespace

std::vector<http::Route> cohort_routes(Cohorts& cohorts, const CohortLanes& lanes) {
    using http::Method;
    http::Route post;
    post.method = Method::post;
    post.pattern = "/cohorts";
    post.lane = &lanes.run;
    post.exchange =
        [&cohorts](const http::RequestContext& context) -> Result<std::unique_ptr<http::Exchange>> {
        return std::make_unique<PostExchange>(cohorts, context.request);
    };
    http::Route list;
    list.pattern = "/cohorts";
    list.lane = &lanes.list;
    list.handler = [&cohorts](const http::RequestContext& context) {
        return document(context.request, cohorts.list());
    };
    return {
        post, list,
        named(cohorts, lanes.run, Method::get, "/cohorts/{name}", get, {"asOf", "limit", "cursor", "frozen"}),
        named(cohorts, lanes.run, Method::get, "/cohorts/{name}/studies", studies,
              {"asOf", "cursor", "frozen"}),
        // What is kept is of this moment, and whole: neither a list frozen before nor the rest of a run.
        named(cohorts, lanes.run, Method::post, "/cohorts/{name}/freeze", freeze, {"asOf"}),
        named(cohorts, lanes.remove, Method::delete_, "/cohorts/{name}", remove, {})};
}

}  // namespace isocenter::api
