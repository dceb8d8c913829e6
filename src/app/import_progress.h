#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace isocenter::app {

/// `[#####.....] 1,234/5,000 files  0.61 GB  35.2 MB/s  0:35 left`
std::string progress_line(std::uint64_t done_files, std::uint64_t all_files, std::uint64_t done_bytes,
                          std::uint64_t all_bytes, std::chrono::duration<double> elapsed);

}  // namespace isocenter::app
