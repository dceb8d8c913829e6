#include "fhir/engine/dirty_keys.h"

#include <gtest/gtest.h>

namespace isocenter::fhir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = DirtyKeys::Time;

const Time kStart{};
const Key kStudy{"Microsoft.Default", "1.2"};
const Key kOther{"Microsoft.Default", "1.3"};

TEST(DirtyKeys, a_key_rests_after_its_last_mark) {
    DirtyKeys keys({});
    keys.mark(kStudy, 1, 0, kStart);
    keys.mark(kStudy, 2, 0, kStart + seconds(1));
    EXPECT_FALSE(keys.take(kStart + milliseconds(2999)).has_value());
    const auto work = keys.take(kStart + seconds(3));
    ASSERT_TRUE(work.has_value());
    EXPECT_EQ(work->sequences, (std::vector<std::int64_t>{1, 2})) << "n marks, one job";
    keys.done(*work);
    EXPECT_EQ(keys.size(), 0U);
}

TEST(DirtyKeys, instances_that_are_gone_are_told_until_a_job_has_succeeded) {
    DirtyKeys keys({});
    keys.mark(kStudy, 1, 0, kStart, "1.2.1");
    keys.mark(kStudy, 2, 0, kStart, "1.2.2");
    keys.mark(kStudy, 3, 0, kStart);
    auto work = keys.take(kStart + seconds(2));
    EXPECT_EQ(work->removed, (std::set<std::string>{"1.2.1", "1.2.2"}));
    keys.mark(kStudy, 4, 0, kStart + seconds(2), "1.2.3");
    keys.failed(*std::move(work), kStart + seconds(10));
    work = keys.take(kStart + seconds(10));
    EXPECT_EQ(work->removed, (std::set<std::string>{"1.2.1", "1.2.2", "1.2.3"}));
    keys.done(*work);
    keys.mark(kStudy, 5, 0, kStart + seconds(11));
    EXPECT_TRUE(keys.take(kStart + seconds(20))->removed.empty());
}

TEST(DirtyKeys, a_mark_that_wants_to_know_is_told_by_the_job_that_began_after_it) {
    DirtyKeys keys({});
    keys.mark(kStudy, 1, 0, kStart);
    const auto before = keys.take(kStart + seconds(2));
    keys.mark_now_and_tell(kStudy, kStart + seconds(2));
    EXPECT_EQ(before->sequences, std::vector<std::int64_t>{1});
    keys.done(*before);
    EXPECT_EQ(keys.take(kStart + seconds(2))->sequences, std::vector<std::int64_t>{kOfNoEntry});
}

TEST(DirtyKeys, a_key_that_is_marked_all_the_time_waits_no_longer_than_the_maximum) {
    DirtyKeys keys({});
    for (int second = 0; second < 30; ++second)
        keys.mark(kStudy, second + 1, 0, kStart + seconds(second));
    EXPECT_FALSE(keys.take(kStart + milliseconds(29'999)).has_value());
    EXPECT_TRUE(keys.take(kStart + seconds(30)).has_value());
}

TEST(DirtyKeys, one_job_per_key_and_one_more_after_a_mark_during_it) {
    DirtyKeys keys({});
    keys.mark(kStudy, 1, 0, kStart);
    const auto first = keys.take(kStart + seconds(2));
    ASSERT_TRUE(first.has_value());
    keys.mark(kStudy, 2, 0, kStart + seconds(2));
    keys.mark(kStudy, 3, 0, kStart + seconds(3));
    EXPECT_FALSE(keys.take(kStart + seconds(60)).has_value()) << "the key is lent";
    keys.done(*first);
    const auto second = keys.take(kStart + seconds(60));
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->sequences, (std::vector<std::int64_t>{2, 3}));
    keys.done(*second);
    EXPECT_FALSE(keys.take(kStart + seconds(600)).has_value());
}

TEST(DirtyKeys, a_failed_key_waits_without_blocking_others_and_keeps_its_entries) {
    DirtyKeys keys({});
    keys.mark(kStudy, 1, 0, kStart);
    auto work = keys.take(kStart + seconds(2));
    ASSERT_TRUE(work.has_value());
    work->retries.attempts = 1;
    work->retries.spent = seconds(4);
    keys.failed(*work, kStart + seconds(10));
    keys.mark(kStudy, 3, 0, kStart + seconds(3));
    keys.mark(kOther, 2, 0, kStart + seconds(3));
    const auto other = keys.take(kStart + seconds(5));
    ASSERT_TRUE(other.has_value());
    EXPECT_EQ(other->key, kOther);
    EXPECT_FALSE(keys.take(kStart + seconds(9)).has_value()) << "news do not shorten a back-off";
    const auto again = keys.take(kStart + seconds(10));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->sequences.size(), 2U);
    EXPECT_EQ(again->retries.attempts, 1U);
    EXPECT_EQ(again->retries.spent, seconds(4));
}

TEST(DirtyKeys, a_trial_is_of_a_key_that_has_not_failed_if_there_is_one) {
    DirtyKeys keys({});
    const Key third{"Microsoft.Default", "1.4"};
    keys.mark(kStudy, 1, 0, kStart);
    keys.failed(*keys.take(kStart + seconds(2)), kStart + seconds(3));
    keys.mark(kOther, 2, 0, kStart + seconds(2));
    keys.mark(third, 3, 0, kStart + seconds(4));
    auto trial = keys.take_for_trial(kStart + seconds(5));
    ASSERT_TRUE(trial.has_value());
    EXPECT_EQ(trial->key, kOther);
    keys.failed(*std::move(trial), kStart + seconds(6));
    trial = keys.take_for_trial(kStart + seconds(5));
    ASSERT_TRUE(trial.has_value());
    EXPECT_EQ(trial->key, kStudy) << "whoever is ready; the third one still rests";
    keys.failed(*std::move(trial), kStart + seconds(7));
    EXPECT_EQ(keys.take_for_trial(kStart + seconds(7))->key, third);
    EXPECT_EQ(keys.take_for_trial(kStart + seconds(7))->key, kOther) << "failed longest ago";
}

TEST(DirtyKeys, the_longest_ready_key_goes_first_and_replays_do_not_rest) {
    DirtyKeys keys({});
    keys.mark(kStudy, 1, 0, kStart);
    keys.mark_now(kOther, kStart + seconds(1));
    EXPECT_EQ(keys.next_ready(), kStart + seconds(1));
    const auto first = keys.take(kStart + seconds(5));
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->key, kOther);
    EXPECT_TRUE(first->sequences.empty());
    EXPECT_EQ(keys.take(kStart + seconds(5))->key, kStudy);
    EXPECT_EQ(keys.lent(), 2U);
}

