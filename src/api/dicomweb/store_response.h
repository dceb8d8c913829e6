#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/failure_reason.h"
#include "api/profile.h"
#include "archive/store.h"
#include "base/memory_budget.h"
#include "dicom/data_set.h"
#include "http/message.h"

namespace isocenter::api {

/// What a store request came to.
struct StoreReport {
    std::string base_uri;        ///< Face::base_uri
    bool study_in_path = false;  ///< POST /studies/{study}
    std::vector<archive::StoreOutcome> outcomes;
    /// Failures without an instance: a body that broke off, bulk data nobody refers to (standard face only).
    std::vector<PartFailure> other_failures;
};

/// The status of a report with at least one outcome or other failure (dicomweb.md 4.2, standard-face.md 4.4).
unsigned store_status(const Profile& profile, const StoreReport& report);
/// The body: dicomweb.md 4.3, the Store Instances Response Module (PS3.18 annex I) on the standard face.
dicom::DataSet store_result(const Profile& profile, const StoreReport& report);
/// Status, body in `form`, Location and Warning headers. `host`: of the request, for the Warning. A long JSON
/// body is made while it is sent, and `memory`, which covers the report, is held until then.
http::Response store_response(const Profile& profile, StoreReport report, DataSetForm form,
                              std::string_view host, MemoryBudget::Lease memory);
/// What an answer in XML takes beside its report, per instance: it is made at once.
inline constexpr std::uint64_t kXmlAnswerBytes = 8 * 1024;

/// The Content-Type of a DICOM JSON answer: the standard face sends no parameter, since a widespread client
/// compares the whole string (standard-face.md 2.7).
std::string_view json_content_type(const Profile& profile);

}  // namespace isocenter::api
