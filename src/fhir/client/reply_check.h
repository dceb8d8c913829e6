#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/client/failure.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// One request of a transaction bundle, as far as judging its response needs it.
struct EntryRequest {
    std::string method;
    bool conditional_create = false;
};

/// What the server says about one entry of a transaction.
struct EntryReply {
    unsigned status = 0;
    std::string location;
    std::string version;  ///< from the ETag, whether weak, bare or absent
};

/// The failure that an error status means. `deletes`: the request would have deleted something, so that a
/// conflict may be about references.
Failure failure_of(const net::HttpReply& reply, bool deletes = false);
/// The same of a transaction, which can also refer to what is gone.
Failure failure_of_transaction(const net::HttpReply& reply, bool deletes);
/// The failure that a missing reply means.
Failure failure_of(const Error& error);

/// Whether it is meant for people: a log-in for example, that something before the server shows.
bool is_web_page(const net::HttpReply& reply);
/// The failure that a successful reply means that has nothing of FHIR in it.
Failure no_fhir_in(const net::HttpReply& reply);

/// The texts of an OperationOutcome, where it has errors of these alone; nothing when the body is something
/// else.
std::optional<std::string> outcome_text(std::string_view body);

/// Checks the body of a successful transaction against its requests: number of entries, well-formed status of
/// each, statuses that mean success. A conditional create that found something is a `conflict`, a shorter
/// reply as well (equal conditions were merged): the job looks again. Other deviations are `refused`.
Attempt<std::vector<EntryReply>> check_transaction(std::string_view body,
                                                   const std::vector<EntryRequest>& requests);

/// Whether a resource found has a usable id, meta and version: what writing it again needs.
Attempt<void> check_found(const boost::json::object& resource);
/// Whether it has a usable id: what reading needs. Servers that keep no versions tell none.
Attempt<void> check_id(const boost::json::object& resource);

/// `7` of `W/"7"`, `"7"` and `7`.
std::string version_of_etag(std::string_view etag);

}  // namespace isocenter::fhir
