#include "api/dicomweb/xml_parts.h"

#include "base/digest.h"
#include "dicom/xml.h"

namespace isocenter::api {

XmlParts::XmlParts() : boundary_(random_hex(20)) {}

std::string XmlParts::content_type() const {
    return "multipart/related; type=\"application/dicom+xml\"; boundary=" + boundary_;
}

Status XmlParts::append(std::string& out, std::string_view object, bool first, const Reserve& reserve) const {
    out += first ? "--" : "\r\n--";
    out += boundary_;
    out += "\r\nContent-Type: application/dicom+xml\r\n\r\n";
    return dicom::append_xml(out, object, reserve);
}

void XmlParts::append_end(std::string& out, bool any) const {
    out += any ? "\r\n--" : "--";
    out += boundary_;
    out += "--\r\n";
}

}  // namespace isocenter::api
