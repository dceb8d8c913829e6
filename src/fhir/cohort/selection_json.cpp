#include "fhir/cohort/selection_json.h"

#include <exception>

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

json::object study_json(const StudyHit& study, const Definition& definition) {
    json::object object{{"partition", study.partition},
                        {"uid", study.uid},
                        {"date", study.date},
                        {"imagingStudy", study.imaging_study},
                        {"orders", json::array(study.orders.begin(), study.orders.end())}};
    if (study.accession)
        object["accession"] = {{"system", study.accession->system}, {"value", study.accession->value}};
    json::array criteria;
    for (const std::size_t index : study.criteria)
        criteria.emplace_back(definition.criteria[index].as);
    object["criteria"] = std::move(criteria);
    return object;
}

std::string text(const json::value& object, std::string_view name) {
    return std::string(object.at(name).as_string());
}

std::optional<std::size_t> index_of(std::string_view as, const Definition& definition) {
    for (std::size_t at = 0; at < definition.criteria.size(); ++at) {
        if (definition.criteria[at].as == as) return at;
    }
    return std::nullopt;
}

StudyHit study_of(const json::value& object, const Definition& definition) {
    StudyHit study;
    study.partition = text(object, "partition");
    study.uid = text(object, "uid");
    study.date = text(object, "date");
    study.imaging_study = text(object, "imagingStudy");
    // What was frozen before orders were kept has none.
    if (const json::value* orders = object.as_object().if_contains("orders")) {
        for (const json::value& order : orders->as_array())
            study.orders.emplace_back(order.as_string());
    }
    if (const json::value* accession = object.as_object().if_contains("accession"))
        study.accession = Identifier{text(*accession, "system"), text(*accession, "value")};
    for (const json::value& as : object.at("criteria").as_array()) {
        if (const auto index = index_of(as.as_string(), definition)) study.criteria.push_back(*index);
    }
    return study;
}

Member member_of(const json::value& object, const Definition& definition) {
    Member member;
    member.id = text(object, "id");
    member.problem = text(object, "problem");
    for (const json::value& id : object.at("ids").as_array())
        member.ids.emplace_back(id.as_string());
    member.hits.resize(definition.criteria.size());
    for (const auto& hits : object.at("hits").as_object()) {
        const auto index = index_of(hits.key(), definition);
        if (!index) continue;
        for (const json::value& reference : hits.value().as_array())
            member.hits[*index].push_back({std::string(reference.as_string()), std::nullopt});
    }
    for (const json::value& study : object.at("studies").as_array())
        member.studies.push_back(study_of(study, definition));
    return member;
}

}  // namespace

json::object to_json(const Selection& selection, const Definition& definition) {
    json::array members;
    for (const Member& member : selection.members) {
        json::object hits;
        for (std::size_t at = 0; at < definition.criteria.size(); ++at) {
            json::array references;
            for (const Hit& hit : member.hits[at])
                references.emplace_back(hit.reference);
            hits[definition.criteria[at].as] = std::move(references);
        }
        json::array studies;
        for (const StudyHit& study : member.studies)
            studies.emplace_back(study_json(study, definition));
        members.push_back(json::object{{"id", member.id},
                                       {"ids", json::array(member.ids.begin(), member.ids.end())},
                                       {"problem", member.problem},
                                       {"hits", std::move(hits)},
                                       {"studies", std::move(studies)}});
    }
    return {{"asOf", selection.as_of_text}, {"members", std::move(members)}};
}

Result<Selection> read_selection(const json::value& document, const Definition& definition) {
    const Error corrupt = fail(ErrorCode::corrupt, "what was kept of the cohort cannot be read");
    try {
        Selection selection;
        selection.as_of_text = text(document, "asOf");
        const auto moment = read_span(std::string_view(selection.as_of_text));
        if (!moment) return corrupt;
        selection.as_of = *moment;
        for (const json::value& member : document.at("members").as_array())
            selection.members.push_back(member_of(member, definition));
        return selection;
    } catch (const std::exception&) {
        return corrupt;
    }
}

}  // namespace isocenter::fhir::cohort
