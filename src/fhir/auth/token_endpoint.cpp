#include "fhir/auth/token_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "base/percent.h"
#include "dicom/base64.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

constexpr std::int64_t kRenewAhead = 300;
/// Between two tries to renew a token that still serves.
constexpr std::int64_t kRetry = 30;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// RFC 6749 section 5.2. Only these are quoted: other text could repeat what was sent.
constexpr std::array<std::string_view, 6> kErrors = {"invalid_request",        "invalid_client",
                                                     "invalid_grant",          "unauthorized_client",
                                                     "unsupported_grant_type", "invalid_scope"};

std::string encoded(const Form& form) {
    std::string body;
    for (const auto& [name, value] : form) {
        if (!body.empty()) body += '&';
        body += percent_encode(name) + '=' + percent_encode(value);
    }
    return body;
}

std::optional<json::object> object_of(std::string_view text) {
    boost::system::error_code error;
    json::value document = json::parse(text, error);
    if (error || !document.is_object()) return std::nullopt;
    return std::move(document.get_object());
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* member = object.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

/// Whole seconds; some servers write numbers as texts or with a fraction.
std::optional<std::int64_t> seconds_of(const json::object& object, std::string_view name) {
    constexpr double kMost = 1e15;
    const json::value* member = object.if_contains(name);
    if (member == nullptr) return std::nullopt;
    double value = -1;
    if (member->is_string()) {
        const std::string_view text = member->get_string();
        std::from_chars(text.data(), text.data() + text.size(), value);
    } else if (member->is_number()) {
        value = member->to_number<double>();
    }
    if (!(value >= 0 && value < kMost)) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

/// The `exp` of a JWT. The signature is for the server to check.
std::optional<std::int64_t> end_of_jwt(std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    std::string claims(token.substr(first + 1, second - first - 1));
    std::replace(claims.begin(), claims.end(), '-', '+');
    std::replace(claims.begin(), claims.end(), '_', '/');
    const auto decoded = dicom::decode_base64(claims);
    const auto object = decoded ? object_of(*decoded) : std::nullopt;
    return object ? seconds_of(*object, "exp") : std::nullopt;
}

Error no_reply(const Error& error) {
    if (error.code == ErrorCode::cancelled) return error;
    return fail(ErrorCode::unavailable, "no access token: the identity provider did not answer");
}

Error refused(const net::HttpReply& reply) {
    const auto object = object_of(reply.body);
    const std::string found = object ? text_of(*object, "error") : std::string();
    const bool known = std::find(kErrors.begin(), kErrors.end(), found) != kErrors.end();
    return fail(ErrorCode::unavailable, fmt::format("no access token: the identity provider answered {}{}{}",
                                                    reply.status, known ? " " : "", known ? found : ""));
}

}  // namespace

Result<TokenEndpoint::Kept> TokenEndpoint::request(std::int64_t now) {
    ISO_TRY(const Form form, grant_(now));
    net::HttpRequest request{.method = "POST", .url = uri_};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
    request.body = encoded(form);
    request.timeout = std::chrono::seconds(30);
    const auto reply = sender_.send(request);
    if (!reply) return no_reply(reply.error());
    if (reply->status != 200) return refused(*reply);
    const auto object = object_of(reply->body);
    Kept kept;
    if (object) kept.token = text_of(*object, "access_token");
    if (!is_token(kept.token))
        return fail(ErrorCode::unavailable, "no access token: the identity provider's answer holds none");
    const auto end = end_of_jwt(kept.token);
    const auto life =
        end ? std::optional(std::max(*end - now, std::int64_t{0})) : seconds_of(*object, "expires_in");
    kept.end = life ? now + *life : kNever;
    kept.renew = life ? kept.end - std::min(kRenewAhead, *life / 2) : kNever;
    return kept;
}

Result<std::string> TokenEndpoint::token() {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = clock_();
    if (!kept_.token.empty() && now < kept_.renew) return kept_.token;
    auto made = request(now);
    if (made) {
        kept_ = std::move(*made);
        return kept_.token;
    }
    const bool serves = !kept_.token.empty() && now < kept_.end && made.error().code != ErrorCode::cancelled;
    if (!serves) return std::move(made).error();
    kept_.renew = std::min(now + kRetry, kept_.end);
    return kept_.token;
}

void TokenEndpoint::discard(const std::string& token) {
    const std::lock_guard lock(mutex_);
    if (kept_.token == token) kept_ = {};
}

}  // namespace isocenter::fhir
