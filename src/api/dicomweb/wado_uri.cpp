#include <algorithm>
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

/// Notes which parameter is to blame (standard-face.md 1.4).
class Blame {
  public:
    Error bad(std::string_view name, std::string message) {
        name_ = name;
        return fail(ErrorCode::invalid_request, std::move(message));
    }
    Error bad_value(std::string_view name) {
        return bad(name, "The value of the parameter " + std::string(name) + " is not allowed.");
    }
    const std::string& name() const { return name_; }

  private:
    std::string name_;  ///< empty: none
};

Result<Parameters> read_parameters(const http::Request& request, Blame& blame) {
    const auto items = http::parse_query(request.query);
    if (!items) return fail(ErrorCode::invalid_request, "The query string is ill-formed.");
    Parameters parameters;
    for (const http::QueryItem& item : *items) {
        const bool first = parameters.try_emplace(item.name, item.value).second;
        // Which of several is meant nobody can say (PS3.18 9.4.2.4, 9.5.2.1).
        if (!first && (item.name == "transferSyntax" || item.name == "frameNumber"))
            return blame.bad(item.name, "The parameter " + item.name + " takes one value.");
    }
    if (value_of(parameters, "requestType") != "WADO")
        return blame.bad("requestType", "The parameter requestType must be WADO.");
    return parameters;
}

Result<index::EntityKey> read_key(const Parameters& parameters, Blame& blame) {
    for (const std::string_view name : {"studyUID", "seriesUID", "objectUID"}) {
        if (!dicom::is_valid_uid(value_of(parameters, name)))
            return blame.bad(name, "The parameter " + std::string(name) + " must be a UID.");
    }
    index::EntityKey key;
    key.study = StudyUid(std::string(dicom::bare_uid(value_of(parameters, "studyUID"))));
    key.series = SeriesUid(std::string(dicom::bare_uid(value_of(parameters, "seriesUID"))));
    key.instance = SopInstanceUid(std::string(dicom::bare_uid(value_of(parameters, "objectUID"))));
    return key;
}

/// Whether the header names DICOM objects. A range of all types means the default, which is a rendered form;
/// one that names nothing we have means nothing (standard-face.md 1.2).
bool accepts_dicom(const http::Request& request) {
    const auto ranges = http::parse_accept(request.headers.joined("Accept"));
    return std::ranges::any_of(ranges, [](const http::MediaType& range) {
        return range.q > 0 && (range.essence() == kDicom || range.essence() == "application/*");
    });
}

/// Whether a DICOM object is asked for; else it is a rendered form (PS3.18 9.1.2.2.1).
Result<bool> wants_dicom(const Parameters& parameters, const http::Request& request, Blame& blame) {
    const std::string content_type = value_of(parameters, "contentType");
    if (content_type.empty()) return accepts_dicom(request);
    bool dicom = false;
    for (const http::MediaType& type : http::parse_accept(content_type)) {
        if (type.param("transfer-syntax") || type.param("charset"))
            return blame.bad("contentType", "contentType takes no transfer-syntax or charset.");
        dicom = dicom || type.essence() == kDicom;
    }
    return dicom;
}

/// The wish of PS3.18 9.4.2.4: one syntax, or explicit VR little endian.
Result<Wish> read_wish(const Parameters& parameters, Blame& blame) {
    Wish wish;
    wish.media_type = std::string(kDicom);
    const auto syntax = parameters.find("transferSyntax");
    if (syntax == parameters.end()) return wish;
    if (syntax->second != "*" && !dicom::is_valid_uid(syntax->second))
        return blame.bad("transferSyntax", "The parameter transferSyntax must be one UID.");
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

/// One of several frames; an object with one frame takes no number (PS3.18 9.5.2.1).
Status check_frame_number(const Parameters& parameters, std::uint32_t frames, Blame& blame) {
    const auto number = parameters.find("frameNumber");
    if (number == parameters.end() || (frames > 1 && is_count(number->second, frames))) return {};
    return blame.bad_value("frameNumber");
}

/// What is wrong with the parameters of a rendered form (standard-face.md 1.2), whether or not it is offered.
Status check_rendering(const Parameters& parameters, Blame& blame) {
    constexpr std::uint32_t kMaxSide = 8192;
    for (const auto& [name, value] : parameters) {
        const bool side = name == "rows" || name == "columns";
        if (side && !is_count(value, kMaxSide)) return blame.bad_value(name);
        if (name == "imageQuality" && !is_count(value, 100)) return blame.bad_value(name);
        if (name == "region" && !is_region(value)) return blame.bad_value(name);
        const bool window = name == "windowCenter" || name == "windowWidth";
        if (window && !to_number(value)) return blame.bad_value(name);
    }
    const bool center = parameters.contains("windowCenter");
    const bool presentation = parameters.contains("presentationUID");
    if (center != parameters.contains("windowWidth"))
        return blame.bad_value(center ? "windowCenter" : "windowWidth");
    if (presentation != parameters.contains("presentationSeriesUID"))
        return blame.bad_value(presentation ? "presentationUID" : "presentationSeriesUID");
    if (presentation && center) return blame.bad_value("windowCenter");
    return {};
}

/// What of the parameters can be judged without the object.
struct Asked {
    Parameters parameters;
    index::EntityKey key;
    bool dicom = false;  ///< an object, not a rendered form
    Wish wish;
};

Result<Asked> read_asked(const http::Request& request, Blame& blame) {
    Asked asked;
    ISO_TRY(asked.parameters, read_parameters(request, blame));
    ISO_TRY(asked.key, read_key(asked.parameters, blame));
    ISO_TRY(asked.dicom, wants_dicom(asked.parameters, request, blame));
    if (asked.parameters.contains("anonymize"))
        return blame.bad("anonymize", "The parameter anonymize is not offered.");
    for (const std::string_view name : {"windowCenter", "windowWidth"}) {
        if (asked.dicom && asked.parameters.contains(name))
            return blame.bad(name, "A DICOM object takes no window.");
    }
    ISO_TRY(asked.wish, read_wish(asked.parameters, blame));
    return asked;
}

Result<http::Response> retrieve_asked(const Face& face, const http::Request& request, Blame& blame) {
    ISO_TRY(const Asked asked, read_asked(request, blame));
    const auto& [parameters, key, dicom_wanted, wish] = asked;
    ISO_TRY(const auto location, face.archive.locate(key));
    ISO_CHECK(check_frame_number(parameters, location->layout.frames.frames, blame));
    if (!dicom_wanted) {
        ISO_CHECK(check_rendering(parameters, blame));
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

Result<http::Response> retrieve(const Face& face, const http::RequestContext& context) {
    Blame blame;
    auto response = retrieve_asked(face, context.request, blame);
    if (response || blame.name().empty()) return response;
    ErrorDetails details;
    details.parameter = blame.name();
    return error_response(face.profile, context.request, response.error(), details);
}

}  // namespace

std::vector<http::Route> wado_uri_routes(const Face& face) {
    std::vector<http::Route> routes;
    for (const char* pattern : {"", "/wado"}) {
        http::Route route = fetch_route(face, pattern, retrieve);
        // It goes by contentType, which overrules Accept.
        route.handler = answering_any_accept(face, retrieve);
        routes.push_back(std::move(route));
    }
    return routes;
}

}  // namespace isocenter::api
