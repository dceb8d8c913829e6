#include "api/dicomweb/xml_parts.h"

#include <utility>

#include "dicom/json_reader.h"
#include "dicom/xml.h"

namespace isocenter::api {
namespace {

// Equal answers are equal bytes; the documents are escaped, so that no line of theirs begins with this.
constexpr std::string_view kBoundary = "isocenter-dicom-xml-part-boundary";

}  // namespace

Result<http::Response> xml_parts_response(const std::vector<std::string>& objects) {
    std::string body;
    for (const std::string& object : objects) {
        const auto data_sets = dicom::read_json(object);
        if (!data_sets || data_sets->size() != 1)
            return fail(ErrorCode::internal, "A match cannot be written as XML.");
        if (!body.empty()) body += "\r\n";
        body += "--";
        body += kBoundary;
        body += "\r\nContent-Type: application/dicom+xml\r\n\r\n";
        body += dicom::to_xml(data_sets->front());
    }
    if (!body.empty()) body += "\r\n";
    body += "--";
    body += kBoundary;
    body += "--\r\n";
    return http::text_response(
        200, "multipart/related; type=\"application/dicom+xml\"; boundary=" + std::string(kBoundary),
        std::move(body));
}

}  // namespace isocenter::api
