#include "fhir/plan/plan.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "fhir/json_members.h"
#include "fhir/plan/found.h"
#include "fhir/plan/merge.h"
#include "fhir/plan/orders.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// Replaces `@...` by what stands for it in this bundle.
void resolve(json::value& value, const std::map<std::string, std::string>& references) {
    if (auto* array = value.if_array()) {
        for (auto& item : *array)
            resolve(item, references);
        return;
    }
    auto* object = value.if_object();
    if (object == nullptr) return;
    for (auto& member : *object) {
        auto& inner = member.value();
        if (member.key() == "reference" && inner.is_string()) {
            const auto found = references.find(std::string{inner.as_string()});
            if (found != references.end()) inner = found->second;
        } else {
            resolve(inner, references);
        }
    }
}

class Planner {
  public:
    Planner(const Wanted& wanted, const Existing& existing, const Options& options, const Target& target)
        : wanted_(wanted), existing_(existing), options_(options), target_(target) {}

    Result<Plan> run() {
        ISO_CHECK(find_all());
        ISO_CHECK(plan_endpoint());
        ISO_CHECK(plan_study());
        remove_spare("ImagingStudy");
        plan_observations();
        ISO_CHECK(plan_patients());
        return std::move(plan_);
    }

  private:
    bool chooses_ids(const std::string& type) const {
        return options_.identity == IdentityMode::automatic && target_.update_creates.contains(type);
    }

    std::string type_of(const WantedResource& wanted) const {
        return text_member(wanted.resource, "resourceType");
    }

    std::string id_of(const WantedResource& wanted) const {
        const auto type = type_of(wanted);
        auto identity = wanted.identity;
        // Studies may tell of the same event: each has an Observation of its own.
        if (type == "Observation") identity.value += "|" + wanted_.study_identity.value;
        return resource_id(type, identity, wanted.partition);
    }

    /// How others of the bundle refer to a resource that this bundle creates.
    std::string new_reference(const WantedResource& wanted) const {
        const auto id = id_of(wanted);
        const auto reference = type_of(wanted) + "/" + id;
        return chooses_ids(type_of(wanted)) && !is_taken(reference) ? reference : "urn:uuid:" + id;
    }

    /// By a resource of others, an Observation that another archive made of the same study for example.
    bool is_taken(const std::string& reference) const {
        const auto has_it = [&](const json::object& hit) { return reference_of(hit) == reference; };
        return std::any_of(existing_.observations.begin(), existing_.observations.end(), has_it) ||
               std::any_of(existing_.same_reports.begin(), existing_.same_reports.end(), has_it) ||
               std::any_of(existing_.holders.begin(), existing_.holders.end(), has_it);
    }

    /// What of ours has the id that the resource would be created by: it has lost the identifier.
    const json::object* own_holder(const WantedResource& wanted) const {
        const auto reference = type_of(wanted) + "/" + id_of(wanted);
        const auto& holders = existing_.holders;
        const auto at = std::find_if(holders.begin(), holders.end(), [&](const json::object& hit) {
            return reference_of(hit) == reference && is_own(hit, options_);
        });
        return at == holders.end() ? nullptr : &*at;
    }

    Result<const json::object*> pick(const std::vector<json::object>& hits) {
        auto choice = choose(hits, options_);
        if (!choice) return std::move(choice).error();
        for (const auto* duplicate : choice->duplicates)
            note_duplicate(*duplicate);
        return choice->used;
    }

    void note_duplicate(const json::object& resource) {
        if (is_withdrawn(resource)) return;
        plan_.findings.push_back(
            {Finding::Kind::duplicate, reference_of(resource), "has the identifier of another"});
        const auto type = text_member(resource, "resourceType");
        if (target_.remove_duplicates && (type == "ImagingStudy" || type == "Observation"))
            spare_.push_back(&resource);
    }

    /// Those of one type, at the place in the bundle where it stands.
    void remove_spare(std::string_view type) {
        for (const auto* resource : spare_) {
            if (text_member(*resource, "resourceType") == type) remove(*resource);
        }
    }

    bool is_of_partition(const json::object& hit) const {
        return !wanted_.partition.empty() || !is_of_marked_partition(hit);
    }

    template <class Predicate>
    static std::vector<json::object> those_of(const std::vector<json::object>& hits, Predicate is_meant) {
        std::vector<json::object> kept;
        std::copy_if(hits.begin(), hits.end(), std::back_inserter(kept), is_meant);
        return kept;
    }

