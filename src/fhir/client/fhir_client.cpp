#include "fhir/client/fhir_client.h"

#include <fmt/format.h>

#include <utility>

#include "fhir/client/server_address.h"
#include "fhir/exact_json.h"
#include "fhir/json_members.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

constexpr std::string_view kFhirJson = "application/fhir+json";
/// A server whose pages never end must not hold a worker for ever, nor fill its memory. How much a page holds
/// the server decides.
constexpr std::size_t kMostResourcesOfJob = 100'000;
constexpr int kMostPagesOfJob = 10'000;

std::string_view text_at(const json::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const json::value* found = value.find_pointer(pointer, error);
    return found != nullptr && found->is_string() && !is_exact_number(*found)
               ? std::string_view(found->get_string())
               : std::string_view();
}

std::string next_link(const json::object& bundle) {
    for (const json::value& link : list_member(bundle, "link")) {
        if (text_at(link, "/relation") == "next") return std::string(text_at(link, "/url"));
    }
    return {};
}

Capability capability_of(const json::object& statement) {
    Capability capability;
    if (const json::value* version = statement.if_contains("fhirVersion"); version && version->is_string())
        capability.fhir_version = std::string(version->get_string());
    for (const json::value& rest : list_member(statement, "rest")) {
        if (!rest.is_object()) continue;
        for (const json::value& interaction : list_member(rest.get_object(), "interaction"))
            capability.transactions |= text_at(interaction, "/code") == "transaction";
        for (const json::value& resource : list_member(rest.get_object(), "resource")) {
            boost::system::error_code error;
            const json::value* flag = resource.find_pointer("/updateCreate", error);
            if (flag != nullptr && flag->is_bool() && flag->get_bool())
                capability.update_creates.emplace(text_at(resource, "/type"));
            if (!resource.is_object()) continue;
            auto& parameters = capability.search_parameters[std::string(text_at(resource, "/type"))];
            for (const json::value& parameter : list_member(resource.get_object(), "searchParam"))
                parameters.emplace(text_at(parameter, "/name"));
        }
    }
    return capability;
}

EntryRequest entry_request_of(const json::value& entry) {
    EntryRequest request;
    request.method = std::string(text_at(entry, "/request/method"));
    request.conditional_create = request.method == "POST" && !text_at(entry, "/request/ifNoneExist").empty();
    return request;
}

/// Said of what a job always asks for, 404 and 405 are about the server, or what stands before it: a study
/// changes nothing of it. A type that the server does not know at all is another matter.
Failure as_trouble(Failure failure) {
    const bool nowhere = failure.status == 404 || failure.status == 405;
    const bool unknown_type = failure.text.find("nknown resource") != std::string::npos ||
                              failure.text.find("not-supported") != std::string::npos;
    if (failure.kind == FailureKind::refused && nowhere && !unknown_type)
        failure.kind = FailureKind::transient;
    return failure;
}

}  // namespace

std::string unusable_server(const Capability& capability) {
    return fmt::format(
        "the FHIR server at fhir.endpoint speaks version \"{}\" {} transactions; 4.0.0 or 4.0.1 with "
        "transactions is needed",
        capability.fhir_version, capability.transactions ? "with" : "without");
}

FhirClient::FhirClient(net::HttpSender& sender, Options options)
    : sender_(sender), options_(std::move(options)) {
    options_.base.resize(options_.base.find_last_not_of('/') + 1);
}

Attempt<net::HttpReply> FhirClient::send(net::HttpRequest request) {
    request.headers.emplace_back("Accept", kFhirJson);
    request.headers.emplace_back("Cache-Control", "no-cache");
    request.timeout = options_.timeout;
    auto reply = sender_.send(request);
    if (!reply) return failed(failure_of(reply.error()));
    return std::move(*reply);
}

Attempt<json::object> FhirClient::send_for_object(net::HttpRequest request) {
    FHIR_TRY(const net::HttpReply reply, send(std::move(request)));
    if (reply.status != 200) return failed(failure_of(reply));
    boost::system::error_code error;
    json::value document = parse_exact(reply.body, error);
    if (error || !document.is_object()) return failed(no_fhir_in(reply));
    return std::move(document.get_object());
}

Attempt<Capability> FhirClient::capability() {
    FHIR_TRY(const json::object statement, send_for_object({.url = options_.base + "/metadata"}));
    return capability_of(statement);
}

Attempt<Capability> FhirClient::usable_capability() {
    FHIR_TRY(Capability answer, capability());
    if (!answer.usable()) return failed(FailureKind::target_down, unusable_server(answer));
    return answer;
}

