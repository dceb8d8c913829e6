#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace json = boost::json;

WantedResource make_endpoint(const Options& options) {
    const std::string& address = options.own_endpoint;
    WantedResource endpoint;
    endpoint.identity = {std::string{kUriSystem}, address};
    endpoint.resource = {{"resourceType", "Endpoint"},
                         {"meta", {{"source", address}}},
                         {"identifier", json::array{to_json(endpoint.identity)}},
                         {"status", "active"},
                         {"connectionType",
                          {{"system", "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"},
                           {"code", "dicom-wado-rs"}}},
                         {"name", "DICOM WADO-RS endpoint " + address},
                         {"payloadType", json::array{{{"text", "DICOM WADO-RS"}}}},
                         {"payloadMimeType", json::array{"application/dicom"}},
                         {"address", address}};
    return endpoint;
}

}  // namespace isocenter::fhir
