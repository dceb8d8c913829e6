#include <algorithm>
#include <utility>

#include "base/log.h"
#include "fhir/engine/engine_state.h"

namespace isocenter::fhir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a store or a server that is away is given before the same work is taken up again.
constexpr seconds kPause{1};
constexpr milliseconds kLongestPause{1000};

milliseconds to_milliseconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration_cast<milliseconds>(duration);
}

std::string_view outcome_of(const JobResult& result) {
    if (result.failure) return to_string(result.failure->kind);
    return result.written > 0 ? "written" : "unchanged";
}

}  // namespace

std::vector<Engine::State::Job> Engine::State::next_jobs() {
    const std::lock_guard lock(mutex);
    std::vector<Job> jobs;
    if (!active || !state_usable || target.is_open() || archive.is_open()) return jobs;
    while (jobs.size() < std::max<std::size_t>(options.studies_per_bundle, 1)) {
        auto work = keys->take(parts.clock.now());
        if (!work) break;
        jobs.push_back({*std::move(work), epoch});
    }
    return jobs;
}

void Engine::State::nap_until_work(std::stop_token stop) {
    std::unique_lock lock(mutex);
    const auto ready = keys ? keys->next_ready() : std::nullopt;
    milliseconds longest = kLongestPause;
    if (ready && !target.is_open() && !archive.is_open())
        longest = std::clamp(to_milliseconds(*ready - parts.clock.now()), milliseconds(1), kLongestPause);
    wait_for_change(lock, stop, longest);
}

bool Engine::State::probe() {
    {
        const std::lock_guard lock(mutex);
        const bool due = active && target.is_open() && *target.probe_at() <= parts.clock.now();
        if (!due || probing) return false;
        probing = true;
    }
    const auto answer = parts.jobs.probe_target();
    const std::lock_guard lock(mutex);
    probing = false;
    if (!answer) {
        target_trouble = answer.error().text;
        target.probe_failed(parts.clock.now(), answer.error().retry_after);
        return false;
    }
    target.succeeded();
    if (keys) keys->retry_all(parts.clock.now());
    log_event(LogLevel::info, "cast_target_up", {{"target", options.target}});
    changed.notify_all();
    return true;
}

void Engine::State::first_probe() {
    const auto answer = parts.jobs.probe_target();
    if (answer || answer.error().kind == FailureKind::cancelled) return;
    const std::lock_guard lock(mutex);
    target_trouble = answer.error().text;
    if (!target.is_open())
        log_event(LogLevel::warning, "cast_target_down",
                  {{"target", options.target}, {"status", answer.error().status}});
    target.down(parts.clock.now(), answer.error().retry_after);
}

std::vector<JobResult> Engine::State::run_jobs(const std::vector<Job>& jobs) {
    std::vector<JobRequest> requests;
    for (const Job& job : jobs) {
        JobRequest& request = requests.emplace_back();
        request.key = job.work.key;
        request.removed_instances = job.work.removed;
        request.may_write = [this] { return may_write(); };
        if (options.settling.entry_by_entry && !job.work.sequences.empty())
            request.sequence = job.work.sequences.front();
    }
    const auto before_rerun = [this] { metrics.retry(); };
    if (requests.size() == 1) return {run_to_the_end(parts.jobs, std::move(requests.front()), before_rerun)};
    return run_to_the_end(parts.jobs, requests, before_rerun);
}

DeadLetter Engine::State::letter_of(const Work& work, LetterClass letter_class) const {
    DeadLetter letter;
    letter.key = work.key;
    letter.letter_class = letter_class;
    for (const std::int64_t sequence : work.sequences) {
        if (sequence == kOfNoEntry) continue;
        letter.first_sequence =
            letter.first_sequence == 0 ? sequence : std::min(letter.first_sequence, sequence);
        letter.last_sequence = std::max(letter.last_sequence, sequence);
        ++letter.entries;
    }
    letter.attempts = work.attempts + 1;
    letter.first_time = letter.last_time = parts.clock.wall();
    return letter;
}

bool Engine::State::check_store(const Status& status) {
    const std::lock_guard lock(mutex);
    if (status.ok()) return true;
    if (status.error().code == ErrorCode::conflict) {
        stand_by();
    } else {
        state_usable = false;
        log_event(LogLevel::error, "cast_state_store_failed",
                  {{"target", options.target}, {"reason", status.error().message}});
    }
    return false;
}

