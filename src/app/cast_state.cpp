#include "app/cast_state.h"

#include <fmt/ranges.h>

#include <iterator>
#include <sstream>
#include <utility>

#include "app/cast_state_tables.h"

namespace isocenter::app {
namespace {

using index::sql::Connection;
using index::sql::Run;
using index::sql::Transaction;

constexpr std::string_view kLetterColumns =
    "id, partition, study, class, state, first_sequence, last_sequence, entries, attempts, first_time, "
    "last_time, error, tag, status, replay, removed";

Result<std::optional<fhir::StateRow>> read_row(Connection& connection, const std::string& target) {
    Run run(connection,
            "SELECT low, latest, owner, token, lease_end, changed, server FROM cast_target WHERE target = ?");
    ISO_TRY(const bool found, run.bind(target).next());
    if (!found) return std::optional<fhir::StateRow>();
    fhir::StateRow row;
    row.low = run.integer(0);
    row.latest = run.integer(1);
    row.owner = run.string(2);
    row.token = run.integer(3);
    row.lease_end = run.integer(4);
    row.changed = run.integer(5);
    row.server = run.string(6);
    return std::optional<fhir::StateRow>(row);
}

Error lease_is_lost() {
    return fail(ErrorCode::conflict, "another engine has the lease");
}

/// Inside the writing transaction: whether `token` is the current one.
Status check_token(Connection& connection, const std::string& target, std::int64_t token) {
    if (token == 0) return {};
    ISO_TRY(const auto row, read_row(connection, target));
    if (!row || row->token != token) return lease_is_lost();
    return {};
}

Status write_position(Connection& connection, const std::string& target, std::int64_t low,
                      std::int64_t latest, Ticks now) {
    return Run(connection,
               "INSERT INTO cast_target (target, low, latest, changed) VALUES (?, ?, ?, ?) "
               "ON CONFLICT (target) DO UPDATE SET low = excluded.low, latest = excluded.latest, "
               "changed = excluded.changed")
        .bind(target)
        .bind(low)
        .bind(latest)
        .bind(now)
        .run();
}

Status forget_backfill(Connection& connection, const std::string& target) {
    ISO_CHECK(Run(connection, "DELETE FROM cast_backfill WHERE target = ?").bind(target).run());
    return Run(connection, "DELETE FROM cast_backfilled WHERE target = ?").bind(target).run();
}

std::string join(const std::set<std::string>& words) {
    return fmt::format("{}", fmt::join(words, " "));
}

std::set<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

Result<fhir::DeadLetter> letter_at(const Run& run) {
    fhir::DeadLetter letter;
    letter.id = run.integer(0);
    letter.key = {run.string(1), run.string(2)};
    const auto letter_class = fhir::parse_letter_class(run.text(3));
    const auto state = fhir::parse_letter_state(run.text(4));
    if (!letter_class || !state)
        return fail(ErrorCode::corrupt, "a dead letter is of no known class or state");
    letter.letter_class = *letter_class;
    letter.state = *state;
    letter.first_sequence = run.integer(5);
    letter.last_sequence = run.integer(6);
    letter.entries = run.count(7);
    letter.attempts = run.count(8);
    letter.first_time = run.integer(9);
    letter.last_time = run.integer(10);
    letter.error = run.string(11);
    letter.tag = run.string(12);
    letter.status = static_cast<unsigned>(run.integer(13));
    letter.replay = run.integer(14) != 0;
    letter.removed = words_of(run.string(15));
    return letter;
}

Result<std::vector<fhir::DeadLetter>> letters_of(Run& run) {
    std::vector<fhir::DeadLetter> letters;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return letters;
        ISO_TRY(fhir::DeadLetter letter, letter_at(run));
        letters.push_back(std::move(letter));
    }
}

/// The conditions of a filter, and their values in order.
struct Condition {
    std::string sql = "target = ?";
    std::vector<std::string> texts;
    std::int64_t before = 0;

    explicit Condition(const fhir::LetterFilter& filter) : before(filter.before) {
        const auto equal = [&](const char* column, std::string_view value) {
            sql += std::string(" AND ") + column + " = ?";
            texts.emplace_back(value);
        };
        if (filter.letter_class) equal("class", to_string(*filter.letter_class));
        if (filter.state) equal("state", to_string(*filter.state));
        if (!filter.study_uid.empty()) equal("study", filter.study_uid);
        if (filter.replay_only) sql += " AND replay";
        if (before > 0) sql += " AND id < ?";
    }
    void bind(Run& run) const {
        for (const std::string& text : texts)
            run.bind(text);
        if (before > 0) run.bind(before);
    }
};

}  // namespace

