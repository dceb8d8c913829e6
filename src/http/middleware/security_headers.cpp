#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

/// dicomweb.md 2.3. A route that sets one of them itself (a viewer's page) keeps its own value.
class SecurityHeaders final : public Middleware {
  public:
    void after(const Call&, Response& response) override {
        add(response, "X-Content-Type-Options", "nosniff");
        add(response, "X-Frame-Options", "SAMEORIGIN");
        add(response, "Content-Security-Policy", "frame-src 'self';");
    }

  private:
    static void add(Response& response, const char* name, const char* value) {
        if (!response.headers.has(name)) response.headers.add(name, value);
    }
};

}  // namespace

std::unique_ptr<Middleware> make_security_headers() {
    return std::make_unique<SecurityHeaders>();
}

}  // namespace isocenter::http
