#include "fhir/classic/removal.h"

#include <algorithm>

#include "fhir/classic/study.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

/// Takes the member out; false when it is not there. An empty list goes as well: FHIR has none.
bool erase_by_uid(json::object& parent, std::string_view list, const std::string& uid) {
    auto* member = find_by_uid(parent, list, uid);
    if (member == nullptr) return false;
    auto& members = parent[list].get_array();
    members.erase(std::find_if(members.begin(), members.end(), [&](const json::value& each) {
        return each.is_object() && &each.get_object() == member;
    }));
    if (members.empty()) parent.erase(list);
    return true;
}

}  // namespace

bool is_ours(const json::object& study, const Options& options) {
    const auto* meta = study.if_contains("meta");
    return meta != nullptr && meta->is_object() &&
           text_member(meta->get_object(), "source") == options.own_endpoint;
}

std::optional<Request> removal_request(const std::vector<json::object>& found, const Entry& entry,
                                       const Options& options, bool keep_referenced) {
    if (found.empty()) return std::nullopt;
    json::object study = found.front();
    auto* series = find_by_uid(study, "series", entry.series_uid);
    if (series == nullptr || !erase_by_uid(*series, "instance", entry.sop_uid)) return std::nullopt;
    if (!series->contains("instance")) erase_by_uid(study, "series", entry.series_uid);
    const bool goes = !study.contains("series") && is_ours(study, options);
    if (goes && keep_referenced) return update_to(found.front(), entered_in_error(study));
    if (goes) return Request{Mode::remove, id_of(study), std::move(study), {}};
    return update_to(found.front(), std::move(study));
}

}  // namespace isocenter::fhir::classic
