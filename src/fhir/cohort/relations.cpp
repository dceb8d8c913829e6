#include "fhir/cohort/relations.h"

#include <algorithm>
#include <set>

namespace isocenter::fhir::cohort {
namespace {

std::optional<Span> moved(const Span& span, const std::optional<Duration>& by) {
    if (!by) return std::nullopt;
    return shifted(span, *by);
}

/// The dates of `to` that the relation asks for.
std::vector<Span> picked(const std::vector<Hit>& hits, Relation::Pick pick) {
    std::vector<Span> dates;
    for (const Hit& hit : hits) {
        if (hit.when) dates.push_back(*hit.when);
    }
    if (dates.empty() || pick == Relation::Pick::any) return dates;
    const auto earlier = [](const Span& a, const Span& b) {
        return a.timed && b.timed ? a.first < b.first : a.first_day < b.first_day;
    };
    if (pick == Relation::Pick::first) return {*std::min_element(dates.begin(), dates.end(), earlier)};
    return {*std::max_element(dates.begin(), dates.end(), earlier)};
}

void drop_lost_studies(Member& member, std::size_t criterion) {
    std::set<std::string> kept;
    for (const Hit& hit : member.hits[criterion])
        kept.insert(hit.reference);
    for (StudyHit& study : member.studies) {
        if (!kept.contains(study.uid)) std::erase(study.criteria, criterion);
    }
    std::erase_if(member.studies, [](const StudyHit& study) { return study.criteria.empty(); });
}

}  // namespace

void apply_relations(const Definition& definition, Member& member) {
    for (const Relation& relation : definition.relations) {
        const std::vector<Span> dates = picked(member.hits[relation.to], relation.pick);
        std::erase_if(member.hits[relation.of], [&](const Hit& hit) {
            return !hit.when || std::none_of(dates.begin(), dates.end(), [&](const Span& date) {
                return overlaps(*hit.when, {moved(date, relation.from), moved(date, relation.until)});
            });
        });
        if (definition.criteria[relation.of].is_imaging()) drop_lost_studies(member, relation.of);
    }
}

}  // namespace isocenter::fhir::cohort
