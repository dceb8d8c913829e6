#include "fhir/check/reconciliation.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <utility>

#include "fhir/engine/circuit.h"
#include "fhir/parallel.h"

namespace isocenter::fhir {
namespace {

using Kind = Discrepancy::Kind;

/// What a server that is busy, or another writer, is given before the check is given up.
constexpr unsigned kAttempts = 4;

/// Returns early when a stop is asked for.
void pause(std::stop_token stop, std::chrono::seconds time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
}

/// Several studies may show what is wrong with one of these.
bool is_shared_type(std::string_view type) {
    return type == "Patient" || type == "Endpoint";
}

std::string_view type_of(std::string_view reference) {
    return reference.substr(0, reference.find('/'));
}

Failure stopped() {
    return {FailureKind::cancelled, "the check was stopped", 0, std::nullopt, {}};
}

}  // namespace

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::missing:
            return "missing";
        case Kind::different:
            return "different";
        case Kind::extra:
            return "extra";
        case Kind::duplicate:
            return "duplicate";
        case Kind::unwritable:
            return "unwritable";
        case Kind::undecided:
            return "undecided";
        case Kind::unused:
            return "unused";
    }
    return "unknown";
}

bool is_deviation(Kind kind) {
    return kind != Kind::undecided && kind != Kind::unused;
}

Reconciliation::Reconciliation(Options options, Parts parts, Sink sink, Progress progress)
    : options_(std::move(options)), parts_(parts), sink_(std::move(sink)), progress_(std::move(progress)) {}

Attempt<ReconciliationResult> Reconciliation::run(std::stop_token stop) {
    FHIR_TRY(capability_, parts_.client.capability());
    FHIR_TRY(const std::uint64_t all, count());
    if (auto walked = walk(all, stop); !walked) return failed(std::move(walked).error());
    const bool whole = options_.filter.is_empty();
    if (whole) {
        if (auto looked = look_for_extra(stop); !looked) return failed(std::move(looked).error());
    }
    if (auto removed = settle_shared(); !removed) return failed(std::move(removed).error());
    if (whole) {
        if (auto looked = look_for_unused(stop); !looked) return failed(std::move(looked).error());
    }
    return result_;
}

Attempt<std::uint64_t> Reconciliation::count() {
    StudyWalk walk(parts_.studies, options_.filter, options_.partitions);
    std::uint64_t all = 0;
    while (true) {
        FHIR_TRY(const auto page, walk.next());
        if (!page) return all;
        all += page->size();
    }
}

/// One pass: what an archive that changes meanwhile moves into pages already read is the bridge's to follow.
Attempt<void> Reconciliation::walk(std::uint64_t all, std::stop_token stop) {
    all_ = all;
    StudyWalk walk(parts_.studies, options_.filter, options_.partitions);
    while (true) {
        FHIR_TRY(auto page, walk.next());
        if (!page) return {};
        std::erase_if(*page, [this](const Key& key) { return !seen_.insert(key).second; });
        if (auto looked = look_at_all(*page, stop); !looked) return looked;
    }
}

Attempt<void> Reconciliation::look_at_all(const std::vector<Key>& keys, std::stop_token stop) {
    return in_parallel(keys.size(), options_.workers, [&](std::size_t at) -> Attempt<void> {
        if (stop.stop_requested()) return failed(stopped());
        if (auto looked = look_at(keys[at], stop); !looked) return looked;
        const std::lock_guard lock(mutex_);
        ++result_.studies;
        if (progress_) progress_(result_.studies, std::max(all_, result_.studies));
        return {};
    });
}

Attempt<Difference> Reconciliation::compare(const Key& key, std::stop_token stop) {
    for (unsigned attempt = 1;; ++attempt) {
        auto difference = parts_.job.compare(key);
        if (difference) return difference;
        const FailureKind kind = difference.error().kind;
        const bool lasting = kind == FailureKind::unusable || kind == FailureKind::refused;
        if (lasting || kind == FailureKind::cancelled || attempt == kAttempts) return difference;
        pause(stop, back_off(attempt, difference.error().retry_after));
        if (stop.stop_requested()) return failed(stopped());
    }
}

Attempt<void> Reconciliation::look_at(const Key& key, std::stop_token stop) {
    const auto difference = compare(key, stop);
    if (!difference) {
        const Failure& failure = difference.error();
        if (failure.kind != FailureKind::unusable && failure.kind != FailureKind::refused)
            return failed(failure);
        tell({Kind::unwritable, key, {}, {}, failure.text, {}, false});
        return {};
    }
    std::vector<Discrepancy> found = discrepancies_of(key, *difference);
    const bool to_do = !difference->plan.entries.empty() ||
                       std::any_of(found.begin(), found.end(),
                                   [](const auto& each) { return each.kind == Kind::duplicate; });
    if (options_.repair && to_do) {
        if (auto believed = check_archive_lists(); !believed) return believed;
        const JobRequest request{
            .key = key, .remove_duplicates = true, .may_write = [stop] { return !stop.stop_requested(); }};
        const JobResult result = run_to_the_end(parts_.job, request, [] {});
        for (Discrepancy& each : found) {
            if (!is_deviation(each.kind)) continue;
            each.mended = !result.failure;
            if (result.failure) each.text = result.failure->text;
        }
    }
    for (Discrepancy& each : found)
        tell(each);
    return {};
}

Attempt<void> Reconciliation::check_archive_lists() const {
    if (!seen_.empty() || options_.archive_is_empty) return {};
    return failed(
        FailureKind::unusable,
        "the DICOM server lists no study: to repair would be to remove everything that was written. "
        "Where that is meant, say --archive-is-empty");
}

std::vector<Discrepancy> Reconciliation::discrepancies_of(const Key& key, const Difference& difference) {
    std::vector<Discrepancy> found;
    for (const PlannedEntry& entry : difference.plan.entries) {
        Discrepancy each{Kind::different, key, entry.reference, entry.elements, {}, "update", false};
        const bool of_study = !is_shared_type(entry.type);
        if (of_study && !difference.in_archive) each.kind = Kind::extra;
        if (entry.action == PlannedEntry::Action::create) {
            each.kind = Kind::missing;
            each.remedy = "create";
        } else if (entry.action == PlannedEntry::Action::remove) {
            each.kind = Kind::extra;
            each.remedy = "delete";
        }
        if (!of_study && !is_new(entry.reference)) continue;
        if (each.kind == Kind::missing) each.resource = entry.type;
        found.push_back(std::move(each));
    }
    for (const Finding& finding : difference.plan.findings) {
        Discrepancy each{Kind::duplicate, key, finding.reference, {}, finding.text, "delete", false};
        if (finding.kind != Finding::Kind::duplicate) {
            each.kind = Kind::undecided;
            each.remedy = {};
        }
        if (!is_shared_type(type_of(finding.reference))) {
            found.push_back(std::move(each));
        } else if (is_new(finding.reference)) {
            const std::lock_guard lock(mutex_);
            shared_.push_back(std::move(each));
        }
    }
    return found;
}

bool Reconciliation::is_new(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return told_.insert(what).second;
}

void Reconciliation::tell(const Discrepancy& discrepancy) {
    const std::lock_guard lock(mutex_);
    ++result_.found[discrepancy.kind];
    if (discrepancy.mended) {
        ++result_.mended;
    } else if (is_deviation(discrepancy.kind)) {
        ++result_.remaining;
        unmended_.insert(discrepancy.key.study_uid);
    }
    sink_(discrepancy);
}

}  // namespace isocenter::fhir
