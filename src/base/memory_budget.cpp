#include "base/memory_budget.h"

#include <algorithm>
#include <utility>

namespace isocenter {

MemoryBudget::Lease::Lease(Lease&& other) noexcept
    : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}

Status MemoryBudget::Lease::resize(std::uint64_t bytes) {
    if (bytes > budget_->limit_) {
        return fail(ErrorCode::too_large,
                    "The request needs more memory than the server gives to all of them.");
    }
    if (bytes > bytes_ && !budget_->take(bytes - bytes_)) {
        return fail(ErrorCode::overloaded, "The server has no memory left for the request.", "memory budget");
    }
    if (bytes < bytes_) budget_->give_back(bytes_ - bytes);
    bytes_ = bytes;
    return {};
}

std::uint64_t MemoryBudget::used_bytes() const {
    const std::lock_guard lock(mutex_);
    return used_;
}

bool MemoryBudget::take(std::uint64_t bytes) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, patience_, [&] { return bytes <= limit_ - used_; })) return false;
    used_ += bytes;
    return true;
}

void MemoryBudget::give_back(std::uint64_t bytes) {
    if (bytes == 0) return;
    {
        const std::lock_guard lock(mutex_);
        used_ -= bytes;
    }
    freed_.notify_all();
}

Status Reservation::cover(std::uint64_t bytes) {
    constexpr std::uint64_t kLargestStep = 1ULL << 20U;
    if (!reserve_ || bytes <= covered_) return {};
    const std::uint64_t asked = bytes + std::min(bytes / 4, kLargestStep);
    ISO_CHECK(reserve_(asked));
    covered_ = asked;
    return {};
}

}  // namespace isocenter
