#include "fhir/auth/token_cache.h"

#include <algorithm>
#include <limits>

namespace isocenter::fhir {
namespace {

constexpr std::int64_t kRenewAhead = 300;
/// Between two tries to renew a token that still serves.
constexpr std::int64_t kRetry = 30;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

}  // namespace

Result<std::string> TokenCache::token() {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = clock_();
    if (!kept_.token.empty() && now < kept_.renew) return kept_.token;
    const bool serves = !kept_.token.empty() && now < kept_.end;
    auto issued = fetch_(now, !serves);
    if (issued) {
        kept_.token = std::move(issued->token);
        kept_.end = issued->life ? now + *issued->life : kNever;
        kept_.renew = issued->life ? kept_.end - std::min(kRenewAhead, *issued->life / 2) : kNever;
        return kept_.token;
    }
    if (!serves || issued.error().code == ErrorCode::cancelled) return std::move(issued).error();
    kept_.renew = std::min(now + kRetry, kept_.end);
    return kept_.token;
}

void TokenCache::discard(const std::string& token) {
    const std::lock_guard lock(mutex_);
    if (kept_.token == token) kept_ = {};
}

}  // namespace isocenter::fhir
