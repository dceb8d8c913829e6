#include "api/dicomweb/capabilities.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "api/dicomweb/accept.h"
#include "api/errors.h"
#include "api/face.h"
#include "api/html.h"
#include "api/route_catalog.h"
#include "base/digest.h"
#include "base/log.h"
#include "http/conditional.h"
#include "http/media_type.h"
#include "http/router.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kWadl = "application/vnd.sun.wadl+xml";
constexpr std::string_view kJson = "application/json";

/// One resource of the tree: a path segment with its methods and what is below it.
struct Node {
    std::map<std::string, Node> children;
    std::vector<const http::Route*> methods;
};

Node make_tree(const std::vector<http::Route>& routes) {
    Node root;
    for (const http::Route& route : routes) {
        Node* node = &root;
        const std::string pattern = http::path_template(route.pattern);
        std::string_view rest = pattern;
        while (!rest.empty()) {
            rest.remove_prefix(rest.front() == '/' ? 1 : 0);
            const std::size_t end = std::min(rest.find('/'), rest.size());
            if (end != 0) node = &node->children[std::string(rest.substr(0, end))];
            rest.remove_prefix(end);
        }
        node->methods.push_back(&route);
    }
    return root;
}

std::string joined(const std::vector<unsigned>& statuses) {
    std::string out;
    for (const unsigned status : statuses)
        out += (out.empty() ? "" : " ") + std::to_string(status);
    return out;
}

// --- WADL

void append_method(std::string& out, const http::Route& route) {
    const RouteDescription about = describe_route(route, true);
    out += "<method name=\"" + std::string(to_string(route.method)) + "\"><doc>" +
           html_escape(about.summary) + "</doc><request>";
    for (const auto& parameter : about.query_parameters) {
        const std::string type =
            parameter.type == "integer" ? "xs:nonNegativeInteger" : "xs:" + parameter.type;
        out += "<param name=\"" + html_escape(parameter.name) + "\" style=\"query\" type=\"" + type + "\"/>";
    }
    for (const auto& type : about.request_types)
        out += "<representation mediaType=\"" + html_escape(type) + "\"/>";
    out += "</request><response status=\"" + joined(about.statuses) + "\">";
    for (const auto& type : about.response_types)
        out += "<representation mediaType=\"" + html_escape(type) + "\"/>";
    out += "</response></method>";
}

void append_node(std::string& out, const Node& node) {
    for (const http::Route* route : node.methods)
        append_method(out, *route);
    for (const auto& [segment, child] : node.children) {
        out += "<resource path=\"" + html_escape(segment) + "\">";
        if (segment.starts_with('{'))
            out += "<param name=\"" + segment.substr(1, segment.size() - 2) +
                   "\" style=\"template\" type=\"xs:string\"/>";
        append_node(out, child);
        out += "</resource>";
    }
}

// --- JSON

void append_representations(std::string& out, const std::vector<std::string>& types) {
    out += "\"representation\":[";
    for (std::size_t i = 0; i < types.size(); ++i)
        out += (i == 0 ? "{\"@mediaType\":" : ",{\"@mediaType\":") + json_quote(types[i]) + '}';
    out += ']';
}

void append_method_json(std::string& out, const http::Route& route) {
    const RouteDescription about = describe_route(route, true);
    out += "{\"@name\":" + json_quote(to_string(route.method)) +
           ",\"doc\":[{\"text\":" + json_quote(about.summary) + "}],\"request\":{\"param\":[";
    for (std::size_t i = 0; i < about.query_parameters.size(); ++i) {
        const auto& parameter = about.query_parameters[i];
        const std::string type =
            parameter.type == "integer" ? "xs:nonNegativeInteger" : "xs:" + parameter.type;
        out += (i == 0 ? "{\"@name\":" : ",{\"@name\":") + json_quote(parameter.name) +
               ",\"@style\":\"query\",\"@type\":" + json_quote(type) + '}';
    }
    out += "],";
    append_representations(out, about.request_types);
    out += "},\"response\":[{\"@status\":" + json_quote(joined(about.statuses)) + ',';
    append_representations(out, about.response_types);
    out += "}]}";
}

void append_methods_json(std::string& out, const std::vector<const http::Route*>& methods) {
    out += "\"method\":[";
    for (std::size_t i = 0; i < methods.size(); ++i) {
        if (i != 0) out += ',';
        append_method_json(out, *methods[i]);
    }
    out += ']';
}

void append_children_json(std::string& out, const Node& node, bool first) {
    for (const auto& [segment, child] : node.children) {
        out += first ? "{" : ",{";
        first = false;
        out += "\"@path\":" + json_quote(segment) + ',';
        if (segment.starts_with('{')) {
            out += "\"param\":[{\"@name\":" + json_quote(segment.substr(1, segment.size() - 2)) +
                   ",\"@style\":\"template\",\"@type\":\"xs:string\"}],";
        }
        append_methods_json(out, child.methods);
        out += ",\"resource\":[";
        append_children_json(out, child, true);
        out += "]}";
    }
}

