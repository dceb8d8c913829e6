#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "fhir/cohort/failure.h"

namespace isocenter::app {

/// The patients of a page.
struct PatientsText {
    std::string json = "[";  ///< an array
    std::size_t end = 0;     ///< the member after the last of them
};
/// The objects of so many members from the first on (fhir/cohort/describe.h).
using DescribeMembers = std::function<fhir::cohort::Found<std::vector<boost::json::object>>(
    std::size_t first, std::size_t count)>;

/// Members `first` to `end`, or fewer when their text has `most_bytes` before: resources with documents
/// inside may be large, and a page is held as a whole. At least one round of them.
fhir::cohort::Found<PatientsText> patients_of_page(std::size_t first, std::size_t end, std::size_t most_bytes,
                                                   const DescribeMembers& describe);

}  // namespace isocenter::app
