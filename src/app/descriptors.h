#pragma once

#include <cstddef>
#include <cstdint>

#include "app/settings.h"

namespace isocenter::app {

/// Raises the process's soft limit of open descriptors to its hard one: the usual soft one, 1024, is for
/// programs that still call select(2). Logs both, and when it cannot.
void raise_descriptor_limit();

/// The soft limit in force.
std::uint64_t descriptor_limit();

/// What the large users of descriptors may have of a limit.
struct DescriptorShares {
    std::size_t open_files = 0;   ///< blob::StoreOptions::open_files
    std::size_t connections = 0;  ///< server.max_connections, or what fits
};
/// Pure.
DescriptorShares share_descriptors(std::uint64_t limit, const Settings& settings);

}  // namespace isocenter::app