Attempt<void> FhirClient::visit_pages(std::string_view type, net::HttpRequest first, int most_pages,
                                      Check check,
                                      const std::function<Attempt<void>(json::object&&)>& visit) {
    net::HttpRequest request = std::move(first);
    for (int page = 0; !request.url.empty(); ++page) {
        // A link to elsewhere would hand our credentials to whoever wrote it.
        auto here = address_at(request.url, options_.base);
        if (!here || page == most_pages)
            return failed(FailureKind::refused, "the pages of a search lead elsewhere or never end");
        request.url = std::move(*here);
        FHIR_TRY(json::object bundle, send_for_object(request));
        request = net::HttpRequest{.url = resolve_link(next_link(bundle), request.url, options_.base)};
        json::value* entries = bundle.if_contains("entry");
        if (entries == nullptr || !entries->is_array()) continue;
        for (json::value& entry : entries->get_array()) {
            if (text_at(entry, "/resource/resourceType") != type) continue;
            if (text_at(entry, "/search/mode") == "include") continue;
            json::object& resource = entry.at("resource").get_object();
            if (const auto usable = check(resource); !usable) return failed(usable.error());
            if (auto status = visit(std::move(resource)); !status) return status;
        }
    }
    return {};
}

Attempt<std::vector<json::object>> FhirClient::search(std::string_view type, std::string_view query) {
    std::vector<json::object> found;
    const auto status =
        visit_pages(type, {.url = options_.base + '/' + std::string(type) + '?' + std::string(query)},
                    kMostPagesOfJob, &check_found, [&](json::object&& resource) -> Attempt<void> {
                        if (found.size() == kMostResourcesOfJob)
                            return failed(FailureKind::refused, "a search finds too much");
                        found.push_back(std::move(resource));
                        return {};
                    });
    if (!status) return failed(as_trouble(status.error()));
    return found;
}

Attempt<void> FhirClient::search_each(std::string_view type, std::string form,
                                      const std::function<Attempt<void>(json::object&&)>& visit,
                                      int most_pages) {
    net::HttpRequest request{.method = "POST", .url = options_.base + '/' + std::string(type) + "/_search"};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = std::move(form);
    return visit_pages(type, std::move(request), most_pages, &check_id, visit);
}

Attempt<std::uint64_t> FhirClient::count(std::string_view type, std::string_view query) {
    std::string url = options_.base + '/' + std::string(type) + "?_summary=count";
    if (!query.empty()) url += '&' + std::string(query);
    FHIR_TRY(const json::object bundle, send_for_object({.url = std::move(url)}));
    const json::value* total = bundle.if_contains("total");
    if (total == nullptr || !total->is_int64() || total->get_int64() < 0)
        return failed(FailureKind::refused, "the FHIR server's answer to a count has no total", 200);
    return static_cast<std::uint64_t>(total->get_int64());
}

Attempt<std::optional<json::object>> FhirClient::read(std::string_view type, std::string_view id) {
    FHIR_TRY(const net::HttpReply reply,
             send({.url = options_.base + '/' + std::string(type) + '/' + std::string(id)}));
    if (reply.status == 404 || reply.status == 410) return std::optional<json::object>();
    if (reply.status != 200) return failed(failure_of(reply));
    boost::system::error_code error;
    json::value document = parse_exact(reply.body, error);
    if (error || !document.is_object()) return failed(no_fhir_in(reply));
    if (const auto usable = check_found(document.get_object()); !usable) return failed(usable.error());
    return std::optional<json::object>(std::move(document.get_object()));
}

Attempt<std::vector<EntryReply>> FhirClient::transact(json::array entries) {
    std::vector<EntryRequest> requests;
    bool deletes = false;
    for (const json::value& entry : entries) {
        requests.push_back(entry_request_of(entry));
        deletes |= requests.back().method == "DELETE";
    }
    const json::object bundle{
        {"resourceType", "Bundle"}, {"type", "transaction"}, {"entry", std::move(entries)}};
    net::HttpRequest request{.method = "POST", .url = options_.base};
    request.headers = {{"Content-Type", std::string(kFhirJson)},
                       {"Accept", std::string(kFhirJson)},
                       {"Prefer", "return=minimal"}};
    request.body = serialize_exact(bundle);
    request.timeout = options_.timeout;
    const auto reply = sender_.send(request);
    if (!reply) return failed(failure_of(reply.error()));
    if (reply->status < 200 || reply->status >= 300) {
        Failure failure = failure_of_transaction(*reply, deletes);
        // An OperationOutcome is the FHIR server's word on these entries, not that of what stands before it.
        if (outcome_text(reply->body).value_or("").empty()) failure = as_trouble(std::move(failure));
        return failed(std::move(failure));
    }
    if (is_web_page(*reply)) return failed(no_fhir_in(*reply));
    return check_transaction(reply->body, requests);
}

}  // namespace isocenter::fhir
