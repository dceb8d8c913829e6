#include "fhir/feed/positions.h"

#include <algorithm>

namespace isocenter::fhir {

std::int64_t Positions::low() const {
    std::int64_t low = read_;
    if (!open_.empty()) low = std::min(low, *open_.begin() - 1);
    if (!gaps_.empty()) low = std::min(low, gaps_.begin()->first - 1);
    return low;
}

std::size_t Positions::missing() const {
    std::size_t count = 0;
    for (const auto& [first, gap] : gaps_)
        count += static_cast<std::size_t>(gap.last - first + 1);
    return count;
}

void Positions::add_gap(std::int64_t first, std::int64_t last, Time now) {
    if (first <= last) gaps_[first] = Missing{last, now};
}

void Positions::add_window(std::span<const std::int64_t> entries, std::int64_t end, std::int64_t latest,
                           Time now) {
    for (const std::int64_t sequence : entries) {
        if (sequence <= read_) continue;
        add_gap(read_ + 1, sequence - 1, now);
        open_.insert(sequence);
        read_ = sequence;
    }
    // Below `latest` what the window does not hold is missing; above it nothing can be said yet.
    const std::int64_t known = std::min(end, latest);
    if (known <= read_) return;
    add_gap(read_ + 1, known, now);
    read_ = known;
}

std::optional<Positions::Gap> Positions::overdue(Time now, std::chrono::seconds grace) const {
    for (const auto& [first, gap] : gaps_) {
        if (now - gap.since >= grace) return Gap{first, gap.last};
    }
    return std::nullopt;
}

std::optional<Positions::Time> Positions::next_due(std::chrono::seconds grace) const {
    std::optional<Time> due;
    for (const auto& [first, gap] : gaps_) {
        const Time at = gap.since + grace;
        if (!due || at < *due) due = at;
    }
    return due;
}

void Positions::close_gap(const Gap& gap, std::span<const std::int64_t> found, std::int64_t end) {
    const auto it = gaps_.find(gap.first);
    if (it == gaps_.end()) return;
    const Missing missing = it->second;
    gaps_.erase(it);
    for (const std::int64_t sequence : found) {
        if (sequence >= gap.first && sequence <= missing.last) open_.insert(sequence);
    }
    // A gap longer than a window keeps its age: the rest is read again next.
    if (end < missing.last) gaps_[end + 1] = Missing{missing.last, missing.since};
}

}  // namespace isocenter::fhir
