#include "base/error.h"

namespace isocenter {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_request:
            return "invalid_request";
        case ErrorCode::malformed_dicom:
            return "malformed_dicom";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::gone:
            return "gone";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::not_acceptable:
            return "not_acceptable";
        case ErrorCode::unsupported_media:
            return "unsupported_media";
        case ErrorCode::unsupported:
            return "unsupported";
        case ErrorCode::unauthenticated:
            return "unauthenticated";
        case ErrorCode::forbidden:
            return "forbidden";
        case ErrorCode::too_large:
            return "too_large";
        case ErrorCode::out_of_range:
            return "out_of_range";
        case ErrorCode::overloaded:
            return "overloaded";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::changed:
            return "changed";
        case ErrorCode::timed_out:
            return "timed_out";
        case ErrorCode::cancelled:
            return "cancelled";
        case ErrorCode::corrupt:
            return "corrupt";
        case ErrorCode::internal:
            return "internal";
    }
    return "internal";
}

}  // namespace isocenter
