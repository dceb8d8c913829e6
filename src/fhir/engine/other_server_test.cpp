#include <gtest/gtest.h>

#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

using std::chrono::seconds;

EngineOptions of_server(const std::string& server, bool entry_by_entry = false) {
    EngineOptions options;
    options.server = server;
    options.settling.entry_by_entry = entry_by_entry;
    return options;
}

/// What an engine does for `server` after another had done two studies, with what that one left.
struct Moved {
    Moved(EngineOptions before, EngineOptions after) : former(std::move(before), &state) {
        for (std::int64_t n = 1; n <= 2; ++n)
            former.feed.add(n, "1." + std::to_string(n));
        former.pass(seconds(20));
        former.engine.finish();
        EXPECT_EQ(former.stored_low(), 2);
        now.emplace(std::move(after), &state);
        now->feed.entries = former.feed.entries;
        now->studies.uids = {"1.1", "1.2"};
        now->pass(seconds(20));
    }
    std::vector<std::string> done() {
        std::vector<std::string> runs = now->jobs.runs;
        std::sort(runs.begin(), runs.end());
        return runs;
    }
    MemoryState state;
    EngineBench former;
    std::optional<EngineBench> now;
};

const std::vector<std::string> kAll{"1.1", "1.2"};

TEST(OtherServer, gets_everything_from_the_beginning_of_the_feed) {
    Moved moved(of_server("http://a/fhir"), of_server("http://b/fhir"));
    EXPECT_EQ(moved.done(), kAll);
    EXPECT_EQ((*moved.now->state.load())->server, "http://b/fhir");
    EXPECT_EQ(moved.now->stored_low(), 2);
}

TEST(OtherServer, gets_every_study_by_a_backfill_where_jobs_are_of_single_entries) {
    Moved moved(of_server("http://a/fhir", true), of_server("http://b/fhir", true));
    EXPECT_EQ(moved.done(), kAll);
    for (const JobRequest& request : moved.now->jobs.requests)
        EXPECT_EQ(request.sequence, 0);
    EXPECT_FALSE((*moved.now->state.load_backfill()).has_value());
    EXPECT_EQ(moved.now->stored_low(), 2);
}

TEST(OtherServer, the_same_one_goes_on_where_it_was) {
    EXPECT_TRUE(Moved(of_server("http://a/fhir"), of_server("http://a/fhir")).done().empty());
}

TEST(OtherServer, a_state_that_names_none_is_of_the_present_one) {
    Moved moved(of_server(""), of_server("http://a/fhir"));
    EXPECT_TRUE(moved.done().empty());
    EXPECT_EQ((*moved.now->state.load())->server, "http://a/fhir");
}

TEST(OtherServer, is_told_without_a_lease_too) {
    EngineOptions after = of_server("http://b/fhir");
    after.lease = false;
    EXPECT_EQ(Moved(of_server("http://a/fhir"), after).done(), kAll);
}

}  // namespace
}  // namespace isocenter::fhir
