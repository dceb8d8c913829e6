#include <fmt/format.h>

#include <algorithm>
#include <exception>
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

/// Of a server that is away: one that answers at all, as with 401, means everybody.
Sign sign_of_silence(const Failure& failure) {
    return failure.status == 0 ? Sign::broken : Sign::down;
}

Sign sign_of_target(const JobResult& result) {
    if (!result.failure) return Sign::passed;
    switch (result.failure->kind) {
        case FailureKind::target_down:
            return sign_of_silence(*result.failure);
        case FailureKind::transient:
            return Sign::trouble;
        case FailureKind::conflict:
        case FailureKind::referenced:
        case FailureKind::refused:
            return Sign::answered;
        default:
            return Sign::none;
    }
}

/// What an archive that works says of one request: tried again, but no outage (fhir-sync.md 23.8). 404 is
/// said by whatever stands before one that is away, too.
bool is_answer(unsigned status) {
    const bool of_outages =
        status == 401 || status == 403 || status == 404 || status == 408 || status == 410 || status == 429;
    return status == 200 || (status >= 400 && status < 500 && !of_outages);
}

Sign sign_of_archive(const JobResult& result) {
    if (!result.failure) return Sign::passed;
    switch (result.failure->kind) {
        case FailureKind::archive_down:
            return sign_of_silence(*result.failure);
        case FailureKind::archive_transient:
            return is_answer(result.failure->status) ? Sign::answered : Sign::trouble;
        case FailureKind::conflict:
        case FailureKind::referenced:
        case FailureKind::refused:
        case FailureKind::unusable:
        case FailureKind::unreadable:
            return Sign::answered;
        default:
            return Sign::none;
    }
}

bool is_trouble(Sign sign) {
    return sign == Sign::trouble || sign == Sign::broken || sign == Sign::down;
}

/// Why a server is not used any more. What it answered about a study may quote the study; what a probe was
/// answered does not.
std::string reason_of(const Failure& failure) {
    if (failure.status < 300) return failure.text;
    return fmt::format("the FHIR server answered {}", failure.status);
}

/// What is no doing of the study, whatever else happens.
bool is_never_the_studys(const Failure& failure) {
    const bool away = failure.kind == FailureKind::target_down || failure.kind == FailureKind::archive_down;
    return (away && sign_of_silence(failure) == Sign::down) || failure.kind == FailureKind::lease_lost ||
           failure.kind == FailureKind::cancelled;
}

}  // namespace

/// Called with the mutex held.
bool Engine::State::admits_jobs() const {
    if (!active || !state_usable || target.is_open() || archive.is_open()) return false;
    return !trying || (target.is_closed() && archive.is_closed());
}

std::vector<Engine::State::Job> Engine::State::next_jobs() {
    const std::lock_guard lock(mutex);
    std::vector<Job> jobs;
    if (!admits_jobs()) return jobs;
    const Time now = parts.clock.now();
    const bool trial = !target.is_closed() || !archive.is_closed();
    const std::size_t most = trial ? 1 : std::max<std::size_t>(options.studies_per_bundle, 1);
    while (jobs.size() < most) {
        auto work = trial          ? keys->take_for_trial(now)
                    : jobs.empty() ? keys->take(now)
                                   : keys->take_fresh(now);
        if (!work) break;
        const bool alone = work->again;
        Retries& retries = work->retries;
        const auto waited =
            std::max(time_without_outages(now) - retries.waits_since, std::chrono::steady_clock::duration(0));
        retries.spent += std::min(retries.wait, to_milliseconds(waited));
        retries.wait = milliseconds(0);
        // Whichever job of the key succeeds resolves its letters.
        const auto letters = lettered.find(work->key);
        if (letters != lettered.end()) work->removed.insert(letters->second.begin(), letters->second.end());
        jobs.push_back({*std::move(work), epoch, trial});
        // A bundle that breaks is the trouble of all in it: alone, each shows whose it is.
        if (alone) break;
    }
    trying |= trial && !jobs.empty();
    return jobs;
}

