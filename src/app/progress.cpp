#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace isocenter::app {
namespace {

constexpr std::size_t kBarCells = 24;

std::string amount(double bytes) {
    if (bytes >= 1e9) return fmt::format("{:.2f} GB", bytes / 1e9);
    if (bytes >= 1e6) return fmt::format("{:.1f} MB", bytes / 1e6);
    return fmt::format("{:.0f} KB", bytes / 1e3);
}

std::string time_left(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string bar(double share) {
    const auto filled = static_cast<std::size_t>(share * kBarCells);
    return fmt::format("[{}{}]", std::string(filled, '#'), std::string(kBarCells - filled, '.'));
}

bool is_terminal() {
    return isatty(STDERR_FILENO) != 0;
}

}  // namespace

std::string progress_line(std::uint64_t done_files, std::uint64_t all_files, std::uint64_t done_bytes,
                          std::uint64_t all_bytes, std::chrono::duration<double> elapsed) {
    const double share =
        all_bytes == 0 ? 1.0 : static_cast<double>(done_bytes) / static_cast<double>(all_bytes);
    std::string line = fmt::format("{} {}/{} files  {}", bar(share), done_files, all_files,
                                   amount(static_cast<double>(done_bytes)));
    if (elapsed.count() > 0.5 && done_bytes > 0) {
        const double rate = static_cast<double>(done_bytes) / elapsed.count();
        line += fmt::format("  {}/s  {} left", amount(rate),
                            time_left(static_cast<double>(all_bytes - done_bytes) / rate));
    }
    return line;
}

std::string study_progress_line(std::uint64_t done, std::uint64_t all, std::uint64_t begun_with,
                                std::chrono::duration<double> elapsed) {
    const double share = all == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(all);
    std::string line = fmt::format("{} {}/{} studies", bar(share), done, all);
    if (elapsed.count() > 0.5 && done > begun_with) {
        const double rate = static_cast<double>(done - begun_with) / elapsed.count();
        line += fmt::format("  {:.1f}/s  {} left", rate, time_left(static_cast<double>(all - done) / rate));
    }
    return line;
}

bool ProgressDisplay::is_due() const {
    const auto interval = is_terminal() ? std::chrono::milliseconds(200) : std::chrono::seconds(5);
    return std::chrono::steady_clock::now() - printed_ >= interval;
}

void ProgressDisplay::print(const std::string& line, bool last) {
    printed_ = std::chrono::steady_clock::now();
    const bool terminal = is_terminal();
    open_ = terminal && !last;
    std::fprintf(stderr, terminal ? "\r\033[K%s%s" : "%s%s", line.c_str(), open_ ? "" : "\n");
}

void ProgressDisplay::end() {
    if (open_) std::fputs("\n", stderr);
    open_ = false;
}

}  // namespace isocenter::app
