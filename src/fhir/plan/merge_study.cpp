#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "fhir/plan/merge.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// Elements of a study that are ours when the study is; `series`, counts and modality follow from the series.
constexpr std::array<std::string_view, 12> kElements{"identifier", "status",      "started",  "basedOn",
                                                     "referrer",   "interpreter", "endpoint", "procedureCode",
                                                     "reasonCode", "description", "location", "subject"};
/// What studies of others gain; the rest stays. Their counts are no gap to be filled: one that was could not
/// follow the series later, since nobody can tell it from a count of the owner's.
constexpr std::array<std::string_view, 11> kFilled{"identifier",  "started",     "basedOn",  "referrer",
                                                   "interpreter", "endpoint",    "modality", "procedureCode",
                                                   "reasonCode",  "description", "location"};

struct Holders {
    bool ours = false;
    bool others = false;
};

Holders holders_of(const json::object& series, const MergeContext& context) {
    const auto& endpoints = list_member(series, "endpoint");
    if (endpoints.empty()) return {context.own, !context.own};
    Holders holders;
    for (const auto& endpoint : endpoints) {
        const bool ours = endpoint.is_object() &&
                          context.our_endpoints.contains(text_member(endpoint.as_object(), "reference"));
        (ours ? holders.ours : holders.others) = true;
    }
    return holders;
}

void drop_our_endpoint(json::object& object, const MergeContext& context) {
    json::array kept;
    for (const auto& endpoint : list_member(object, "endpoint")) {
        if (!endpoint.is_object() ||
            !context.our_endpoints.contains(text_member(endpoint.as_object(), "reference")))
            kept.push_back(endpoint);
    }
    if (kept.empty()) {
        object.erase("endpoint");
    } else {
        object["endpoint"] = std::move(kept);
    }
}

/// Of a list that others wrote: what is no object is nothing, and stays.
std::int64_t count_instances(const json::array& list) {
    return std::count_if(list.begin(), list.end(), [](const json::value& each) { return each.is_object(); });
}

bool counts_its_instances(const json::object& series) {
    const auto* count = series.if_contains("numberOfInstances");
    return count != nullptr && count->is_int64() &&
           count->as_int64() == count_instances(list_member(series, "instance"));
}

std::string uid_of(const json::value& member) {
    const auto* object = member.if_object();
    return object == nullptr ? std::string() : text_member(*object, "uid");
}

/// A series that another archive holds too: instances join it, and leave it only when a deletion named them.
/// In a study of others those that are there keep their words, and a count that is not of the list stays.
json::object shared_series(const json::object& found, const json::object* wanted,
                           const MergeContext& context) {
    auto merged = found;
    json::array list;
    std::map<std::string, std::size_t> places;
    const auto put = [&](const json::value& instance) {
        const auto [place, is_new] = places.emplace(uid_of(instance), list.size());
        if (is_new) {
            list.push_back(instance);
        } else if (context.own) {
            list[place->second] = instance;
        }
    };
    for (const auto& instance : list_member(found, "instance")) {
        if (!instance.is_object()) {
            list.push_back(instance);
        } else if (!context.removed_instances.contains(uid_of(instance))) {
            put(instance);
        }
    }
    if (wanted != nullptr) {
        for (const auto& instance : list_member(*wanted, "instance"))
            put(instance);
    } else {
        drop_our_endpoint(merged, context);
    }
    // A server's count without a list is its own; nothing was added that could change it.
    if (list.empty() && !found.contains("instance")) return merged;
    if (context.own || counts_its_instances(found)) merged["numberOfInstances"] = count_instances(list);
    if (list.empty()) {
        merged.erase("instance");
    } else {
        merged["instance"] = std::move(list);
    }
    return merged;
}

const json::object* find_series(const json::array& list, std::string_view uid) {
    for (const auto& series : list) {
        if (series.is_object() && text_member(series.as_object(), "uid") == uid) return &series.as_object();
    }
    return nullptr;
}

