#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace isocenter::app {

/// Lets one at a time work on what has a name, whatever happens to other names. Thread-safe.
class NameLocks {
  public:
    /// Holds the name until it is destroyed.
    class Turn {
      public:
        Turn(NameLocks& locks, std::string name) : locks_(&locks), name_(std::move(name)) {}
        Turn(Turn&& other) noexcept
            : locks_(std::exchange(other.locks_, nullptr)), name_(std::move(other.name_)) {}
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (locks_ != nullptr) locks_->free(name_);
        }

      private:
        NameLocks* locks_;
        std::string name_;
    };

    /// Nothing when another has had the name for all of `patience`.
    std::optional<Turn> take(const std::string& name, std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        if (!freed_.wait_for(lock, patience, [&] { return !taken_.contains(name); })) return std::nullopt;
        taken_.insert(name);
        return std::optional<Turn>(std::in_place, *this, name);
    }

  private:
    void free(const std::string& name) {
        {
            const std::lock_guard lock(mutex_);
            taken_.erase(name);
        }
        freed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable freed_;
    std::set<std::string> taken_;
};

}  // namespace isocenter::app
