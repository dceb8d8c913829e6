#include "fhir/engine/job.h"

#include <utility>

namespace isocenter::fhir {
namespace {

/// A conflict is over once the other writer is done: trying again at once mostly succeeds.
constexpr int kImmediateReruns = 3;

JobResult run_on(JobRunner& jobs, JobRequest request, JobResult result,
                 const std::function<void()>& before_rerun) {
    bool looked_again = false;
    for (int rerun = 0; rerun < kImmediateReruns && result.failure; ++rerun) {
        const FailureKind kind = result.failure->kind;
        const bool missing = kind == FailureKind::missing_reference;
        // Whoever runs the jobs has forgotten the ids that it knew; what is still missing stays so.
        if (missing && std::exchange(looked_again, true)) break;
        if (!missing && kind != FailureKind::conflict && kind != FailureKind::referenced) break;
        // References may have been about to go as well; only a second refusal is believed.
        request.keep_referenced = kind == FailureKind::referenced && rerun > 0;
        before_rerun();
        result = jobs.run(request);
    }
    const bool refused = result.failure && (result.failure->kind == FailureKind::referenced ||
                                            result.failure->kind == FailureKind::missing_reference);
    if (refused) result.failure->kind = FailureKind::refused;
    return result;
}

}  // namespace

JobResult run_to_the_end(JobRunner& jobs, JobRequest request, const std::function<void()>& before_rerun) {
    JobResult first = jobs.run(request);
    return run_on(jobs, std::move(request), std::move(first), before_rerun);
}

std::vector<JobResult> run_to_the_end(JobRunner& jobs, const std::vector<JobRequest>& requests,
                                      const std::function<void()>& before_rerun) {
    std::vector<JobResult> results = jobs.run_joint(requests);
    for (std::size_t at = 0; at < requests.size(); ++at)
        results[at] = run_on(jobs, requests[at], std::move(results[at]), before_rerun);
    return results;
}

}  // namespace isocenter::fhir
