#include "http/signal.h"

#include <utility>

namespace isocenter::http {

std::uint64_t Signal::generation() const {
    const std::lock_guard lock(mutex_);
    return generation_;
}

void Signal::fire() {
    std::map<std::uint64_t, std::function<void()>> woken;
    {
        const std::lock_guard lock(mutex_);
        ++generation_;
        woken.swap(waiting_);
    }
    // Outside of the lock: a subscriber may subscribe again.
    for (const auto& [number, wake] : woken)
        wake();
}

std::uint64_t Signal::subscribe(std::uint64_t generation, std::function<void()> wake) {
    {
        const std::lock_guard lock(mutex_);
        if (generation == generation_) {
            waiting_.emplace(next_, std::move(wake));
            return next_++;
        }
    }
    wake();
    return 0;
}

void Signal::unsubscribe(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(number);
}

}  // namespace isocenter::http
