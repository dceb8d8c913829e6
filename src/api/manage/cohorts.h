#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.h"
#include "http/exchange.h"
#include "net/lane.h"

namespace isocenter::api {

/// Why a cohort request fails, in terms of HTTP.
struct CohortRefusal {
    unsigned status = 400;
    std::string message;  ///< names the place in the definition, or the criterion
    std::optional<std::chrono::seconds> retry_after;
};
template <class T>
using CohortAnswer = tl::expected<T, CohortRefusal>;

/// Which part of an answer is wanted.
struct CohortPage {
    std::string as_of;          ///< empty: the definition's own
    std::size_t limit = 50;     ///< patients
    std::string cursor;         ///< of an earlier page; empty: run anew
    bool frozen = false;        ///< read what freeze() kept
    std::string base_url;       ///< `https://pacs.example`, for links to studies
    std::string token;          ///< bearer token of the caller, for forwarding only; empty: none
    std::stop_token abandoned;  ///< requested when nobody waits for the answer any more
};

struct CohortStudy {
    std::string partition;
    std::string uid;
};

/// Cohort queries as the server offers them (fhir-sync.md 22.6). Thread-safe; blocks.
class Cohorts {
  public:
    virtual ~Cohorts() = default;
    /// Runs a definition; saved as well when it has a name. A page as a JSON document.
    virtual CohortAnswer<std::string> post(std::string_view definition, const CohortPage& page) = 0;
    virtual CohortAnswer<std::string> get(const std::string& name, const CohortPage& page) = 0;
    /// The same as a stream of lines: everything, whatever the page's limit.
    virtual CohortAnswer<std::unique_ptr<ByteSource>> post_lines(std::string_view definition,
                                                                 const CohortPage& page) = 0;
    virtual CohortAnswer<std::unique_ptr<ByteSource>> get_lines(const std::string& name,
                                                                const CohortPage& page) = 0;
    /// Saved definitions by name, as a JSON document.
    virtual CohortAnswer<std::string> list() = 0;
    virtual CohortAnswer<std::vector<CohortStudy>> studies(const std::string& name,
                                                           const CohortPage& page) = 0;
    /// Keeps patients and studies of this moment; what was kept, as a JSON document.
    virtual CohortAnswer<std::string> freeze(const std::string& name, const CohortPage& page) = 0;
    virtual CohortAnswer<void> remove(const std::string& name, const CohortPage& page) = 0;
};

/// Where the routes work, so that what is quickly answered waits for nothing that is not.
struct CohortLanes {
    net::Lane& run;     ///< what runs a cohort
    net::Lane& list;    ///< what asks nobody else
    net::Lane& remove;  ///< what asks the FHIR server for a Group at most
};

/// `/cohorts`; `cohorts` outlives the routes. Errors are problem documents.
std::vector<http::Route> cohort_routes(Cohorts& cohorts, const CohortLanes& lanes);

}  // namespace isocenter::api
