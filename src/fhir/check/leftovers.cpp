#include <algorithm>
#include <array>
#include <utility>

#include "base/percent.h"
#include "dicom/value_formats.h"
#include "fhir/check/reconciliation.h"
#include "fhir/json_members.h"
#include "fhir/mapping/codings.h"
#include "fhir/mapping/parts.h"
#include "fhir/parallel.h"
#include "fhir/plan/found.h"
#include "fhir/plan/lookups.h"

/// What the studies of the archive do not lead to: resources of ours that are too many.
namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using Kind = Discrepancy::Kind;

constexpr std::string_view kPageSize = "_count=500";
/// A server gives at least ten at once; a hundred million resources are more than any has of ours.
constexpr int kMostPages = 10'000'000;
constexpr std::string_view kPartitionSystem = "urn:isocenter:partition:";

/// What refers to others goes before them: a summary to events and the study, an event to the study.
enum Order { summary, event, study };

/// Dose Observations, whoever wrote them.
std::string dose_search() {
    return "code=" + to_token({"http://loinc.org", "73569-6"}) + ',' +
           to_token({std::string(kDcm), "113852"}) + '&' + std::string(kPageSize);
}

/// The study that a resource says it is about, and the partition that it names; what it does not say is
/// empty. An Observation names itself first.
Key said_by(const json::object& resource) {
    Key key;
    const json::array& identifiers = list_member(resource, "identifier");
    const std::size_t first = text_member(resource, "resourceType") == "Observation" ? 1 : 0;
    for (std::size_t at = first; at < identifiers.size(); ++at) {
        const json::value& each = identifiers[at];
        if (!each.is_object()) continue;
        const std::string system = text_member(each.get_object(), "system");
        const std::string value = text_member(each.get_object(), "value");
        if ((system == kStudySystem || system == kUriSystem) && value.starts_with("urn:oid:"))
            key.study_uid = value.substr(8);
        if (system.starts_with(kPartitionSystem)) key.partition = system.substr(kPartitionSystem.size());
    }
    return key;
}

/// Whether `endpoint` of a study or series names one of them, relative or absolute.
bool refers_to(const json::object& object, const std::set<std::string>& endpoints) {
    const json::value* list = object.if_contains("endpoint");
    if (list == nullptr || !list->is_array()) return false;
    return std::any_of(list->get_array().begin(), list->get_array().end(), [&](const json::value& each) {
        const std::string named = each.is_object() ? text_member(each.get_object(), "reference") : "";
        return std::any_of(endpoints.begin(), endpoints.end(), [&](const std::string& ours) {
            return named == ours || named.ends_with('/' + ours);
        });
    });
}

/// The archive cannot be asked about what is no UID.
bool names_study(const Key& said) {
    return said.study_uid.size() <= 64 && dicom::is_ui_format(said.study_uid);
}

Discrepancy nameless(const json::object& resource, Key key) {
    return {Kind::extra, std::move(key), reference_of(resource), {}, "names no study", "delete", false};
}

/// By what others refer to a resource of that type, the first that a type knows.
std::vector<std::string_view> parameters_to(std::string_view type) {
    if (type == "Endpoint") return {"endpoint"};
    return {"patient", "subject", "member", "link"};
}

}  // namespace

/// Searches that find every ImagingStudy of ours, and those of others that hold our Endpoint.
Attempt<std::vector<std::string>> Reconciliation::searches_for_own() {
    Wanted wanted;
    wanted.endpoint = make_endpoint(parts_.content);
    const Lookups lookups = make_lookups(wanted, parts_.content);
    for (const Lookup& lookup : {lookups.endpoint, lookups.endpoint_by_name}) {
        FHIR_TRY(const std::vector<json::object> endpoints, parts_.client.search(lookup.type, lookup.query));
        for (const json::object& endpoint : endpoints) {
            if (is_our_endpoint(endpoint, parts_.content)) own_endpoints_.insert(reference_of(endpoint));
        }
        if (!own_endpoints_.empty()) break;
    }
    // Those that lost the Endpoint are found by their source. Where that cannot be searched for, all are
    // read.
    if (!capability_.search_parameters["ImagingStudy"].contains("_source"))
        return std::vector<std::string>{std::string(kPageSize)};
    std::vector<std::string> forms{"_source=" + percent_encode(parts_.content.own_endpoint) + '&' +
                                   std::string(kPageSize)};
    for (const std::string& endpoint : own_endpoints_)
        forms.push_back("endpoint=" + percent_encode(endpoint) + '&' + std::string(kPageSize));
    return forms;
}

