#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/client/fhir_client.h"
#include "fhir/cohort/definition.h"
#include "fhir/cohort/failure.h"

namespace isocenter::fhir::cohort {

/// A clinical search of a definition at a moment.
struct ClinicalSearch {
    const SearchText& search;
    const std::optional<Within>& within;
    std::string_view pointer;  ///< for failures
    Span as_of;
};

/// A resource that counts: not entered in error, and dated inside of the window where one is asked for.
struct ClinicalHit {
    std::string patient;  ///< id of a FHIR patient it is about
    boost::json::object resource;
    std::optional<Span> when;
};

/// The window at a moment. A duration back from it without another end ends with that day: what came later
/// was not known then.
Window window_of(const std::optional<Within>& within, const Span& as_of);

/// An upper bound of how many resources hit, for the whole server.
Found<std::uint64_t> count_hits(FhirClient& fhir, const ClinicalSearch& search);
/// Every hit of the patients `ids`, or of everybody when it is empty; each resource once for each of its
/// patients (patient_elements.h).
Found<void> each_hit(FhirClient& fhir, const ClinicalSearch& search, const std::vector<std::string>& ids,
                     const std::function<Found<void>(ClinicalHit&&)>& visit);

/// `{name}=a,b,c` as part of a form.
std::string list_parameter(std::string_view name, const std::vector<std::string>& values);
/// A text member, perhaps inside of objects: `subject`, `reference`; empty when absent.
std::string_view text_at(const boost::json::object& object, std::string_view name,
                         std::string_view inner = {});
/// `Type/id`
std::string reference_to(const boost::json::object& resource);

}  // namespace isocenter::fhir::cohort