    /// What the searches were meant to find.
    void sort_out() {
        endpoints_ = those_of(existing_.endpoints,
                              [&](const json::object& hit) { return is_our_endpoint(hit, options_); });
        studies_ = those_of(existing_.studies, [&](const json::object& hit) {
            return is_of_study(hit, wanted_) && is_of_partition(hit);
        });
        if (!wanted_.patient) return;
        patients_ = with_identifier(existing_.patients, wanted_.patient->identity);
        orders_ = those_of(existing_.orders, [&](const json::object& order) {
            return is_order_of(order, {wanted_.patient->identity, patients_, target_.base});
        });
    }

    Status find_all() {
        sort_out();
        ISO_TRY(endpoint_, pick(endpoints_));
        ISO_TRY(study_, pick(studies_));
        ISO_TRY(patient_, pick(patients_));
        if (endpoint_ == nullptr) endpoint_ = own_holder(wanted_.endpoint);
        if (study_ == nullptr && wanted_.study) study_ = own_holder(*wanted_.study);
        if (patient_ == nullptr && wanted_.patient) patient_ = own_holder(*wanted_.patient);
        references_["@endpoint"] =
            endpoint_ != nullptr ? reference_of(*endpoint_) : new_reference(wanted_.endpoint);
        if (study_ != nullptr) {
            references_["@study"] = reference_of(*study_);
        } else if (wanted_.study) {
            references_["@study"] = new_reference(*wanted_.study);
        }
        if (patient_ != nullptr) {
            references_["@patient"] = reference_of(*patient_);
        } else if (wanted_.patient) {
            references_["@patient"] = new_reference(*wanted_.patient);
        }
        return {};
    }

    json::object resolved(const json::object& resource) const {
        json::value copy = resource;
        resolve(copy, references_);
        link_orders(copy.as_object(), orders_);
        return copy.as_object();
    }

    MergeContext context_for(const json::object& found) const {
        MergeContext context{options_, is_own(found, options_), {}, wanted_.removed_instances};
        for (const auto& endpoint : endpoints_) {
            context.our_endpoints.insert(reference_of(endpoint));
            context.our_endpoints.insert(target_.base + "/" + reference_of(endpoint));
        }
        return context;
    }

    /// Whether a condition would find what must not be taken for the resource, which is not there: an
    /// identity in other case; a study, report or event of another partition; an Observation of others that
    /// means something else.
    bool is_elsewhere(const WantedResource& wanted, const std::string& type) const {
        if (type == "Endpoint") return !existing_.endpoints.empty();
        if (type == "Patient") return !existing_.patients.empty();
        if (type == "ImagingStudy") return !existing_.studies.empty();
        const auto& hits = existing_.observations;
        return std::any_of(hits.begin(), hits.end(), [&](const json::object& hit) {
            return has_identifier(hit, wanted.identity) &&
                   (is_of_marked_partition(hit) || !is_own(hit, options_));
        });
    }

    /// What must not be there yet; empty where no condition can say it and the search has to do.
    std::string condition_of(const WantedResource& wanted, const std::string& type) const {
        if (is_elsewhere(wanted, type)) return {};
        const auto own = identifier_query(wanted.identity);
        if (type != "ImagingStudy" && type != "Observation") return own;
        if (wanted.partition.empty())
            return type == "ImagingStudy" ? own : own + "&" + identifier_query(wanted_.study_identity);
        const auto partition =
            identifier_query({"urn:isocenter:partition:" + wanted.partition, wanted_.study_instance_uid});
        return type == "ImagingStudy" ? partition : own + "&" + partition;
    }

    void create(const WantedResource& wanted) {
        const auto type = type_of(wanted);
        auto resource = resolved(wanted.resource);
        const auto reference = new_reference(wanted);
        json::object request{{"method", "POST"}, {"url", type}};
        auto full_url = reference;
        if (!reference.starts_with("urn:")) {
            request = {{"method", "PUT"}, {"url", reference}};
            full_url = target_.base + "/" + reference;
            resource["id"] = reference.substr(type.size() + 1);
        } else {
            const auto condition = condition_of(wanted, type);
            if (!condition.empty()) request["ifNoneExist"] = condition;
        }
        plan_.entries.push_back(
            {PlannedEntry::Action::create,
             type,
             reference,
             {},
             {{"fullUrl", full_url}, {"resource", std::move(resource)}, {"request", request}}});
    }

