#include "api/dicomweb/xml_parts.h"

#include "dicom/json_reader.h"
#include "dicom/xml.h"

namespace isocenter::api {
namespace {

// Equal answers are equal bytes; the documents are escaped, so that no line of theirs begins with this.
constexpr std::string_view kBoundary = "isocenter-dicom-xml-part-boundary";

}  // namespace

std::string xml_parts_type() {
    return "multipart/related; type=\"application/dicom+xml\"; boundary=" + std::string(kBoundary);
}

Status append_xml_part(std::string& out, std::string_view object, bool first) {
    const auto data_sets = dicom::read_json(object);
    if (!data_sets || data_sets->size() != 1)
        return fail(ErrorCode::internal, "A match cannot be written as XML.");
    out += first ? "--" : "\r\n--";
    out += kBoundary;
    out += "\r\nContent-Type: application/dicom+xml\r\n\r\n";
    out += dicom::to_xml(data_sets->front());
    return {};
}

void append_xml_end(std::string& out, bool any) {
    out += any ? "\r\n--" : "--";
    out += kBoundary;
    out += "--\r\n";
}

}  // namespace isocenter::api
