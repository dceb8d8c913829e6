#include "fhir/cohort/find.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <set>

#include "fhir/cohort/clinical_search.h"
#include "fhir/cohort/imaging.h"
#include "fhir/cohort/people.h"
#include "fhir/cohort/relations.h"
#include "fhir/parallel.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

using Hits = std::map<std::string, std::vector<Hit>>;  ///< by FHIR patient id

/// Where to begin: conditions of which every member of the cohort meets at least one.
struct Seed {
    std::vector<std::size_t> criteria;  ///< none: the patient condition
    std::uint64_t size = 0;
};

class Finder {
  public:
    Finder(const Definition& definition, Selection& selection, const Sources& sources)
        : definition_(definition), selection_(selection), sources_(sources) {
        sizes_.resize(definition.criteria.size());
        few_.resize(definition.criteria.size());
        seeded_.resize(definition.criteria.size());
    }
    Found<void> run();

  private:
    ClinicalSearch search_of(const Criterion& criterion) const {
        return {*criterion.search, criterion.within, criterion.pointer, selection_.as_of};
    }
    bool is_grouped(std::size_t index) const;
    bool may_seed(std::size_t index) const;
    Found<void> size_clinical();
    Found<void> size_imaging();
    Seed choose() const;
    Found<std::set<std::string>> gather(const Seed& seed);
    Found<void> gather_clinical(std::size_t index, std::set<std::string>& ids);
    Found<void> gather_patients(std::set<std::string>& ids);
    Found<void> check_number(const std::set<std::string>& ids) const;
    Found<void> evaluate(std::size_t index);
    std::vector<std::size_t> order() const;
    bool may_still_belong(const Member& member) const;
    bool holds(const Member& member, std::size_t index) const;
    bool belongs(const Member& member) const;

    const Definition& definition_;
    Selection& selection_;
    const Sources& sources_;
    std::vector<std::optional<std::uint64_t>> sizes_;            ///< by criterion, where known
    std::optional<std::uint64_t> patients_;                      ///< size of the patient condition
    std::vector<std::optional<std::vector<json::object>>> few_;  ///< studies of small imaging criteria
    std::vector<std::optional<Hits>> seeded_;                    ///< hits that the seed's search brought
    std::set<std::size_t> evaluated_;
    People people_;
};

bool Finder::is_grouped(std::size_t index) const {
    return std::any_of(definition_.any.begin(), definition_.any.end(), [&](const auto& group) {
        return std::find(group.begin(), group.end(), index) != group.end();
    });
}

bool Finder::may_seed(std::size_t index) const {
    return definition_.criteria[index].decides() && !definition_.criteria[index].absent;
}

Found<void> Finder::size_clinical() {
    std::vector<std::size_t> asked;
    for (std::size_t at = 0; at < definition_.criteria.size(); ++at) {
        if (!definition_.criteria[at].is_imaging() && may_seed(at)) asked.push_back(at);
    }
    const std::string form = patient_form(definition_, selection_.as_of);
    const bool with_patients = !form.empty() || asked.empty();
    return in_parallel(asked.size() + (with_patients ? 1 : 0), sources_.workers,
                       [&](std::size_t at) -> Found<void> {
                           if (at < asked.size()) {
                               const auto& criterion = definition_.criteria[asked[at]];
                               COHORT_TRY(sizes_[asked[at]], count_hits(sources_.fhir, search_of(criterion)));
                               return {};
                           }
                           const auto count = sources_.fhir.count("Patient", form);
                           if (!count) return not_found(failure_at("/patient", count.error()));
                           patients_ = *count;
                           return {};
                       });
}

/// The archive does not count: it is asked for one study more than the smallest condition has hits.
Found<void> Finder::size_imaging() {
    std::uint64_t least = patients_.value_or(sources_.max_patients);
    for (const auto& size : sizes_)
        least = std::min(least, size.value_or(least));
    for (std::size_t at = 0; at < definition_.criteria.size(); ++at) {
        if (!definition_.criteria[at].is_imaging() || !may_seed(at)) continue;
        const std::size_t most = std::min<std::uint64_t>(least, sources_.max_patients);
        COHORT_TRY(few_[at], few_studies(definition_.criteria[at], most, sources_));
        if (few_[at]) sizes_[at] = few_[at]->size();
    }
    return {};
}

