#include "fhir/classic/whole_study.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "fhir/plan/lookups.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

using Instances = std::set<std::pair<std::string, std::string>>;  ///< (series, instance)

Instances listed(const json::object& study) {
    Instances instances;
    for (const json::value& series : list_member(study, "series")) {
        if (!series.is_object()) continue;
        for (const json::value& instance : list_member(series.get_object(), "instance")) {
            if (!instance.is_object()) continue;
            instances.emplace(text_member(series.get_object(), "uid"),
                              text_member(instance.get_object(), "uid"));
        }
    }
    return instances;
}

}  // namespace

std::vector<Entry> entries_of_study(const Key& key, StudyContent content,
                                    const std::vector<json::object>& found, const Options& options) {
    std::vector<Entry> stored;
    Instances held;
    for (DataSet& instance : content.instances) {
        Entry entry{0,
                    Action::create,
                    false,
                    key.study_uid,
                    first_text(instance, "0020000E"),
                    first_text(instance, "00080018"),
                    {}};
        entry.metadata = std::move(instance);
        held.emplace(entry.series_uid, entry.sop_uid);
        stored.push_back(std::move(entry));
    }
    std::sort(stored.begin(), stored.end(), [](const Entry& left, const Entry& right) {
        return std::tie(left.series_uid, left.sop_uid) < std::tie(right.series_uid, right.sop_uid);
    });
    std::vector<Entry> entries;
    for (const json::object& study : found) {
        if (!is_own(study, options)) continue;
        for (const auto& [series, instance] : listed(study)) {
            if (held.contains({series, instance})) continue;
            entries.push_back({0, Action::remove, true, key.study_uid, series, instance, {}});
        }
    }
    std::move(stored.begin(), stored.end(), std::back_inserter(entries));
    return entries;
}

}  // namespace isocenter::fhir::classic
