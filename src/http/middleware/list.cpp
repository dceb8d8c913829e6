#include "http/middleware/middleware.h"

namespace isocenter::http {

MiddlewareList make_middleware(const ServerOptions& options, Server::AccessDecision decide,
                               Metrics& metrics) {
    MiddlewareList list;
    list.push_back(make_request_id());              // first: everything after it may name the request
    list.push_back(make_request_metrics(metrics));  // counts refusals too, so before anything that refuses
    if (options.request_log) list.push_back(make_request_log());  // logs refusals too
    list.push_back(make_security_headers());                      // on every answer, refusals included
    // Preflights come without credentials, so before access; refusals need the headers to be readable.
    list.push_back(make_cors(options.cors_origins, options.cors_headers));
    list.push_back(make_query_check());  // dicomweb.md 2.1: row 1, before authentication (row 2)
    list.push_back(make_access(std::move(decide)));
    list.push_back(make_mount_check());                        // last of those that refuse
    if (options.compress) list.push_back(make_compression());  // sees the final body
    return list;
}

}  // namespace isocenter::http
