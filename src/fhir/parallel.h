#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <mutex>
#include <optional>
#include <tl/expected.hpp>
#include <type_traits>
#include <vector>

namespace isocenter::fhir {

/// Calls `work` with 0 to count - 1, at most `workers` at once, this thread among them. It returns a
/// tl::expected<void, ...>: the first failure ends the rest and is returned; exceptions pass through.
template <class Work>
std::invoke_result_t<const Work&, std::size_t> in_parallel(std::size_t count, std::size_t workers,
                                                           const Work& work) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::optional<typename std::invoke_result_t<const Work&, std::size_t>::error_type> failure;
    const auto take = [&] {
        for (std::size_t at = next++; at < count; at = next++) {
            auto status = work(at);
            if (status) continue;
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::move(status).error();
            next = count;
        }
    };
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < std::min(workers, count); ++i)
        others.push_back(std::async(std::launch::async, take));
    take();
    for (std::future<void>& other : others)
        other.get();
    if (failure) return tl::unexpected(std::move(*failure));
    return {};
}

/// Number of chunks of `size` that `count` makes.
constexpr std::size_t chunks_of(std::size_t count, std::size_t size) {
    return (count + size - 1) / size;
}

}  // namespace isocenter::fhir