    json::object request_for(std::string_view method, const json::object& found) const {
        json::object request{{"method", method}, {"url", reference_of(found)}};
        const auto* meta = found.if_contains("meta");
        const auto version =
            meta != nullptr && meta->is_object() ? text_member(meta->as_object(), "versionId") : "";
        if (!version.empty()) request["ifMatch"] = "W/\"" + version + "\"";
        return request;
    }

    void update(const json::object& found, json::object merged) {
        if (is_equal_content(found, merged)) return;
        auto elements = differing_elements(found, merged);
        plan_.entries.push_back({PlannedEntry::Action::update,
                                 text_member(found, "resourceType"),
                                 reference_of(found),
                                 std::move(elements),
                                 {{"fullUrl", target_.base + "/" + reference_of(found)},
                                  {"resource", std::move(merged)},
                                  {"request", request_for("PUT", found)}}});
    }

    /// What was marked because others refer to it stays marked.
    void remove(const json::object& found) {
        if (is_withdrawn(found)) return;
        if (target_.keep_referenced) {
            update(found, entered_in_error(found));
            return;
        }
        plan_.entries.push_back({PlannedEntry::Action::remove,
                                 text_member(found, "resourceType"),
                                 reference_of(found),
                                 {},
                                 {{"fullUrl", target_.base + "/" + reference_of(found)},
                                  {"request", request_for("DELETE", found)}}});
    }

    Status plan_endpoint() {
        if (endpoint_ == nullptr) {
            if (wanted_.study) create(wanted_.endpoint);
            return {};
        }
        if (text_member(*endpoint_, "address") != options_.own_endpoint)
            return fail(ErrorCode::conflict,
                        reference_of(*endpoint_) + " has our identity and another address");
        if (wanted_.study)
            update(*endpoint_,
                   merge_endpoint(*endpoint_, wanted_.endpoint.resource, context_for(*endpoint_)));
        return {};
    }

    Status plan_study() {
        if (study_ == nullptr) {
            if (wanted_.study) create(*wanted_.study);
            return {};
        }
        const auto context = context_for(*study_);
        note_undecided(context);
        if (wanted_.study) {
            auto merged = merge_study(*study_, resolved(wanted_.study->resource), context);
            ISO_CHECK(settle_subject(merged, context.own));
            update(*study_, std::move(merged));
            return {};
        }
        auto merged = withdraw_study(*study_, context);
        if (context.own && list_member(merged, "series").empty() && list_member(merged, "endpoint").empty()) {
            remove(*study_);
        } else {
            update(*study_, std::move(merged));
        }
        return {};
    }

    void note_undecided(const MergeContext& context) {
        const auto count =
            undecided_instances(*study_, wanted_.study ? wanted_.study->resource : json::object{}, context);
        if (count == 0) return;
        plan_.findings.push_back({Finding::Kind::instances_kept, reference_of(*study_),
                                  "lists " + std::to_string(count) +
                                      " instances in series of several archives that this one has not"});
    }

    Status settle_subject(json::object& merged, bool own) {
        const auto& wanted = references_.at("@patient");
        const auto* subject = merged.if_contains("subject");
        const auto there =
            subject != nullptr && subject->is_object() ? text_member(subject->as_object(), "reference") : "";
        if (there == wanted || there == target_.base + "/" + wanted) return {};
        auto rule = options_.subject_mismatch;
        if (rule == SubjectMismatch::by_owner) rule = own ? SubjectMismatch::relink : SubjectMismatch::keep;
        if (subject == nullptr || rule == SubjectMismatch::relink) {
            merged["subject"] = {{"reference", wanted}};
            return {};
        }
        if (rule == SubjectMismatch::dead_letter)
            return fail(ErrorCode::conflict, reference_of(merged) + " refers to another patient");
        plan_.findings.push_back(
            {Finding::Kind::subject_kept, reference_of(merged), "refers to another patient"});
        return {};
    }

    /// The Observation of another writer that tells of the wanted report or event; of several the smallest.
    std::string told_by_others(const WantedResource& wanted) const {
        std::string theirs;
        for (const auto* hits : {&existing_.observations, &existing_.same_reports}) {
            for (const auto& hit : *hits) {
                if (is_own(hit, options_) || !stands_for(hit, wanted.identity, wanted.resource)) continue;
                if (const auto reference = reference_of(hit); theirs.empty() || reference < theirs)
                    theirs = reference;
            }
        }
        return theirs;
    }

