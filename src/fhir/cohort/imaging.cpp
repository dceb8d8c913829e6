#include "fhir/cohort/imaging.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "fhir/client/reference.h"
#include "fhir/cohort/clinical_search.h"
#include "fhir/cohort/links.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/date_time.h"
#include "fhir/mapping/parts.h"
#include "fhir/parallel.h"
#include "fhir/plan/lookups.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

constexpr std::string_view kOid = "urn:oid:";
/// What is read of ImagingStudies: their lists of instances can be long.
constexpr std::string_view kElements = "_elements=identifier,subject,basedOn,status";
constexpr std::string_view kPartitionSystem = "urn:isocenter:partition:";

std::string partition_of(const Criterion& criterion) {
    return criterion.partition.empty() ? std::string(kDefaultPartition) : criterion.partition;
}

template <class T>
std::vector<T> chunk_of(const std::vector<T>& all, std::size_t chunk, std::size_t size) {
    const std::size_t begin = chunk * size;
    const std::size_t end = std::min(all.size(), begin + size);
    return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// StudyInstanceUID of an ImagingStudy, whichever system its writer took.
std::string uid_of(const json::object& imaging_study) {
    for (const Identifier& identifier : identifiers_of(imaging_study)) {
        const bool known = identifier.system == kStudySystem || identifier.system == kUriSystem;
        if (known && identifier.value.starts_with(kOid)) return identifier.value.substr(kOid.size());
    }
    return {};
}

/// The partition that an ImagingStudy names; empty when it names none.
std::string partition_told(const json::object& imaging_study) {
    for (const Identifier& identifier : identifiers_of(imaging_study)) {
        if (identifier.system.starts_with(kPartitionSystem))
            return identifier.system.substr(kPartitionSystem.size());
    }
    return {};
}

/// Adds what finds the ImagingStudies of a study, whichever system their writers took.
void add_study_tokens(std::vector<std::string>& tokens, const std::string& uid) {
    for (const std::string_view system : {kStudySystem, kUriSystem})
        tokens.push_back(to_token({std::string(system), std::string(kOid) + uid}));
}

std::string joined(const std::vector<std::string>& tokens) {
    return fmt::format("{}", fmt::join(tokens, ","));
}

std::optional<Identifier> accession_of(const DataSet& study) {
    std::string number = exact_text(study, "00080050");
    if (number.empty()) return std::nullopt;
    for (const DataSet* issuer : items_of(study, "00080051")) {
        if (std::string system = qualified_system(*issuer); !system.empty())
            return Identifier{std::move(system), std::move(number)};
    }
    return Identifier{{}, std::move(number)};
}

/// Rows of series or instances that are read to learn whether they are of at most so many studies.
std::size_t most_rows(std::size_t studies) {
    constexpr std::size_t kRowsOfStudy = 100;
    constexpr std::size_t kFew = 10'000;
    constexpr std::size_t kMany = 100'000;
    return std::clamp((studies + 1) * kRowsOfStudy, kFew, std::max(studies + 1, kMany));
}

StudyHit make_hit(const DataSet& study, const std::string& partition, const Options& content) {
    StudyHit hit;
    hit.partition = partition;
    hit.uid = first_text(study, "0020000D");
    const std::string da = first_text(study, "00080020");
    hit.date = to_fhir_date(da).value_or("");
    const std::string offset = to_fhir_offset(first_text(study, "00080201")).value_or("");
    const auto when = to_fhir_date_time(da, first_text(study, "00080030"), offset, content.default_time_zone);
    if (when) hit.when = read_span(std::string_view(*when));
    hit.accession = accession_of(study);
    return hit;
}

/// One search for the studies of all imaging criteria of some members.
class StudySearch {
  public:
    StudySearch(People& people, const Definition& definition, const Span& as_of, const Sources& sources)
        : people_(people), definition_(definition), as_of_(as_of), sources_(sources) {
        for (const Criterion& criterion : definition.criteria) {
            if (criterion.is_imaging()) partitions_.insert(partition_of(criterion));
        }
    }
    Found<void> run();

  private:
    using Owner = std::pair<std::string, Identifier>;             ///< partition, identity in it
    using Holders = std::map<Identifier, std::set<std::string>>;  ///< ids of the FHIR patients
    /// What an ImagingStudy tells.
    struct Told {
        std::string partition;  ///< empty: none
        std::string patient;    ///< id of the member, or of a FHIR patient who is none
        std::string reference;
        std::set<std::string> orders;  ///< ids of the ServiceRequests on which it is based
    };

    bool is_about(const Told& told, const std::string& partition) const;
    Found<void> read_imaging_studies();
    Found<void> read_identities();
    void own(Member& member, const std::string& partition, const Identifier& identity);
    bool may_identify(const Identifier& identifier, const std::string& partition) const;
    Found<void> read_studies(const Owner& owner);
    void add(Member& member, const json::object& study, std::size_t criterion);
    Found<void> add_other_patients(Holders& holders);
    Found<void> add_other_subjects(Holders& holders);
    Found<void> check_owners();

    People& people_;
    const Definition& definition_;
    const Span& as_of_;
    const Sources& sources_;
    std::set<std::string> partitions_;
    std::mutex mutex_;
    std::map<std::string, std::vector<Told>> imaging_studies_;  ///< of members, by StudyInstanceUID
    std::map<Owner, std::set<std::string>> owners_;             ///< ids of the members who have an identity
    std::map<std::string, std::set<Owner>> found_;              ///< whose studies hit, by StudyInstanceUID
};

/// One that names no partition is about any whose ImagingStudies need not name it.
bool StudySearch::is_about(const Told& told, const std::string& partition) const {
    if (!told.partition.empty()) return told.partition == partition;
    return !is_marked_partition(partition, sources_.content);
}

Found<void> StudySearch::read_imaging_studies() {
    std::vector<std::string> ids;
    for (const Member& member : people_.members())
        ids.insert(ids.end(), member.ids.begin(), member.ids.end());
    return in_parallel(
        chunks_of(ids.size(), kIdsPerSearch), sources_.workers, [&](std::size_t chunk) -> Found<void> {
            static const SearchText search{"ImagingStudy", std::string(kElements)};
            static const std::optional<Within> always;
            return each_hit(sources_.fhir, {search, always, "/imaging", as_of_},
                            chunk_of(ids, chunk, kIdsPerSearch), [&](ClinicalHit&& hit) -> Found<void> {
                                const std::string uid = uid_of(hit.resource);
                                const std::lock_guard lock(mutex_);
                                const Member* member = people_.find(hit.patient);
                                if (member != nullptr && !uid.empty())
                                    imaging_studies_[uid].push_back(
                                        {partition_told(hit.resource), member->id, reference_to(hit.resource),
                                         orders_of(hit.resource, sources_.fhir.base())});
                                return {};
                            });
        });
}

void StudySearch::own(Member& member, const std::string& partition, const Identifier& identity) {
    owners_[{partition, identity}].insert(member.id);
}

/// Which identifiers of a Patient may stand for a PatientID: those of the systems that the bridge writes.
bool StudySearch::may_identify(const Identifier& identifier, const std::string& partition) const {
    const Options& content = sources_.content;
    if (content.is_issuer_id_used) return true;
    const auto rule = content.partitions.find(partition);
    const bool has_own = rule != content.partitions.end() && !rule->second.patient_system.empty();
    return identifier.system == (has_own ? rule->second.patient_system : content.patient_system_id);
}

Found<void> StudySearch::read_identities() {
    for (Member& member : people_.members()) {
        for (const Identifier& identifier : member.identifiers) {
            for (const std::string& partition : partitions_) {
                if (may_identify(identifier, partition)) own(member, partition, identifier);
            }
        }
    }
    std::vector<std::string> uids;
    for (const auto& [uid, study] : imaging_studies_)
        uids.push_back(uid);
    for (const std::string& partition : partitions_) {
        COHORT_CHECK(in_parallel(chunks_of(uids.size(), kStudiesPerRequest), sources_.workers,
                                 [&](std::size_t chunk) -> Found<void> {
                                     StudyQuery query;
                                     query.partition = partition;
                                     query.study_uids = chunk_of(uids, chunk, kStudiesPerRequest);
                                     const auto rows = sources_.archive->find(query);
                                     if (!rows) return not_found(failure_at("/imaging", rows.error()));
                                     const std::lock_guard lock(mutex_);
                                     for (const json::object& study : rows->studies) {
                                         const auto identity =
                                             patient_identity(study, partition, sources_.content);
                                         const auto at = imaging_studies_.find(first_text(study, "0020000D"));
                                         if (!identity || at == imaging_studies_.end()) continue;
                                         for (const Told& told : at->second) {
                                             if (is_about(told, partition))
                                                 own(*people_.find(told.patient), partition, *identity);
                                         }
                                     }
                                     return {};
                                 }));
    }
    return {};
}

void StudySearch::add(Member& member, const json::object& study, std::size_t criterion) {
    StudyHit hit = make_hit(study, partition_of(definition_.criteria[criterion]), sources_.content);
    const auto& within = definition_.criteria[criterion].within;
    if (within && (!hit.when || !overlaps(*hit.when, window_of(within, as_of_)))) return;
    member.hits[criterion].push_back({hit.uid, hit.when});
    // What was to be absent is no study of the answer, whatever else lets its patient in.
    if (definition_.criteria[criterion].absent) return;
    if (const auto at = imaging_studies_.find(hit.uid); at != imaging_studies_.end()) {
        for (const Told& told : at->second) {
            const bool usable = told.patient == member.id && is_about(told, hit.partition);
            // Of several always the same one, in whatever order they came.
            if (usable && (hit.imaging_study.empty() || told.reference < hit.imaging_study)) {
                hit.imaging_study = told.reference;
                hit.orders.assign(told.orders.begin(), told.orders.end());
            }
        }
    }
    const auto same = std::find_if(member.studies.begin(), member.studies.end(), [&](const StudyHit& other) {
        return other.uid == hit.uid && other.partition == hit.partition;
    });
    StudyHit& kept = same == member.studies.end() ? member.studies.emplace_back(std::move(hit)) : *same;
    kept.criteria.push_back(criterion);
}

Found<void> StudySearch::read_studies(const Owner& owner) {
    const auto& [partition, identity] = owner;
    for (std::size_t at = 0; at < definition_.criteria.size(); ++at) {
        const Criterion& criterion = definition_.criteria[at];
        if (!criterion.is_imaging() || partition_of(criterion) != partition) continue;
        StudyQuery query{partition, criterion.match, criterion.level, identity.value, {}, 0};
        const auto rows = sources_.archive->find(query);
        if (!rows) return not_found(failure_at(criterion.pointer, rows.error()));
        const std::lock_guard lock(mutex_);
        for (const json::object& study : rows->studies) {
            // PatientID alone does not tell patients of two issuers apart, and may hold wildcards.
            if (patient_identity(study, partition, sources_.content) != identity) continue;
            found_[first_text(study, "0020000D")].insert(owner);
            for (const std::string& id : owners_.at(owner))
                add(*people_.find(id), study, at);
        }
    }
    return {};
}

/// Adds the FHIR patients who have an identity as an identifier.
Found<void> StudySearch::add_other_patients(Holders& holders) {
    std::vector<std::string> all;
    for (const auto& [identity, ids] : holders)
        all.push_back(to_token(identity));
    return in_parallel(
        chunks_of(all.size(), kStudiesPerRequest), sources_.workers, [&](std::size_t chunk) -> Found<void> {
            const auto status = sources_.fhir.search_each(
                "Patient", "identifier=" + joined(chunk_of(all, chunk, kStudiesPerRequest)) + "&_count=1000",
                [&](json::object&& patient) -> Attempt<void> {
                    if (!replaced_by(patient, sources_.fhir.base()).empty()) return {};
                    const std::string id(text_at(patient, "id"));
                    const std::lock_guard lock(mutex_);
                    const Member* member = people_.find(id);
                    for (const Identifier& identifier : identifiers_of(patient)) {
                        const auto at = holders.find(identifier);
                        if (at != holders.end()) at->second.insert(member != nullptr ? member->id : id);
                    }
                    return {};
                });
            if (!status) return not_found(failure_at("/imaging", status.error()));
            return {};
        });
}

/// Adds the FHIR patients who are no members and subjects of ImagingStudies of the studies found.
Found<void> StudySearch::add_other_subjects(Holders& holders) {
    std::vector<std::string> uids;
    for (const auto& [uid, owners] : found_)
        uids.push_back(uid);
    std::map<std::string, std::set<Identifier>> others;
    COHORT_CHECK(in_parallel(
        chunks_of(uids.size(), kStudiesPerRequest), sources_.workers, [&](std::size_t chunk) -> Found<void> {
            std::vector<std::string> tokens;
            for (const std::string& uid : chunk_of(uids, chunk, kStudiesPerRequest))
                add_study_tokens(tokens, uid);
            const SearchText search{"ImagingStudy",
                                    fmt::format("{}&identifier={}", kElements, joined(tokens))};
            static const std::optional<Within> always;
            return each_hit(sources_.fhir, {search, always, "/imaging", as_of_}, {},
                            [&](ClinicalHit&& hit) -> Found<void> {
                                const std::lock_guard lock(mutex_);
                                const auto at = found_.find(uid_of(hit.resource));
                                if (at == found_.end() || people_.find(hit.patient) != nullptr) return {};
                                const Told told{partition_told(hit.resource), hit.patient, {}, {}};
                                for (const auto& [partition, identity] : at->second) {
                                    if (is_about(told, partition)) others[told.patient].insert(identity);
                                }
                                return {};
                            });
        }));
    std::set<std::string> ids;
    for (const auto& [id, identities] : others)
        ids.insert(id);
    COHORT_TRY(const Patients patients, read_patients(ids, {}, sources_));
    for (const auto& [id, identities] : others) {
        const auto patient = patients.find(id);
        if (patient != patients.end() && !replaced_by(patient->second, sources_.fhir.base()).empty())
            continue;
        for (const Identifier& identity : identities)
            holders[identity].insert(id);
    }
    return {};
}

/// An identity that two FHIR patients have says of neither that the studies are theirs.
Found<void> StudySearch::check_owners() {
    Holders holders;
    for (const auto& [uid, owners] : found_) {
        for (const Owner& owner : owners)
            holders[owner.second].insert(owners_.at(owner).begin(), owners_.at(owner).end());
    }
    COHORT_CHECK(add_other_patients(holders));
    COHORT_CHECK(add_other_subjects(holders));
    for (const auto& [identity, ids] : holders) {
        if (ids.size() < 2) continue;
        for (const std::string& id : ids) {
            Member* member = people_.find(id);
            if (member == nullptr) continue;
            member->problem =
                fmt::format("the patient identity of its studies is that of {} FHIR patients", ids.size());
            member->studies.clear();
        }
    }
    return {};
}

Found<void> StudySearch::run() {
    COHORT_CHECK(read_imaging_studies());
    COHORT_CHECK(read_identities());
    std::vector<Owner> owners;
    for (const auto& [owner, ids] : owners_)
        owners.push_back(owner);
    COHORT_CHECK(in_parallel(owners.size(), sources_.workers,
                             [&](std::size_t at) { return read_studies(owners[at]); }));
    COHORT_CHECK(check_owners());
    for (Member& member : people_.members()) {
        std::sort(member.studies.begin(), member.studies.end(), [](const StudyHit& a, const StudyHit& b) {
            return std::tie(a.date, a.uid, a.partition) < std::tie(b.date, b.uid, b.partition);
        });
        for (auto& hits : member.hits) {
            std::stable_sort(hits.begin(), hits.end(),
                             [](const Hit& a, const Hit& b) { return a.reference < b.reference; });
        }
    }
    return {};
}

}  // namespace

