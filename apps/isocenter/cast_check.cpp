#include "cast_check.h"

#include <csignal>
#include <cstdio>
#include <future>
#include <stop_token>

#include "app/cast_check.h"
#include "app/progress.h"

namespace isocenter {
namespace {

int outcome_of(const Result<fhir::ReconciliationResult>& result) {
    if (!result) {
        std::fprintf(stderr, "isocenter: the check is not complete: %s\n", result.error().message.c_str());
        return 2;
    }
    std::puts(app::reconciliation_json(*result).c_str());
    return result->remaining == 0 ? 0 : 1;
}

}  // namespace

int run_cast_check(const app::Settings& settings, const std::string& target,
                   const fhir::Reconciliation::Options& options, const sigset_t& signals) {
    constexpr timespec kInterval{0, 50'000'000};
    const auto begin = std::chrono::steady_clock::now();
    app::ProgressDisplay display;
    const auto sink = [](const fhir::Discrepancy& found) { std::puts(app::discrepancy_json(found).c_str()); };
    const auto progress = [&](std::uint64_t done, std::uint64_t all) {
        if (!display.is_due()) return;
        display.print(app::study_progress_line(done, all, 0, std::chrono::steady_clock::now() - begin),
                      false);
    };
    std::stop_source stop;
    auto work = std::async(std::launch::async, [&] {
        return app::check_cast(settings, target, options, sink, progress, stop.get_token());
    });
    while (work.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        if (sigtimedwait(&signals, nullptr, &kInterval) > 0) stop.request_stop();
    }
    const auto result = work.get();
    display.end();
    return outcome_of(result);
}

}  // namespace isocenter