Seed Finder::choose() const {
    Seed best{{}, patients_.value_or(std::numeric_limits<std::uint64_t>::max())};
    const auto consider = [&](const std::vector<std::size_t>& criteria) {
        std::uint64_t sum = 0;
        for (const std::size_t index : criteria) {
            if (!sizes_[index]) return;
            sum += *sizes_[index];
        }
        if (sum < best.size) best = {criteria, sum};
    };
    for (std::size_t at = 0; at < definition_.criteria.size(); ++at) {
        if (may_seed(at) && !is_grouped(at)) consider({at});
    }
    for (const auto& group : definition_.any)
        consider(group);
    return best;
}

Found<void> Finder::check_number(const std::set<std::string>& ids) const {
    if (ids.size() <= sources_.max_patients) return {};
    std::string counts = patients_ ? fmt::format("; patient: {}", *patients_) : std::string();
    for (std::size_t at = 0; at < sizes_.size(); ++at) {
        if (sizes_[at]) counts += fmt::format("; {}: {}", definition_.criteria[at].as, *sizes_[at]);
    }
    return not_found({CohortFailure::Kind::too_many,
                      "",
                      fmt::format("more than {} patients to look at{}", sources_.max_patients, counts),
                      {}});
}

Found<void> Finder::gather_clinical(std::size_t index, std::set<std::string>& ids) {
    const Criterion& criterion = definition_.criteria[index];
    Hits& hits = seeded_[index].emplace();
    return each_hit(sources_.fhir, search_of(criterion), {}, [&](ClinicalHit&& hit) -> Found<void> {
        hits[hit.patient].push_back({reference_to(hit.resource), hit.when});
        ids.insert(std::move(hit.patient));
        return check_number(ids);
    });
}

Found<void> Finder::gather_patients(std::set<std::string>& ids) {
    std::string form = patient_form(definition_, selection_.as_of);
    form += form.empty() ? "_count=1000" : "&_count=1000";
    std::optional<CohortFailure> too_many;
    const auto status =
        sources_.fhir.search_each("Patient", std::move(form), [&](json::object&& patient) -> Attempt<void> {
            ids.insert(std::string(text_at(patient, "id")));
            if (auto number = check_number(ids); !number) {
                too_many = std::move(number).error();
                return failed(FailureKind::cancelled, too_many->text);
            }
            return {};
        });
    if (too_many) return not_found(std::move(*too_many));
    if (!status) return not_found(failure_at("/patient", status.error()));
    return {};
}

Found<std::set<std::string>> Finder::gather(const Seed& seed) {
    std::set<std::string> ids;
    if (seed.criteria.empty()) COHORT_CHECK(gather_patients(ids));
    for (const std::size_t index : seed.criteria) {
        const Criterion& criterion = definition_.criteria[index];
        if (!criterion.is_imaging()) {
            COHORT_CHECK(gather_clinical(index, ids));
            continue;
        }
        COHORT_TRY(const std::set<std::string> owners, owners_of(*few_[index], criterion, sources_));
        ids.insert(owners.begin(), owners.end());
    }
    COHORT_CHECK(check_number(ids));
    return ids;
}

