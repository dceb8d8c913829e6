#include "api/dicomweb/store_types.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kDicom = "application/dicom";

}  // namespace

std::vector<std::string> store_types(const Profile& profile) {
    std::vector<std::string> types{"multipart/related; type=\"application/dicom\"", "application/dicom"};
    if (profile.accepts_metadata_store)
        types.insert(types.end(), {"multipart/related; type=\"application/dicom+json\"",
                                   "multipart/related; type=\"application/dicom+xml\"",
                                   "application/dicom+json", "application/dicom+xml"});
    return types;
}

std::optional<PartKind> kind_of(const http::MediaType& type) {
    const std::string essence = type.essence();
    if (essence == kDicom) return PartKind::dicom;
    if (essence == "application/dicom+json" || essence == "application/json") return PartKind::json;
    if (essence == "application/dicom+xml" || essence == "application/xml" || essence == "text/xml")
        return PartKind::xml;
    return std::nullopt;
}

bool is_bulk_type(const http::MediaType& type) {
    return type.type == "image" || type.type == "video" || type.type == "text" || type.type == "model" ||
           type.essence() == "application/octet-stream" || type.essence() == "application/pdf";
}

std::optional<BodyForm> read_form(const Profile& profile, std::string_view content_type) {
    const auto type = http::parse_media_type(content_type);
    if (!type) return std::nullopt;
    BodyForm form;
    if (type->essence() == "multipart/related") {
        const auto boundary = type->param("boundary");
        if (!boundary || boundary->empty() || boundary->size() > 200) return std::nullopt;
        form.boundary = std::string(*boundary);
        if (const auto root = type->param("type")) form.type = http::parse_media_type(*root);
        if (profile.standard && form.type && !kind_of(*form.type)) return std::nullopt;
        return form;
    }
    const auto kind = kind_of(*type);
    if (!kind || (*kind != PartKind::dicom && !profile.accepts_metadata_store)) return std::nullopt;
    form.type = type;
    return form;
}

bool lacks_boundary(std::string_view content_type) {
    const auto type = http::parse_media_type(content_type);
    return type && type->essence() == "multipart/related" && type->param("boundary").value_or("").empty();
}

}  // namespace isocenter::api