/// Ours in their order, exact; those of others behind them, or in their place where they are shared.
json::array merge_series(const json::array& found, const json::array& wanted, const MergeContext& context) {
    json::array merged;
    json::array behind;
    for (const auto& series : wanted) {
        const auto* there = find_series(found, text_member(series.as_object(), "uid"));
        const auto holders = there == nullptr ? Holders{true, false} : holders_of(*there, context);
        if (holders.ours) {
            merged.push_back(holders.others ? json::value(shared_series(*there, &series.as_object(), context))
                                            : series);
        }
    }
    for (const auto& series : found) {
        if (!series.is_object()) {
            if (!context.own) behind.push_back(series);
            continue;
        }
        const auto holders = holders_of(series.as_object(), context);
        if (!holders.ours) {
            behind.push_back(series);
        } else if (holders.others && find_series(wanted, text_member(series.as_object(), "uid")) == nullptr) {
            behind.push_back(shared_series(series.as_object(), nullptr, context));
        }
    }
    merged.insert(merged.end(), behind.begin(), behind.end());
    return merged;
}

/// Counts and modalities of what the resource lists.
void summarise(json::object& study) {
    std::int64_t instances = 0;
    std::map<std::string, json::value> modalities;
    const auto& series = list_member(study, "series");
    for (const auto& one : series) {
        const auto& object = one.as_object();
        const auto* count = object.if_contains("numberOfInstances");
        instances += count != nullptr && count->is_int64() ? count->as_int64()
                                                           : count_instances(list_member(object, "instance"));
        const auto* modality = object.if_contains("modality");
        if (modality == nullptr || !modality->is_object()) continue;
        if (auto code = text_member(modality->as_object(), "code"); !code.empty())
            modalities.emplace(code, *modality);
    }
    study["numberOfSeries"] = static_cast<std::int64_t>(series.size());
    study["numberOfInstances"] = instances;
    json::array list;
    for (auto& [code, modality] : modalities)
        list.push_back(std::move(modality));
    if (list.empty()) {
        study.erase("modality");
    } else {
        study["modality"] = std::move(list);
    }
}

/// Ours, and behind it those where other archives have the study too.
json::array with_others_endpoints(const json::object& found, const json::object& wanted,
                                  const MergeContext& context) {
    auto others = found;
    drop_our_endpoint(others, context);
    auto endpoints = list_member(wanted, "endpoint");
    gain(endpoints, list_member(others, "endpoint"));
    return endpoints;
}

void set_series(json::object& study, json::array series) {
    if (series.empty()) {
        study.erase("series");
    } else {
        study["series"] = std::move(series);
    }
}

}  // namespace

json::object merge_study(const json::object& found, const json::object& wanted, const MergeContext& context) {
    auto merged = found;
    auto series = merge_series(list_member(found, "series"), list_member(wanted, "series"), context);
    if (context.own) {
        const auto subject = found.if_contains("subject") != nullptr ? found.at("subject") : json::value{};
        set_exact(merged, wanted, kElements);
        if (auto endpoints = with_others_endpoints(found, wanted, context); !endpoints.empty())
            merged["endpoint"] = std::move(endpoints);
        if (!subject.is_null()) merged["subject"] = subject;
        if (context.options.description_as_note)
            set_exact(merged, wanted, std::array<std::string_view, 1>{"note"});
        set_series(merged, std::move(series));
        summarise(merged);
        return merged;
    }
    fill_gaps(merged, wanted, kFilled);
    if (context.options.description_as_note)
        fill_gaps(merged, wanted, std::array<std::string_view, 1>{"note"});
    set_series(merged, std::move(series));
    return merged;
}

std::size_t undecided_instances(const json::object& found, const json::object& wanted,
                                const MergeContext& context) {
    const auto& ours = list_member(wanted, "series");
    std::size_t count = 0;
    for (const auto& each : list_member(found, "series")) {
        if (!each.is_object()) continue;
        const json::object& series = each.as_object();
        const auto holders = holders_of(series, context);
        if (!holders.ours || !holders.others) continue;
        std::set<std::string> known = context.removed_instances;
        if (const auto* there = find_series(ours, text_member(series, "uid"))) {
            for (const auto& instance : list_member(*there, "instance"))
                known.insert(uid_of(instance));
        }
        for (const auto& instance : list_member(series, "instance")) {
            if (instance.is_object() && !known.contains(uid_of(instance))) ++count;
        }
    }
    return count;
}

json::object withdraw_study(const json::object& found, const MergeContext& context) {
    auto merged = found;
    set_series(merged, merge_series(list_member(found, "series"), {}, context));
    drop_our_endpoint(merged, context);
    if (context.own) summarise(merged);
    return merged;
}

}  // namespace isocenter::fhir
