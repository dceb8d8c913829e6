#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "index/registry.h"

namespace isocenter::archive {

struct JanitorOptions {
    std::chrono::milliseconds interval{1000};   ///< between looks at the removal queue
    std::chrono::minutes scan_interval{60};     ///< between searches for unreferenced blobs
    std::chrono::minutes unreferenced_age{60};  ///< how long one must be so before it is removed
    std::chrono::seconds first_retry{10};       ///< doubled with each failure of a blob
    std::chrono::seconds last_retry{3600};
};

/// Removes the blobs of instances that are gone, and those that came to be without a record during this
/// process's life (a failure between the two commits of a store). Uploads in progress are invisible to it; a
/// blob that was committed and awaits its record is younger than `unreferenced_age`, which this process
/// counts from when it first saw it. Blobs without a record at the first scan are kept and logged: they may
/// be what an index that was lost or restored from an older backup does not know.
class Janitor {
  public:
    Janitor(blob::BlobStore& blobs, const index::Database& database, JanitorOptions options,
            Metrics& metrics);
    /// Stops.
    ~Janitor();
    Janitor(const Janitor&) = delete;
    Janitor& operator=(const Janitor&) = delete;

    /// Starts the thread. Not to be called twice.
    void start();
    /// Ends after the removal under way, and waits for that.
    void stop();
    /// What the thread does at each interval, at the moment `now`; the number of blobs removed. Not together
    /// with `start`.
    Result<std::uint64_t> run_once(Ticks now);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::archive
