#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

class AccessCheck final : public Middleware {
  public:
    explicit AccessCheck(Server::AccessDecision decide) : decide_(std::move(decide)) {}
    Status before(Call& call) override {
        if (!decide_ || call.match.route == nullptr) return {};
        return decide_(call.request, call.match.route->access);
    }

  private:
    const Server::AccessDecision decide_;
};

}  // namespace

std::unique_ptr<Middleware> make_access(Server::AccessDecision decide) {
    return std::make_unique<AccessCheck>(std::move(decide));
}

}  // namespace isocenter::http