Result<std::unique_ptr<CastState>> CastState::open(index::sql::ConnectionSource& connections,
                                                   std::string target) {
    ISO_TRY(const auto connection, connections.writer());
    ISO_CHECK(make_cast_tables(*connection));
    return std::unique_ptr<CastState>(new CastState(connections, std::move(target)));
}

Result<std::optional<fhir::StateRow>> CastState::load() {
    ISO_TRY(const auto connection, connections_.reader());
    return read_row(*connection, target_);
}

Result<fhir::StateRow> CastState::acquire(const std::string& owner, Ticks now, Ticks until) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_TRY(const auto found, read_row(*connection, target_));
    fhir::StateRow row = found.value_or(fhir::StateRow{});
    const bool held = row.is_leased(now, until - now);
    if (held && row.owner != owner) return lease_is_lost();
    // A lease of ours that had ended may have been somebody else's meanwhile and given back.
    if (!held || row.owner != owner) ++row.token;
    row.owner = owner;
    row.lease_end = until;
    row.changed = now;
    ISO_CHECK(Run(*connection,
                  "INSERT INTO cast_target (target, owner, token, lease_end, changed) VALUES (?, ?, ?, ?, ?) "
                  "ON CONFLICT (target) DO UPDATE SET owner = excluded.owner, token = excluded.token, "
                  "lease_end = excluded.lease_end, changed = excluded.changed")
                  .bind(target_)
                  .bind(row.owner)
                  .bind(row.token)
                  .bind(row.lease_end)
                  .bind(row.changed)
                  .run());
    ISO_CHECK(transaction->commit());
    return row;
}

Status CastState::release(std::int64_t token, Ticks now) {
    ISO_TRY(const auto connection, connections_.writer());
    return Run(*connection,
               "UPDATE cast_target SET owner = '', lease_end = 0, changed = ? WHERE target = ? AND token = ?")
        .bind(now)
        .bind(target_)
        .bind(token)
        .run();
}

Status CastState::save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    ISO_CHECK(write_position(*connection, target_, low, latest, now));
    return transaction->commit();
}

Status CastState::set_server(std::int64_t token, const std::string& server, std::int64_t low, Ticks now) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    ISO_CHECK(Run(*connection,
                  "INSERT INTO cast_target (target, server, low, changed) VALUES (?, ?, ?, ?) "
                  "ON CONFLICT (target) DO UPDATE SET server = excluded.server, low = excluded.low, "
                  "changed = excluded.changed")
                  .bind(target_)
                  .bind(server)
                  .bind(low)
                  .bind(now)
                  .run());
    return transaction->commit();
}

Status CastState::record(std::int64_t token, const fhir::DeadLetter& letter) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    const bool by_number = letter.letter_class == fhir::LetterClass::feed;
    ISO_CHECK(
        Run(*connection,
            "INSERT INTO cast_letter (target, partition, study, class, sequence, state, first_sequence, "
            "last_sequence, entries, attempts, first_time, last_time, error, tag, status, "
            "removed) VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (target, partition, study, class, sequence) DO UPDATE SET "
            "first_sequence = CASE WHEN state <> 'open' OR first_sequence = 0 THEN excluded.first_sequence "
            "ELSE min(first_sequence, ifnull(nullif(excluded.first_sequence, 0), first_sequence)) END, "
            "last_sequence = CASE WHEN state <> 'open' THEN excluded.last_sequence "
            "ELSE max(last_sequence, excluded.last_sequence) END, "
            "entries = CASE WHEN state <> 'open' THEN 0 ELSE entries END + excluded.entries, "
            "attempts = CASE WHEN state <> 'open' THEN 0 ELSE attempts END + excluded.attempts, "
            "first_time = CASE WHEN state <> 'open' THEN excluded.first_time ELSE first_time END, "
            "last_time = excluded.last_time, error = excluded.error, tag = excluded.tag, "
            "status = excluded.status, removed = excluded.removed, state = 'open' "
            "WHERE state <> 'discarded' OR excluded.last_sequence > last_sequence")
            .bind(target_)
            .bind(letter.key.partition)
            .bind(letter.key.study_uid)
            .bind(to_string(letter.letter_class))
            .bind(by_number ? letter.first_sequence : std::int64_t{0})
            .bind(letter.first_sequence)
            .bind(letter.last_sequence)
            .bind(letter.entries)
            .bind(letter.attempts)
            .bind(letter.first_time)
            .bind(letter.last_time)
            .bind(letter.error)
            .bind(letter.tag)
            .bind(static_cast<std::int64_t>(letter.status))
            .bind(join(letter.removed))
            .run());
    return transaction->commit();
}