    void plan_observations() {
        std::map<Identifier, std::vector<const json::object*>> found;
        std::vector<const json::object*> leftover;
        const auto hits =
            those_of(existing_.observations, [&](const json::object& hit) { return is_of_partition(hit); });
        for (const auto& hit : hits) {
            if (!is_own(hit, options_)) {
                if (is_of_reference(hit, wanted_.study_identity)) leftover.push_back(&hit);
                continue;
            }
            found[first_identifier(hit)].push_back(&hit);
        }
        std::vector<std::pair<const WantedResource*, const json::object*>> matched;
        for (const auto& wanted : wanted_.observations) {
            auto& same = found[wanted.identity];
            std::sort(same.begin(), same.end(), [](const auto* left, const auto* right) {
                return reference_of(*left) < reference_of(*right);
            });
            const auto* used = same.empty() ? own_holder(wanted) : same.front();
            const auto theirs = used == nullptr ? told_by_others(wanted) : std::string{};
            if (theirs.empty()) {
                references_["@event/" + wanted.identity.value] =
                    used != nullptr ? reference_of(*used) : new_reference(wanted);
                matched.emplace_back(&wanted, used);
            } else {
                references_["@event/" + wanted.identity.value] = theirs;
                plan_.findings.push_back({Finding::Kind::observation_left, theirs,
                                          "another writer's tells of the report or event"});
            }
            for (std::size_t at = 1; at < same.size(); ++at)
                note_duplicate(*same[at]);
            found.erase(wanted.identity);
        }
        for (const auto& [wanted, used] : matched) {
            if (used == nullptr) {
                create(*wanted);
            } else {
                update(*used, merge_observation(*used, resolved(wanted->resource)));
            }
        }
        for (const auto& [identity, rest] : found)
            leftover.insert(leftover.end(), rest.begin(), rest.end());
        std::sort(leftover.begin(), leftover.end(), [](const auto* left, const auto* right) {
            return reference_of(*left) < reference_of(*right);
        });
        for (const auto* observation : leftover)
            remove(*observation);
        remove_spare("Observation");
    }

    bool is_changed(const std::string& reference) const {
        return std::any_of(plan_.entries.begin(), plan_.entries.end(),
                           [&](const PlannedEntry& entry) { return entry.reference == reference; });
    }

    Status plan_patients() {
        if (patient_ != nullptr && wanted_.patient) {
            update(*patient_, merge_patient(*patient_, wanted_.patient->resource, context_for(*patient_)));
        } else if (wanted_.patient) {
            create(*wanted_.patient);
        }
        for (std::size_t at = 0; at < wanted_.former_patients.size() && at < existing_.former_patients.size();
             ++at) {
            const auto& former = wanted_.former_patients[at];
            const auto hits = with_identifier(existing_.former_patients[at], former.identity);
            ISO_TRY(const auto* found, pick(hits));
            // One Patient may have several PatientIDs; a bundle changes it once.
            if (found == nullptr || is_changed(reference_of(*found))) continue;
            update(*found, merge_patient(*found, former.resource, context_for(*found)));
        }
        return {};
    }

    const Wanted& wanted_;
    const Existing& existing_;
    const Options& options_;
    const Target& target_;
    Plan plan_;
    std::vector<json::object> endpoints_;
    std::vector<json::object> studies_;
    std::vector<json::object> patients_;
    std::vector<json::object> orders_;
    std::vector<const json::object*> spare_;  ///< duplicates that go
    const json::object* endpoint_ = nullptr;
    const json::object* study_ = nullptr;
    const json::object* patient_ = nullptr;
    std::map<std::string, std::string> references_;
};

}  // namespace

std::map<std::string, std::vector<std::string>> chosen_ids(const Plan& plan) {
    std::map<std::string, std::vector<std::string>> ids;
    for (const auto& entry : plan.entries) {
        if (entry.action == PlannedEntry::Action::create && !entry.reference.starts_with("urn:"))
            ids[entry.type].push_back(entry.reference.substr(entry.type.size() + 1));
    }
    return ids;
}

Result<Plan> make_plan(const Wanted& wanted, const Existing& existing, const Options& options,
                       const Target& target) {
    return Planner{wanted, existing, options, target}.run();
}

}  // namespace isocenter::fhir
