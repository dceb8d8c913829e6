#include "fhir/engine/memory_state.h"

#include <algorithm>

namespace isocenter::fhir {
namespace {

bool fits(const DeadLetter& letter, const LetterFilter& filter) {
    return (!filter.letter_class || *filter.letter_class == letter.letter_class) &&
           (!filter.state || *filter.state == letter.state) &&
           (filter.study_uid.empty() || filter.study_uid == letter.key.study_uid) &&
           (!filter.replay_only || letter.replay) && (filter.before <= 0 || letter.id < filter.before);
}

bool is_same(const DeadLetter& a, const DeadLetter& b) {
    const bool same_number = a.letter_class != LetterClass::feed || a.first_sequence == b.first_sequence;
    return a.key == b.key && a.letter_class == b.letter_class && same_number;
}

/// Adds a further occurrence to an open letter.
void merge(DeadLetter& open, const DeadLetter& more) {
    const std::int64_t first = more.first_sequence == 0 ? open.first_sequence : more.first_sequence;
    open.first_sequence = open.first_sequence == 0 ? first : std::min(open.first_sequence, first);
    open.last_sequence = std::max(open.last_sequence, more.last_sequence);
    open.entries += more.entries;
    open.attempts += more.attempts;
    open.last_time = more.last_time;
    open.error = more.error;
    open.tag = more.tag;
    open.status = more.status;
    open.removed = more.removed;
}

}  // namespace

Status MemoryState::check(std::int64_t token) const {
    if (token == 0 || (row_ && row_->token == token)) return {};
    return fail(ErrorCode::conflict, "another engine has the lease");
}

Result<std::optional<StateRow>> MemoryState::load() {
    const std::lock_guard lock(mutex_);
    return row_;
}

Result<StateRow> MemoryState::acquire(const std::string& owner, Ticks now, Ticks until) {
    const std::lock_guard lock(mutex_);
    StateRow row = row_.value_or(StateRow{});
    const bool held = row.is_leased(now, until - now);
    if (held && row.owner != owner) return fail(ErrorCode::conflict, "another engine has the lease");
    if (!held || row.owner != owner) ++row.token;
    row.owner = owner;
    row.lease_end = until;
    row.changed = now;
    row_ = row;
    return row;
}

Status MemoryState::release(std::int64_t token, Ticks now) {
    const std::lock_guard lock(mutex_);
    if (!row_ || row_->token != token) return {};
    row_->owner.clear();
    row_->lease_end = 0;
    row_->changed = now;
    return {};
}

Status MemoryState::save(std::int64_t token, std::int64_t low, std::int64_t latest, Ticks now) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    if (!row_) row_.emplace();
    row_->low = low;
    row_->latest = latest;
    row_->changed = now;
    return {};
}

Status MemoryState::set_server(std::int64_t token, const std::string& server, std::int64_t low, Ticks now) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    if (!row_) row_.emplace();
    row_->server = server;
    row_->low = low;
    row_->changed = now;
    return {};
}

Status MemoryState::record(std::int64_t token, const DeadLetter& letter) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    for (auto& [id, known] : letters_) {
        if (!is_same(known, letter)) continue;
        if (known.state == LetterState::open) {
            merge(known, letter);
        } else if (known.state == LetterState::resolved || letter.last_sequence > known.last_sequence) {
            known = letter;
            known.id = id;
            known.state = LetterState::open;
        }
        return {};
    }
    DeadLetter& added = letters_[++last_id_];
    added = letter;
    added.id = last_id_;
    return {};
}

Status MemoryState::resolve(std::int64_t token, const Key& key, const std::vector<LetterClass>& keep,
                            Ticks now) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    for (auto& [id, letter] : letters_) {
        const bool kept = std::find(keep.begin(), keep.end(), letter.letter_class) != keep.end();
        if (letter.key != key || letter.letter_class == LetterClass::feed || kept) continue;
        if (letter.state != LetterState::open) continue;
        letter.state = LetterState::resolved;
        letter.replay = false;
        letter.last_time = now;
    }
    return {};
}

