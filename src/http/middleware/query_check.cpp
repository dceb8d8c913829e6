#include "http/ascii.h"
#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

/// dicomweb.md 2.1 row 1.
class QueryCheck final : public Middleware {
  public:
    Status before(Call& call) override {
        if (call.match.mount == nullptr || !call.match.mount->refuse_markup_in_query) return {};
        const std::string query = to_lower(call.request.query);
        if (query.find('<') == std::string::npos && query.find("%3c") == std::string::npos) return {};
        return fail(ErrorCode::invalid_request, "The query must not contain '<'.");
    }
};

}  // namespace

std::unique_ptr<Middleware> make_query_check() {
    return std::make_unique<QueryCheck>();
}

}  // namespace isocenter::http