std::chrono::steady_clock::duration Engine::State::time_without_outages(Time now) const {
    return now.time_since_epoch() - target.outages(now) - archive.outages(now);
}

void Engine::State::nap_until_work(std::stop_token stop) {
    std::unique_lock lock(mutex);
    const auto ready = keys ? keys->next_ready() : std::nullopt;
    milliseconds longest = kLongestPause;
    if (ready && admits_jobs())
        longest = std::clamp(to_milliseconds(*ready - parts.clock.now()), milliseconds(1), kLongestPause);
    wait_for_change(lock, stop, longest);
}

void Engine::State::tell_target_down(LogLevel level, unsigned status) {
    told_of_target = true;
    log_event(level, "cast_target_down",
              {{"target", options.target}, {"status", status}, {"reason", target_trouble}});
}

void Engine::State::tell_target_up() {
    if (std::exchange(told_of_target, false))
        log_event(LogLevel::info, "cast_target_up", {{"target", options.target}});
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
        if (target.is_doubted()) tell_target_down(LogLevel::error, answer.error().status);
        target.probe_failed(parts.clock.now(), answer.error().retry_after);
        return false;
    }
    target.probe_passed(parts.clock.now());
    if (target.is_closed()) tell_target_up();
    changed.notify_all();
    return true;
}

void Engine::State::first_probe() {
    const auto answer = parts.jobs.probe_target();
    if (answer || answer.error().kind == FailureKind::cancelled) return;
    const std::lock_guard lock(mutex);
    target_trouble = answer.error().text;
    if (!target.is_open()) tell_target_down(LogLevel::warning, answer.error().status);
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
    if (requests.size() > 1) {
        try {
            return run_to_the_end(parts.jobs, requests, before_rerun);
        } catch (const std::exception&) {
            // Alone, each shows whose it is; what was written already is found.
        }
    }
    std::vector<JobResult> results;
    for (const JobRequest& request : requests)
        results.push_back(run_guarded(request, before_rerun));
    return results;
}

/// An exception is a mistake of ours that something odd in this study brings out. It would do so again at
/// every start, and must end neither the process nor the work on others.
JobResult Engine::State::run_guarded(const JobRequest& request, const std::function<void()>& before_rerun) {
    try {
        return run_to_the_end(parts.jobs, request, before_rerun);
    } catch (const std::exception& error) {
        log_event(LogLevel::error, "cast_job_broke", {{"target", options.target}, {"reason", error.what()}});
        JobResult result;
        result.failure = Failure{
            FailureKind::refused, fmt::format("the job broke: {}", error.what()), 0, std::nullopt, {}};
        return result;
    }
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
    letter.attempts = work.retries.attempts + 1;
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
    if (concludes) lettered.erase(job.work.key);
    if (!result.notes.empty()) lettered.try_emplace(job.work.key);
    return true;
}

