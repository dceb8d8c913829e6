#include "fhir/feed/study_list.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace isocenter::fhir {
namespace {

bool is_date(std::string_view text) {
    return text.size() == 8 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_date_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return is_date(text);
    const std::string_view from = text.substr(0, dash);
    const std::string_view to = text.substr(dash + 1);
    if (from.empty() && to.empty()) return false;
    return (from.empty() || is_date(from)) && (to.empty() || is_date(to));
}

StudyWalk::StudyWalk(StudyList& list, StudyFilter filter, const std::vector<std::string>& partitions)
    : list_(list), filter_(std::move(filter)) {
    std::copy_if(
        partitions.begin(), partitions.end(), std::back_inserter(partitions_),
        [this](const std::string& name) { return filter_.partition.empty() || filter_.partition == name; });
}

Attempt<std::optional<std::vector<Key>>> StudyWalk::next() {
    for (; at_ < partitions_.size(); ++at_, offset_ = 0) {
        FHIR_TRY(std::vector<Key> page, list_.page(partitions_[at_], filter_, offset_));
        offset_ += page.size();
        if (!page.empty()) return std::optional(std::move(page));
    }
    at_ = 0;
    return std::optional<std::vector<Key>>();
}

}  // namespace isocenter::fhir
