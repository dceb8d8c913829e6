#include "api/dicomweb/failure_reason.h"

namespace isocenter::api {
namespace {

constexpr std::uint16_t kProcessing = 0x0110;
constexpr std::uint16_t kDuplicate = 0x0111;
constexpr std::uint16_t kOutOfResources = 0xA700;
constexpr std::uint16_t kDoesNotMatch = 0xA900;
constexpr std::uint16_t kElementsDiscarded = 0xB006;
constexpr std::uint16_t kMismatchesClass = 0xB007;
constexpr std::uint16_t kNotUnderstood = 0xC000;
constexpr std::uint16_t kSyntaxNotSupported = 0xC122;
constexpr std::uint16_t kCompatibilityValidation = 43264;
constexpr std::uint16_t kCompatibilityDuplicate = 45070;
constexpr std::uint16_t kCompatibilityImplicitVr = 45063;
constexpr std::uint16_t kCompatibilityDropped = 1;

std::uint16_t standard_reason(archive::StoreFailure failure) {
    switch (failure) {
        case archive::StoreFailure::not_understood:
        case archive::StoreFailure::unsupported_part:
            return kNotUnderstood;
        case archive::StoreFailure::unsupported_syntax:
            return kSyntaxNotSupported;
        case archive::StoreFailure::invalid_attribute:
        case archive::StoreFailure::other_study:
            return kDoesNotMatch;
        case archive::StoreFailure::duplicate:
            return kDuplicate;
        case archive::StoreFailure::out_of_resources:
            return kOutOfResources;
        case archive::StoreFailure::processing:
            return kProcessing;
    }
    return kProcessing;
}

std::uint16_t compatibility_reason(archive::StoreFailure failure) {
    switch (failure) {
        case archive::StoreFailure::not_understood:
        case archive::StoreFailure::unsupported_part:
        case archive::StoreFailure::unsupported_syntax:
        case archive::StoreFailure::invalid_attribute:
        case archive::StoreFailure::other_study:
            return kCompatibilityValidation;
        case archive::StoreFailure::duplicate:
            return kCompatibilityDuplicate;
        case archive::StoreFailure::out_of_resources:
        case archive::StoreFailure::processing:
            return kProcessing;
    }
    return kProcessing;
}

}  // namespace

std::uint16_t failure_reason(const Profile& profile, archive::StoreFailure failure) {
    return profile.standard ? standard_reason(failure) : compatibility_reason(failure);
}

archive::StoreFailure failure_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::unsupported:
            return archive::StoreFailure::unsupported_syntax;
        case ErrorCode::too_large:
        case ErrorCode::unavailable:
        case ErrorCode::overloaded:
            return archive::StoreFailure::out_of_resources;
        default:
            return archive::StoreFailure::not_understood;
    }
}

std::optional<std::uint16_t> warning_reason(const Profile& profile, const archive::StoreOutcome& outcome) {
    if (outcome.failure) return std::nullopt;
    if (profile.standard) {
        // There is one reason per instance: what was lost matters more than what is wrong with the rest.
        if (outcome.elements_discarded) return kElementsDiscarded;
        return outcome.violations.empty() ? std::nullopt : std::optional(kMismatchesClass);
    }
    if (outcome.implicit_vr) return kCompatibilityImplicitVr;
    // Only v2 stores what it found invalid; v1 refuses it.
    const bool dropped = !outcome.violations.empty() || outcome.patient_id_missing;
    if (profile.failed_attributes_in_referenced && dropped) return kCompatibilityDropped;
    return std::nullopt;
}

}  // namespace isocenter::api
