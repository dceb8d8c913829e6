#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <utility>

#include "base/result.h"

namespace isocenter {

/// Bounds the bytes that all requests together hold in memory. Thread-safe.
class MemoryBudget {
  public:
    /// Without a limit everything fits. `patience`: how long a request that asks for more waits for others to
    /// end.
    explicit MemoryBudget(std::uint64_t limit_bytes = std::numeric_limits<std::uint64_t>::max(),
                          std::chrono::milliseconds patience = std::chrono::milliseconds(0))
        : limit_(limit_bytes), patience_(patience) {}
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;

    /// What one request holds; nothing at first. Goes back to the budget, which must outlive it, when
    /// destroyed. Used by one thread at a time.
    class Lease {
      public:
        explicit Lease(MemoryBudget& budget) : budget_(&budget) {}
        ~Lease() { budget_->give_back(bytes_); }
        Lease(Lease&& other) noexcept;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        /// Makes it `bytes`. `overloaded` when so many are not free, after the budget's patience, `too_large`
        /// when they never can be; then it stays what it was.
        Status resize(std::uint64_t bytes);

      private:
        MemoryBudget* budget_;
        std::uint64_t bytes_ = 0;
    };

    std::uint64_t used_bytes() const;

  private:
    bool take(std::uint64_t bytes);
    void give_back(std::uint64_t bytes);

    const std::uint64_t limit_;
    const std::chrono::milliseconds patience_;
    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::uint64_t used_ = 0;
};

/// Asked before a piece of work takes memory: about how many bytes it takes in all then. An error ends the
/// work.
using Reserve = std::function<Status(std::uint64_t bytes)>;

/// Asks for the memory of one piece of work in steps, as it grows. Used by one thread at a time.
class Reservation {
  public:
    /// `reserve` may be empty: nobody is asked.
    explicit Reservation(Reserve reserve) : reserve_(std::move(reserve)) {}
    /// Makes sure of `bytes` in all; as many as small work takes are not asked for. The error of `reserve`.
    Status cover(std::uint64_t bytes);

    static constexpr std::uint64_t kFreeBytes = 64 * 1024;

  private:
    Reserve reserve_;
    std::uint64_t covered_ = kFreeBytes;
};

}  // namespace isocenter
