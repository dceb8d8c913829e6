#include "fhir/cohort/people.h"

#include <algorithm>
#include <mutex>

#include "fhir/client/reference.h"
#include "fhir/cohort/clinical_search.h"
#include "fhir/json_members.h"
#include "fhir/parallel.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

constexpr std::string_view kPointer = "/patient";
/// Replaced patients whose successor was replaced in turn; more is a circle.
constexpr int kMostSteps = 8;

std::string linked(const json::value& link, std::string_view type, std::string_view base) {
    if (!link.is_object() || text_at(link.get_object(), "type") != type) return {};
    return local_id(text_at(link.get_object(), "other", "reference"), "Patient", base);
}

bool has_age(const json::object& patient, const AgeLimits& limits, const Span& as_of) {
    if (!limits.least && !limits.most) return true;
    const auto birth = read_span(text_at(patient, "birthDate"));
    if (!birth) return false;
    const Ages ages = ages_at(*birth, as_of.first_day);
    return (!limits.least || ages.least >= *limits.least) && (!limits.most || ages.greatest <= *limits.most);
}

Member make_member(const json::object& patient, std::size_t criteria, std::string_view base) {
    Member member;
    member.id = std::string(text_at(patient, "id"));
    member.ids = {member.id};
    member.identifiers = identifiers_of(patient);
    member.hits.resize(criteria);
    for (const json::value& link : list_member(patient, "link")) {
        if (std::string other = linked(link, "replaces", base); !other.empty()) member.ids.push_back(other);
    }
    return member;
}

/// Loads successors until every patient's is there.
Found<Patients> with_successors(const std::set<std::string>& ids, const Sources& sources) {
    Patients patients;
    std::set<std::string> wanted = ids;
    for (int step = 0; step < kMostSteps && !wanted.empty(); ++step) {
        COHORT_TRY(Patients read, read_patients(wanted, {}, sources));
        patients.merge(read);
        wanted.clear();
        for (const auto& [id, patient] : patients) {
            std::string next = replaced_by(patient, sources.fhir.base());
            if (!next.empty() && !patients.contains(next)) wanted.insert(std::move(next));
        }
    }
    return patients;
}

/// Who stands for `id` in the end; empty when that patient is not there.
std::string in_force(std::string id, const Patients& patients, std::string_view base) {
    for (int step = 0; step < kMostSteps; ++step) {
        const auto at = patients.find(id);
        if (at == patients.end()) return {};
        const std::string next = replaced_by(at->second, base);
        if (next.empty()) return id;
        id = next;
    }
    return {};
}

/// Patients whom one of `ids`, at most kIdsPerSearch, replaces. None where the server refuses the search, or
/// answers another: then what those in force name themselves has to do.
Found<Patients> replaced_of(const std::vector<std::string>& ids, const Sources& sources) {
    std::vector<std::string> references;
    for (const std::string& id : ids)
        references.push_back("Patient/" + id);
    Patients found;
    bool is_ignored = false;
    const auto status = sources.fhir.search_each(
        "Patient", list_parameter("link", references) + "&_count=1000",
        [&](json::object&& patient) -> Attempt<void> {
            is_ignored = list_member(patient, "link").empty();
            if (is_ignored) return failed(FailureKind::cancelled, "the server ignores the parameter link");
            const std::string next = replaced_by(patient, sources.fhir.base());
            if (std::find(ids.begin(), ids.end(), next) == ids.end()) return {};
            std::string id(text_at(patient, "id"));
            found[std::move(id)] = std::move(patient);
            return {};
        });
    if (is_ignored || (!status && failure_at(kPointer, status.error()).kind == CohortFailure::Kind::refused))
        return Patients();
    if (!status) return not_found(failure_at(kPointer, status.error()));
    return found;
}

/// Adds those whom the patients replace: a server need not let the successor name them.
Found<void> add_replaced(Patients& patients, const Sources& sources) {
    std::vector<std::string> wanted;
    for (const auto& [id, patient] : patients) {
        if (replaced_by(patient, sources.fhir.base()).empty()) wanted.push_back(id);
    }
    for (int step = 0; step < kMostSteps && !wanted.empty(); ++step) {
        std::mutex mutex;
        std::vector<std::string> added;
        COHORT_CHECK(in_parallel(
            chunks_of(wanted.size(), kIdsPerSearch), sources.workers, [&](std::size_t chunk) -> Found<void> {
                const std::size_t begin = chunk * kIdsPerSearch;
                const std::size_t end = std::min(wanted.size(), begin + kIdsPerSearch);
                COHORT_TRY(Patients found, replaced_of({wanted.begin() + static_cast<std::ptrdiff_t>(begin),
                                                        wanted.begin() + static_cast<std::ptrdiff_t>(end)},
                                                       sources));
                const std::lock_guard lock(mutex);
                for (auto& [id, patient] : found) {
                    if (patients.try_emplace(id, std::move(patient)).second) added.push_back(id);
                }
                return {};
            }));
        wanted = std::move(added);
    }
    return {};
}

}  // namespace

