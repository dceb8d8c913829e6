#include <algorithm>
#include <map>
#include <set>

#include "fhir/mapping/codings.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

json::array modalities_of(const json::array& series) {
    std::map<std::string, json::value> by_code;
    for (const auto& one : series) {
        const auto& modality = one.at("modality").as_object();
        if (const auto* code = modality.if_contains("code"))
            by_code.emplace(code->as_string().c_str(), modality);
    }
    json::array result;
    for (auto& [code, coding] : by_code)
        result.push_back(std::move(coding));
    return result;
}

/// The codes of a sequence over all instances, each once, sorted; of item 0 first when instances agree.
json::array concepts_of(const DataSet& source, std::string_view sequence, std::string_view text_tag) {
    std::map<std::string, json::object> distinct;
    for (const auto* item : items_of(source, sequence)) {
        if (const auto code = read_code(*item))
            distinct.emplace(code->system + "|" + code->value, make_concept(*code));
    }
    json::array result;
    for (auto& [key, concept_] : distinct) {
        concept_.erase("text");
        result.push_back(std::move(concept_));
    }
    const auto text = text_tag.empty() ? std::string{} : first_text(source, text_tag);
    if (!text.empty()) result.push_back(json::object{{"text", text}});
    return result;
}

/// What was asked for: on the study, or in the items of RequestAttributesSequence.
json::array reasons_of(const Agreement& instances) {
    std::map<std::string, json::value> distinct;
    const auto add = [&](const DataSet& source) {
        for (auto& reason : concepts_of(source, "0040100A", "00401002"))
            distinct.emplace(json::serialize(reason), reason);
    };
    for (const auto* instance : instances.instances()) {
        add(*instance);
        for (const auto* request : items_of(*instance, "00400275"))
            add(*request);
    }
    json::array result;
    for (auto& [key, reason] : distinct)
        result.push_back(std::move(reason));
    return result;
}

/// An id of a person identification macro (PS3.3 10.1).
json::value person_identifier(const DataSet& person) {
    const auto code = read_code(person, "00401101");
    if (!code) return {};
    json::object identifier;
    if (!code->system.empty()) identifier["system"] = code->system;
    identifier["value"] = code->value;
    return identifier;
}

/// Names and the items that identify them stand at the same positions (PS3.3 C.7.2.1); a person without name
/// is known by the id alone, one with neither is left out.
json::array people_in(const DataSet& source, std::string_view names_tag, std::string_view ids_tag) {
    const auto names = displays_of(source, names_tag);
    const auto ids = items_of(source, ids_tag);
    json::array people;
    for (std::size_t at = 0; at < std::max(names.size(), ids.size()); ++at) {
        json::object person;
        if (at < names.size() && !names[at].empty()) person["display"] = names[at];
        if (at < ids.size()) {
            if (auto id = person_identifier(*ids[at]); !id.is_null()) person["identifier"] = std::move(id);
        }
        if (!person.empty()) people.push_back(std::move(person));
    }
    return people;
}

/// Those of the first instance that names somebody, else of the first that identifies somebody.
json::array people_of(const Agreement& instances, std::string_view names_tag, std::string_view ids_tag) {
    const auto names_somebody = [&](const DataSet& instance) {
        const auto names = displays_of(instance, names_tag);
        return std::any_of(names.begin(), names.end(), [](const auto& name) { return !name.empty(); });
    };
    const auto* source = instances.decider(names_somebody);
    if (source == nullptr)
        source = instances.decider(
            [&](const DataSet& instance) { return !people_in(instance, names_tag, ids_tag).empty(); });
    return source == nullptr ? json::array{} : people_in(*source, names_tag, ids_tag);
}

/// Accession numbers of the study and of its requests.
json::array accessions_of(const Agreement& instances, const Context& context) {
    auto sources = instances.instances();
    for (const auto* instance : instances.instances()) {
        for (const auto* request : items_of(*instance, "00400275"))
            sources.push_back(request);
    }
    return accession_identifiers(sources, context);
}

void add_identifiers(json::object& result, const StudySnapshot& study, const json::array& accessions,
                     const Context& context) {
    json::array identifiers{to_json({std::string{kStudySystem}, "urn:oid:" + study.study_instance_uid})};
    if (is_marked_partition(study.partition, context.options))
        identifiers.push_back(
            to_json({"urn:isocenter:partition:" + study.partition, study.study_instance_uid}));
    for (const auto& accession : accessions)
        identifiers.push_back(accession);
    result["identifier"] = std::move(identifiers);
    json::array orders;
    for (const auto& accession : accessions)
        orders.push_back(json::object{{"type", "ServiceRequest"}, {"identifier", accession}});
    if (!orders.empty()) result["basedOn"] = std::move(orders);
}

void add_texts(json::object& result, const Agreement& instances, const Context& context) {
    if (const auto text = instances.text("00081030"); !text.empty()) {
        result["description"] = text;
        if (context.options.description_as_note) result["note"] = json::array{{{"text", text}}};
    }
    const auto& place = instances.source("00080080");
    auto location = first_text(place, "00080080");
    const auto department = first_text(place, "00081040");
    if (!location.empty() && !department.empty()) location += ", " + department;
    if (!location.empty()) result["location"] = {{"display", location}};
}

}  // namespace

json::object make_imaging_study(const StudySnapshot& study, const Agreement& instances,
                                const Context& context) {
    const auto count = instances.instances().size();
    auto series = make_series(instances, count <= context.options.max_inline_instances, context);
    json::object result{{"resourceType", "ImagingStudy"},
                        {"meta", {{"source", context.options.own_endpoint}}}};
    add_identifiers(result, study, accessions_of(instances, context), context);
    result["status"] = "available";
    result["subject"] = {{"reference", "@patient"}};
    if (const auto begun = started(instances.source("00080020"), "00080020", "00080030", context);
        !begun.empty())
        result["started"] = begun;
    if (auto modalities = modalities_of(series); !modalities.empty())
        result["modality"] = std::move(modalities);
    if (auto people = people_of(instances, "00080090", "00080096"); !people.empty())
        result["referrer"] = people.front();
    if (auto people = people_of(instances, "00081060", "00081062"); !people.empty())
        result["interpreter"] = std::move(people);
    result["endpoint"] = json::array{{{"reference", "@endpoint"}}};
    result["numberOfSeries"] = static_cast<std::int64_t>(series.size());
    result["numberOfInstances"] = static_cast<std::int64_t>(count);
    auto procedures = concepts_of(instances.source("00081032"), "00081032", {});
    if (!procedures.empty()) result["procedureCode"] = std::move(procedures);
    if (auto reasons = reasons_of(instances); !reasons.empty()) result["reasonCode"] = std::move(reasons);
    add_texts(result, instances, context);
    result["series"] = std::move(series);
    return result;
}

}  // namespace isocenter::fhir
