#include "fhir/auth/token_endpoint.h"

#include "base/percent.h"

namespace isocenter::fhir {
namespace {

constexpr std::string_view kWho = "the identity provider";

std::string encoded(const Form& form) {
    std::string body;
    for (const auto& [name, value] : form) {
        if (!body.empty()) body += '&';
        body += percent_encode(name) + '=' + percent_encode(value);
    }
    return body;
}

}  // namespace

TokenFetch ask_token_endpoint(net::HttpSender& sender, std::string uri, Grant grant) {
    return [&sender, uri = std::move(uri), grant = std::move(grant)](std::int64_t now,
                                                                     bool) -> Result<IssuedToken> {
        ISO_TRY(const Form form, grant(now));
        net::HttpRequest request{.method = "POST", .url = uri};
        request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                           {"Accept", "application/json"}};
        request.body = encoded(form);
        request.timeout = std::chrono::seconds(30);
        const auto reply = sender.send(request);
        if (!reply) return no_token_reply(reply.error(), kWho);
        return read_token_reply(*reply, now, kWho);
    };
}

}  // namespace isocenter::fhir
