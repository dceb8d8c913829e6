#include "app/cohort_results.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/digest.h"

namespace isocenter::app {

std::string CohortResults::add(std::shared_ptr<const CohortResult> result, Clock::time_point now) {
    // Whoever guesses a key reads a cohort: as many bits as a session's.
    std::string key = random_hex(16);
    const std::lock_guard lock(mutex_);
    drop_old(now);
    while (kept_.size() >= most_) {
        kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
            return a.second.until < b.second.until;
        }));
    }
    kept_[key] = {std::move(result), now + keep_};
    return key;
}

std::shared_ptr<const CohortResult> CohortResults::find(const std::string& key, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    drop_old(now);
    const auto at = kept_.find(key);
    return at == kept_.end() ? nullptr : at->second.result;
}

void CohortResults::drop_old(Clock::time_point now) {
    std::erase_if(kept_, [&](const auto& kept) { return kept.second.until <= now; });
}

std::optional<CohortCursor> CohortCursor::parse(const std::string& text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string::npos || dash == 0) return std::nullopt;
    CohortCursor cursor{text.substr(0, dash), 0};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + dash + 1, end, cursor.offset);
    if (error != std::errc() || rest != end) return std::nullopt;
    return cursor;
}

}  // namespace isocenter::app