/// Clinical criteria: smallest first, then those that say not, then those that only return.
std::vector<std::size_t> Finder::order() const {
    std::vector<std::size_t> indices;
    for (std::size_t at = 0; at < definition_.criteria.size(); ++at) {
        if (!definition_.criteria[at].is_imaging()) indices.push_back(at);
    }
    constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max() - 1;
    const auto rank = [&](std::size_t at) {
        return definition_.criteria[at].decides() ? sizes_[at].value_or(kUnknown) : kUnknown + 1;
    };
    std::stable_sort(indices.begin(), indices.end(),
                     [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    return indices;
}

Found<void> Finder::evaluate(std::size_t index) {
    std::mutex mutex;
    const auto take = [&](const std::string& patient, std::vector<Hit> hits) {
        Member* member = people_.find(patient);
        if (member == nullptr) return;
        std::vector<Hit>& kept = member->hits[index];
        for (Hit& hit : hits) {
            // What names a merged patient by two ids is one hit.
            const bool is_known =
                member->ids.size() > 1 && std::any_of(kept.begin(), kept.end(), [&](const Hit& other) {
                    return other.reference == hit.reference;
                });
            if (!is_known) kept.push_back(std::move(hit));
        }
    };
    evaluated_.insert(index);
    if (seeded_[index]) {
        for (auto& [patient, hits] : *seeded_[index])
            take(patient, std::move(hits));
        return {};
    }
    const Criterion& criterion = definition_.criteria[index];
    const std::vector<Member>& members = people_.members();
    return in_parallel(
        chunks_of(members.size(), kIdsPerSearch), sources_.workers, [&](std::size_t chunk) -> Found<void> {
            std::vector<std::string> ids;
            for (std::size_t at = chunk * kIdsPerSearch;
                 at < std::min(members.size(), (chunk + 1) * kIdsPerSearch); ++at)
                ids.insert(ids.end(), members[at].ids.begin(), members[at].ids.end());
            return each_hit(sources_.fhir, search_of(criterion), ids, [&](ClinicalHit&& hit) -> Found<void> {
                const std::lock_guard lock(mutex);
                take(hit.patient, {{reference_to(hit.resource), hit.when}});
                return {};
            });
        });
}

bool Finder::holds(const Member& member, std::size_t index) const {
    const Criterion& criterion = definition_.criteria[index];
    const std::size_t hits = member.hits[index].size();
    return criterion.absent ? hits == 0 : hits >= criterion.least;
}

bool Finder::belongs(const Member& member) const {
    for (std::size_t at = 0; at < definition_.criteria.size(); ++at) {
        if (!is_grouped(at) && !holds(member, at)) return false;
    }
    return std::all_of(definition_.any.begin(), definition_.any.end(), [&](const auto& group) {
        return std::any_of(group.begin(), group.end(), [&](std::size_t at) { return holds(member, at); });
    });
}

/// Relations only take hits away: whoever has too few is out at once, whoever has one too many may lose it.
bool Finder::may_still_belong(const Member& member) const {
    const auto may_hold = [&](std::size_t at) {
        const bool may_lose = definition_.criteria[at].absent &&
                              std::any_of(definition_.relations.begin(), definition_.relations.end(),
                                          [&](const Relation& relation) { return relation.of == at; });
        return may_lose || !evaluated_.contains(at) || holds(member, at);
    };
    for (std::size_t at = 0; at < definition_.criteria.size(); ++at) {
        if (!is_grouped(at) && !may_hold(at)) return false;
    }
    return std::all_of(definition_.any.begin(), definition_.any.end(),
                       [&](const auto& group) { return std::any_of(group.begin(), group.end(), may_hold); });
}

Found<void> Finder::run() {
    COHORT_CHECK(size_clinical());
    COHORT_CHECK(size_imaging());
    COHORT_TRY(const std::set<std::string> ids, gather(choose()));
    COHORT_TRY(people_, People::load(ids, definition_, selection_.as_of, sources_));
    for (const std::size_t index : order()) {
        COHORT_CHECK(evaluate(index));
        people_.keep([&](const Member& member) { return may_still_belong(member); });
    }
    if (definition_.has_imaging())
        COHORT_CHECK(find_studies(people_, definition_, selection_.as_of, sources_));
    for (Member& member : people_.members())
        apply_relations(definition_, member);
    people_.keep([&](const Member& member) { return !member.problem.empty() || belongs(member); });
    selection_.members = std::move(people_.members());
    return {};
}

}  // namespace

Found<Selection> find_patients(const Definition& definition, const std::string& as_of, const std::string& now,
                               const Sources& sources) {
    Selection selection;
    selection.as_of_text = !as_of.empty()                   ? as_of
                           : !definition.as_of_text.empty() ? definition.as_of_text
                                                            : now;
    const auto moment = read_span(std::string_view(selection.as_of_text));
    if (!moment)
        return not_found(
            {CohortFailure::Kind::refused, "/asOf", "must be a date or a dateTime with a zone", {}});
    if (definition.has_imaging() && sources.archive == nullptr)
        return not_found({CohortFailure::Kind::refused, "/imaging", "there is no archive to search", {}});
    selection.as_of = *moment;
    COHORT_CHECK(Finder(definition, selection, sources).run());
    return selection;
}

}  // namespace isocenter::fhir::cohort
