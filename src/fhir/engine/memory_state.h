#pragma once

#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "fhir/engine/state_store.h"

namespace isocenter::fhir {

/// State that ends with the process: for runs that must leave nothing behind, and for tests.
class MemoryState : public CheckpointStore, public DeadLetterStore, public BackfillStore {
  public:
    Result<std::optional<StateRow>> load() override;
    Result<StateRow> acquire(const std::string& owner, Ticks now, Ticks until) override;
    Status release(std::int64_t token, Ticks now) override;
    Status save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) override;
    Status set_server(std::int64_t token, const std::string& server, std::int64_t low, Ticks now) override;

    Status record(std::int64_t token, const DeadLetter& letter) override;
    Status resolve(std::int64_t token, const Key& key, const std::vector<LetterClass>& keep,
                   Ticks now) override;
    Status resolve_number(std::int64_t token, std::int64_t sequence, Ticks now) override;
    Result<std::vector<DeadLetter>> list(const LetterFilter& filter) override;
    Result<std::vector<DeadLetter>> transient_until(Ticks until, std::size_t limit) override;
    Result<std::optional<DeadLetter>> find(std::int64_t id) override;
    Result<LetterCounts> count_open() override;
    Result<std::uint64_t> set_replay(const LetterFilter& filter, bool replay) override;
    Status ask_replay(std::int64_t id) override;
    Status discard(std::int64_t id, Ticks now) override;
    Result<bool> begin_replay(std::int64_t token, std::int64_t id, Ticks now) override;
    Result<std::uint64_t> purge(std::int64_t token, Ticks before) override;

    Result<std::optional<Backfill>> load_backfill() override;
    Status begin_backfill(std::int64_t token, const Backfill& backfill,
                          std::optional<std::int64_t> low) override;
    Result<std::vector<Key>> not_backfilled(const std::vector<Key>& keys) override;
    Status note_backfilled(std::int64_t token, const std::vector<Key>& keys) override;
    Status end_backfill(std::int64_t token) override;

  private:
    Status check(std::int64_t token) const;

    std::mutex mutex_;
    std::optional<StateRow> row_;
    std::map<std::int64_t, DeadLetter> letters_;
    std::int64_t last_id_ = 0;
    std::optional<Backfill> backfill_;
    std::set<Key> backfilled_;
};

}  // namespace isocenter::fhir
