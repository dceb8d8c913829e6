#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/dicomweb/store_response.h"

namespace isocenter::api {

/// An instance or part that a store did not take. The answer has but a code for why (standard-face.md 4.5,
/// dicomweb.md 4.4); this is for people and holds no UIDs and no values of the object.
struct Refusal {
    std::uint64_t part = 0;      ///< from 1; 0: the request is not made of parts
    std::uint64_t data_set = 0;  ///< from 1, in a part that describes several; else 0
    std::uint16_t reason = 0;    ///< Failure Reason
    std::string message;
    std::string detail = {};  ///< for the log only
};

/// The first refusals of a request in the order of its parts, and how many there are: a request can have any
/// number.
struct Refusals {
    std::vector<Refusal> first;
    std::uint64_t count = 0;
};

Refusals refusals_of(const Profile& profile, const StoreReport& report);
/// One event `instance_refused` each, and `instances_refused` with the number when those are not all.
void log_refusals(const Refusals& refusals, std::string_view request_id);
/// One Warning header each (RFC 7234 5.5: 299), fewer than the log has.
void add_refusal_warnings(http::Response& response, const Refusals& refusals, std::string_view service);

}  // namespace isocenter::api
