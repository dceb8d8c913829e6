#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/result.h"

namespace isocenter::index::sqlite {

/// A file that holds room on the database's disk, so that something can be removed when there is no other.
/// It is as large as the disk allows, up to its size. Thread-safe; touches nothing but that file.
class ReserveFile {
  public:
    /// `bytes` 0: none is kept, and one that is there is removed.
    ReserveFile(std::string path, std::uint64_t bytes);
    /// Makes it as large as there is room for. Does nothing while it is given up.
    void fill();
    /// Gives its room to the disk; false when it has none. To be followed by take_back.
    bool give_up();
    /// Ends that, and fills.
    void take_back();
    /// Success: stores may write. `unavailable` while it is given up, or the disk has no room for half of it:
    /// what a store wrote then would be the room that removals need. Never waits.
    Status stores_may_write() const;

  private:
    void fill_locked();
    void note(std::uint64_t held, int error);

    const std::string path_;
    const std::uint64_t bytes_;
    std::mutex mutex_;
    bool given_up_ = false;
    std::uint64_t held_ = 0;  ///< when it was filled last
    int error_ = 0;           ///< of filling it
    std::atomic<bool> refuse_{false};
};

}  // namespace isocenter::index::sqlite
