#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/result.h"

namespace isocenter::fhir {

/// Why a job did not succeed, by what is to be done about it (docs/decisions/0006).
enum class FailureKind {
    target_down,        ///< the FHIR server as a whole: wait for it, no study is to blame
    archive_down,       ///< the same on the DICOM side
    conflict,           ///< somebody else wrote meanwhile: run the job again
    transient,          ///< this request to the FHIR server, while others may pass: run the job later
    archive_transient,  ///< the same on the DICOM side
    referenced,         ///< a DELETE of a resource that something refers to
    missing_reference,  ///< what is referred to is gone: look up again, run the job once more
    refused,            ///< the FHIR server will refuse the same content again
    unusable,           ///< the archive's content cannot be written
    unreadable,         ///< an entry of the feed
    lease_lost,         ///< another engine has taken over, or may before a write would end
    cancelled,          ///< the process stops
};
std::string_view to_string(FailureKind kind);

struct Failure {
    FailureKind kind = FailureKind::refused;
    std::string text;     ///< for dead letters; may quote the FHIR server's outcome
    unsigned status = 0;  ///< HTTP; 0 when there was no reply
    std::optional<std::chrono::seconds> retry_after;
    std::string tag;         ///< `00100020` where an attribute is to blame
    bool too_large = false;  ///< the reply was longer than is read; fewer resources a page may pass
};

/// Whether the FHIR server does not offer a search, or not to us (400, 403, 404), so that what it would find
/// counts as not shown.
inline bool is_closed_to_us(const Failure& failure) {
    return failure.status == 400 || failure.status == 403 || failure.status == 404;
}

/// A value, or the failure that ends the job.
template <class T>
using Attempt = tl::expected<T, Failure>;

inline tl::unexpected<Failure> failed(Failure failure) {
    return tl::unexpected<Failure>(std::move(failure));
}
inline tl::unexpected<Failure> failed(FailureKind kind, std::string text, unsigned status = 0) {
    return failed(Failure{kind, std::move(text), status, std::nullopt, {}});
}

}  // namespace isocenter::fhir

#define FHIR_TRY_ASSIGN(tmp, lhs, expr)                                 \
    auto tmp = (expr);                                                  \
    if (!tmp) return ::isocenter::fhir::failed(std::move(tmp).error()); \
    lhs = std::move(*tmp)

/// As ISO_TRY, for attempts.
#define FHIR_TRY(lhs, expr) FHIR_TRY_ASSIGN(ISO_CONCAT(fhir_try_, __LINE__), lhs, expr)
