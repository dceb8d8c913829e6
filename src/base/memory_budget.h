#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace isocenter {

/// Bounds the bytes that all requests together hold in memory. Thread-safe.
class MemoryBudget {
  public:
    explicit MemoryBudget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

    /// Returns its bytes to the budget when destroyed. Must not outlive the budget.
    class Lease {
      public:
        Lease() = default;
        Lease(MemoryBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
        ~Lease() { release(); }
        Lease(Lease&& other) noexcept
            : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
        Lease& operator=(Lease&& other) noexcept {
            if (this != &other) {
                release();
                budget_ = std::exchange(other.budget_, nullptr);
                bytes_ = std::exchange(other.bytes_, 0);
            }
            return *this;
        }
        explicit operator bool() const { return budget_ != nullptr; }
        void release() {
            if (budget_ != nullptr) budget_->used_.fetch_sub(bytes_);
            budget_ = nullptr;
        }

      private:
        MemoryBudget* budget_ = nullptr;
        std::uint64_t bytes_ = 0;
    };

    /// Takes `bytes`, or gives an empty lease when that would pass the limit.
    Lease try_take(std::uint64_t bytes) {
        if (used_.fetch_add(bytes) + bytes > limit_) {
            used_.fetch_sub(bytes);
            return {};
        }
        return {this, bytes};
    }
    std::uint64_t used_bytes() const { return used_.load(); }

  private:
    const std::uint64_t limit_;
    std::atomic<std::uint64_t> used_{0};
};

}  // namespace isocenter
