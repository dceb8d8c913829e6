#include <algorithm>
#include <set>
#include <utility>

#include "fhir/engine/study_job.h"

/// Several studies in one transaction.
namespace isocenter::fhir {
namespace {

namespace json = boost::json;

/// Nothing that a smaller bundle could change. What is missing is mostly the Endpoint of all; the studies
/// run again alone.
bool concerns_everybody(const Failure& failure) {
    return failure.kind == FailureKind::target_down || failure.kind == FailureKind::cancelled ||
           failure.kind == FailureKind::lease_lost || failure.kind == FailureKind::missing_reference ||
           failure.status == 429;
}

/// Whether the plan shares a resource with those in `taken`; if not, its own are added.
bool overlaps(const Plan& plan, std::set<std::string>& taken) {
    const bool shared = std::any_of(plan.entries.begin(), plan.entries.end(), [&](const PlannedEntry& entry) {
        return taken.contains(entry.reference);
    });
    if (shared) return true;
    for (const PlannedEntry& entry : plan.entries)
        taken.insert(entry.reference);
    return false;
}

}  // namespace

/// Those that may go together. A result is set for who failed or has nothing to do; who has neither is to be
/// run alone: its patient is another's too, or it would create what another creates.
std::vector<std::unique_ptr<StudyJob::Part>> StudyJob::prepare_parts(
    const std::vector<JobRequest>& requests, std::vector<std::optional<JobResult>>& results) {
    std::vector<std::unique_ptr<Part>> parts;
    std::set<std::string> taken;
    for (std::size_t at = 0; at < requests.size(); ++at) {
        auto part = std::make_unique<Part>();
        part->at = at;
        // Who holds locks must not wait for others: they might wait for these.
        auto prepared = prepare(requests[at], parts.empty(), part->hold);
        if (!prepared) {
            forget_endpoint();
            results[at] = JobResult{0, {}, std::move(prepared).error()};
        } else if (*prepared) {
            part->difference = **std::move(prepared);
            if (part->difference.plan.entries.empty()) {
                results[at] = JobResult{0, std::move(part->difference.notes), std::nullopt};
            } else if (!overlaps(part->difference.plan, taken)) {
                parts.push_back(std::move(part));
            }
        }
    }
    return parts;
}

void StudyJob::write_parts(std::span<const std::unique_ptr<Part>> parts, const JobRequest& request,
                           std::vector<std::optional<JobResult>>& results) {
    if (parts.empty()) return;
    std::vector<const PlannedEntry*> planned;
    for (const auto& part : parts) {
        for (const PlannedEntry& entry : part->difference.plan.entries)
            planned.push_back(&entry);
    }
    std::stable_sort(planned.begin(), planned.end(),
                     [](const PlannedEntry* a, const PlannedEntry* b) { return a->type < b->type; });
    json::array entries;
    for (const PlannedEntry* each : planned)
        entries.emplace_back(each->entry);
    Attempt<std::vector<EntryReply>> written = failed(FailureKind::lease_lost, "the lease may end meanwhile");
    if (request.may_write()) written = client_.transact(std::move(entries));
    if (!written && parts.size() > 1 && !concerns_everybody(written.error())) {
        write_parts(parts.first(parts.size() / 2), request, results);
        write_parts(parts.subspan(parts.size() / 2), request, results);
        return;
    }
    if (!written) forget_endpoint();
    for (const auto& part : parts) {
        JobResult& result = results[part->at].emplace();
        result.notes = part->difference.notes;
        if (written) {
            result.written = part->difference.plan.entries.size();
        } else {
            result.failure = written.error();
        }
    }
}

std::vector<JobResult> StudyJob::run_joint(const std::vector<JobRequest>& requests) {
    std::vector<std::optional<JobResult>> results(requests.size());
    {
        const auto parts = prepare_parts(requests, results);
        if (!parts.empty()) write_parts(parts, requests.front(), results);
    }
    std::vector<JobResult> all;
    for (std::size_t at = 0; at < requests.size(); ++at)
        all.push_back(results[at] ? *std::move(results[at]) : run(requests[at]));
    return all;
}

}  // namespace isocenter::fhir
