#include "fhir/cohort/describe.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "fhir/cohort/clinical_search.h"
#include "fhir/cohort/documents.h"
#include "fhir/cohort/links.h"
#include "fhir/cohort/people.h"
#include "fhir/mapping/attributes.h"
#include "fhir/parallel.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

/// One round: everything is keyed by the member's place in it.
class Round {
  public:
    Round(const Definition& definition, const Selection& selection, std::size_t first, std::size_t count,
          const std::string& retrieve_root, const Sources& sources)
        : definition_(definition),
          as_of_(selection.as_of),
          members_(selection.members.data() + first),
          count_(count),
          retrieve_root_(retrieve_root),
          sources_(sources),
          resources_(definition.returned.size(), std::vector<std::vector<ClinicalHit>>(count)),
          orders_(definition.returned.size()) {}
    Found<std::vector<json::object>> run();

  private:
    Found<void> read_modalities();
    Found<void> read_archive();
    Found<void> read_returned(std::size_t index);
    Found<void> read_hits(std::size_t index);
    Found<void> read_orders(std::size_t index);
    bool is_wanted(std::size_t index, const Member& member, const json::object& resource) const;
    json::array studies_of(std::size_t at) const;
    json::object object_of(std::size_t at) const;

    const Definition& definition_;
    const Span& as_of_;
    const Member* members_;
    const std::size_t count_;
    const std::string& retrieve_root_;
    const Sources& sources_;
    Patients patients_;
    ByStudy modalities_;
    ByStudy documents_;
    std::vector<std::vector<std::vector<ClinicalHit>>> resources_;  ///< by `return`, member
    std::vector<Orders> orders_;  ///< to which those resources refer, by `return`
};

Found<void> Round::read_modalities() {
    std::map<std::string, std::vector<std::string>> uids;
    for (std::size_t at = 0; at < count_; ++at) {
        for (const StudyHit& study : members_[at].studies)
            uids[study.partition].push_back(study.uid);
    }
    for (const auto& [partition, all] : uids) {
        for (std::size_t begin = 0; begin < all.size(); begin += kStudiesPerRequest) {
            const std::size_t end = std::min(all.size(), begin + kStudiesPerRequest);
            StudyQuery query;
            query.partition = partition;
            query.study_uids = {all.begin() + static_cast<std::ptrdiff_t>(begin),
                                all.begin() + static_cast<std::ptrdiff_t>(end)};
            const auto rows = sources_.archive->find(query);
            if (!rows) return not_found(failure_at("/imaging", rows.error()));
            for (const json::object& study : rows->studies) {
                json::array& modalities = modalities_[{partition, first_text(study, "0020000D")}];
                for (const std::string& modality : all_texts(study, "00080061"))
                    modalities.emplace_back(modality);
            }
        }
    }
    return {};
}

Found<void> Round::read_archive() {
    COHORT_CHECK(read_modalities());
    if (modalities_.empty()) return {};
    COHORT_TRY(documents_, find_documents(modalities_, *sources_.archive, retrieve_root_));
    return {};
}

bool Round::is_wanted(std::size_t index, const Member& member, const json::object& resource) const {
    const Returned& returned = definition_.returned[index];
    if (!returned.of) return true;
    return std::any_of(member.studies.begin(), member.studies.end(), [&](const StudyHit& study) {
        const bool hit =
            std::find(study.criteria.begin(), study.criteria.end(), *returned.of) != study.criteria.end();
        return hit && is_linked(resource, study, orders_[index], sources_.fhir.base());
    });
}

Found<void> Round::read_hits(std::size_t index) {
    const Returned& returned = definition_.returned[index];
    std::map<std::string, std::size_t> place;
    std::vector<std::string> ids;
    for (std::size_t at = 0; at < count_; ++at) {
        // What belongs to studies need not be asked of those who have none.
        if (returned.of && members_[at].studies.empty()) continue;
        for (const std::string& id : members_[at].ids) {
            place[id] = at;
            ids.push_back(id);
        }
    }
    if (ids.empty()) return {};
    return each_hit(sources_.fhir, {returned.search, returned.within, returned.pointer, as_of_}, ids,
                    [&](ClinicalHit&& hit) -> Found<void> {
                        const auto at = place.find(hit.patient);
                        if (at == place.end()) return {};
                        const Member& member = members_[at->second];
                        std::vector<ClinicalHit>& hits = resources_[index][at->second];
                        // What names a merged patient by two ids comes twice, one after the other.
                        const bool is_known = !hits.empty() && text_at(hits.back().resource, "id") ==
                                                                   text_at(hit.resource, "id");
                        // Of what refers to an order, the order tells; it is read for all at once.
                        if (!is_known && (is_wanted(index, member, hit.resource) ||
                                          !orders_of(hit.resource, sources_.fhir.base()).empty()))
                            hits.push_back(std::move(hit));
                        return {};
                    });
}

