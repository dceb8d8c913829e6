#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "fhir/engine/state_store.h"

namespace isocenter::fhir {

/// What every state store must do. `Fixture` has `checkpoint()`, `letters()` and `backfills()` of one target,
/// and `reopen()`, after which what was written must still be there.
template <class Fixture>
class StateContract : public testing::Test {
  protected:
    Fixture fixture;
};
TYPED_TEST_SUITE_P(StateContract);

inline DeadLetter make_letter(LetterClass letter_class, const std::string& study, std::int64_t sequence) {
    DeadLetter letter;
    if (letter_class != LetterClass::feed) letter.key = {"Microsoft.Default", study};
    letter.letter_class = letter_class;
    letter.first_sequence = letter.last_sequence = sequence;
    letter.entries = letter.attempts = 1;
    letter.first_time = letter.last_time = sequence * 10;
    letter.error = "why " + std::to_string(sequence);
    letter.tag = "(0010,0040)";
    letter.status = 422;
    return letter;
}

TYPED_TEST_P(StateContract, a_target_never_worked_on_has_no_row) {
    const auto row = this->fixture.checkpoint().load();
    ASSERT_TRUE(row.ok());
    EXPECT_FALSE(row->has_value());
}

// Obligation: 19.store.state
TYPED_TEST_P(StateContract, the_position_is_kept) {
    const auto lease = this->fixture.checkpoint().acquire("a", 100, 200);
    ASSERT_TRUE(lease.ok());
    ASSERT_TRUE(this->fixture.checkpoint().save(lease->token, 41, 67, 110).ok());
    this->fixture.reopen();
    const auto row = this->fixture.checkpoint().load();
    ASSERT_TRUE(row.ok() && row->has_value());
    EXPECT_EQ((*row)->low, 41);
    EXPECT_EQ((*row)->latest, 67);
    EXPECT_EQ((*row)->owner, "a");
    EXPECT_EQ((*row)->lease_end, 200);
    EXPECT_EQ((*row)->changed, 110);
}

TYPED_TEST_P(StateContract, the_server_that_it_is_about_is_kept_with_the_position) {
    CheckpointStore& store = this->fixture.checkpoint();
    ASSERT_TRUE(store.set_server(0, "http://a/fhir", 0, 90).ok());
    const auto lease = store.acquire("a", 100, 200);
    ASSERT_TRUE(lease.ok());
    EXPECT_EQ(lease->server, "http://a/fhir");
    ASSERT_TRUE(store.save(lease->token, 41, 67, 110).ok());
    EXPECT_EQ((*store.load())->server, "http://a/fhir");
    ASSERT_TRUE(store.set_server(lease->token, "http://b/fhir", 0, 120).ok());
    EXPECT_EQ(store.set_server(lease->token + 1, "http://c", 5, 130).error().code, ErrorCode::conflict);
    this->fixture.reopen();
    const auto row = this->fixture.checkpoint().load();
    ASSERT_TRUE(row.ok() && row->has_value());
    EXPECT_EQ((*row)->server, "http://b/fhir");
    EXPECT_EQ((*row)->low, 0);
    EXPECT_EQ((*row)->latest, 67);
    EXPECT_EQ((*row)->token, lease->token);
}

TYPED_TEST_P(StateContract, a_lease_is_renewed_by_its_owner_and_taken_over_when_it_has_ended) {
    CheckpointStore& store = this->fixture.checkpoint();
    const auto first = store.acquire("a", 100, 200);
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(store.acquire("a", 150, 250)->token, first->token);
    const auto refused = store.acquire("b", 249, 350);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    const auto second = store.acquire("b", 250, 350);
    ASSERT_TRUE(second.ok());
    EXPECT_GT(second->token, first->token);
    EXPECT_EQ(store.save(first->token, 5, 5, 260).error().code, ErrorCode::conflict) << "fenced";
    EXPECT_TRUE(store.save(second->token, 6, 6, 260).ok());
    EXPECT_EQ((*store.load())->low, 6);
}

TYPED_TEST_P(StateContract, an_ended_lease_of_the_same_owner_gets_a_new_token) {
    CheckpointStore& store = this->fixture.checkpoint();
    const auto first = store.acquire("a", 100, 200);
    const auto again = store.acquire("a", 300, 400);
    ASSERT_TRUE(first.ok() && again.ok());
    EXPECT_GT(again->token, first->token);
}

TYPED_TEST_P(StateContract, a_lease_that_a_wrong_clock_left_in_the_future_is_none) {
    CheckpointStore& store = this->fixture.checkpoint();
    const auto wrong = store.acquire("a", 1'000'000, 1'000'100);
    ASSERT_TRUE(wrong.ok());
    EXPECT_EQ(store.acquire("b", 999'899, 999'999).ok(), true) << "beyond twice the time";
    EXPECT_FALSE(store.acquire("c", 999'900, 1'000'000).ok());
    const auto ahead = store.acquire("b", 999'900, 1'000'100);
    ASSERT_TRUE(ahead.ok());
    EXPECT_FALSE(store.acquire("c", 999'900, 1'000'000).ok()) << "clocks that differ a little";
    EXPECT_EQ(store.save(wrong->token, 1, 1, 999'901).error().code, ErrorCode::conflict);
}

TYPED_TEST_P(StateContract, a_released_lease_is_free_and_a_stale_release_does_nothing) {
    CheckpointStore& store = this->fixture.checkpoint();
    const auto first = store.acquire("a", 100, 200);
    ASSERT_TRUE(first.ok());
    ASSERT_TRUE(store.release(first->token, 110).ok());
    const auto second = store.acquire("b", 111, 300);
    ASSERT_TRUE(second.ok());
    ASSERT_TRUE(store.release(first->token, 112).ok());
    EXPECT_FALSE(store.acquire("c", 113, 300).ok());
}

// Obligation: 19.store.errors
TYPED_TEST_P(StateContract, letters_are_kept_newest_first_and_found_by_filter) {
    DeadLetterStore& store = this->fixture.letters();
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 1)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::dicom, "1.1", 2)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.2", 3)).ok());
    this->fixture.reopen();
    DeadLetterStore& again = this->fixture.letters();
    const auto all = again.list({});
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all->size(), 3U);
    EXPECT_EQ((*all)[0].key.study_uid, "1.2");
    EXPECT_EQ((*all)[0].error, "why 3");
    EXPECT_EQ((*all)[0].tag, "(0010,0040)");
    EXPECT_EQ((*all)[0].status, 422U);
    EXPECT_EQ(again.list({.letter_class = LetterClass::fhir})->size(), 2U);
    EXPECT_EQ(again.list({.study_uid = "1.1"})->size(), 2U);
    EXPECT_EQ(again.list({.limit = 2})->size(), 2U);
    EXPECT_EQ(again.list({.before = (*all)[1].id})->size(), 1U);
    EXPECT_EQ((*again.find((*all)[1].id))->letter_class, LetterClass::dicom);
    EXPECT_FALSE(again.find(4711)->has_value());
}

TYPED_TEST_P(StateContract, one_letter_per_key_and_class_counts_what_comes_again) {
    DeadLetterStore& store = this->fixture.letters();
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 5)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 3)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 0)).ok());
    const auto letters = store.list({});
    ASSERT_EQ(letters->size(), 1U);
    const DeadLetter& letter = letters->front();
    EXPECT_EQ(letter.first_sequence, 3);
    EXPECT_EQ(letter.last_sequence, 5);
    EXPECT_EQ(letter.entries, 3U);
    EXPECT_EQ(letter.attempts, 3U);
    EXPECT_EQ(letter.first_time, 50);
    EXPECT_EQ(letter.error, "why 0") << "the newest error is the one to look at";
}