Found<Patients> read_patients(const std::set<std::string>& ids, const std::string& query,
                              const Sources& sources) {
    const std::vector<std::string> all(ids.begin(), ids.end());
    Patients patients;
    std::mutex mutex;
    const auto read_chunk = [&](std::size_t chunk) -> Found<void> {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(chunk * kIdsPerSearch);
        const auto end = all.end() - begin > static_cast<std::ptrdiff_t>(kIdsPerSearch)
                             ? begin + static_cast<std::ptrdiff_t>(kIdsPerSearch)
                             : all.end();
        std::string form = list_parameter("_id", {begin, end}) + (query.empty() ? "" : "&" + query);
        const auto status = sources.fhir.search_each("Patient", form + "&_count=1000",
                                                     [&](json::object&& patient) -> Attempt<void> {
                                                         std::string id(text_at(patient, "id"));
                                                         const std::lock_guard lock(mutex);
                                                         patients[std::move(id)] = std::move(patient);
                                                         return {};
                                                     });
        if (!status) return not_found(failure_at(kPointer, status.error()));
        return {};
    };
    COHORT_CHECK(in_parallel(chunks_of(all.size(), kIdsPerSearch), sources.workers, read_chunk));
    return patients;
}

Found<People> People::load(const std::set<std::string>& ids, const Definition& definition, const Span& as_of,
                           const Sources& sources) {
    COHORT_TRY(Patients patients, with_successors(ids, sources));
    COHORT_CHECK(add_replaced(patients, sources));
    const std::string& base = sources.fhir.base();
    std::map<std::string, Member> members;
    for (const auto& [id, patient] : patients) {
        const std::string own = in_force(id, patients, base);
        if (own.empty() || !has_age(patients.at(own), definition.age, as_of)) continue;
        const auto [at, fresh] = members.try_emplace(own);
        if (fresh) at->second = make_member(patients.at(own), definition.criteria.size(), base);
        std::vector<std::string>& known = at->second.ids;
        if (std::find(known.begin(), known.end(), id) == known.end()) known.push_back(id);
        if (id == own) continue;
        for (Identifier& identifier : identifiers_of(patient))
            at->second.identifiers.push_back(std::move(identifier));
    }
    if (!definition.patient_query.empty()) {
        std::set<std::string> left;
        for (const auto& [id, member] : members)
            left.insert(id);
        COHORT_TRY(const Patients matching, read_patients(left, definition.patient_query, sources));
        std::erase_if(members, [&](const auto& member) { return !matching.contains(member.first); });
    }
    People people;
    for (auto& [id, member] : members)
        people.members_.push_back(std::move(member));
    people.index();
    return people;
}

void People::index() {
    by_id_.clear();
    for (std::size_t at = 0; at < members_.size(); ++at) {
        for (const std::string& id : members_[at].ids)
            by_id_[id] = at;
    }
}

Member* People::find(const std::string& id) {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? nullptr : &members_[at->second];
}

void People::keep(const std::function<bool(const Member&)>& wanted) {
    std::erase_if(members_, [&](const Member& member) { return !wanted(member); });
    index();
}

Found<void> keep_readable(Selection& selection, const Sources& sources) {
    std::set<std::string> ids;
    for (const Member& member : selection.members)
        ids.insert(member.id);
    COHORT_TRY(const Patients patients, read_patients(ids, {}, sources));
    std::erase_if(selection.members, [&](const Member& member) { return !patients.contains(member.id); });
    return {};
}

std::string patient_form(const Definition& definition, const Span& as_of) {
    std::string form = definition.patient_query;
    const auto add = [&](const char* prefix, int years, int days) {
        const Span limit = shifted(as_of, {-12 * years, days, std::chrono::seconds{0}, false});
        form += (form.empty() ? "" : "&") + std::string("birthdate=") + prefix + to_text(limit.last_day);
    };
    // A day wider than needed: birthdays on 29 February, and servers with a zone of their own.
    if (definition.age.least) add("le", *definition.age.least, 1);
    if (definition.age.most) add("ge", *definition.age.most + 1, -1);
    return form;
}

std::vector<Identifier> identifiers_of(const json::object& resource) {
    std::vector<Identifier> identifiers;
    for (const json::value& member : list_member(resource, "identifier")) {
        if (!member.is_object()) continue;
        const json::object& identifier = member.get_object();
        std::string value(text_at(identifier, "value"));
        if (!value.empty())
            identifiers.push_back({std::string(text_at(identifier, "system")), std::move(value)});
    }
    return identifiers;
}

std::string replaced_by(const json::object& patient, std::string_view base) {
    for (const json::value& link : list_member(patient, "link")) {
        if (std::string other = linked(link, "replaced-by", base); !other.empty()) return other;
    }
    return {};
}

}  // namespace isocenter::fhir::cohort