Status MemoryState::resolve_number(std::int64_t token, std::int64_t sequence, Ticks now) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    for (auto& [id, letter] : letters_) {
        if (letter.letter_class != LetterClass::feed || letter.first_sequence != sequence) continue;
        if (letter.state != LetterState::open) continue;
        letter.state = LetterState::resolved;
        letter.replay = false;
        letter.last_time = now;
    }
    return {};
}

Result<std::vector<DeadLetter>> MemoryState::list(const LetterFilter& filter) {
    const std::lock_guard lock(mutex_);
    std::vector<DeadLetter> found;
    for (auto it = letters_.rbegin(); it != letters_.rend() && found.size() < filter.limit; ++it) {
        if (fits(it->second, filter)) found.push_back(it->second);
    }
    return found;
}

Result<std::vector<DeadLetter>> MemoryState::transient_until(Ticks until, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<DeadLetter> found;
    for (const auto& [id, letter] : letters_) {
        const bool wanted = letter.letter_class == LetterClass::transient &&
                            letter.state == LetterState::open && letter.last_time <= until;
        if (wanted) found.push_back(letter);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const DeadLetter& a, const DeadLetter& b) { return a.last_time < b.last_time; });
    found.resize(std::min(found.size(), limit));
    return found;
}

Result<std::optional<DeadLetter>> MemoryState::find(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto it = letters_.find(id);
    if (it == letters_.end()) return std::optional<DeadLetter>();
    return std::optional<DeadLetter>(it->second);
}

Result<std::uint64_t> MemoryState::set_replay(const LetterFilter& filter, bool replay) {
    const std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    for (auto& [id, letter] : letters_) {
        if (letter.state != LetterState::open || !fits(letter, filter)) continue;
        letter.replay = replay;
        ++count;
    }
    return count;
}

Status MemoryState::ask_replay(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto it = letters_.find(id);
    if (it == letters_.end()) return fail(ErrorCode::not_found, "there is no such dead letter");
    it->second.replay = true;
    return {};
}

Status MemoryState::discard(std::int64_t id, Ticks now) {
    const std::lock_guard lock(mutex_);
    const auto it = letters_.find(id);
    if (it == letters_.end()) return fail(ErrorCode::not_found, "there is no such dead letter");
    it->second.state = LetterState::discarded;
    it->second.replay = false;
    it->second.last_time = now;
    return {};
}

Result<bool> MemoryState::begin_replay(std::int64_t token, std::int64_t id, Ticks now) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    const auto it = letters_.find(id);
    if (it == letters_.end() || (it->second.state != LetterState::open && !it->second.replay)) return false;
    it->second.replay = false;
    it->second.last_time = now;
    return true;
}

Result<LetterCounts> MemoryState::count_open() {
    const std::lock_guard lock(mutex_);
    LetterCounts counts;
    for (const auto& [id, letter] : letters_) {
        if (letter.state == LetterState::open) ++counts[letter.letter_class];
    }
    return counts;
}

Result<std::uint64_t> MemoryState::purge(std::int64_t token, Ticks before) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    return std::erase_if(letters_, [&](const auto& entry) {
        return entry.second.state != LetterState::open && entry.second.last_time < before;
    });
}

Result<std::optional<Backfill>> MemoryState::load_backfill() {
    const std::lock_guard lock(mutex_);
    if (backfill_) backfill_->done = backfilled_.size();
    return backfill_;
}

Status MemoryState::begin_backfill(std::int64_t token, const Backfill& backfill,
                                   std::optional<std::int64_t> low) {
    if (low) ISO_CHECK(save(token, *low, backfill.latest, backfill.started));
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    backfill_ = backfill;
    backfilled_.clear();
    return {};
}

Result<std::vector<Key>> MemoryState::not_backfilled(const std::vector<Key>& keys) {
    const std::lock_guard lock(mutex_);
    std::vector<Key> rest;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(rest),
                 [this](const Key& key) { return !backfilled_.contains(key); });
    return rest;
}

Status MemoryState::note_backfilled(std::int64_t token, const std::vector<Key>& keys) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    backfilled_.insert(keys.begin(), keys.end());
    return {};
}

Status MemoryState::end_backfill(std::int64_t token) {
    const std::lock_guard lock(mutex_);
    ISO_CHECK(check(token));
    backfill_.reset();
    backfilled_.clear();
    return {};
}

}  // namespace isocenter::fhir
