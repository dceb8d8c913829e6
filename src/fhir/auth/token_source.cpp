#include "fhir/auth/token_source.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace isocenter::fhir {

std::int64_t unix_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

Pause pause_until(std::stop_token stop) {
    return [stop = std::move(stop)](std::chrono::seconds time) {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, time, [] { return false; });
        return !stop.stop_requested();
    };
}

bool is_token(const std::string& token) {
    return !token.empty() &&
           std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace isocenter::fhir