bool Engine::State::give_up(Job& job, LetterClass letter_class, const Failure& failure) {
    std::int64_t token = 0;
    {
        const std::lock_guard lock(mutex);
        if (epoch != job.epoch || !active) return false;
        token = options.lease ? row.token : 0;
        lettered[job.work.key].insert(job.work.removed.begin(), job.work.removed.end());
    }
    DeadLetter letter = letter_of(job.work, letter_class);
    // Its number is what such a letter is known by.
    if (letter_class == LetterClass::feed) letter.key = {};
    letter.removed = job.work.removed;
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

/// What the job's end says of the two servers. Called with the mutex held.
void Engine::State::note_servers(const Job& job, const JobResult& result) {
    const Time now = parts.clock.now();
    const Sign of_target = sign_of_target(result);
    const Sign of_archive = sign_of_archive(result);
    const bool target_was_closed = target.is_closed();
    const bool archive_was_closed = archive.is_closed();
    static const Failure none;
    const Failure& failure = result.failure ? *result.failure : none;
    target.job_ended(job.work.key, of_target, job.trial, now, failure.retry_after);
    archive.job_ended(job.work.key, of_archive, job.trial, now, failure.retry_after);
    if (job.trial) trying = false;

    if (target.is_open() && !target.is_doubted() && is_trouble(of_target))
        target_trouble = reason_of(failure);
    if (archive.is_open() && is_trouble(of_archive)) archive_trouble = failure.text;
    if (target_was_closed && target.is_open() && !target.is_doubted())
        tell_target_down(LogLevel::error, failure.status);
    if (target.is_closed()) tell_target_up();
    if (archive_was_closed && archive.is_open())
        log_event(LogLevel::error, "cast_archive_down",
                  {{"target", options.target}, {"reason", failure.text}});
    if (!archive_was_closed && archive.is_closed())
        log_event(LogLevel::info, "cast_archive_up", {{"target", options.target}});
}

/// Whether the job ends in a dead letter, and of which class; books its time where the study may be to blame.
std::optional<LetterClass> Engine::State::judge(Job& job, const JobResult& result, milliseconds took) {
    const std::lock_guard lock(mutex);
    note_servers(job, result);
    if (!result.failure) return std::nullopt;
    const FailureKind kind = result.failure->kind;
    if (kind == FailureKind::refused) return LetterClass::fhir;
    if (kind == FailureKind::unusable) return LetterClass::dicom;
    if (kind == FailureKind::unreadable) return LetterClass::feed;
    job.blameless = is_never_the_studys(*result.failure) || target.is_outage() || archive.is_outage();
    if (job.blameless) return std::nullopt;
    job.work.retries.spent += took;
    if (job.work.retries.spent < options.retry_budget) return std::nullopt;
    return LetterClass::transient;
}

/// Of work that may succeed later. Called with the mutex held.
void Engine::State::postpone(Job& job, const Failure& failure) {
    const Time now = parts.clock.now();
    Retries& retries = job.work.retries;
    const seconds wait = job.blameless ? kPause : back_off(++retries.attempts, failure.retry_after);
    // What is waited for counts once it was waited, and only as far as there was no outage meanwhile.
    retries.wait = job.blameless ? seconds(0) : wait;
    retries.waits_since = time_without_outages(now);
    keys->failed(std::move(job.work), now + wait);
}

void Engine::State::finish_job(Job job, const JobResult& result, milliseconds took) {
    const std::optional<LetterClass> letter_class = judge(job, result, took);
    bool settled = false;
    if (!result.failure) settled = note_success(job, result);
    if (letter_class) settled = give_up(job, *letter_class, *result.failure);
    const std::lock_guard lock(mutex);
    changed.notify_all();
    if (epoch != job.epoch || !active) return;
    if (settled) {
        settle(job.work);
        keys->done(job.work);
    } else if (result.failure) {
        metrics.retry();
        postpone(job, *result.failure);
    } else {
        // Written, but the state store could not note it: the job runs again once it can.
        keys->failed(std::move(job.work), parts.clock.now() + kPause);
    }
}

bool Engine::work_step() {
    State& state = *state_;
    if (state.probe()) return true;
    std::vector<State::Job> jobs = state.next_jobs();
    if (jobs.empty()) return false;
    const Time begin = state.parts.clock.now();
    const std::vector<JobResult> results = state.run_jobs(jobs);
    const milliseconds took = to_milliseconds(state.parts.clock.now() - begin);
    if (std::any_of(results.begin(), results.end(), [](const JobResult& each) { return each.written > 0; }))
        state.metrics.bundle();
    for (std::size_t at = 0; at < jobs.size(); ++at) {
        state.metrics.job(outcome_of(results[at]), std::chrono::duration<double>(took).count());
        state.finish_job(std::move(jobs[at]), results[at], took);
    }
    return true;
}

}  // namespace isocenter::fhir
