#pragma once

#include <string>

#include "app/cohort_writer.h"
#include "base/result.h"
#include "net/http_client.h"

namespace isocenter::app {

/// A cohort that a running server has saved.
struct RemoteCohort {
    std::string server;  ///< its address: `http://127.0.0.1:8080`
    std::string name;
    std::string as_of;  ///< empty: the definition's own
};

/// How a server is asked that answers as soon as it can: it sends nothing while it works, however long that
/// is. A list of studies comes as one reply.
net::HttpClient::Options patient_client();

/// Has the server run it and hands the answer over as run_cohort does, page by page. Errors: `not_found` when
/// the server has none of that name, otherwise those of run_cohort, with the server's words.
Status run_remote_cohort(net::HttpSender& sender, const RemoteCohort& cohort, CohortFormat format,
                         const CohortSink& write);

}  // namespace isocenter::app
