#include <algorithm>

#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

constexpr const char* kMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
constexpr const char* kHeaders =
    "accept, accept-charset, authorization, content-type, content-encoding, range, if-none-match, if-range, "
    "cache-control";
constexpr const char* kExposed =
    "Content-Type, Content-Length, Content-Range, Accept-Ranges, Content-Location, ETag, Location, "
    "Retry-After, "
    "Warning, WWW-Authenticate";
constexpr const char* kMaxAge = "7200";

/// standard-face.md 9.3.
class Cors final : public Middleware {
  public:
    Cors(std::vector<std::string> origins, const std::vector<std::string>& more_headers)
        : origins_(std::move(origins)), headers_(kHeaders) {
        for (const std::string& name : more_headers)
            headers_ += ", " + name;
    }

    std::optional<Response> answer(Call& call) override {
        const Headers& asked = call.request.headers;
        const bool preflight = call.request.method == Method::options && asked.has("Origin") &&
                               asked.has("Access-Control-Request-Method");
        if (!preflight || call.match.allowed.empty() || allowed_origin(call).empty()) return std::nullopt;
        Response response = empty_response(204);
        response.headers.add("Access-Control-Allow-Methods", kMethods);
        response.headers.add("Access-Control-Allow-Headers", headers_);
        response.headers.add("Access-Control-Max-Age", kMaxAge);
        return response;
    }

    void after(const Call& call, Response& response) override {
        if (origins_.empty()) return;
        // Also without an Origin: a cache must not give this answer to one who sends it.
        const std::string vary = response.headers.joined("Vary");
        if (vary.find("Origin") == std::string::npos)
            response.headers.set("Vary", vary.empty() ? "Origin" : vary + ", Origin");
        const std::string origin = allowed_origin(call);
        if (origin.empty()) return;
        response.headers.set("Access-Control-Allow-Origin", origin);
        response.headers.set("Access-Control-Expose-Headers", kExposed);
        response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    }

  private:
    /// The value of Access-Control-Allow-Origin; empty when the request is not from an allowed origin.
    std::string allowed_origin(const Call& call) const {
        const std::string_view origin = call.request.headers.get("Origin");
        if (origin.empty()) return {};
        if (std::find(origins_.begin(), origins_.end(), origin) != origins_.end()) return std::string(origin);
        return std::find(origins_.begin(), origins_.end(), "*") != origins_.end() ? "*" : "";
    }

    const std::vector<std::string> origins_;
    std::string headers_;
};

}  // namespace

std::unique_ptr<Middleware> make_cors(std::vector<std::string> origins,
                                      const std::vector<std::string>& headers) {
    return std::make_unique<Cors>(std::move(origins), headers);
}

}  // namespace isocenter::http