// --- the resource

/// WADL when it is asked for with a higher weight than JSON; nothing when neither is.
std::optional<bool> wants_wadl(const Profile& profile, const http::Request& request) {
    double wadl = 0;
    double json = 0;
    for (const http::MediaType& range : read_accept(profile, request).header) {
        const std::string essence = range.essence();
        const bool any = essence == "*/*" || essence == "application/*";
        if (any || essence == kWadl || essence == "application/xml")
            wadl = std::max(wadl, any ? range.q * 0.5 : range.q);
        if (any || essence == kJson) json = std::max(json, any ? range.q * 0.5 : range.q);
    }
    if (wadl <= 0 && json <= 0) return std::nullopt;
    return wadl > json;
}

http::Response answer(const Face& face, const std::vector<http::Route>& routes,
                      const http::Request& request) {
    const auto wadl = wants_wadl(face.profile, request);
    if (!wadl) {
        ErrorDetails details;
        details.asked = asked_ranges(request);
        details.available = {std::string(kJson), std::string(kWadl)};
        return error_response(face.profile, request,
                              fail(ErrorCode::not_acceptable, "Capabilities are given as JSON or WADL."),
                              details);
    }
    const std::string base = face.base_uri(request);
    std::string body = *wadl ? capabilities_wadl(base, routes) : capabilities_json(base, routes);
    Sha256Stream digest;
    digest.write(as_bytes(body));
    const std::string etag = '"' + to_hex(digest.finish()).substr(0, 32) + '"';
    if (http::if_none_match(request, etag)) {
        http::Response response = http::empty_response(304);
        response.headers.add("ETag", etag);
        return response;
    }
    http::Response response = http::text_response(200, *wadl ? kWadl : kJson, std::move(body));
    response.headers.add("ETag", etag);
    return response;
}

/// The methods of each path, for Allow.
std::map<std::string, std::string> allowed_methods(const std::vector<http::Route>& routes) {
    std::map<std::string, std::string> allowed;
    for (const http::Route& route : routes) {
        std::string& list = allowed[route.pattern];
        list += (list.empty() ? "" : ", ") + std::string(to_string(route.method));
        if (route.method == http::Method::get) list += ", HEAD";
    }
    for (auto& [pattern, list] : allowed)
        list += ", OPTIONS";
    return allowed;
}

http::Route options_route(std::string pattern, http::Handler handler) {
    http::Route route;
    route.method = http::Method::options;
    route.pattern = std::move(pattern);
    route.access = http::Access::read;
    route.handler = std::move(handler);
    return route;
}

}  // namespace

std::string capabilities_wadl(std::string_view base_uri, const std::vector<http::Route>& routes) {
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<application xmlns=\"http://wadl.dev.java.net/2009/02\" "
        "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">"
        "<resources base=\"" +
        html_escape(base_uri) + "\">";
    // A resources element holds resources only: what the root itself can do is the resource of the empty
    // path.
    Node root = make_tree(routes);
    const std::vector<const http::Route*> own = std::exchange(root.methods, {});
    out += "<resource path=\"/\">";
    for (const http::Route* route : own)
        append_method(out, *route);
    out += "</resource>";
    append_node(out, root);
    return out + "</resources></application>\n";
}

std::string capabilities_json(std::string_view base_uri, const std::vector<http::Route>& routes) {
    std::string out = "{\"application\":{\"resources\":{\"@base\":" + json_quote(base_uri) +
                      ",\"resource\":[{\"@path\":\"/\",";
    const Node root = make_tree(routes);
    append_methods_json(out, root.methods);
    out += '}';
    append_children_json(out, root, false);
    return out + "]}}}";
}

std::vector<http::Route> capabilities_routes(const Face& face, const std::vector<http::Route>& others) {
    if (!face.profile.standard) return {};
    // The description needs methods and patterns; the copy outlives the caller's table with the route.
    const auto described = std::make_shared<std::vector<http::Route>>(others);
    described->push_back(options_route("/", nullptr));
    std::vector<http::Route> routes;
    routes.push_back(options_route("/", [&face, described](const http::RequestContext& context) {
        return answer(face, *described, context.request);
    }));
    for (http::Route& route : options_routes(face, others))
        routes.push_back(std::move(route));
    return routes;
}

std::vector<http::Route> options_routes(const Face& face, const std::vector<http::Route>& others) {
    if (!face.profile.standard) return {};
    std::vector<http::Route> routes;
    for (const auto& [pattern, allow] : allowed_methods(others)) {
        if (pattern == "/" || pattern.empty()) continue;
        routes.push_back(options_route(pattern, [allow = allow](const http::RequestContext&) {
            http::Response response = http::empty_response(204);
            response.headers.add("Allow", allow);
            return response;
        }));
    }
    return routes;
}

}  // namespace isocenter::api
