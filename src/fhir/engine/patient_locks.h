#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "fhir/mapping/wanted.h"

namespace isocenter::fhir {

/// Keeps two jobs from working on the same patient. All identities of a job are taken at once, so that jobs
/// cannot wait for each other. Thread-safe.
class PatientLocks {
  public:
    class Hold {
      public:
        Hold(PatientLocks& locks, std::vector<Identifier> held) : locks_(locks), held_(std::move(held)) {}
        ~Hold() { locks_.release(held_); }
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;

      private:
        PatientLocks& locks_;
        std::vector<Identifier> held_;
    };

    /// Waits until none of them is held.
    void acquire(std::vector<Identifier> wanted, std::optional<Hold>& hold) {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [&] {
            return std::none_of(wanted.begin(), wanted.end(),
                                [&](const Identifier& each) { return held_.contains(each); });
        });
        held_.insert(wanted.begin(), wanted.end());
        hold.emplace(*this, std::move(wanted));
    }

    /// The same without waiting: false when one of them is held.
    bool try_acquire(std::vector<Identifier> wanted, std::optional<Hold>& hold) {
        const std::lock_guard lock(mutex_);
        if (std::any_of(wanted.begin(), wanted.end(),
                        [&](const Identifier& each) { return held_.contains(each); }))
            return false;
        held_.insert(wanted.begin(), wanted.end());
        hold.emplace(*this, std::move(wanted));
        return true;
    }

  private:
    void release(const std::vector<Identifier>& held) {
        const std::lock_guard lock(mutex_);
        for (const Identifier& each : held)
            held_.erase(each);
        freed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable freed_;
    std::set<Identifier> held_;
};

}  // namespace isocenter::fhir
