#include <gtest/gtest.h>

#include "fhir/client/fake_fhir.h"
#include "fhir/client/fhir_client.h"
#include "fhir/engine/engine_fakes.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

/// Does not answer in time about some studies; each such request takes as long as a caller waits.
class LateFhir : public FakeFhir {
  public:
    explicit LateFhir(ManualClock& clock) : clock_(clock) {}
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        for (const std::string& study : late) {
            if (request.body.find('"' + study + '"') == std::string::npos) continue;
            clock_.advance(seconds(30));
            return fail(ErrorCode::timed_out, "no answer in time");
        }
        return FakeFhir::send(request);
    }
    std::set<std::string> late;

  private:
    ManualClock& clock_;
};

/// Jobs that write one resource, with the client that real ones use.
class TimeOuts : public testing::Test {
  protected:
    TimeOuts() {
        bench.jobs.act = [this](const JobRequest& request) {
            const json::array entries{{{"request", {{"method", "PUT"}, {"url", request.key.study_uid}}}}};
            const auto replies = client.transact(entries);
            JobResult result;
            if (!replies) result.failure = replies.error();
            result.written = replies ? 1 : 0;
            return result;
        };
    }
    /// Time-outs take longer than a lease, which a thread of its own would renew meanwhile.
    static EngineOptions without_lease() {
        EngineOptions options;
        options.lease = false;
        return options;
    }
    std::ptrdiff_t runs_of(const std::string& study) const {
        return std::count(bench.jobs.runs.begin(), bench.jobs.runs.end(), study);
    }

    EngineBench bench{without_lease()};
    LateFhir server{bench.clock};
    FhirClient client{server, {.base = "http://fhir"}};
};

// Obligation: 19.pipeline.retry-timeout
TEST_F(TimeOuts, one_that_passes_is_retried_and_leaves_no_letter) {
    bench.feed.add(1, "1.1");
    server.late = {"1.1"};
    bench.pass(seconds(8));
    EXPECT_GE(runs_of("1.1"), 2) << "tried again";
    EXPECT_LT(bench.stored_low(), 1) << "what is not written is not settled";
    EXPECT_TRUE(server.written.empty());
    server.late.clear();
    bench.pass(seconds(60));
    EXPECT_EQ(server.written.size(), 1U);
    EXPECT_EQ(bench.stored_low(), 1);
    EXPECT_TRUE(bench.state.list({})->empty());
}

// Obligation: 19.pipeline.retry-timeout
TEST_F(TimeOuts, one_that_stays_is_given_up_when_the_budget_is_spent_and_delays_nobody) {
    for (int n = 1; n <= 10; ++n)
        bench.feed.add(n, "1." + std::to_string(n));
    server.late = {"1.1"};
    bench.pass(seconds(10));
    EXPECT_EQ(server.written.size(), 9U) << "the others passed meanwhile";
    EXPECT_TRUE(bench.open_letters().empty());
    bench.pass(seconds(600));
    const auto letters = bench.open_letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].letter_class, LetterClass::transient);
    EXPECT_EQ(letters[0].key.study_uid, "1.1");
    EXPECT_NE(letters[0].error.find("in time"), std::string::npos) << letters[0].error;
    // 30 s each, and 2, 4, 8, 16, 32, 60 ... s between them: the eleventh would end behind the 600 s.
    EXPECT_EQ(letters[0].attempts, 10U);
    EXPECT_EQ(runs_of("1.1"), 10);
    EXPECT_EQ(bench.stored_low(), 10);
    server.late.clear();
    bench.pass(seconds(16 * 60));
    EXPECT_EQ(server.written.size(), 10U) << "tried again by itself";
    EXPECT_TRUE(bench.open_letters().empty());
}

// Obligation: 19.pipeline.retry-timeout
TEST_F(TimeOuts, those_of_five_studies_in_a_row_are_an_outage_that_costs_no_budget) {
    for (int n = 1; n <= 8; ++n) {
        bench.feed.add(n, "1." + std::to_string(n));
        server.late.insert("1." + std::to_string(n));
    }
    bench.jobs.probe_failure = Failure{FailureKind::transient, "no answer in time", 0, std::nullopt, {}};
    bench.pass(seconds(3600));
    EXPECT_EQ(bench.jobs.runs.size(), 5U);
    EXPECT_FALSE(bench.engine.status().target_reachable);
    EXPECT_TRUE(bench.open_letters().empty());
    server.late.clear();
    bench.jobs.probe_failure.reset();
    bench.pass(seconds(70));
    EXPECT_EQ(server.written.size(), 8U);
    EXPECT_EQ(bench.stored_low(), 8);
    EXPECT_TRUE(bench.open_letters().empty());
}

}  // namespace
}  // namespace isocenter::fhir
