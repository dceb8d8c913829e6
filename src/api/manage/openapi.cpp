#include "api/manage/openapi.h"

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "api/face.h"
#include "api/manage/service_catalog.h"
#include "base/ascii.h"
#include "base/log.h"
#include "http/ascii.h"
#include "http/message.h"
#include "http/router.h"

namespace isocenter::api {
namespace {

namespace json = boost::json;

json::object parameter(const std::string& name, std::string_view in, std::string_view type,
                       std::string_view about) {
    json::object out;
    out["name"] = name;
    out["in"] = in;
    out["schema"] = json::object{{"type", type}};
    if (in == "path") out["required"] = true;
    if (!about.empty()) out["description"] = about;
    return out;
}

json::object content(const std::vector<std::string>& types) {
    json::object out;
    for (const std::string& type : types) {
        const bool is_json =
            type.find("json") != std::string::npos && type.find("multipart") == std::string::npos;
        json::object schema;
        if (!is_json) {
            schema["type"] = "string";
            schema["format"] = "binary";
        }
        json::object media;
        media["schema"] = std::move(schema);
        out[type] = std::move(media);
    }
    return out;
}

std::string operation_id(const http::Route& route) {
    std::string id = http::to_lower(to_string(route.method));
    bool upper = true;
    for (const char c : route.pattern) {
        const bool letter = is_alphanumeric(c);
        if (c == '{') id += "By";
        if (letter) id += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        upper = !letter;
    }
    return id;
}

json::object operation(const http::Route& route, const RouteDescription& about) {
    json::array parameters;
    for (const std::string& name : about.path_parameters)
        parameters.emplace_back(parameter(name, "path", "string", ""));
    for (const ParameterDescription& query : about.query_parameters)
        parameters.emplace_back(parameter(query.name, "query", query.type, query.summary));
    json::object responses;
    for (const unsigned status : about.statuses) {
        json::object response;
        response["description"] = http::reason_phrase(status);
        const bool success = status >= 200 && status < 300 && status != 204;
        if (success && !about.response_types.empty()) response["content"] = content(about.response_types);
        responses[std::to_string(status)] = std::move(response);
    }
    json::array groups;
    groups.emplace_back(about.group);
    json::object out;
    out["operationId"] = operation_id(route);
    out["summary"] = about.summary;
    out["tags"] = std::move(groups);
    out["parameters"] = std::move(parameters);
    out["responses"] = std::move(responses);
    if (!about.request_types.empty()) {
        json::object body;
        body["required"] = true;
        body["content"] = content(about.request_types);
        out["requestBody"] = std::move(body);
    }
    return out;
}

json::object document(const ApiDescription& description, const std::vector<http::Route>& routes) {
    json::object paths;
    for (const http::Route& route : routes) {
        const auto about = description.describe(route);
        if (!about) continue;
        const std::string path =
            description.prefix + (route.pattern == "/" ? "" : http::path_template(route.pattern));
        json::value& item = paths[path];
        if (!item.is_object()) item.emplace_object();
        item.as_object()[http::to_lower(to_string(route.method))] = operation(route, *about);
    }
    json::object license;
    license["name"] = "MIT";
    json::object info;
    info["title"] = description.title;
    info["version"] = description.version;
    info["license"] = std::move(license);
    json::object out;
    out["openapi"] = "3.0.1";
    out["info"] = std::move(info);
    out["paths"] = std::move(paths);
    return out;
}

/// Keys that YAML reads as strings without quotes; status codes would become numbers.
std::string yaml_key(std::string_view key) {
    const bool plain = std::all_of(key.begin(), key.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    return plain && !key.empty() ? std::string(key) : json_quote(key);
}

/// Block style; every string is quoted as in JSON, which YAML reads alike.
void append_yaml(std::string& out, const json::value& value, std::size_t indent) {
    const std::string pad(indent, ' ');
    if (const json::object* object = value.if_object()) {
        out += object->empty() ? " {}\n" : "\n";
        for (const auto& member : *object) {
            out += pad + yaml_key(std::string_view(member.key())) + ':';
            append_yaml(out, member.value(), indent + 2);
        }
    } else if (const json::array* array = value.if_array()) {
        out += array->empty() ? " []\n" : "\n";
        for (const json::value& item : *array) {
            out += pad + '-';
            append_yaml(out, item, indent + 2);
        }
    } else {
        out += ' ' + json::serialize(value) + '\n';
    }
}

http::Route text_route(std::string pattern, std::string type, std::string text) {
    const auto shared = std::make_shared<const std::string>(std::move(text));
    http::Route route;
    route.pattern = std::move(pattern);
    route.access = http::Access::anonymous;
    route.handler = [type = std::move(type), shared](const http::RequestContext&) {
        return http::text_response(200, type, *shared);
    };
    return route;
}

std::vector<http::Route> document_routes(const ApiDescription& about,
                                         const std::vector<http::Route>& others) {
    return {text_route("/api.json", "application/json; charset=utf-8", openapi_json(about, others)),
            text_route("/api.yaml", "application/yaml; charset=utf-8", openapi_yaml(about, others))};
}

}  // namespace

std::string openapi_json(const ApiDescription& description, const std::vector<http::Route>& routes) {
    return json::serialize(document(description, routes));
}

std::string openapi_yaml(const ApiDescription& description, const std::vector<http::Route>& routes) {
    std::string out;
    append_yaml(out, document(description, routes), 0);
    return out.substr(1);
}

std::vector<http::Route> openapi_routes(const Face& face, const std::vector<http::Route>& others) {
    const std::string name(face.profile.name);
    const bool standard = face.profile.standard;
    return document_routes({"Isocenter DICOMweb, " + name, standard ? "1" : name.substr(1), face.prefix,
                            [standard](const http::Route& route) { return describe_route(route, standard); }},
                           others);
}

std::vector<http::Route> service_document_routes(const std::vector<http::Route>& others) {
    return document_routes({"Isocenter", "1", "", describe_service_route}, others);
}

}  // namespace isocenter::api
