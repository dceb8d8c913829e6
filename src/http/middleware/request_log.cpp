#include "base/log.h"
#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

class RequestLog final : public Middleware {
  public:
    void done(const Call& call) override {
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - call.started;
        // The route's pattern, not the path: UIDs and query values may identify patients.
        log_event(LogLevel::info, "request",
                  {{"method", to_string(call.request.method)},
                   {"route", call.label()},
                   {"status", call.status},
                   {"ms", took.count()},
                   {"bytes_in", call.bytes_in},
                   {"bytes_out", call.bytes_out},
                   {"remote", std::string_view(call.request.remote_address)},
                   {"request_id", std::string_view(call.request.request_id)},
                   {"aborted", call.aborted ? 1 : 0}});
    }
};

}  // namespace

std::unique_ptr<Middleware> make_request_log() {
    return std::make_unique<RequestLog>();
}

}  // namespace isocenter::http
