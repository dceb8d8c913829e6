#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "fhir/engine/engine.h"
#include "fhir/engine/memory_state.h"

namespace isocenter::fhir {

/// For tests: time that moves when told to.
class ManualClock : public Clock {
  public:
    std::chrono::steady_clock::time_point now() const override {
        return std::chrono::steady_clock::time_point(std::chrono::seconds(1000)) + passed_;
    }
    Ticks wall() const override {
        return 1'000'000 * kTicksPerSecond +
               std::chrono::duration_cast<std::chrono::nanoseconds>(passed_).count() / 100;
    }
    void advance(std::chrono::milliseconds by) { passed_ += by; }

  private:
    std::chrono::steady_clock::duration passed_{};
};

/// For tests: a feed in memory, with gaps and unreadable numbers where wanted.
class FakeFeed : public ChangeSource {
  public:
    Result<std::int64_t> latest() override {
        if (failure) return *failure;
        calls += 'L';
        const std::int64_t newest = entries.empty() ? 0 : entries.rbegin()->first;
        return std::max(newest, bad.empty() ? 0 : *bad.rbegin());
    }
    Result<FeedWindow> read(std::int64_t after) override {
        if (failure) return *failure;
        ++reads;
        calls += 'R';
        FeedWindow window;
        for (auto it = entries.upper_bound(after); it != entries.end() && it->first <= after + kWindow; ++it)
            window.entries.push_back(it->second);
        for (const std::int64_t number : bad) {
            if (number > after && number <= after + kWindow) window.unreadable.push_back(number);
        }
        return window;
    }
    std::chrono::seconds gap_grace() const override { return std::chrono::seconds(60); }
    void wait_for_news(std::stop_token, std::chrono::milliseconds) override {}

    void add(std::int64_t sequence, const std::string& study,
             const std::string& partition = "Microsoft.Default") {
        entries[sequence] = {sequence, partition, study, 1'000'000 * kTicksPerSecond};
    }

    std::map<std::int64_t, FeedEntry> entries;
    std::set<std::int64_t> bad;
    std::optional<Error> failure;
    int reads = 0;
    std::string calls;  ///< L: latest(), R: read()
};

/// For tests: the studies of an archive, in pages of two.
class FakeStudies : public StudyList {
  public:
    Attempt<std::vector<Key>> page(const std::string& partition, const StudyFilter& filter,
                                   std::size_t offset) override {
        if (failure) return failed(*failure);
        filters.push_back(filter);
        if (before_page) before_page(offset);
        if (failure) return failed(*failure);
        std::vector<Key> found;
        for (std::size_t at = heeds_offset ? offset : 0; at < uids.size() && found.size() < 2; ++at)
            found.push_back({partition, uids[at]});
        return found;
    }

    std::vector<std::string> uids;
    std::vector<StudyFilter> filters;  ///< asked with
    std::optional<Failure> failure;
    std::function<void(std::size_t)> before_page;
    bool heeds_offset = true;
};

/// For tests: jobs that do what a function says.
class FakeJobs : public JobRunner {
  public:
    JobResult run(const JobRequest& request) override {
        runs.push_back(request.key.study_uid);
        requests.push_back(request);
        return act ? act(request) : JobResult{1, {}, std::nullopt};
    }
    std::vector<JobResult> run_joint(const std::vector<JobRequest>& together) override {
        return act_joint ? act_joint(together) : JobRunner::run_joint(together);
    }
    Attempt<void> probe_target() override {
        ++probes;
        if (probe_failure) return failed(*probe_failure);
        return {};
    }

    std::function<JobResult(const JobRequest&)> act;
    std::function<std::vector<JobResult>(const std::vector<JobRequest>&)> act_joint;
    std::vector<std::string> runs;
    std::vector<JobRequest> requests;
    std::optional<Failure> probe_failure;
    int probes = 0;
};

inline JobResult failing(FailureKind kind, unsigned status = 0,
                         std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    JobResult result;
    result.failure = Failure{kind, "the reason", status, retry_after, {}};
    return result;
}

/// For tests: an engine whose steps are called one by one.
struct EngineBench {
    explicit EngineBench(EngineOptions options = {}, MemoryState* shared = nullptr)
        : state(shared != nullptr ? *shared : own_state),
          engine(with_owner(std::move(options)), {feed, studies, jobs, state, state, state, clock, metrics}) {
    }

    static EngineOptions with_owner(EngineOptions options) {
        if (options.owner.empty()) options.owner = "me";
        return options;
    }
    void keep() { engine.keep_step(); }
    void read_all() {
        while (engine.read_step()) {
        }
    }
    int work_all() {
        int count = 0;
        while (engine.work_step())
            ++count;
        return count;
    }
    /// Lets `time` pass second by second, doing everything that is due.
    void pass(std::chrono::seconds time) {
        for (std::int64_t i = 0; i < time.count(); ++i) {
            clock.advance(std::chrono::seconds(1));
            keep();
            read_all();
            while (engine.backfill_step() || engine.work_step()) {
            }
        }
        keep();
    }
    std::vector<DeadLetter> open_letters() { return *state.list({.state = LetterState::open}); }
    std::int64_t stored_low() {
        const auto row = state.load();
        return row.ok() && row->has_value() ? (*row)->low : -1;
    }

    MemoryState own_state;
    MemoryState& state;
    FakeFeed feed;
    FakeStudies studies;
    FakeJobs jobs;
    ManualClock clock;
    Metrics metrics;
    Engine engine;
};

}  // namespace isocenter::fhir
