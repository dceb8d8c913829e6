#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace isocenter::fhir {

/// How far the feed was read (R) and how far everything is done (L), in memory. L is the largest number below
/// which every existing entry is settled and every missing number void; only L is worth keeping. Not
/// thread-safe.
class Positions {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Everything up to `low` is done.
    explicit Positions(std::int64_t low) : read_(low) {}

    std::int64_t read_up_to() const { return read_; }
    std::int64_t low() const;
    std::size_t unsettled() const { return open_.size(); }
    /// Numbers that are missing and not yet void.
    std::size_t missing() const;

    /// A window was read: its entries are open, the numbers between them that do not exist are missing since
    /// `now`. R becomes the last entry's number; a window without entries moves R to `end` when `end` is not
    /// beyond `latest` (all of it is missing, since higher numbers exist).
    void add_window(std::span<const std::int64_t> entries, std::int64_t end, std::int64_t latest, Time now);
    void settle(std::int64_t sequence) { open_.erase(sequence); }

    /// A run of missing numbers.
    struct Gap {
        std::int64_t first = 0;
        std::int64_t last = 0;
    };
    /// The lowest gap that has been missing for `grace`: read its window once more, then close_gap().
    std::optional<Gap> overdue(Time now, std::chrono::seconds grace) const;
    /// `found` of the gap's numbers exist after all and are open; the others up to `end` are void.
    void close_gap(const Gap& gap, std::span<const std::int64_t> found, std::int64_t end);
    /// When the first gap is due, if there is one.
    std::optional<Time> next_due(std::chrono::seconds grace) const;

  private:
    void add_gap(std::int64_t first, std::int64_t last, Time now);

    struct Missing {
        std::int64_t last = 0;
        Time since;
    };
    std::int64_t read_;
    std::set<std::int64_t> open_;
    std::map<std::int64_t, Missing> gaps_;  ///< by first number
};

}  // namespace isocenter::fhir
