#include "app/cohort_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "app/cast_state.h"
#include "app/cohort_results.h"

namespace isocenter::app {
namespace {

class SavedCohorts : public testing::Test {
  protected:
    SavedCohorts() {
        std::filesystem::create_directories(folder);
        open();
    }
    ~SavedCohorts() override {
        store.reset();
        file.reset();
        std::filesystem::remove_all(folder);
    }
    void open() {
        store.reset();
        file.reset();
        file = std::move(*CastStateFile::open((folder / "cohorts.sqlite").string()));
        store = std::move(*CohortStore::open(*file));
    }
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("cohort_store_" + std::to_string(::getpid()));
    std::unique_ptr<CastStateFile> file;
    std::unique_ptr<CohortStore> store;
};

TEST_F(SavedCohorts, are_replaced_by_name_and_outlive_the_process) {
    ASSERT_TRUE(store->save("b", "{1}").ok());
    ASSERT_TRUE(store->save("a", "{2}").ok());
    ASSERT_TRUE(store->save("b", "{3}").ok());
    open();
    const auto list = store->list();
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].name + (*list)[0].definition + (*list)[1].name + (*list)[1].definition, "a{2}b{3}");
    EXPECT_FALSE((*store->find("c")).has_value());
}

TEST_F(SavedCohorts, what_was_frozen_goes_with_another_definition_and_with_the_cohort) {
    ASSERT_TRUE(store->save("a", "{1}").ok());
    ASSERT_TRUE(*store->freeze("a", "{1}", "[x]"));
    ASSERT_TRUE(store->save("a", "{1}").ok());
    EXPECT_EQ((*store->find("a"))->frozen, "[x]");
    ASSERT_TRUE(store->save("a", "{2}").ok());
    EXPECT_EQ((*store->find("a"))->frozen, "");
    EXPECT_TRUE(*store->remove("a"));
    EXPECT_FALSE(*store->remove("a"));
    EXPECT_FALSE((*store->find("a")).has_value());
}

TEST_F(SavedCohorts, what_another_definition_found_is_not_frozen) {
    EXPECT_FALSE(*store->freeze("a", "{1}", "[x]")) << "deleted while it was run";
    ASSERT_TRUE(store->save("a", "{2}").ok());
    EXPECT_FALSE(*store->freeze("a", "{1}", "[x]"));
    EXPECT_EQ((*store->find("a"))->frozen, "");
}

TEST_F(SavedCohorts, remember_their_group) {
    EXPECT_EQ(*store->group_of("a"), "");
    ASSERT_TRUE(store->keep_group("a", "u1").ok());
    ASSERT_TRUE(store->keep_group("a", "u2").ok());
    ASSERT_TRUE(store->keep_group("b", "u3").ok());
    open();
    EXPECT_EQ(*store->group_of("a"), "u2");
    ASSERT_TRUE(store->keep_group("a", "").ok());
    EXPECT_EQ(*store->group_of("a") + *store->group_of("b"), "u3");
}

TEST(CohortResults, are_kept_for_their_time_and_the_oldest_go_first) {
    CohortResults results(std::chrono::seconds(60), 2);
    const auto result = std::make_shared<const CohortResult>();
    const auto begin = CohortResults::Clock::now();
    const std::string first = results.add(result, begin);
    const std::string second = results.add(result, begin + std::chrono::seconds(1));
    EXPECT_NE(first, second);
    EXPECT_EQ(results.find(first, begin + std::chrono::seconds(59)), result);
    EXPECT_EQ(results.find(first, begin + std::chrono::seconds(60)), nullptr);
    EXPECT_EQ(results.find(second, begin + std::chrono::seconds(60)), result);
    results.add(result, begin + std::chrono::seconds(2));
    results.add(result, begin + std::chrono::seconds(3));
    EXPECT_EQ(results.find(second, begin + std::chrono::seconds(4)), nullptr) << "one too many";
}

TEST(CohortResults, cursors) {
    EXPECT_EQ(CohortCursor::parse("ab12-50")->offset, 50U);
    EXPECT_EQ(CohortCursor::parse(CohortCursor{"ab", 7}.to_text())->key, "ab");
    for (const char* text : {"", "-1", "ab", "ab-", "ab-x", "ab-1x", "ab--1"})
        EXPECT_FALSE(CohortCursor::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace isocenter::app
