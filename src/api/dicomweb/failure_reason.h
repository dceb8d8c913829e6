#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/profile.h"
#include "archive/store.h"

namespace isocenter::api {

/// A part of a store request that gave no instance.
struct PartFailure {
    archive::StoreFailure failure{};
    std::uint64_t part = 0;   ///< from 1; 0: the request is not made of parts
    std::string message;      ///< for people; nothing that the part holds
    std::string detail = {};  ///< as archive::StoreOutcome::detail
};

/// Failure Reason (0008,1197) of a store: dicomweb.md 4.4, standard-face.md 4.5.
std::uint16_t failure_reason(const Profile& profile, archive::StoreFailure failure);

/// What an error means for the instance that it kept out.
archive::StoreFailure failure_of(const Error& error);

/// Warning Reason (0008,1196) of a stored instance; nothing when there is no warning.
std::optional<std::uint16_t> warning_reason(const Profile& profile, const archive::StoreOutcome& outcome);

}  // namespace isocenter::api
