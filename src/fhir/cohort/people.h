#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/cohort/definition.h"
#include "fhir/cohort/find.h"
#include "fhir/cohort/selection.h"

namespace isocenter::fhir::cohort {

/// Ids in one search of the FHIR server.
inline constexpr std::size_t kIdsPerSearch = 100;

/// Candidates with their FHIR patients. A patient that was replaced by another is the same person as it.
class People {
  public:
    /// Loads the patients `ids`, follows `replaced-by` both ways, and keeps those of the right age that match
    /// `patient_query`.
    static Found<People> load(const std::set<std::string>& ids, const Definition& definition,
                              const Span& as_of, const Sources& sources);

    std::vector<Member>& members() { return members_; }
    /// The member to whom a FHIR patient id belongs; null: none.
    Member* find(const std::string& id);
    /// Drops members for whom `wanted` is false.
    void keep(const std::function<bool(const Member&)>& wanted);

  private:
    void index();
    std::vector<Member> members_;
    std::map<std::string, std::size_t> by_id_;
};

/// Drops the members whose FHIR patient the server does not show.
Found<void> keep_readable(Selection& selection, const Sources& sources);

using Patients = std::map<std::string, boost::json::object>;
/// Patients by id that match `query` (may be empty) as well.
Found<Patients> read_patients(const std::set<std::string>& ids, const std::string& query,
                              const Sources& sources);
/// The query that finds patients by age and further parameters, a superset; empty when there is no condition.
std::string patient_form(const Definition& definition, const Span& as_of);
/// The identifiers of a Patient.
std::vector<Identifier> identifiers_of(const boost::json::object& resource);
/// The id of the patient of the FHIR server at `base` that replaces it; empty when none does.
std::string replaced_by(const boost::json::object& patient, std::string_view base);

}  // namespace isocenter::fhir::cohort