Status CastState::resolve(std::int64_t token, const fhir::Key& key,
                          const std::vector<fhir::LetterClass>& keep, Ticks now) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    std::string sql =
        "UPDATE cast_letter SET state = 'resolved', replay = 0, last_time = ? "
        "WHERE target = ? AND partition = ? AND study = ? AND state = 'open' AND class <> 'feed'";
    for (std::size_t i = 0; i < keep.size(); ++i)
        sql += " AND class <> ?";
    Run run(*connection, sql);
    run.bind(now).bind(target_).bind(key.partition).bind(key.study_uid);
    for (const fhir::LetterClass letter_class : keep)
        run.bind(to_string(letter_class));
    ISO_CHECK(run.run());
    return transaction->commit();
}

Status CastState::resolve_number(std::int64_t token, std::int64_t sequence, Ticks now) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    ISO_CHECK(Run(*connection,
                  "UPDATE cast_letter SET state = 'resolved', replay = 0, last_time = ? "
                  "WHERE target = ? AND class = 'feed' AND sequence = ? AND state = 'open'")
                  .bind(now)
                  .bind(target_)
                  .bind(sequence)
                  .run());
    return transaction->commit();
}

Result<std::vector<fhir::DeadLetter>> CastState::list(const fhir::LetterFilter& filter) {
    ISO_TRY(const auto connection, connections_.reader());
    const Condition condition(filter);
    Run run(*connection, "SELECT " + std::string(kLetterColumns) + " FROM cast_letter WHERE " +
                             condition.sql + " ORDER BY id DESC LIMIT ?");
    run.bind(target_);
    condition.bind(run);
    run.bind(static_cast<std::int64_t>(filter.limit));
    return letters_of(run);
}

Result<std::vector<fhir::DeadLetter>> CastState::transient_until(Ticks until, std::size_t limit) {
    ISO_TRY(const auto connection, connections_.reader());
    Run run(*connection, "SELECT " + std::string(kLetterColumns) +
                             " FROM cast_letter WHERE target = ? AND state = 'open' AND class = 'transient' "
                             "AND last_time <= ? ORDER BY last_time, id LIMIT ?");
    run.bind(target_).bind(until).bind(static_cast<std::int64_t>(limit));
    return letters_of(run);
}

Result<std::optional<fhir::DeadLetter>> CastState::find(std::int64_t id) {
    ISO_TRY(const auto connection, connections_.reader());
    Run run(*connection,
            "SELECT " + std::string(kLetterColumns) + " FROM cast_letter WHERE target = ? AND id = ?");
    ISO_TRY(const bool row, run.bind(target_).bind(id).next());
    if (!row) return std::optional<fhir::DeadLetter>();
    ISO_TRY(fhir::DeadLetter letter, letter_at(run));
    return std::optional<fhir::DeadLetter>(std::move(letter));
}

Result<fhir::LetterCounts> CastState::count_open() {
    ISO_TRY(const auto connection, connections_.reader());
    Run run(*connection,
            "SELECT class, count(*) FROM cast_letter WHERE target = ? AND state = 'open' GROUP BY class");
    run.bind(target_);
    fhir::LetterCounts counts;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return counts;
        const auto letter_class = fhir::parse_letter_class(run.text(0));
        if (!letter_class) return fail(ErrorCode::corrupt, "a dead letter is of no known class");
        counts[*letter_class] = run.count(1);
    }
}

Result<std::uint64_t> CastState::set_replay(const fhir::LetterFilter& filter, bool replay) {
    ISO_TRY(const auto connection, connections_.writer());
    const Condition condition(filter);
    Run run(*connection, "UPDATE cast_letter SET replay = ? WHERE state = 'open' AND " + condition.sql);
    run.bind(replay ? 1 : 0).bind(target_);
    condition.bind(run);
    ISO_CHECK(run.run());
    return static_cast<std::uint64_t>(connection->changed());
}

Status CastState::ask_replay(std::int64_t id) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_CHECK(Run(*connection, "UPDATE cast_letter SET replay = 1 WHERE target = ? AND id = ?")
                  .bind(target_)
                  .bind(id)
                  .run());
    if (connection->changed() == 0) return fail(ErrorCode::not_found, "there is no such dead letter");
    return {};
}

