#include <algorithm>

#include "base/ascii.h"
#include "base/digest.h"
#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

constexpr std::size_t kMaxBytes = 128;

/// What may be written into headers and logs as it came.
bool is_well_formed(std::string_view id) {
    return !id.empty() && id.size() <= kMaxBytes && std::all_of(id.begin(), id.end(), [](char c) {
        return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
    });
}

class RequestId final : public Middleware {
  public:
    Status before(Call& call) override {
        const std::string_view given = call.request.headers.get("X-Request-Id");
        call.request.request_id = is_well_formed(given) ? std::string(given) : random_hex(12);
        return {};
    }
    void after(const Call& call, Response& response) override {
        response.headers.set("X-Request-Id", call.request.request_id);
    }
};

}  // namespace

std::unique_ptr<Middleware> make_request_id() {
    return std::make_unique<RequestId>();
}

}  // namespace isocenter::http