/// Whether something in it is ours.
bool Reconciliation::concerns_us(const json::object& study) const {
    if (is_own(study, parts_.content) || refers_to(study, own_endpoints_)) return true;
    const json::value* series = study.if_contains("series");
    if (series == nullptr || !series->is_array()) return false;
    return std::any_of(series->get_array().begin(), series->get_array().end(),
                       [this](const json::value& each) {
                           return each.is_object() && refers_to(each.get_object(), own_endpoints_);
                       });
}

/// The partition whose studies look like one that names `mark`: those that share the target with others are
/// marked. Nothing when no study of this target does.
std::optional<std::string> Reconciliation::partition_by(const std::string& mark) const {
    const auto found =
        std::find_if(options_.partitions.begin(), options_.partitions.end(), [&](const std::string& name) {
            return mark == (is_marked_partition(name, parts_.content) ? name : std::string());
        });
    if (found == options_.partitions.end()) return std::nullopt;
    return *found;
}

/// Studies of partitions that are not this target's are neither written nor removed.
Discrepancy Reconciliation::beyond_partitions(const json::object& study, Key key) const {
    const bool mine = key.partition.empty() ||
                      std::find(options_.partitions.begin(), options_.partitions.end(), key.partition) !=
                          options_.partitions.end();
    Discrepancy made{
        mine ? Kind::extra : Kind::undecided, std::move(key), reference_of(study), {}, {}, {}, false};
    made.text = mine ? "has not the identifiers of its partition"
                     : "is of a partition that does not go to this target";
    if (mine) made.remedy = "delete";
    return made;
}

std::optional<Key> Reconciliation::key_to_ask(const Key& said) const {
    const auto partition = partition_by(said.partition);
    if (!partition || !names_study(said)) return std::nullopt;
    return Key{*partition, said.study_uid};
}

Attempt<void> Reconciliation::add_studies_elsewhere(std::set<Key>& keys) {
    FHIR_TRY(const std::vector<std::string> forms, searches_for_own());
    for (const std::string& form : forms) {
        const auto visited = parts_.client.search_each(
            "ImagingStudy", form,
            [&](json::object&& found) -> Attempt<void> {
                if (!concerns_us(found)) return {};
                Key said = said_by(found);
                if (const auto key = key_to_ask(said)) {
                    if (!seen_.contains(*key)) keys.insert(*key);
                } else if (is_own(found, parts_.content) && is_new(reference_of(found))) {
                    unasked_.emplace(Order::study, names_study(said)
                                                       ? beyond_partitions(found, std::move(said))
                                                       : nameless(found, std::move(said)));
                }
                return {};
            },
            kMostPages);
        if (!visited) return failed(visited.error());
    }
    return {};
}

/// Dose Observations of ours whose study is neither in the archive nor in FHIR, or carries other identifiers
/// now, are on the way of no job.
Attempt<void> Reconciliation::add_observations_elsewhere(std::set<Key>& keys) {
    std::string form = dose_search();
    if (capability_.search_parameters["Observation"].contains("_source"))
        form += "&_source=" + percent_encode(parts_.content.own_endpoint);
    std::set<Key> told;
    for (const auto& [order, each] : unasked_)
        told.insert(each.key);
    return parts_.client.search_each(
        "Observation", form,
        [&](json::object&& found) -> Attempt<void> {
            const bool ours = is_own(found, parts_.content) && first_identifier(found).system == kStudySystem;
            if (!ours || text_member(found, "status") == "entered-in-error") return {};
            Key said = said_by(found);
            if (const auto key = key_to_ask(said)) {
                if (!seen_.contains(*key)) keys.insert(*key);
                return {};
            }
            Discrepancy each = names_study(said) ? beyond_partitions(found, std::move(said))
                                                 : nameless(found, std::move(said));
            // That its study stays says it for the Observation too.
            if (each.kind == Kind::undecided && told.contains(each.key)) return {};
            unasked_.emplace(found.contains("hasMember") ? Order::summary : Order::event, std::move(each));
            return {};
        },
        kMostPages);
}

