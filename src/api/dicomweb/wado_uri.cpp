#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "api/dicomweb/retrieval.h"
#include "dicom/transfer_syntax.h"
#include "dicom/value_rules.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kDicom = "application/dicom";

using Parameters = std::map<std::string, std::string, std::less<>>;

std::string value_of(const Parameters& parameters, std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
}

Result<Parameters> read_parameters(const http::Request& request) {
    const auto items = http::parse_query(request.query);
    if (!items) return fail(ErrorCode::invalid_request, "The query string is ill-formed.");
    Parameters parameters;
    for (const http::QueryItem& item : *items)
        parameters.try_emplace(item.name, item.value);
    if (value_of(parameters, "requestType") != "WADO")
        return fail(ErrorCode::invalid_request, "The parameter requestType must be WADO.");
    return parameters;
}

Result<index::EntityKey> read_key(const Parameters& parameters) {
    for (const std::string_view name : {"studyUID", "seriesUID", "objectUID"}) {
        if (!dicom::is_valid_uid(value_of(parameters, name)))
            return fail(ErrorCode::invalid_request, "The parameter " + std::string(name) + " must be a UID.");
    }
    index::EntityKey key;
    key.study = StudyUid(std::string(dicom::bare_uid(value_of(parameters, "studyUID"))));
    key.series = SeriesUid(std::string(dicom::bare_uid(value_of(parameters, "seriesUID"))));
    key.instance = SopInstanceUid(std::string(dicom::bare_uid(value_of(parameters, "objectUID"))));
    return key;
}

/// Whether a DICOM object is asked for; else it is a rendered form (PS3.18 9.1.2.2.1).
Result<bool> wants_dicom(const Parameters& parameters) {
    const std::string content_type = value_of(parameters, "contentType");
    if (content_type.empty()) return false;
    bool dicom = false;
    for (const http::MediaType& type : http::parse_accept(content_type)) {
        if (type.param("transfer-syntax") || type.param("charset"))
            return fail(ErrorCode::invalid_request, "contentType takes no transfer-syntax or charset.");
        dicom = dicom || type.essence() == kDicom;
    }
    return dicom;
}

/// The wish of PS3.18 9.4.2.4: one syntax, or explicit VR little endian.
Result<Wish> read_wish(const Parameters& parameters) {
    Wish wish;
    wish.media_type = std::string(kDicom);
    const auto syntax = parameters.find("transferSyntax");
    if (syntax == parameters.end()) return wish;
    if (syntax->second != "*" && !dicom::is_valid_uid(syntax->second))
        return fail(ErrorCode::invalid_request, "The parameter transferSyntax must be one UID.");
    wish.syntax = syntax->second;
    return wish;
}

std::optional<double> to_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool is_count(std::string_view text, std::uint32_t max) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= max;
}

/// `xmin,ymin,xmax,ymax` as parts of the matrix (PS3.18 9.5.2.4).
bool is_region(std::string_view text) {
    std::array<double, 4> edges{};
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const std::size_t comma = text.find(',');
        if ((comma == std::string_view::npos) != (i + 1 == edges.size())) return false;
        const auto number = to_number(text.substr(0, comma));
        if (!number || *number < 0 || *number > 1) return false;
        edges[i] = *number;
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return edges[0] < edges[2] && edges[1] < edges[3];
}

/// What is wrong with the parameters of a rendered form (standard-face.md 1.2), whether or not it is offered.
Status check_rendering(const Parameters& parameters, std::uint32_t frames) {
    const auto bad = [](std::string_view name) {
        return fail(ErrorCode::invalid_request,
                    "The value of the parameter " + std::string(name) + " is not allowed.");
    };
    constexpr std::uint32_t kMaxSide = 8192;
    for (const auto& [name, value] : parameters) {
        const bool side = name == "rows" || name == "columns";
        if (side && !is_count(value, kMaxSide)) return bad(name);
        if (name == "imageQuality" && !is_count(value, 100)) return bad(name);
        if (name == "region" && !is_region(value)) return bad(name);
        const bool window = name == "windowCenter" || name == "windowWidth";
        if (window && !to_number(value)) return bad(name);
        // One of several frames; an object with one frame takes no number (PS3.18 9.5.2.1).
        if (name == "frameNumber" && (frames < 2 || !is_count(value, frames))) return bad(name);
    }
    const bool center = parameters.contains("windowCenter");
    const bool presentation = parameters.contains("presentationUID");
    if (center != parameters.contains("windowWidth")) return bad(center ? "windowCenter" : "windowWidth");
    if (presentation != parameters.contains("presentationSeriesUID"))
        return bad(presentation ? "presentationUID" : "presentationSeriesUID");
    if (presentation && center) return bad("windowCenter");
    return {};
}

Result<http::Response> retrieve(const Face& face, const http::RequestContext& context) {
    const http::Request& request = context.request;
    ISO_TRY(const Parameters parameters, read_parameters(request));
    ISO_TRY(const index::EntityKey key, read_key(parameters));
    ISO_TRY(const bool dicom_wanted, wants_dicom(parameters));
    if (parameters.contains("anonymize"))
        return fail(ErrorCode::invalid_request, "The parameter anonymize is not offered.");
    if (dicom_wanted && (parameters.contains("windowCenter") || parameters.contains("windowWidth")))
        return fail(ErrorCode::invalid_request, "A DICOM object takes no window.");
    ISO_TRY(const Wish wish, read_wish(parameters));
    ISO_TRY(const auto location, face.archive.locate(key));
    if (!dicom_wanted) {
        ISO_CHECK(check_rendering(parameters, location->layout.frames.frames));
        return not_acceptable(face, request, "Rendering is not offered by this server yet.",
                              {std::string(kDicom)});
    }

    const auto choice = choose_object(face, *location, {&wish, 1});
    if (!choice)
        return not_acceptable(face, request,
                              "The instance is stored as " + location->record.transfer_syntax +
                                  " and cannot be given in the syntax asked for.",
                              available_objects(face, *location));
    const std::string etag = content_tag(location->record, "w" + choice->delivery.syntax);
    if (auto unchanged = not_modified(request, etag, {})) return *std::move(unchanged);
    const bool verbatim = choice->delivery.way == Delivery::Way::verbatim;
    // No transfer-syntax parameter here (PS3.18 8.7.3.5.2).
    SinglePlan plan{std::string(kDicom), entity_uri(face.base_uri(request), key), etag, {}, {}};
    if (verbatim) plan.length = location->record.size_bytes;
    plan.open = [&](std::optional<ByteRange> range) -> Result<std::unique_ptr<ByteSource>> {
        if (verbatim) return face.archive.open_object(location->record, range);
        return open_object_as(face, *location, choice->delivery);
    };
    return single_response(face.profile, request, plan);
}

}  // namespace

std::vector<http::Route> wado_uri_routes(const Face& face) {
    std::vector<http::Route> routes;
    for (const char* pattern : {"", "/wado"})
        routes.push_back(fetch_route(face, pattern, retrieve));
    return routes;
}

}  // namespace isocenter::api
