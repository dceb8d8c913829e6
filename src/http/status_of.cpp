#include "http/status_of.h"

namespace isocenter::http {

unsigned status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_request:
        case ErrorCode::malformed_dicom:
        case ErrorCode::cancelled:  // only the client cancels; it has gone by the time this is sent
            return 400;
        case ErrorCode::unauthenticated:
            return 401;
        case ErrorCode::forbidden:
            return 403;
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::not_acceptable:
            return 406;
        case ErrorCode::conflict:
            return 409;
        case ErrorCode::gone:
            return 410;
        case ErrorCode::too_large:
            return 413;
        case ErrorCode::unsupported_media:
            return 415;
        case ErrorCode::out_of_range:
            return 416;
        case ErrorCode::corrupt:
        case ErrorCode::internal:
            return 500;
        case ErrorCode::unsupported:
            return 501;
        case ErrorCode::overloaded:
        case ErrorCode::unavailable:
        case ErrorCode::changed:
        case ErrorCode::timed_out:
            return 503;
    }
    return 500;
}

}  // namespace isocenter::http
