#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

/// Mount::check.
class MountCheck final : public Middleware {
  public:
    Status before(Call& call) override {
        if (call.match.route == nullptr || !call.match.mount->check) return {};
        return call.match.mount->check(call.request);
    }
};

}  // namespace

std::unique_ptr<Middleware> make_mount_check() {
    return std::make_unique<MountCheck>();
}

}  // namespace isocenter::http
