#include "api/dicomweb/entity.h"

#include "api/dicomweb/frame_list.h"
#include "base/digest.h"
#include "dicom/value_rules.h"
#include "http/url.h"

namespace isocenter::api {
namespace {

Result<std::string> read_uid(std::string_view text, std::string_view what) {
    if (!dicom::is_valid_uid(text))
        return fail(ErrorCode::invalid_request,
                    "The " + std::string(what) + " in the path is not a valid UID.");
    return std::string(dicom::bare_uid(text));
}

}  // namespace

Result<index::EntityKey> read_entity(const http::PathParams& params) {
    index::EntityKey key;
    ISO_TRY(const std::string study, read_uid(params.get("study"), "Study Instance UID"));
    key.study = StudyUid(study);
    if (params.has("series")) {
        ISO_TRY(const std::string series, read_uid(params.get("series"), "Series Instance UID"));
        key.series = SeriesUid(series);
    }
    if (params.has("instance")) {
        ISO_TRY(const std::string instance, read_uid(params.get("instance"), "SOP Instance UID"));
        key.instance = SopInstanceUid(instance);
    }
    return key;
}

std::string_view ill_formed_parameter(const http::PathParams& params) {
    for (const std::string_view name : {"study", "series", "instance"}) {
        if (params.has(name) && !dicom::is_valid_uid(params.get(name))) return name;
    }
    return params.has("frames") && !parse_frame_list(params.get("frames")) ? "frames" : "";
}

std::string entity_uri(std::string_view base, const index::EntityKey& key) {
    std::string uri = std::string(base) + "/studies/" + http::percent_encode(key.study.view());
    if (!key.series.empty()) uri += "/series/" + http::percent_encode(key.series.view());
    if (!key.instance.empty()) uri += "/instances/" + http::percent_encode(key.instance.view());
    return uri;
}

std::string revision_tag(const index::Revision& revision, const index::EntityKey& key) {
    std::string tag = "\"" + std::to_string(revision.newest_version);
    if (key.instance.empty()) tag += "-" + std::to_string(revision.instances);
    return tag + "-" + to_hex(sha256(as_bytes(revision.mark))).substr(0, 16) + "\"";
}

std::string content_tag(const index::InstanceRecord& record, std::string_view representation) {
    return "\"" + to_hex(record.sha256).substr(0, 32) + "-" + std::to_string(record.version) + "-" +
           std::string(representation) + "\"";
}

std::string content_tag(const index::InstanceRecord& record, std::string_view representation,
                        std::string_view media_type, bool multipart) {
    const std::string form = (multipart ? "-m-" : "-s-") + std::string(media_type);
    return content_tag(record, std::string(representation) + form);
}

std::string addressed_tag(std::string etag, std::string_view base) {
    etag.insert(etag.size() - 1, "-" + to_hex(sha256(as_bytes(base))).substr(0, 16));
    return etag;
}

std::string boundary_of(std::string_view etag) {
    return to_hex(sha256(as_bytes(etag))).substr(0, 40);
}

}  // namespace isocenter::api
