#pragma once

#include <string>
#include <string_view>

namespace isocenter::fhir {

/// The id in a reference to a resource of `type` on the FHIR server at `base` (with or without '/' at the
/// end): `7` of `Patient/7` and `{base}/Patient/7/_history/2`. Empty for any other: another server may have
/// the same id for somebody else. Scheme and host count without regard to case, default ports as if written.
std::string local_id(std::string_view reference, std::string_view type, std::string_view base);

}  // namespace isocenter::fhir
