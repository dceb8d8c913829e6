#include <algorithm>
#include <array>
#include <charconv>

#include "api/dicomweb/frame_list.h"
#include "api/dicomweb/retrieval.h"
#include "http/media_type.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

/// 400 that names what is to blame (standard-face.md 1.4).
http::Response bad_parameter(const Face& face, const http::Request& request, std::string_view name) {
    ErrorDetails details;
    details.parameter = name;
    const Error error = fail(ErrorCode::invalid_request,
                             "The value of the parameter " + std::string(name) + " is not allowed.");
    return error_response(face.profile, request, error, details);
}

std::optional<int> to_int(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// `center,width,function` (PS3.18 8.3.5.1.4).
bool is_window(std::string_view text) {
    constexpr std::array<std::string_view, 3> kFunctions = {"linear", "linear-exact", "sigmoid"};
    const std::size_t first = text.find(',');
    const std::size_t second = first == std::string_view::npos ? first : text.find(',', first + 1);
    if (second == std::string_view::npos) return false;
    double center = 0;
    double width = 0;
    const auto number = [](std::string_view t, double& into) {
        const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), into);
        return error == std::errc{} && end == t.data() + t.size() && !t.empty();
    };
    const std::string_view function = text.substr(second + 1);
    if (!number(text.substr(0, first), center) || !number(text.substr(first + 1, second - first - 1), width))
        return false;
    if (std::ranges::find(kFunctions, function) == kFunctions.end()) return false;
    return function == "linear" ? width >= 1 : width > 0;
}

bool is_viewport(std::string_view text) {
    constexpr int kMaxSide = 8192;
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) return false;
    const auto width = to_int(text.substr(0, comma));
    const std::string_view rest = text.substr(comma + 1);
    const auto height = to_int(rest.substr(0, rest.find(',')));
    return width && height && *width > 0 && *height > 0 && *width <= kMaxSide && *height <= kMaxSide;
}

/// Whether standard-face.md 3.6 allows the value; the compatibility faces look at `quality` only
/// (dicomweb.md 5.6).
bool is_allowed(const Profile& profile, const http::QueryItem& item) {
    if (item.name == "quality") {
        const auto quality = to_int(item.value);
        return quality && *quality >= 1 && *quality <= 100;
    }
    if (!profile.standard) return true;
    if (item.name == "window") return is_window(item.value);
    if (item.name == "viewport") return is_viewport(item.value);
    return item.name != "annotation" || !item.value.empty();
}

/// dicomweb.md 5.6: one of the two types, or no Accept at all.
bool accepts_picture(const http::Request& request) {
    const std::string accept = request.headers.joined("Accept");
    if (accept.empty()) return true;
    const auto ranges = http::parse_accept(accept);
    return ranges.size() == 1 &&
           (ranges.front().essence() == "image/jpeg" || ranges.front().essence() == "image/png");
}

Status check_existence(const Face& face, const index::EntityKey& key,
                       const std::vector<std::uint32_t>& frames) {
    if (key.instance.empty()) {
        ISO_TRY([[maybe_unused]] const auto revision, face.archive.revision(key));
        return {};
    }
    ISO_TRY(const auto location, face.archive.locate(key));
    const std::uint32_t count = location->layout.frames.frames;
    const bool pixels = location->layout.frames.kind != dicom::FrameTable::Kind::none;
    // Without frames asked for, the standard face has other words for an object that is no image.
    if (!pixels && (!frames.empty() || !face.profile.standard))
        return fail(ErrorCode::not_found, "The instance has no pixel data.");
    if (std::ranges::any_of(frames, [count](std::uint32_t n) { return n > count; }))
        return fail(ErrorCode::not_found, "The instance has no such frame.");
    return {};
}

/// Everything is checked as if it were rendered, so that clients learn what is wrong with their request.
Result<http::Response> refuse(const Face& face, const http::RequestContext& context) {
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    std::vector<std::uint32_t> frames;
    if (context.params.has("frames")) {
        ISO_TRY(frames, parse_frame_list(context.params.get("frames")));
    }
    const auto items = http::parse_query(context.request.query);
    if (!items) return fail(ErrorCode::invalid_request, "The query string is ill-formed.");
    for (const http::QueryItem& item : *items) {
        if (!is_allowed(face.profile, item)) return bad_parameter(face, context.request, item.name);
    }
    // A wrong type comes before what does not exist there.
    if (face.profile.standard || accepts_picture(context.request))
        ISO_CHECK(check_existence(face, key, frames));
    return not_acceptable(
        face, context.request,
        "Rendering is not offered by this server yet; what is available is the object itself.",
        {range_text("application/dicom", true, "*")});
}

}  // namespace

std::vector<http::Route> retrieve_rendered_routes(const Face& face) {
    std::vector<http::Route> routes;
    const std::string instance = "/studies/{study}/series/{series}/instances/{instance}";
    for (const std::string& entity :
         {std::string("/studies/{study}"), std::string("/studies/{study}/series/{series}"), instance,
          instance + "/frames/{frames}"}) {
        routes.push_back(fetch_route(face, entity + "/rendered", refuse));
        routes.push_back(fetch_route(face, entity + "/thumbnail", refuse));
    }
    return routes;
}

}  // namespace isocenter::api
