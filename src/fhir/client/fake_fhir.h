#pragma once

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/plan/lookups.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// For tests: a FHIR server whose searches find what is in `found`, by identifier and `_id` where they name
/// some, without identifiers by any; what is written is kept and not found. A conditional create that finds
/// something creates nothing.
class FakeFhir : public net::HttpSender {
  public:
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        const std::string whole = request.url.substr(std::string("http://fhir").size());
        const std::string path = whole.substr(0, whole.find(kOffset));
        if (request.method == "POST") return transact(request.body);
        ++asked[path.substr(0, path.find('?'))];
        queries.push_back(path);
        if (path == "/metadata") {
            return reply(
                200,
                {{"fhirVersion", version},
                 {"rest", boost::json::array{{{"interaction", boost::json::array{{{"code", "transaction"}}}},
                                              {"resource", types}}}}});
        }
        if (closed > 0 && path.starts_with("/ServiceRequest?")) return reply(closed, {});
        const std::size_t question = path.find('?');
        boost::json::array entries;
        for (const boost::json::object& resource : found) {
            const std::string type(resource.at("resourceType").as_string());
            const std::string id(resource.at("id").as_string());
            if (path == '/' + type + '/' + id) return reply(200, resource);
            if (path.starts_with('/' + type + '?') && is_found(resource, path.substr(question + 1)))
                entries.emplace_back(boost::json::object{{"resource", resource}});
        }
        if (question == std::string::npos && path.find('/', 1) != std::string::npos) return reply(404, {});
        const std::size_t at = whole == path ? 0 : std::stoul(whole.substr(path.size() + kOffset.size()));
        return reply(200, one_page("http://fhir" + path, entries, at));
    }

    std::map<std::string, int> asked;  ///< path -> times
    std::vector<std::string> queries;  ///< path and query of every search and read
    std::vector<boost::json::object> found;
    std::vector<boost::json::array> written;
    /// Status of a transaction of these entries; 0: it succeeds.
    std::function<unsigned(const boost::json::array&)> judge;
    std::string reason;                           ///< in the outcome of transactions that fail
    unsigned refuse = 0;                          ///< status of transactions; 0: they succeed
    std::string status = "201 Created";           ///< of every entry of a transaction
    std::map<std::size_t, std::string> statuses;  ///< of single entries, by position
    std::string version = "4.0.1";
    boost::json::array types;   ///< of the capability statement
    bool ignores_case = false;  ///< of tokens, as R4 3.1.1.4.10 allows
    unsigned closed = 0;        ///< status of searches for orders
    std::size_t page = 1000;    ///< entries of an answer to a search; more are behind its next link

    /// The resource of that type in the last bundle.
    boost::json::object last(std::string_view type) const {
        for (const boost::json::value& entry : written.back()) {
            const boost::json::value* resource = entry.as_object().if_contains("resource");
            if (resource != nullptr && resource->at("resourceType").as_string() == type)
                return resource->as_object();
        }
        return {};
    }

  private:
    static constexpr std::string_view kOffset = "&_offset=";

    /// Whether the resource is one that the query asks for by identifiers or ids, if it does.
    bool is_found(const boost::json::object& resource, const std::string& query) const {
        for (std::size_t at = 0; at < query.size();) {
            const std::size_t end = std::min(query.find('&', at), query.size());
            const std::string parameter = query.substr(at, end - at);
            at = end + 1;
            const std::string name = parameter.substr(0, parameter.find('='));
            if (name != "identifier" && name != "_id") continue;
            std::vector<std::string> had{std::string(resource.at("id").as_string())};
            if (name == "identifier" && !resource.contains("identifier")) continue;
            if (name == "identifier") had = tokens_of(resource);
            if (!has_any(had, decoded(parameter.substr(name.size() + 1)))) return false;
        }
        return true;
    }
    /// `system|value` and `value` of each identifier, escaped as in a query.
    static std::vector<std::string> tokens_of(const boost::json::object& resource) {
        std::vector<std::string> tokens;
        for (const boost::json::value& each : resource.at("identifier").as_array()) {
            const auto* system = each.as_object().if_contains("system");
            const std::string value = escape_search_value(each.at("value").as_string());
            tokens.push_back((system == nullptr ? "" : escape_search_value(system->as_string())) + '|' +
                             value);
            tokens.push_back(value);
        }
        return tokens;
    }
    /// Of `list`, whose members commas separate.
    bool has_any(const std::vector<std::string>& had, const std::string& list) const {
        std::string token;
        for (std::size_t at = 0; at <= list.size(); ++at) {
            if (at < list.size() && (list[at] != ',' || (at > 0 && list[at - 1] == '\\'))) {
                token += list[at];
                continue;
            }
            if (std::any_of(had.begin(), had.end(), [&](const std::string& each) {
                    return each == token || (ignores_case && boost::algorithm::iequals(each, token));
                }))
                return true;
            token.clear();
        }
        return false;
    }
    static std::string decoded(const std::string& text) {
        std::string plain;
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '%') {
                plain += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
                at += 2;
            } else {
                plain += text[at];
            }
        }
        return plain;
    }
    /// What a condition of that entry finds.
    bool exists(const boost::json::value& entry) const {
        const auto* condition = entry.at("request").as_object().if_contains("ifNoneExist");
        return condition != nullptr &&
               std::any_of(found.begin(), found.end(), [&](const boost::json::object& resource) {
                   return resource.at("resourceType") == entry.at("request").at("url") &&
                          is_found(resource, std::string(condition->as_string()));
               });
    }
    boost::json::object one_page(const std::string& search, const boost::json::array& entries,
                                 std::size_t at) const {
        boost::json::object bundle{{"resourceType", "Bundle"}};
        boost::json::array listed;
        for (std::size_t i = at; i < std::min(entries.size(), at + page); ++i)
            listed.push_back(entries[i]);
        bundle["entry"] = std::move(listed);
        if (at + page < entries.size()) {
            const std::string next = search + std::string(kOffset) + std::to_string(at + page);
            bundle["link"] = boost::json::array{{{"relation", "next"}, {"url", next}}};
        }
        return bundle;
    }
    static Result<net::HttpReply> reply(unsigned status, const boost::json::object& body) {
        return net::HttpReply{status, "application/fhir+json", {}, boost::json::serialize(body)};
    }
    boost::json::object outcome() const {
        return {{"resourceType", "OperationOutcome"},
                {"issue", boost::json::array{{{"code", "processing"}, {"diagnostics", reason}}}}};
    }
    Result<net::HttpReply> transact(const std::string& body) {
        if (refuse != 0) return reply(refuse, outcome());
        if (judge) {
            const unsigned answer = judge(boost::json::parse(body).at("entry").as_array());
            if (answer != 0) return reply(answer, outcome());
        }
        written.push_back(boost::json::parse(body).at("entry").as_array());
        boost::json::array entries;
        for (std::size_t i = 0; i < written.back().size(); ++i) {
            const auto own = statuses.find(i);
            std::string told = own == statuses.end() ? status : own->second;
            if (exists(written.back()[i])) told = "200 OK";
            entries.emplace_back(boost::json::object{{"response", {{"status", told}}}});
        }
        return reply(200, {{"resourceType", "Bundle"}, {"entry", entries}});
    }
};

}  // namespace isocenter::fhir
