#pragma once

#include <string>
#include <vector>

#include "api/profile.h"
#include "base/error.h"
#include "http/message.h"

namespace isocenter::api {

/// The error response of a face: application/problem+json (standard-face.md 1.4) or text/plain
/// (dicomweb.md 2.3).
struct ErrorDetails {
    std::vector<std::string> asked;      ///< 406, 415: media ranges of the request
    std::vector<std::string> available;  ///< 406, 415: what would be accepted
    std::string parameter;               ///< 400: the offending query parameter
    bool bodiless = false;               ///< no body on the text faces (dicomweb.md 2.3, last row)
};
/// What a handler answers. From status 500 on the log has why (`request_failed`): the client is not told.
http::Response error_response(const Profile& profile, const http::Request& request, const Error& error,
                              const ErrorDetails& details = {});
/// The same with a status that the code alone does not give, and without a log line: for errors that are in
/// the log already.
http::Response error_response(const Profile& profile, const http::Request& request, const Error& error,
                              unsigned status, const ErrorDetails& details);
/// The face's status of an error code (dicomweb.md 2.4, standard-face.md 1.3).
unsigned status_of(const Profile& profile, ErrorCode code);

}  // namespace isocenter::api
