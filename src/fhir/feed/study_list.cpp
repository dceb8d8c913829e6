#include "fhir/feed/study_list.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "base/ascii.h"
#include "fhir/mapping/date_time.h"

namespace isocenter::fhir {
namespace {

constexpr std::size_t kBehindEverything = 1'000'000'000;

/// A day of the calendar; archives refuse others.
bool is_date(std::string_view text) {
    return text.size() == 8 && all_digits(text) && to_fhir_date(text).has_value();
}

bool holds_all(const std::vector<Key>& page, const std::vector<Key>& keys) {
    const std::set<Key> known(page.begin(), page.end());
    return std::all_of(keys.begin(), keys.end(), [&](const Key& key) { return known.contains(key); });
}

}  // namespace

bool is_date_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return is_date(text);
    const std::string_view from = text.substr(0, dash);
    const std::string_view to = text.substr(dash + 1);
    if (from.empty() && to.empty()) return false;
    const bool in_order = from.empty() || to.empty() || from <= to;
    return (from.empty() || is_date(from)) && (to.empty() || is_date(to)) && in_order;
}

Status check_filter(const StudyFilter& filter, const std::vector<std::string>& partitions) {
    if (!filter.date.empty() && !is_date_range(filter.date))
        return fail(ErrorCode::invalid_request,
                    "the date is no day, and no range of days from the earlier to the later: 20240229, "
                    "20240101-20241231, 20240101- or -20241231");
    const bool is_known =
        std::find(partitions.begin(), partitions.end(), filter.partition) != partitions.end();
    if (filter.partition.empty() || is_known) return {};
    return fail(ErrorCode::invalid_request,
                fmt::format("the partition is none of those that go to this target: {}",
                            fmt::join(partitions, ", ")));
}

StudyWalk::StudyWalk(StudyList& list, StudyFilter filter, const std::vector<std::string>& partitions)
    : list_(list), filter_(std::move(filter)) {
    std::copy_if(
        partitions.begin(), partitions.end(), std::back_inserter(partitions_),
        [this](const std::string& name) { return filter_.partition.empty() || filter_.partition == name; });
}

Attempt<std::optional<std::vector<Key>>> StudyWalk::next() {
    for (; at_ < partitions_.size(); ++at_, offset_ = 0, known_.clear()) {
        FHIR_TRY(std::vector<Key> page, list_.page(partitions_[at_], filter_, offset_));
        if (page.empty()) continue;
        FHIR_TRY(const bool heeds, heeds_offset(page));
        if (!heeds)
            return failed(FailureKind::unusable,
                          "the DICOM server heeds no offset and answers with the same studies again: those "
                          "beyond its first page cannot be listed");
        if (known_.size() > 1) known_.pop_back();
        known_.push_back(page);
        offset_ += page.size();
        return std::optional(std::move(page));
    }
    at_ = 0;
    return std::optional<std::vector<Key>>();
}

/// A page with nothing but studies of an earlier one is given as well by an archive into whose beginning was
/// stored meanwhile, or that takes rows out of its pages. Behind everything those have nothing, or refuse.
Attempt<bool> StudyWalk::heeds_offset(const std::vector<Key>& page) {
    const bool repeated = std::any_of(known_.begin(), known_.end(),
                                      [&](const auto& earlier) { return holds_all(earlier, page); });
    if (!repeated) return true;
    const auto behind = list_.page(partitions_[at_], filter_, kBehindEverything);
    if (behind) return behind->empty();
    const unsigned status = behind.error().status;
    if (status == 400 || status == 416 || status == 422) return true;
    return failed(behind.error());
}

}  // namespace isocenter::fhir
