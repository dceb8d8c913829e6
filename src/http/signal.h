#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace isocenter::http {

/// Tells waiting exchanges that something happened. Thread-safe.
class Signal {
  public:
    /// Rises with every fire. Read it before looking at the state that is waited for: a wait that names it
    /// ends at once when the signal was fired since.
    std::uint64_t generation() const;
    /// Calls every subscriber once, on this thread, and forgets them. Subscribers must not block.
    void fire();
    /// `wake` is called by the next fire; at once, on this thread, when `generation` is not the present one.
    /// The number is for unsubscribe; 0 when `wake` was called.
    std::uint64_t subscribe(std::uint64_t generation, std::function<void()> wake);
    /// After it returns `wake` is not called any more, unless it is being called at this moment.
    void unsubscribe(std::uint64_t number);

  private:
    mutable std::mutex mutex_;
    std::uint64_t generation_ = 0;
    std::uint64_t next_ = 1;
    std::map<std::uint64_t, std::function<void()>> waiting_;
};

/// What an exchange waits for before it can finish. No thread waits with it.
struct WaitFor {
    std::shared_ptr<Signal> signal;
    std::uint64_t generation = 0;  ///< Signal::generation() from before the state was looked at
    std::chrono::steady_clock::time_point deadline;
};

}  // namespace isocenter::http
