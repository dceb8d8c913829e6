#include <algorithm>
#include <set>

#include "fhir/classic/classic_job.h"
#include "fhir/classic/patient.h"
#include "fhir/classic/removal.h"
#include "fhir/classic/study.h"
#include "fhir/classic/whole_study.h"
#include "fhir/plan/found.h"
#include "fhir/plan/lookups.h"

namespace isocenter::fhir::classic {

namespace json = boost::json;

namespace {

PlannedEntry missing(std::string type) {
    return {PlannedEntry::Action::create, std::move(type), {}, {}, {}};
}

/// Whether some instance has to go, or is not listed.
bool differs(json::object study, const std::vector<Entry>& entries) {
    return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
        if (entry.action == Action::remove) return true;
        json::object* series = find_by_uid(study, "series", entry.series_uid);
        return series == nullptr || find_by_uid(*series, "instance", entry.sop_uid) == nullptr;
    });
}

}  // namespace

Attempt<Difference> ClassicJob::compare(const Key& key) {
    FHIR_TRY(StudyContent content, sides_.archive.read_study(key));
    FHIR_TRY(const Found studies, find_one("ImagingStudy", identifier_query(study_identity(key.study_uid))));
    Difference difference;
    difference.in_archive = !content.instances.empty();
    auto& entries = difference.plan.entries;
    std::set<Identifier> patients;
    for (const DataSet& instance : content.instances) {
        const auto identity = patient_identity(instance, options_);
        if (!identity) return failed(FailureKind::unusable, "an instance has no single PatientID");
        patients.insert(*identity);
    }
    for (const Identifier& identity : patients) {
        FHIR_TRY(const Found found, find_one("Patient", identifier_query(identity)));
        if (found.empty()) entries.push_back(missing("Patient"));
    }
    if (difference.in_archive) {
        FHIR_TRY(const Request endpoint, prepare_endpoint());
        if (endpoint.mode == Mode::create) entries.push_back(missing("Endpoint"));
    }
    const auto to_apply = entries_of_study(key, std::move(content), studies, options_);
    if (studies.empty()) {
        if (difference.in_archive) entries.push_back(missing("ImagingStudy"));
    } else if (differs(studies.front(), to_apply)) {
        const bool goes = !difference.in_archive && is_ours(studies.front(), options_);
        entries.push_back({goes ? PlannedEntry::Action::remove : PlannedEntry::Action::update,
                           "ImagingStudy",
                           reference_of(studies.front()),
                           goes ? std::vector<std::string>{} : std::vector<std::string>{"series"},
                           {}});
    }
    return difference;
}

}  // namespace isocenter::fhir::classic
