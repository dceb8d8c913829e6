#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "fhir/client/failure.h"

namespace isocenter::fhir::cohort {

/// Why a cohort could not be found.
struct CohortFailure {
    enum class Kind {
        refused,      ///< a server will refuse the same search again
        unavailable,  ///< a server is away or failed: later it may work
        too_many,     ///< more candidates than allowed
        cancelled,    ///< the caller went away or the process stops
    };
    Kind kind = Kind::refused;
    std::string where;  ///< JSON pointer of the member of the definition that is concerned; may be empty
    std::string text;
    std::optional<std::chrono::seconds> retry_after;
};

/// A value, or why there is none.
template <class T>
using Found = tl::expected<T, CohortFailure>;

inline tl::unexpected<CohortFailure> not_found(CohortFailure failure) {
    return tl::unexpected<CohortFailure>(std::move(failure));
}

/// What the failure of a request of `where` means for the whole.
inline CohortFailure failure_at(std::string_view where, const Failure& failure) {
    using Kind = CohortFailure::Kind;
    const bool final_status =
        failure.status >= 400 && failure.status < 500 && failure.status != 408 && failure.status != 429;
    const Kind kind = failure.kind == FailureKind::cancelled                 ? Kind::cancelled
                      : failure.kind == FailureKind::refused || final_status ? Kind::refused
                                                                             : Kind::unavailable;
    return {kind, std::string(where), failure.text, failure.retry_after};
}

}  // namespace isocenter::fhir::cohort

/// As ISO_TRY, for what is found.
#define COHORT_TRY_ASSIGN(tmp, lhs, expr)                                          \
    auto tmp = (expr);                                                             \
    if (!tmp) return ::isocenter::fhir::cohort::not_found(std::move(tmp).error()); \
    lhs = std::move(*tmp)
#define COHORT_TRY(lhs, expr) COHORT_TRY_ASSIGN(ISO_CONCAT(cohort_try_, __LINE__), lhs, expr)
#define COHORT_CHECK(expr)                                                           \
    do {                                                                             \
        if (auto status_ = (expr); !status_)                                         \
            return ::isocenter::fhir::cohort::not_found(std::move(status_).error()); \
    } while (false)
