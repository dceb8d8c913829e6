#include "api/dicomweb/xml_parts.h"

#include "base/digest.h"
#include "dicom/json_reader.h"
#include "dicom/xml.h"

namespace isocenter::api {

XmlParts::XmlParts() : boundary_(random_hex(20)) {}

std::string XmlParts::content_type() const {
    return "multipart/related; type=\"application/dicom+xml\"; boundary=" + boundary_;
}

Status XmlParts::append(std::string& out, std::string_view object, bool first) const {
    const auto data_sets = dicom::read_json(object);
    if (!data_sets || data_sets->size() != 1)
        return fail(ErrorCode::internal, "A match cannot be written as XML.");
    out += first ? "--" : "\r\n--";
    out += boundary_;
    out += "\r\nContent-Type: application/dicom+xml\r\n\r\n";
    out += dicom::to_xml(data_sets->front());
    return {};
}

void XmlParts::append_end(std::string& out, bool any) const {
    out += any ? "\r\n--" : "--";
    out += boundary_;
    out += "--\r\n";
}

}  // namespace isocenter::api
