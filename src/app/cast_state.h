#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fhir/engine/state_store.h"
#include "index/sql/connection.h"

namespace isocenter::app {

/// What the FHIR bridge keeps of one target, in tables of its own of any SQL database: the index database of
/// the server that it is part of, or a file of its own. Two processes may have the same database open.
class CastState : public fhir::CheckpointStore, public fhir::DeadLetterStore, public fhir::BackfillStore {
  public:
    /// Makes the tables when absent. `connections` outlives the store.
    static Result<std::unique_ptr<CastState>> open(index::sql::ConnectionSource& connections,
                                                   std::string target);

    Result<std::optional<fhir::StateRow>> load() override;
    Result<fhir::StateRow> acquire(const std::string& owner, Ticks now, Ticks until) override;
    Status release(std::int64_t token, Ticks now) override;
    Status save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) override;
    Status set_server(std::int64_t token, const std::string& server, std::int64_t low, Ticks now) override;

    Status record(std::int64_t token, const fhir::DeadLetter& letter) override;
    Status resolve(std::int64_t token, const fhir::Key& key, const std::vector<fhir::LetterClass>& keep,
                   Ticks now) override;
    Status resolve_number(std::int64_t token, std::int64_t sequence, Ticks now) override;
    Result<std::vector<fhir::DeadLetter>> list(const fhir::LetterFilter& filter) override;
    Result<std::vector<fhir::DeadLetter>> transient_until(Ticks until, std::size_t limit) override;
    Result<std::optional<fhir::DeadLetter>> find(std::int64_t id) override;
    Result<fhir::LetterCounts> count_open() override;
    Result<std::uint64_t> set_replay(const fhir::LetterFilter& filter, bool replay) override;
    Status ask_replay(std::int64_t id) override;
    Status discard(std::int64_t id, Ticks now) override;
    Result<bool> begin_replay(std::int64_t token, std::int64_t id, Ticks now) override;
    Result<std::uint64_t> purge(std::int64_t token, Ticks before) override;

    Result<std::optional<fhir::Backfill>> load_backfill() override;
    Status begin_backfill(std::int64_t token, const fhir::Backfill& backfill,
                          std::optional<std::int64_t> low) override;
    Result<std::vector<fhir::Key>> not_backfilled(const std::vector<fhir::Key>& keys) override;
    Status note_backfilled(std::int64_t token, const std::vector<fhir::Key>& keys) override;
    Status end_backfill(std::int64_t token) override;

  private:
    CastState(index::sql::ConnectionSource& connections, std::string target)
        : connections_(connections), target_(std::move(target)) {}

    index::sql::ConnectionSource& connections_;
    const std::string target_;
};

/// The targets of which something is kept.
Result<std::vector<std::string>> kept_targets(index::sql::ConnectionSource& connections);

/// One SQLite file with a connection for everything; for a bridge without archive beside it.
class CastStateFile : public index::sql::ConnectionSource {
  public:
    /// Makes the file when absent. `unavailable` when it cannot be opened or written.
    static Result<std::unique_ptr<CastStateFile>> open(const std::string& path);
    ~CastStateFile() override;
    Result<index::sql::Lease> reader() override { return writer(); }
    Result<index::sql::Lease> writer() override;
    std::optional<index::sql::Lease> try_writer() override;
    void wait_for_writer() override;

  private:
    struct State;
    explicit CastStateFile(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace isocenter::app
