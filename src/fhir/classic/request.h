#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fhir/classic/resource_id.h"

namespace isocenter::fhir::classic {

enum class Mode { none, create, update, remove };

/// What is to be done about one resource. With mode `none` its id is still what others refer to.
struct Request {
    Mode mode = Mode::none;
    ResourceId id;
    boost::json::object resource{};  ///< as it is to be; with `remove` as it was found
    std::string condition{};         ///< of a create: the query of its ifNoneExist; may be empty
};

/// The update of `found` to `altered`; mode `none` when both say the same.
Request update_to(const boost::json::object& found, boost::json::object altered);

/// The requests of one entry of the feed.
struct Requests {
    std::optional<Request> patient;
    std::optional<Request> endpoint;
    std::optional<Request> study;
    std::vector<Request> observations;
};

/// Bundle.entry of the transaction: Endpoint, ImagingStudy, Observations, Patient; those with mode `none` are
/// left out. Empty: nothing is to be sent. The reply's entries answer these in the same order.
boost::json::array make_entries(const Requests& requests);

}  // namespace isocenter::fhir::classic
