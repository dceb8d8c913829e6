#include "app/import_progress.h"

#include <fmt/format.h>

namespace isocenter::app {
namespace {

constexpr std::size_t kBarCells = 24;

std::string amount(double bytes) {
    if (bytes >= 1e9) return fmt::format("{:.2f} GB", bytes / 1e9);
    if (bytes >= 1e6) return fmt::format("{:.1f} MB", bytes / 1e6);
    return fmt::format("{:.0f} KB", bytes / 1e3);
}

std::string time_left(double seconds) {
    const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
    if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string progress_line(std::uint64_t done_files, std::uint64_t all_files, std::uint64_t done_bytes,
                          std::uint64_t all_bytes, std::chrono::duration<double> elapsed) {
    const double share =
        all_bytes == 0 ? 1.0 : static_cast<double>(done_bytes) / static_cast<double>(all_bytes);
    const auto filled = static_cast<std::size_t>(share * kBarCells);
    std::string line =
        fmt::format("[{}{}] {}/{} files  {}", std::string(filled, '#'), std::string(kBarCells - filled, '.'),
                    done_files, all_files, amount(static_cast<double>(done_bytes)));
    if (elapsed.count() > 0.5 && done_bytes > 0) {
        const double rate = static_cast<double>(done_bytes) / elapsed.count();
        line += fmt::format("  {}/s  {} left", amount(rate),
                            time_left(static_cast<double>(all_bytes - done_bytes) / rate));
    }
    return line;
}

}  // namespace isocenter::app