TYPED_TEST_P(StateContract, unreadable_entries_have_a_letter_per_number) {
    DeadLetterStore& store = this->fixture.letters();
    for (const std::int64_t number : {7, 8, 7})
        ASSERT_TRUE(store.record(0, make_letter(LetterClass::feed, "", number)).ok());
    EXPECT_EQ(store.list({})->size(), 2U);
    ASSERT_TRUE(store.resolve_number(0, 7, 99).ok());
    const auto open = store.list({.state = LetterState::open});
    ASSERT_EQ(open->size(), 1U);
    EXPECT_EQ(open->front().first_sequence, 8);
}

TYPED_TEST_P(StateContract, a_successful_job_resolves_the_letters_of_its_key) {
    DeadLetterStore& store = this->fixture.letters();
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 1)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::validation, "1.1", 2)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.2", 3)).ok());
    const Key key{"Microsoft.Default", "1.1"};
    ASSERT_TRUE(store.resolve(0, key, {LetterClass::validation}, 50).ok());
    EXPECT_EQ(store.list({.state = LetterState::open})->size(), 2U);
    ASSERT_TRUE(store.resolve(0, key, {}, 60).ok());
    EXPECT_EQ(store.list({.state = LetterState::open})->size(), 1U);
    EXPECT_EQ(store.list({.state = LetterState::resolved})->size(), 2U);
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 9)).ok());
    const auto reopened = store.list({.state = LetterState::open, .study_uid = "1.1"});
    ASSERT_EQ(reopened->size(), 1U);
    EXPECT_EQ(reopened->front().entries, 1U) << "counted anew";
    EXPECT_EQ(reopened->front().first_sequence, 9);
}

