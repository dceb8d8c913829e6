#include "api/route_catalog.h"

#include <algorithm>
#include <utility>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/negotiation.h"
#include "api/dicomweb/store_types.h"
#include "api/profile.h"
#include "http/router.h"

namespace isocenter::api {
namespace {

using Parameters = std::vector<ParameterDescription>;
using Types = std::vector<std::string>;

/// `studies/{study}`, `series/{series}`, ...: what the pattern's entity is called.
std::string entity_of(const std::vector<std::string>& names) {
    const auto has = [&](std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (has("instance")) return "instance";
    if (has("series")) return "series";
    if (has("study")) return "study";
    return "server";
}

const Profile& profile_of(bool standard) {
    return standard ? standard_profile() : v2_profile();
}

/// Of all bulk data below a resource: parts, on every face in the types of the standard one.
Types bulk_types() {
    Types types = offered_types(standard_profile(), ByteResource::bulk_value);
    std::erase_if(types, [](const std::string& type) { return !type.starts_with("multipart/"); });
    return types;
}

ParameterDescription accept_parameter() {
    return {"accept", "string", "Media ranges; they come before the header's."};
}

Parameters search_parameters(bool standard) {
    Parameters list{
        {"limit", "integer", "Largest number of results."},
        {"offset", "integer", "Number of results to skip."},
        {"includefield", "string",
         "Attributes to return besides the default ones: keywords or tags, or all."},
        {"fuzzymatching", "boolean", "Match person names by their words."},
    };
    if (standard) {
        list.push_back({"emptyvaluematching", "boolean", "Two quotation marks match absent values."});
        list.push_back({"multiplevaluematching", "boolean", "All values of a list must be there."});
        list.push_back(accept_parameter());
    }
    return list;
}

Parameters feed_parameters(bool standard) {
    Parameters list{
        {"offset", "integer", "Entries to skip; v1: the last sequence already seen."},
        {"limit", "integer", "Largest number of entries."},
        {"startTime", "string", "Beginning of the window, inclusive (v2)."},
        {"endTime", "string", "End of the window, exclusive (v2)."},
        {"includeMetadata", "boolean", "With the metadata of live instances."},
    };
    if (standard) {
        list.push_back({"cursor", "string", "0 or the value of next in the last answer."});
        list.push_back({"wait", "integer", "Seconds to wait for the first entry, at most 60."});
    }
    return list;
}

void describe_search(RouteDescription& out, std::string_view what, bool standard) {
    out.group = "Search";
    out.summary = "Search for " + std::string(what) + "; any supported attribute may be a parameter.";
    out.query_parameters = search_parameters(standard);
    out.response_types = available_forms(profile_of(standard), {true, false});
    out.statuses =
        standard ? std::vector<unsigned>{200, 400, 406, 413} : std::vector<unsigned>{200, 204, 400, 406};
}

/// standard-face.md 3.6; the compatibility faces look at the quality alone.
Parameters rendering_parameters(bool standard) {
    Parameters list{{"quality", "integer", "1 to 100."}};
    if (standard) {
        list.push_back({"annotation", "string", "What to write into the image."});
        list.push_back({"window", "string", "center,width,function."});
        list.push_back({"viewport", "string", "width,height and a part of the matrix."});
    }
    return list;
}

/// Of bytes: a range where they are one value, a part of a set where the face gives one.
std::vector<unsigned> byte_statuses(std::string_view part, const std::string& entity, bool standard) {
    const bool one = entity == "instance" || part == "{path}";
    std::vector<unsigned> statuses{200, 304, 400, 404, 406};
    if (one || standard) statuses.insert(statuses.begin() + 1, 206);
    if (one) statuses.push_back(416);
    return statuses;
}

/// The last literal of a GET below an entity: metadata, frames, rendered, ...
void describe_part(RouteDescription& out, std::string_view part, const std::string& entity, bool standard) {
    out.group = "Retrieve";
    out.statuses = byte_statuses(part, entity, standard);
    if (part == "metadata") {
        out.summary = "Retrieve the metadata of the " + entity + ".";
        out.response_types = available_forms(profile_of(standard), {true, entity == "instance"});
        out.statuses = {200, 304, 400, 404, 406};
    } else if (part == "rendered" || part == "thumbnail") {
        out.summary = "Images for display of the " + entity + ": not offered yet, every request is refused.";
        out.statuses = {400, 404, 406};
        out.query_parameters = rendering_parameters(standard);
    } else if (part == "{frames}" || part == "{frame}") {
        out.summary = "Retrieve frames: numbers from 1, separated by commas.";
        out.response_types = offered_types(profile_of(standard), ByteResource::frame);
    } else if (part == "bulkdata" || part == "pixeldata" || part == "{path}") {
        out.summary = "Retrieve bulk data of the " + entity + ".";
        out.response_types =
            part == "{path}" ? offered_types(profile_of(standard), ByteResource::bulk_value) : bulk_types();
    } else {
        out.summary = "Retrieve the " + entity + ".";
        const bool one = entity == "instance";
        out.response_types =
            offered_types(profile_of(standard), one ? ByteResource::object : ByteResource::object_set);
    }
    if (standard) {
        out.statuses.push_back(410);
        out.query_parameters.push_back(accept_parameter());
    }
}

/// PS3.18 chapter 9.
void describe_wado_uri(RouteDescription& out) {
    out.group = "Retrieve";
    out.summary = "Retrieve one instance by query parameters (URI service).";
    out.response_types = {"application/dicom"};
    out.statuses = {200, 206, 304, 400, 404, 406, 410, 416};
    out.query_parameters = {
        {"requestType", "string", "WADO."},
        {"studyUID", "string", "Study Instance UID."},
        {"seriesUID", "string", "Series Instance UID."},
        {"objectUID", "string", "SOP Instance UID."},
        {"contentType", "string", "application/dicom; rendered types are refused as yet."},
        {"transferSyntax", "string", "One UID, or * for as stored; else Explicit VR Little Endian."},
        {"frameNumber", "integer", "One of several frames, from 1; a whole object is given all the same."},
    };
}

void describe_get(RouteDescription& out, const http::Route& route, bool standard) {
    const std::string pattern = http::path_template(route.pattern);
    const std::string_view part = std::string_view(pattern).substr(pattern.rfind('/') + 1);
    if (part == "studies" || part == "series" || part == "instances")
        return describe_search(out, part, standard);
    if (part == "changefeed" || part == "latest") {
        out.group = "Change feed";
        out.summary =
            part == "latest" ? "Read the newest entry of the change feed." : "Read the change feed.";
        out.query_parameters = feed_parameters(standard);
        if (part == "latest") out.query_parameters = {{"includeMetadata", "boolean", "With the metadata."}};
        out.response_types = {"application/json"};
        out.statuses = {200, 400};
        // A cursor of another feed.
        if (standard && part != "latest") out.statuses.push_back(410);
        if (part == "latest") out.statuses.insert(out.statuses.begin() + 1, 204);
        return;
    }
    if (out.path_parameters.empty()) return describe_wado_uri(out);
    describe_part(out, part, entity_of(out.path_parameters), standard);
}

/// PS3.18 8.9 for the root.
void describe_options(RouteDescription& out, const http::Route& route) {
    if (route.pattern != "/") {
        out.summary = "Tell which methods the resource has.";
        out.statuses = {204};
        return;
    }
    out.summary = "Describe what can be done here.";
    out.response_types = {"application/json", "application/vnd.sun.wadl+xml"};
    out.statuses = {200, 304, 406};
}

void describe_store(RouteDescription& out, bool standard) {
    out.group = "Store";
    out.summary = out.path_parameters.empty() ? "Store instances." : "Store instances of one study.";
    out.request_types = store_types(profile_of(standard));
    out.response_types = available_forms(profile_of(standard), {false, true});
    out.statuses = {200, 202, 400, 406, 409, 413, 415};
}

}  // namespace

std::vector<std::string> path_parameters(const http::Route& route) {
    const std::string text = http::path_template(route.pattern);
    std::string_view pattern = text;
    std::vector<std::string> names;
    for (;;) {
        const std::size_t open = pattern.find('{');
        const std::size_t close = pattern.find('}');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open) return names;
        names.emplace_back(pattern.substr(open + 1, close - open - 1));
        pattern.remove_prefix(close + 1);
    }
}

RouteDescription describe_route(const http::Route& route, bool standard) {
    RouteDescription out;
    out.path_parameters = path_parameters(route);
    switch (route.method) {
        case http::Method::get:
            describe_get(out, route, standard);
            break;
        case http::Method::post:
            describe_store(out, standard);
            break;
        case http::Method::delete_:
            out.group = "Delete";
            out.summary = "Delete the " + entity_of(out.path_parameters) + ".";
            out.statuses = {204, 400, 404};
            if (standard) out.statuses.push_back(410);
            break;
        case http::Method::options:
            out.group = "Capabilities";
            describe_options(out, route);
            break;
        case http::Method::head:
        case http::Method::put:
        case http::Method::patch:
        case http::Method::other:
            out.group = "Other";
            out.summary = "Other operation.";
            out.statuses = {200};
            break;
    }
    return out;
}

}  // namespace isocenter::api