/// A server that does not show its orders shows no link by them.
Found<void> Round::read_orders(std::size_t index) {
    const Returned& returned = definition_.returned[index];
    if (!returned.of && returned.search.type != "DiagnosticReport") return {};
    std::set<std::string> ids;
    for (std::size_t at = 0; at < count_; ++at) {
        const auto& studies = members_[at].studies;
        const bool is_known_by_number =
            std::any_of(studies.begin(), studies.end(),
                        [](const StudyHit& study) { return study.accession.has_value(); });
        if (!is_known_by_number) continue;
        for (const ClinicalHit& hit : resources_[index][at])
            ids.merge(orders_of(hit.resource, sources_.fhir.base()));
    }
    auto orders = find_orders(ids, sources_.fhir);
    if (!orders) return not_found(failure_at(returned.pointer, orders.error()));
    orders_[index] = *std::move(orders);
    return {};
}

Found<void> Round::read_returned(std::size_t index) {
    COHORT_CHECK(read_hits(index));
    COHORT_CHECK(read_orders(index));
    const Returned& returned = definition_.returned[index];
    for (std::size_t at = 0; at < count_; ++at) {
        auto& hits = resources_[index][at];
        std::erase_if(hits,
                      [&](const ClinicalHit& hit) { return !is_wanted(index, members_[at], hit.resource); });
        const auto key = [](const ClinicalHit& hit) {
            return std::pair(hit.when ? hit.when->first_day : std::chrono::sys_days::min(),
                             text_at(hit.resource, "id"));
        };
        std::sort(hits.begin(), hits.end(),
                  [&](const ClinicalHit& a, const ClinicalHit& b) { return key(a) < key(b); });
        if (returned.most && hits.size() > *returned.most)
            hits.erase(hits.begin(), hits.end() - static_cast<std::ptrdiff_t>(*returned.most));
    }
    return {};
}

json::array Round::studies_of(std::size_t at) const {
    json::array studies;
    for (const StudyHit& study : members_[at].studies) {
        json::object object{{"partitionName", study.partition}, {"studyInstanceUid", study.uid}};
        const StudyKey key{study.partition, study.uid};
        const auto modalities = modalities_.find(key);
        if (modalities != modalities_.end()) object["modalities"] = modalities->second;
        if (!study.date.empty()) object["started"] = study.date;
        if (!study.imaging_study.empty()) object["imagingStudy"] = study.imaging_study;
        object["retrieveUrl"] = study_url(retrieve_root_, key);
        const auto documents = documents_.find(key);
        object["documents"] = documents != documents_.end() ? documents->second : json::array();
        std::set<std::string> reports;
        for (std::size_t index = 0; index < resources_.size(); ++index) {
            for (const ClinicalHit& hit : resources_[index][at]) {
                if (text_at(hit.resource, "resourceType") == "DiagnosticReport" &&
                    is_linked(hit.resource, study, orders_[index], sources_.fhir.base()))
                    reports.insert(reference_to(hit.resource));
            }
        }
        object["reports"] = json::array(reports.begin(), reports.end());
        studies.push_back(std::move(object));
    }
    return studies;
}

json::object Round::object_of(std::size_t at) const {
    const Member& member = members_[at];
    const auto patient = patients_.find(member.id);
    json::object object;
    object["patient"] = patient != patients_.end()
                            ? patient->second
                            : json::object{{"resourceType", "Patient"}, {"id", member.id}};
    if (!member.problem.empty()) {
        object["error"] = member.problem;
        return object;
    }
    json::object hits;
    for (std::size_t index = 0; index < definition_.criteria.size(); ++index) {
        if (definition_.criteria[index].absent) continue;
        json::array references;
        for (const Hit& hit : member.hits[index])
            references.emplace_back(hit.reference);
        hits[definition_.criteria[index].as] = std::move(references);
    }
    object["hits"] = std::move(hits);
    object["studies"] = studies_of(at);
    json::object resources;
    for (std::size_t index = 0; index < definition_.returned.size(); ++index) {
        json::array found;
        for (const ClinicalHit& hit : resources_[index][at])
            found.emplace_back(hit.resource);
        resources[definition_.returned[index].as] = std::move(found);
    }
    object["resources"] = std::move(resources);
    return object;
}

Found<std::vector<json::object>> Round::run() {
    std::set<std::string> ids;
    for (std::size_t at = 0; at < count_; ++at)
        ids.insert(members_[at].id);
    COHORT_CHECK(
        in_parallel(definition_.returned.size() + 2, sources_.workers, [&](std::size_t task) -> Found<void> {
            if (task < definition_.returned.size()) return read_returned(task);
            if (task == definition_.returned.size()) return read_archive();
            COHORT_TRY(patients_, read_patients(ids, {}, sources_));
            return {};
        }));
    std::vector<json::object> objects;
    for (std::size_t at = 0; at < count_; ++at)
        objects.push_back(object_of(at));
    return objects;
}

}  // namespace

Found<std::vector<json::object>> describe(const Definition& definition, const Selection& selection,
                                          std::size_t first, std::size_t count,
                                          const std::string& retrieve_root, const Sources& sources) {
    const std::size_t begin = std::min(first, selection.members.size());
    const std::size_t size = std::min({count, kMembersPerRound, selection.members.size() - begin});
    if (size == 0) return std::vector<json::object>();
    return Round(definition, selection, begin, size, retrieve_root, sources).run();
}

json::object totals_of(const Selection& selection) {
    json::object totals{{"patients", selection.members.size()}, {"studies", selection.studies()}};
    if (const std::size_t uncertain = selection.uncertain(); uncertain > 0) totals["errors"] = uncertain;
    return totals;
}

}  // namespace isocenter::fhir::cohort
