#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <variant>

namespace isocenter::fhir::classic {

/// Of a resource that the bundle creates: a fresh UUID, known inside of the bundle only.
struct ClientId {
    std::string uuid;
    friend bool operator==(const ClientId&, const ClientId&) = default;
};

/// Of a resource that the FHIR server has.
struct ServerId {
    std::string type;
    std::string id;
    friend bool operator==(const ServerId&, const ServerId&) = default;
};

/// Ids of different kinds are never equal.
using ResourceId = std::variant<ClientId, ServerId>;

/// `urn:uuid:...` or `Type/id`: `fullUrl` and references.
std::string to_reference(const ResourceId& id);
/// The id of a resource found.
ServerId id_of(const boost::json::object& resource);

/// Makes UUIDs; tests give their own.
using UuidSource = std::function<std::string()>;
/// RFC 4122 version 4, in lower case.
std::string random_uuid();

}  // namespace isocenter::fhir::classic