Status CastState::discard(std::int64_t id, Ticks now) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_CHECK(Run(*connection,
                  "UPDATE cast_letter SET state = 'discarded', replay = 0, last_time = ? "
                  "WHERE target = ? AND id = ?")
                  .bind(now)
                  .bind(target_)
                  .bind(id)
                  .run());
    if (connection->changed() == 0) return fail(ErrorCode::not_found, "there is no such dead letter");
    return {};
}

Result<bool> CastState::begin_replay(std::int64_t token, std::int64_t id, Ticks now) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    ISO_CHECK(Run(*connection,
                  "UPDATE cast_letter SET replay = 0, last_time = ? "
                  "WHERE target = ? AND id = ? AND (state = 'open' OR replay)")
                  .bind(now)
                  .bind(target_)
                  .bind(id)
                  .run());
    const bool found = connection->changed() > 0;
    ISO_CHECK(transaction->commit());
    return found;
}

Result<std::uint64_t> CastState::purge(std::int64_t token, Ticks before) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    ISO_CHECK(
        Run(*connection, "DELETE FROM cast_letter WHERE target = ? AND state <> 'open' AND last_time < ?")
            .bind(target_)
            .bind(before)
            .run());
    const auto removed = static_cast<std::uint64_t>(connection->changed());
    ISO_CHECK(transaction->commit());
    return removed;
}

Result<std::vector<std::string>> kept_targets(index::sql::ConnectionSource& connections) {
    ISO_TRY(const auto connection, connections.reader());
    Run run(*connection, "SELECT target FROM cast_target UNION SELECT target FROM cast_letter ORDER BY 1");
    std::vector<std::string> names;
    while (true) {
        ISO_TRY(const bool row, run.next());
        if (!row) return names;
        names.push_back(run.string(0));
    }
}

Result<std::optional<fhir::Backfill>> CastState::load_backfill() {
    ISO_TRY(const auto connection, connections_.reader());
    Run run(*connection,
            "SELECT latest, started, filter_date, filter_modality, filter_patient, filter_partition, "
            "(SELECT count(*) FROM cast_backfilled AS done WHERE done.target = cast_backfill.target) "
            "FROM cast_backfill WHERE target = ?");
    ISO_TRY(const bool row, run.bind(target_).next());
    if (!row) return std::optional<fhir::Backfill>();
    fhir::Backfill backfill;
    backfill.latest = run.integer(0);
    backfill.started = run.integer(1);
    backfill.filter = {run.string(2), run.string(3), run.string(4), run.string(5)};
    backfill.done = run.count(6);
    return std::optional<fhir::Backfill>(std::move(backfill));
}

Status CastState::begin_backfill(std::int64_t token, const fhir::Backfill& backfill,
                                 std::optional<std::int64_t> low) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    ISO_CHECK(forget_backfill(*connection, target_));
    ISO_CHECK(Run(*connection, "INSERT INTO cast_backfill VALUES (?, ?, ?, ?, ?, ?, ?)")
                  .bind(target_)
                  .bind(backfill.latest)
                  .bind(backfill.started)
                  .bind(backfill.filter.date)
                  .bind(backfill.filter.modality)
                  .bind(backfill.filter.patient_id)
                  .bind(backfill.filter.partition)
                  .run());
    if (low) ISO_CHECK(write_position(*connection, target_, *low, backfill.latest, backfill.started));
    return transaction->commit();
}

Result<std::vector<fhir::Key>> CastState::not_backfilled(const std::vector<fhir::Key>& keys) {
    ISO_TRY(const auto connection, connections_.reader());
    std::vector<fhir::Key> rest;
    for (const fhir::Key& key : keys) {
        Run run(*connection,
                "SELECT 1 FROM cast_backfilled WHERE target = ? AND partition = ? AND study = ?");
        ISO_TRY(const bool there, run.bind(target_).bind(key.partition).bind(key.study_uid).next());
        if (!there) rest.push_back(key);
    }
    return rest;
}

Status CastState::note_backfilled(std::int64_t token, const std::vector<fhir::Key>& keys) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    for (const fhir::Key& key : keys)
        ISO_CHECK(Run(*connection, "INSERT INTO cast_backfilled VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                      .bind(target_)
                      .bind(key.partition)
                      .bind(key.study_uid)
                      .run());
    return transaction->commit();
}

Status CastState::end_backfill(std::int64_t token) {
    ISO_TRY(const auto connection, connections_.writer());
    ISO_TRY(const auto transaction, Transaction::begin(*connection, Transaction::Kind::write));
    ISO_CHECK(check_token(*connection, target_, token));
    ISO_CHECK(forget_backfill(*connection, target_));
    return transaction->commit();
}

}  // namespace isocenter::app
