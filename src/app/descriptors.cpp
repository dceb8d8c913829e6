#include "app/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/log.h"

namespace isocenter::app {
namespace {

constexpr std::uint64_t kMostOpenFiles = 1024;
/// Log, listener, locks, the database's writer, the bridge's and the cohorts' clients.
constexpr std::uint64_t kFixed = 64;
/// A connection of the database (file, log, a temporary file) and the files of a task.
constexpr std::uint64_t kPerThread = 4;
/// The socket, and a file that is being received or sent.
constexpr std::uint64_t kPerConnection = 2;

}  // namespace

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        log_event(LogLevel::warning, "descriptor_limit_not_raised",
                  {{"soft", std::uint64_t{before}},
                   {"hard", std::uint64_t{limit.rlim_max}},
                   {"detail", std::generic_category().message(errno)}});
        return;
    }
    log_event(LogLevel::info, "descriptor_limit_raised",
              {{"soft", std::uint64_t{before}}, {"hard", std::uint64_t{limit.rlim_max}}});
}

std::uint64_t descriptor_limit() {
    rlimit limit{};
    // Without an answer, what every system grants.
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::uint64_t{limit.rlim_cur} : 1024;
}

DescriptorShares share_descriptors(std::uint64_t limit, const Settings& settings) {
    const std::uint64_t threads = settings.query_threads + settings.fetch_threads + settings.ingest_threads +
                                  settings.cohort_threads + settings.io_threads;
    DescriptorShares shares;
    shares.open_files = std::min(kMostOpenFiles, limit / 4);
    const std::uint64_t others = kFixed + kPerThread * threads + shares.open_files;
    const std::uint64_t left = limit > others ? limit - others : 0;
    shares.connections =
        std::clamp<std::uint64_t>(left / kPerConnection, 1, std::uint64_t{settings.max_connections});
    return shares;
}

}  // namespace isocenter::app