TYPED_TEST_P(StateContract, replays_are_asked_for_by_filter_and_letters_discarded_by_id) {
    DeadLetterStore& store = this->fixture.letters();
    for (const std::int64_t number : {1, 2, 3})
        ASSERT_TRUE(
            store.record(0, make_letter(LetterClass::fhir, "1." + std::to_string(number), number)).ok());
    EXPECT_EQ(*store.set_replay({.study_uid = "1.2"}, true), 1U);
    EXPECT_EQ(*store.set_replay({.letter_class = LetterClass::feed}, true), 0U);
    const auto wanted = store.list({.replay_only = true});
    ASSERT_EQ(wanted->size(), 1U);
    ASSERT_TRUE(store.discard(wanted->front().id, 70).ok());
    EXPECT_EQ(store.list({.replay_only = true})->size(), 0U);
    EXPECT_EQ(store.list({.state = LetterState::discarded})->size(), 1U);
    EXPECT_EQ(store.discard(4711, 70).error().code, ErrorCode::not_found);
    EXPECT_EQ(store.ask_replay(4711).error().code, ErrorCode::not_found);
    EXPECT_EQ(*store.purge(0, 70), 0U);
    EXPECT_EQ(*store.purge(0, 71), 1U);
    EXPECT_EQ(store.list({})->size(), 2U) << "open letters stay";
}

TYPED_TEST_P(StateContract, a_replay_begins_once_and_not_of_what_was_discarded_meanwhile) {
    DeadLetterStore& store = this->fixture.letters();
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 1)).ok());
    const std::int64_t id = store.list({})->front().id;
    ASSERT_TRUE(store.ask_replay(id).ok());
    EXPECT_TRUE((*store.find(id))->replay);
    EXPECT_TRUE(*store.begin_replay(0, id, 40));
    EXPECT_FALSE((*store.find(id))->replay);
    EXPECT_EQ((*store.find(id))->state, LetterState::open);
    EXPECT_EQ((*store.find(id))->last_time, 40);
    EXPECT_TRUE(*store.begin_replay(0, id, 50)) << "it is open";
    ASSERT_TRUE(store.discard(id, 60).ok());
    EXPECT_FALSE(*store.begin_replay(0, id, 70));
    EXPECT_FALSE(*store.begin_replay(0, 4711, 70));
    EXPECT_EQ((*store.find(id))->state, LetterState::discarded);
    EXPECT_EQ((*store.find(id))->last_time, 60);
    ASSERT_TRUE(store.ask_replay(id).ok());
    EXPECT_TRUE(*store.begin_replay(0, id, 80)) << "asked for afterwards";
    EXPECT_EQ((*store.find(id))->state, LetterState::discarded);
}

TYPED_TEST_P(StateContract, a_discarded_letter_is_opened_by_newer_entries_only) {
    DeadLetterStore& store = this->fixture.letters();
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 5)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::feed, "", 6)).ok());
    const auto all = store.list({});
    for (const DeadLetter& letter : *all)
        ASSERT_TRUE(store.discard(letter.id, 60).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 0)).ok()) << "a replay has no entry";
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 5)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::feed, "", 6)).ok());
    ASSERT_TRUE(store.resolve_number(0, 6, 70).ok());
    EXPECT_EQ(store.list({.state = LetterState::discarded})->size(), 2U);
    EXPECT_EQ(store.list({})->back().attempts, 1U);
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 7)).ok());
    const auto open = store.list({.state = LetterState::open});
    ASSERT_EQ(open->size(), 1U);
    EXPECT_EQ(open->front().first_sequence, 7);
    EXPECT_EQ(open->front().entries, 1U) << "counted anew";
}