TEST(DirtyKeys, work_knows_the_oldest_change_it_settles) {
    DirtyKeys keys({});
    keys.mark(kStudy, 1, 500, kStart);
    keys.mark(kStudy, 2, 400, kStart);
    keys.mark(kStudy, 3, 0, kStart);
    EXPECT_EQ(keys.take(kStart + seconds(2))->oldest_change, 400);
}

DirtyKeys entries_one_by_one() {
    return DirtyKeys({.settle = seconds(2), .settle_max = seconds(30), .entry_by_entry = true});
}

std::vector<std::int64_t> taken(DirtyKeys& keys, Time now) {
    std::vector<std::int64_t> order;
    while (const auto work = keys.take(now)) {
        order.insert(order.end(), work->sequences.begin(), work->sequences.end());
        keys.done(*work);
    }
    return order;
}

TEST(DirtyKeysByEntry, entries_come_one_by_one_in_the_order_of_the_feed_without_rest) {
    auto keys = entries_one_by_one();
    for (const std::int64_t sequence : {1, 2, 5})
        keys.mark(kStudy, sequence, 0, kStart + seconds(1));
    for (const std::int64_t sequence : {3, 4, 6})
        keys.mark(kOther, sequence, 0, kStart + seconds(2));
    const auto first = keys.take(kStart + seconds(2));
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->sequences, std::vector<std::int64_t>{1});
    keys.mark(kStudy, 7, 0, kStart + seconds(3));
    keys.done(*first);
    EXPECT_EQ(taken(keys, kStart + seconds(3)), (std::vector<std::int64_t>{2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(keys.size(), 0U);
}

TEST(DirtyKeysByEntry, a_failed_entry_holds_back_its_study_only_and_stays_first_of_it) {
    auto keys = entries_one_by_one();
    for (const std::int64_t sequence : {1, 3})
        keys.mark(kStudy, sequence, 0, kStart);
    keys.mark(kOther, 2, 0, kStart);
    auto work = keys.take(kStart);
    ASSERT_TRUE(work.has_value());
    work->retries.attempts = 1;
    keys.failed(*work, kStart + seconds(4));
    EXPECT_EQ(taken(keys, kStart + seconds(3)), std::vector<std::int64_t>{2});
    work = keys.take(kStart + seconds(4));
    ASSERT_TRUE(work.has_value());
    EXPECT_EQ(work->sequences, std::vector<std::int64_t>{1});
    EXPECT_EQ(work->retries.attempts, 1U);
    keys.done(*work);
    work = keys.take(kStart + seconds(4));
    ASSERT_TRUE(work.has_value());
    EXPECT_EQ(work->sequences, std::vector<std::int64_t>{3});
    EXPECT_EQ(work->retries.attempts, 0U) << "each entry has its own attempts";
}

TEST(DirtyKeysByEntry, a_study_marked_as_such_is_a_job_without_entry_that_takes_none_away) {
    auto keys = entries_one_by_one();
    keys.mark(kStudy, 8, 0, kStart);
    keys.mark_now(kStudy, kStart);
    auto work = keys.take(kStart);
    ASSERT_TRUE(work.has_value());
    EXPECT_TRUE(work->sequences.empty());
    keys.failed(*work, kStart + seconds(1));
    work = keys.take(kStart + seconds(1));
    ASSERT_TRUE(work.has_value());
    EXPECT_TRUE(work->sequences.empty()) << "it is tried again before the entry";
    keys.done(*work);
    EXPECT_EQ(taken(keys, kStart + seconds(1)), std::vector<std::int64_t>{8});
}

TEST(DirtyKeys, where_jobs_are_of_entries_a_mark_that_wants_to_know_is_one_job_of_the_study) {
    DirtyKeys::Options options;
    options.entry_by_entry = true;
    DirtyKeys keys(options);
    keys.mark(kStudy, 5, 0, kStart);
    keys.mark_now_and_tell(kStudy, kStart);
    const auto whole = keys.take(kStart);
    EXPECT_EQ(whole->sequences, std::vector<std::int64_t>{kOfNoEntry});
    keys.done(*whole);
    const auto entry = keys.take(kStart);
    EXPECT_EQ(entry->sequences, std::vector<std::int64_t>{5});
    keys.done(*entry);
    EXPECT_FALSE(keys.take(kStart + seconds(9)).has_value());
}

}  // namespace
}  // namespace isocenter::fhir
