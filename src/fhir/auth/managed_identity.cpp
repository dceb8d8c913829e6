#include "fhir/auth/managed_identity.h"

#include <arpa/inet.h>

#include <array>

#include "base/percent.h"

namespace isocenter::fhir {
namespace {

constexpr std::string_view kWho = "the endpoint of the managed identity";
/// Before each further try. Their sum is longer than an update of the endpoint.
constexpr std::array<std::chrono::seconds, 5> kWaits = {std::chrono::seconds(3), std::chrono::seconds(6),
                                                        std::chrono::seconds(12), std::chrono::seconds(24),
                                                        std::chrono::seconds(30)};

/// Host of an http address, in the form of the address; empty when there is more than host and port.
std::string host_of(std::string_view url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) return {};
    url.remove_prefix(kScheme.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    if (authority.find_first_of("@\\") != std::string_view::npos) return {};
    if (!authority.starts_with('[')) return std::string(authority.substr(0, authority.find(':')));
    const std::size_t end = authority.find(']');
    return end == std::string_view::npos ? std::string() : std::string(authority.substr(1, end - 1));
}

/// A loopback or link-local address.
bool is_near(const std::string& host) {
    if (host == "localhost") return true;
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
        const std::uint32_t address = ntohl(v4.s_addr);
        return address >> 24U == 127 || address >> 16U == (169U << 8U | 254U);
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6);
}

bool is_passing(unsigned status) {
    return status == 404 || status == 410 || status == 429 || (status >= 500 && status < 600);
}

Result<net::HttpRequest> request_for(const ManagedIdentity& identity) {
    const bool hosted = identity.header.given();
    const char joint = identity.endpoint.find('?') == std::string::npos ? '?' : '&';
    net::HttpRequest request{.url = identity.endpoint};
    request.url += joint;
    request.url += hosted ? "api-version=2019-08-01" : "api-version=2018-02-01";
    request.url += "&resource=" + percent_encode(identity.resource);
    if (!identity.client_id.empty()) request.url += "&client_id=" + percent_encode(identity.client_id);
    if (hosted) {
        ISO_TRY(std::string secret, identity.header.read("the header of the managed identity"));
        request.headers = {{"X-IDENTITY-HEADER", std::move(secret)}};
    } else {
        request.headers = {{"Metadata", "true"}};
    }
    request.timeout = std::chrono::seconds(30);
    request.direct = true;
    return request;
}

}  // namespace

bool is_identity_endpoint(std::string_view url) {
    return url.starts_with("https://") || is_near(host_of(url));
}

TokenFetch ask_managed_identity(net::HttpSender& sender, ManagedIdentity identity, Pause pause) {
    return [&sender, identity = std::move(identity), pause = std::move(pause)](
               std::int64_t now, bool needed) -> Result<IssuedToken> {
        ISO_TRY(const net::HttpRequest request, request_for(identity));
        for (std::size_t tries = 0;; ++tries) {
            const auto reply = sender.send(request);
            if (!reply) return no_token_reply(reply.error(), kWho);
            const bool again = needed && is_passing(reply->status) && tries < kWaits.size();
            if (!again) return read_token_reply(*reply, now, kWho);
            if (!pause(kWaits[tries])) return fail(ErrorCode::cancelled, "stopped");
        }
    };
}

}  // namespace isocenter::fhir
