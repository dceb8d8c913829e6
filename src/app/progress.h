#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace isocenter::app {

/// `[#####.....] 1,234/5,000 files  0.61 GB  35.2 MB/s  0:35 left`
std::string progress_line(std::uint64_t done_files, std::uint64_t all_files, std::uint64_t done_bytes,
                          std::uint64_t all_bytes, std::chrono::duration<double> elapsed);

/// `[#####.....] 120/500 studies  41.3/s  0:09 left`; `begun_with` of them were done before the time began.
std::string study_progress_line(std::uint64_t done, std::uint64_t all, std::uint64_t begun_with,
                                std::chrono::duration<double> elapsed);

/// Lines on stderr that replace each other on a terminal, and come seldom elsewhere. Used by one thread.
class ProgressDisplay {
  public:
    /// Whether enough time has passed for another line.
    bool is_due() const;
    /// `last` ends the line.
    void print(const std::string& line, bool last);
    /// Leaves the last line as it is.
    void end();

  private:
    bool open_ = false;  ///< the cursor stands behind a line
    std::chrono::steady_clock::time_point printed_ = std::chrono::steady_clock::now();
};

}  // namespace isocenter::app