bool Engine::State::note_success(const Job& job, const JobResult& result) {
    std::int64_t token = 0;
    std::vector<std::int64_t> reread_numbers;
    // One entry that went well says nothing of those that did not.
    const bool concludes = !options.settling.entry_by_entry || job.work.sequences.empty() ||
                           job.work.sequences.front() == kOfNoEntry;
    bool has_letters = false;
    {
        const std::lock_guard lock(mutex);
        if (epoch != job.epoch || !active) return false;
        token = options.lease ? row.token : 0;
        has_letters = concludes && lettered.contains(job.work.key);
        for (const std::int64_t number : job.work.sequences) {
            if (rereading.erase(number) > 0) reread_numbers.push_back(number);
        }
    }
    const Ticks now = parts.clock.wall();
    for (const std::int64_t number : reread_numbers) {
        if (!check_store(parts.letters.resolve_number(token, number, now))) return false;
    }
    if (has_letters) {
        std::vector<LetterClass> keep;
        if (!result.notes.empty()) keep.push_back(LetterClass::validation);
        if (!check_store(parts.letters.resolve(token, job.work.key, keep, now))) return false;
    }
    if (!result.notes.empty()) {
        DeadLetter letter = letter_of(job.work, LetterClass::validation);
        letter.tag = result.notes.front().tag;
        for (const JobNote& note : result.notes) {
            if (letter.error.size() > 4000) break;
            letter.error +=
                (letter.error.empty() ? "" : "; ") + note.tag + (note.tag.empty() ? "" : " ") + note.text;
        }
        if (!check_store(parts.letters.record(token, letter))) return false;
        metrics.letter(LetterClass::validation);
    }
    const std::lock_guard lock(mutex);
    if (!result.notes.empty()) {
        lettered.insert(job.work.key);
    } else if (concludes) {
        lettered.erase(job.work.key);
    }
    return true;
}

bool Engine::State::give_up(Job& job, LetterClass letter_class, const Failure& failure) {
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        if (epoch != job.epoch || !active) return false;
        token = options.lease ? row.token : 0;
        lettered.insert(job.work.key);
    }
    DeadLetter letter = letter_of(job.work, letter_class);
    letter.error = failure.text;
    letter.tag = failure.tag;
    letter.status = failure.status;
    if (!check_store(parts.letters.record(token, letter))) return false;
    metrics.letter(letter_class);
    log_event(LogLevel::warning, "cast_dead_letter",
              {{"target", options.target},
               {"class", to_string(letter_class)},
               {"status", failure.status},
               {"first", letter.first_sequence},
               {"last", letter.last_sequence}});
    return true;
}

/// Decides what becomes of work that may succeed later. Called with the mutex held.
void Engine::State::postpone(Job& job, const Failure& failure, milliseconds took) {
    const Time now = parts.clock.now();
    const bool was_open = target.is_open();
    if (failure.kind == FailureKind::target_down) target.down(now, failure.retry_after);
    if (failure.kind == FailureKind::archive_down) archive.down(now, failure.retry_after);
    if (failure.kind == FailureKind::transient) target.trouble(job.work.key, now, failure.retry_after);
    if (!was_open && target.is_open()) {
        target_trouble = failure.text;
        log_event(LogLevel::error, "cast_target_down",
                  {{"target", options.target}, {"status", failure.status}});
    }
    const bool outage = target.is_open() || archive.is_open();
    if (outage || failure.kind == FailureKind::lease_lost || failure.kind == FailureKind::cancelled) {
        keys->failed(std::move(job.work), now + kPause);
        return;
    }
    const seconds wait = back_off(++job.work.attempts, failure.retry_after);
    job.work.spent += took + wait;
    keys->failed(std::move(job.work), now + wait);
}

void Engine::State::finish_job(Job job, const JobResult& result, milliseconds took) {
    bool settled = false;
    if (!result.failure) {
        settled = note_success(job, result);
    } else {
        const Failure& failure = *result.failure;
        const bool may_pass = failure.kind == FailureKind::transient || failure.kind == FailureKind::conflict;
        const bool exhausted =
            may_pass && job.work.spent + took + back_off(job.work.attempts + 1, failure.retry_after) >
                            options.retry_budget;
        if (failure.kind == FailureKind::refused) settled = give_up(job, LetterClass::fhir, failure);
        if (failure.kind == FailureKind::unusable) settled = give_up(job, LetterClass::dicom, failure);
        if (exhausted) settled = give_up(job, LetterClass::transient, failure);
    }
    const std::lock_guard lock(mutex);
    if (epoch != job.epoch || !active) return;
    if (settled) {
        if (!result.failure) target.succeeded();
        settle(job.work);
        keys->done(job.work);
    } else if (result.failure) {
        metrics.retry();
        postpone(job, *result.failure, took);
    } else {
        // Written, but the state store could not note it: the job runs again once it can.
        keys->failed(std::move(job.work), parts.clock.now() + kPause);
    }
    changed.notify_all();
}

bool Engine::work_step() {
    State& state = *state_;
    if (state.probe()) return true;
    std::vector<State::Job> jobs = state.next_jobs();
    if (jobs.empty()) return false;
    const Time begin = state.parts.clock.now();
    const std::vector<JobResult> results = state.run_jobs(jobs);
    const milliseconds took = to_milliseconds(state.parts.clock.now() - begin);
    for (std::size_t at = 0; at < jobs.size(); ++at) {
        state.metrics.job(outcome_of(results[at]), std::chrono::duration<double>(took).count());
        state.finish_job(std::move(jobs[at]), results[at], took);
    }
    return true;
}

}  // namespace isocenter::fhir
