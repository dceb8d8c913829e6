#include "fhir/feed/archive_failure.h"

#include <fmt/format.h>

namespace isocenter::fhir {

Failure failure_of_archive(const Error& error) {
    // What is too large is one study's fault: the others must not wait for it.
    const FailureKind kind = error.code == ErrorCode::cancelled   ? FailureKind::cancelled
                             : error.code == ErrorCode::timed_out ? FailureKind::archive_transient
                             : error.code == ErrorCode::too_large ? FailureKind::unusable
                                                                  : FailureKind::archive_down;
    return {kind, "the DICOM server: " + error.message, 0, std::nullopt, {}};
}

Failure failure_of_archive(unsigned status) {
    const FailureKind kind = status == 401 ? FailureKind::archive_down : FailureKind::archive_transient;
    return {kind, fmt::format("the DICOM server answered {}", status), status, std::nullopt, {}};
}

}  // namespace isocenter::fhir
