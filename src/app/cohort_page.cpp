#include "app/cohort_page.h"

#include <algorithm>

#include "fhir/cohort/describe.h"
#include "fhir/exact_json.h"

namespace isocenter::app {

namespace cohort = fhir::cohort;

cohort::Found<PatientsText> patients_of_page(std::size_t first, std::size_t end, std::size_t most_bytes,
                                             const DescribeMembers& describe) {
    PatientsText page;
    page.end = first;
    while (page.end < end && (page.end == first || page.json.size() < most_bytes)) {
        const std::size_t count = std::min(end - page.end, cohort::kMembersPerRound);
        COHORT_TRY(const std::vector<boost::json::object> objects, describe(page.end, count));
        for (const boost::json::object& object : objects)
            page.json += (page.json.size() > 1 ? "," : "") + fhir::serialize_exact(object);
        page.end += count;
    }
    page.json += ']';
    return page;
}

}  // namespace isocenter::app