Attempt<void> Reconciliation::look_for_extra(std::stop_token stop) {
    std::set<Key> keys;
    if (auto added = add_studies_elsewhere(keys); !added) return added;
    // Those that are not generated are not this bridge's to remove either.
    if (options_.observations) {
        if (auto added = add_observations_elsewhere(keys); !added) return added;
    }
    const std::uint64_t of_archive = result_.studies;
    if (auto looked = look_at_all({keys.begin(), keys.end()}, stop); !looked) return looked;
    result_.studies = of_archive;
    return settle_unasked();
}

Attempt<void> Reconciliation::settle_unasked() {
    for (auto& [order, each] : unasked_) {
        // What stands in for a study that could not be written stays until it can.
        const std::string& study = each.key.study_uid;
        const bool spare = study.empty() || !unmended_.contains(study);
        if (options_.repair && each.kind == Kind::extra && spare) {
            if (auto believed = check_archive_lists(); !believed) return believed;
            FHIR_TRY(each.mended, remove(each.resource, each.text));
        }
        tell(each);
    }
    return {};
}

/// Duplicates of Patients and Endpoints, once no study of ours needs them any more.
Attempt<void> Reconciliation::settle_shared() {
    for (Discrepancy& each : shared_) {
        if (options_.repair && each.kind == Kind::duplicate) {
            FHIR_TRY(const bool used, is_used(each.resource));
            each.text = "something refers to it";
            if (!used) {
                FHIR_TRY(each.mended, remove(each.resource, each.text));
            }
        }
        tell(each);
    }
    return {};
}

Attempt<void> Reconciliation::look_for_unused(std::stop_token stop) {
    std::string form(kPageSize);
    if (capability_.search_parameters["Patient"].contains("_source"))
        form += "&_source=" + percent_encode(parts_.content.own_endpoint);
    std::vector<std::string> own;
    const auto visited = parts_.client.search_each(
        "Patient", form,
        [&](json::object&& patient) -> Attempt<void> {
            if (is_own(patient, parts_.content)) own.push_back(reference_of(patient));
            return {};
        },
        kMostPages);
    if (!visited) return failed(visited.error());
    return in_parallel(own.size(), options_.workers, [&](std::size_t at) -> Attempt<void> {
        if (stop.stop_requested()) return failed(FailureKind::cancelled, "the check was stopped");
        FHIR_TRY(const bool used, is_used(own[at]));
        // A duplicate of before says why it is still there.
        if (used || !is_new("unused " + own[at])) return {};
        Discrepancy unused{Kind::unused, {}, own[at], {}, "nothing refers to it", {}, false};
        if (options_.prune_patients) {
            FHIR_TRY(unused.mended, remove(own[at], unused.text));
        }
        tell(unused);
        return {};
    });
}

/// Whether anything on the server refers to it, asked type by type: only some servers look after references
/// themselves. What cannot be asked counts as used.
Attempt<bool> Reconciliation::is_used(const std::string& reference) {
    const std::vector<std::string_view> names = parameters_to(reference.substr(0, reference.find('/')));
    std::vector<std::pair<std::string_view, std::string_view>> questions;
    for (const auto& [type, parameters] : capability_.search_parameters) {
        const auto known = std::find_if(names.begin(), names.end(), [&, &known_to = parameters](auto name) {
            return known_to.contains(std::string(name));
        });
        if (known == names.end()) continue;
        // Most are used by a study.
        questions.emplace(type == "ImagingStudy" ? questions.begin() : questions.end(), type, *known);
    }
    for (const auto& [type, parameter] : questions) {
        const auto hits = parts_.client.count(type, std::string(parameter) + '=' + percent_encode(reference));
        if (!hits && hits.error().kind != FailureKind::refused) return failed(hits.error());
        if (!hits || *hits > 0) return true;
    }
    return questions.empty();
}

Attempt<bool> Reconciliation::remove(const std::string& reference, std::string& why) {
    const auto removed =
        parts_.client.transact(json::array{{{"request", {{"method", "DELETE"}, {"url", reference}}}}});
    if (removed) return true;
    why = removed.error().text;
    const FailureKind kind = removed.error().kind;
    if (kind == FailureKind::referenced || kind == FailureKind::missing_reference ||
        kind == FailureKind::refused || kind == FailureKind::conflict)
        return false;
    return failed(removed.error());
}

}  // namespace isocenter::fhir
