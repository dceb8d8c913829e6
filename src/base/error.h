#pragma once

#include <string>
#include <string_view>

namespace isocenter {

/// Why an operation could not be carried out. Callers branch on the code, never on text; the edges (HTTP,
/// DIMSE, store response) each translate it in one exhaustive switch.
enum class ErrorCode {
    invalid_request,    ///< the request is ill-formed or a value in it is not allowed
    malformed_dicom,    ///< bytes that should be DICOM are not
    not_found,          ///< nothing there, or nothing the caller may see
    gone,               ///< was there, is deleted, and the deletion is on record
    conflict,           ///< contradicts what is stored already
    not_acceptable,     ///< no representation that the caller accepts
    unsupported_media,  ///< request body of a type that is not understood
    unsupported,        ///< understood, but not offered by this server
    unauthenticated,
    forbidden,
    too_large,
    out_of_range,  ///< a byte range or frame outside of what exists
    overloaded,    ///< try again later: queues or memory budget are full
    unavailable,   ///< a dependency (disk, database, remote store) failed
    changed,       ///< what an answer is made of was removed or replaced meanwhile: another try sees the new
    timed_out,
    cancelled,
    corrupt,   ///< stored data contradicts itself
    internal,  ///< a bug
};

/// The code's name as written above, for logs and metrics.
std::string_view to_string(ErrorCode code);

/// A failure that the protocol can report.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;  ///< may be shown to a client: no paths, no SQL, no patient data
    std::string detail;   ///< for the log only: no patient data either
};

}  // namespace isocenter
