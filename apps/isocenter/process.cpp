#include "process.h"

namespace isocenter {

sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

Result<app::Assignments> assignments_of(const std::vector<std::string>& set) {
    app::Assignments assignments;
    for (const std::string& assignment : set) {
        const std::size_t equals = assignment.find('=');
        if (equals == std::string::npos) {
            return fail(ErrorCode::invalid_request, "--set takes section.name=value, not " + assignment);
        }
        assignments.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
    }
    return assignments;
}

}  // namespace isocenter