TYPED_TEST_P(StateContract, transient_letters_are_found_by_how_long_ago_they_were_tried) {
    DeadLetterStore& store = this->fixture.letters();
    for (const std::int64_t number : {3, 1, 4, 2})
        ASSERT_TRUE(
            store.record(0, make_letter(LetterClass::transient, "1." + std::to_string(number), number)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.9", 1)).ok());
    const auto studies = [&](Ticks until, std::size_t limit) {
        std::vector<std::string> uids;
        const auto letters = store.transient_until(until, limit);
        for (const DeadLetter& letter : *letters)
            uids.push_back(letter.key.study_uid);
        return uids;
    };
    EXPECT_EQ(studies(30, 100), (std::vector<std::string>{"1.1", "1.2", "1.3"}));
    EXPECT_EQ(studies(30, 2), (std::vector<std::string>{"1.1", "1.2"}));
    ASSERT_TRUE(*store.begin_replay(0, store.transient_until(30, 1)->front().id, 35));
    EXPECT_EQ(studies(30, 2), (std::vector<std::string>{"1.2", "1.3"}));
    ASSERT_TRUE(store.discard(store.transient_until(30, 1)->front().id, 20).ok());
    EXPECT_EQ(studies(99, 100), (std::vector<std::string>{"1.3", "1.1", "1.4"}));
}

TYPED_TEST_P(StateContract, a_letter_keeps_the_names_of_instances_that_are_gone) {
    DeadLetterStore& store = this->fixture.letters();
    DeadLetter letter = make_letter(LetterClass::fhir, "1.1", 1);
    letter.removed = {"1.1.2", "1.1.1"};
    ASSERT_TRUE(store.record(0, letter).ok());
    this->fixture.reopen();
    EXPECT_EQ(this->fixture.letters().list({})->front().removed, letter.removed);
    letter.removed.insert("1.1.3");
    ASSERT_TRUE(this->fixture.letters().record(0, letter).ok());
    EXPECT_EQ(this->fixture.letters().list({})->front().removed, letter.removed);
    ASSERT_TRUE(this->fixture.letters().record(0, make_letter(LetterClass::dicom, "1.1", 2)).ok());
    EXPECT_TRUE(this->fixture.letters().list({.letter_class = LetterClass::dicom})->front().removed.empty());
}

TYPED_TEST_P(StateContract, letters_are_fenced_too) {
    const auto lease = this->fixture.checkpoint().acquire("a", 100, 200);
    ASSERT_TRUE(lease.ok());
    DeadLetterStore& store = this->fixture.letters();
    EXPECT_TRUE(store.record(lease->token, make_letter(LetterClass::fhir, "1.1", 1)).ok());
    ASSERT_TRUE(this->fixture.checkpoint().acquire("b", 200, 300).ok());
    const auto late = store.record(lease->token, make_letter(LetterClass::fhir, "1.2", 2));
    EXPECT_EQ(late.error().code, ErrorCode::conflict);
    EXPECT_EQ(store.resolve(lease->token, {"Microsoft.Default", "1.1"}, {}, 210).error().code,
              ErrorCode::conflict);
    EXPECT_EQ(store.resolve_number(lease->token, 1, 210).error().code, ErrorCode::conflict);
    EXPECT_EQ(store.begin_replay(lease->token, store.list({})->front().id, 210).error().code,
              ErrorCode::conflict);
    EXPECT_EQ(store.list({.state = LetterState::open})->front().last_time, 10);
    ASSERT_TRUE(store.discard(store.list({})->front().id, 20).ok()) << "an operator has no lease";
    EXPECT_EQ(store.purge(lease->token, 100).error().code, ErrorCode::conflict);
    EXPECT_EQ(store.list({})->size(), 1U);
}

TYPED_TEST_P(StateContract, open_letters_are_counted_by_class) {
    DeadLetterStore& store = this->fixture.letters();
    EXPECT_TRUE(store.count_open()->empty());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.1", 1)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::fhir, "1.2", 2)).ok());
    ASSERT_TRUE(store.record(0, make_letter(LetterClass::dicom, "1.3", 3)).ok());
    EXPECT_EQ(*store.count_open(), (LetterCounts{{LetterClass::fhir, 2}, {LetterClass::dicom, 1}}));
    const auto first = store.list({.study_uid = "1.3"});
    ASSERT_TRUE(store.discard(first->front().id, 70).ok());
    EXPECT_EQ(*store.count_open(), (LetterCounts{{LetterClass::fhir, 2}}));
}

TYPED_TEST_P(StateContract, a_backfill_remembers_which_studies_are_done) {
    EXPECT_FALSE(this->fixture.backfills().load_backfill()->has_value());
    Backfill begun;
    begun.filter = {"20240101-", "CT", "P 1", "Microsoft.Default"};
    begun.latest = 41;
    begun.started = 100;
    ASSERT_TRUE(this->fixture.backfills().begin_backfill(0, begun, 41).ok());
    const Key first{"Microsoft.Default", "1.1"};
    const Key second{"Microsoft.Default", "1.2"};
    const Key elsewhere{"research", "1.1"};
    ASSERT_TRUE(this->fixture.backfills().note_backfilled(0, {first, second}).ok());
    ASSERT_TRUE(this->fixture.backfills().note_backfilled(0, {first}).ok()) << "twice is once";
    this->fixture.reopen();
    const auto kept = this->fixture.backfills().load_backfill();
    ASSERT_TRUE(kept.ok() && kept->has_value());
    EXPECT_EQ((*kept)->filter, begun.filter);
    EXPECT_EQ((*kept)->latest, 41);
    EXPECT_EQ((*kept)->started, 100);
    EXPECT_EQ((*kept)->done, 2U);
    EXPECT_EQ(*this->fixture.backfills().not_backfilled({elsewhere, second}), std::vector<Key>{elsewhere});
    EXPECT_EQ((*this->fixture.checkpoint().load())->low, 41);
    ASSERT_TRUE(this->fixture.backfills().end_backfill(0).ok());
    EXPECT_FALSE(this->fixture.backfills().load_backfill()->has_value());
    EXPECT_EQ(this->fixture.backfills().not_backfilled({first})->size(), 1U);
}

TYPED_TEST_P(StateContract, a_backfill_may_leave_the_position_and_another_one_forgets_what_was_done) {
    ASSERT_TRUE(this->fixture.checkpoint().save(0, 7, 9, 1).ok());
    ASSERT_TRUE(this->fixture.backfills().begin_backfill(0, {{}, 9, 1, 0}, std::nullopt).ok());
    EXPECT_EQ((*this->fixture.checkpoint().load())->low, 7);
    const Key key{"Microsoft.Default", "1.1"};
    ASSERT_TRUE(this->fixture.backfills().note_backfilled(0, {key}).ok());
    ASSERT_TRUE(this->fixture.backfills().begin_backfill(0, {{}, 12, 2, 0}, std::nullopt).ok());
    EXPECT_EQ((*this->fixture.backfills().load_backfill())->done, 0U);
    EXPECT_EQ(this->fixture.backfills().not_backfilled({key})->size(), 1U);
}

TYPED_TEST_P(StateContract, a_backfill_is_fenced_too) {
    const auto lease = this->fixture.checkpoint().acquire("a", 100, 200);
    ASSERT_TRUE(lease.ok());
    ASSERT_TRUE(this->fixture.checkpoint().acquire("b", 200, 300).ok());
    BackfillStore& store = this->fixture.backfills();
    EXPECT_EQ(store.begin_backfill(lease->token, {}, 5).error().code, ErrorCode::conflict);
    EXPECT_EQ(store.note_backfilled(lease->token, {{"a", "b"}}).error().code, ErrorCode::conflict);
    EXPECT_EQ(store.end_backfill(lease->token).error().code, ErrorCode::conflict);
    EXPECT_FALSE(store.load_backfill()->has_value());
}

REGISTER_TYPED_TEST_SUITE_P(
    StateContract, a_target_never_worked_on_has_no_row, the_position_is_kept,
    the_server_that_it_is_about_is_kept_with_the_position,
    a_lease_is_renewed_by_its_owner_and_taken_over_when_it_has_ended,
    an_ended_lease_of_the_same_owner_gets_a_new_token, a_lease_that_a_wrong_clock_left_in_the_future_is_none,
    a_released_lease_is_free_and_a_stale_release_does_nothing,
    letters_are_kept_newest_first_and_found_by_filter, one_letter_per_key_and_class_counts_what_comes_again,
    unreadable_entries_have_a_letter_per_number, a_successful_job_resolves_the_letters_of_its_key,
    replays_are_asked_for_by_filter_and_letters_discarded_by_id,
    a_replay_begins_once_and_not_of_what_was_discarded_meanwhile,
    a_discarded_letter_is_opened_by_newer_entries_only,
    transient_letters_are_found_by_how_long_ago_they_were_tried,
    a_letter_keeps_the_names_of_instances_that_are_gone, letters_are_fenced_too,
    open_letters_are_counted_by_class, a_backfill_remembers_which_studies_are_done,
    a_backfill_may_leave_the_position_and_another_one_forgets_what_was_done, a_backfill_is_fenced_too);

}  // namespace isocenter::fhir