Found<std::optional<std::vector<json::object>>> few_studies(const Criterion& criterion, std::size_t most,
                                                            const Sources& sources) {
    StudyQuery query{partition_of(criterion), criterion.match, criterion.level, {}, {}, most + 1};
    // The rows of lower levels are many for one study.
    if (criterion.level != dicom::Level::study) query.limit = most_rows(most);
    query.most_studies = most;
    auto rows = sources.archive->find(query);
    if (!rows) return not_found(failure_at(criterion.pointer, rows.error()));
    if (!rows->complete || rows->studies.size() > most) return std::optional<std::vector<json::object>>();
    return std::optional(std::move(rows->studies));
}

Found<std::set<std::string>> owners_of(const std::vector<json::object>& studies, const Criterion& criterion,
                                       const Sources& sources) {
    std::set<std::string> ids;
    std::vector<std::string> patients;
    std::vector<std::string> imaging_studies;
    for (const json::object& study : studies) {
        const auto identity = patient_identity(study, partition_of(criterion), sources.content);
        if (identity) patients.push_back(to_token(*identity));
        add_study_tokens(imaging_studies, first_text(study, "0020000D"));
    }
    const auto search = [&](const char* type, const char* elements, const std::vector<std::string>& tokens,
                            const std::function<std::string(const json::object&)>& id_of) -> Found<void> {
        std::mutex mutex;
        return in_parallel(chunks_of(tokens.size(), kStudiesPerRequest), sources.workers,
                           [&](std::size_t chunk) -> Found<void> {
                               const auto status = sources.fhir.search_each(
                                   type,
                                   fmt::format("_elements={}&identifier={}&_count=1000", elements,
                                               joined(chunk_of(tokens, chunk, kStudiesPerRequest))),
                                   [&](json::object&& found) -> Attempt<void> {
                                       const std::lock_guard lock(mutex);
                                       if (std::string id = id_of(found); !id.empty())
                                           ids.insert(std::move(id));
                                       return {};
                                   });
                               if (!status) return not_found(failure_at(criterion.pointer, status.error()));
                               return {};
                           });
    };
    COHORT_CHECK(search("Patient", "identifier", patients,
                        [](const json::object& found) { return std::string(text_at(found, "id")); }));
    COHORT_CHECK(search("ImagingStudy", "subject", imaging_studies, [&](const json::object& found) {
        return local_id(text_at(found, "subject", "reference"), "Patient", sources.fhir.base());
    }));
    return ids;
}

Found<void> find_studies(People& people, const Definition& definition, const Span& as_of,
                         const Sources& sources) {
    return StudySearch(people, definition, as_of, sources).run();
}

}  // namespace isocenter::fhir::cohort
