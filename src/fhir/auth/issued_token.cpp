#include "fhir/auth/issued_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "dicom/base64.h"
#include "fhir/auth/token_source.h"
#include "fhir/json_members.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

/// RFC 6749 section 5.2.
constexpr std::array<std::string_view, 6> kErrors = {"invalid_request",        "invalid_client",
                                                     "invalid_grant",          "unauthorized_client",
                                                     "unsupported_grant_type", "invalid_scope"};

std::optional<json::object> object_of(std::string_view text) {
    boost::system::error_code error;
    json::value document = json::parse(text, error);
    if (error || !document.is_object()) return std::nullopt;
    return std::move(document.get_object());
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

std::optional<std::int64_t> life_of(const std::string& token, const json::object& reply, std::int64_t now) {
    const auto left = [now](std::int64_t end) { return std::max(end - now, std::int64_t{0}); };
    if (const auto end = end_of_jwt(token)) return left(*end);
    if (const auto life = seconds_of(reply, "expires_in")) return life;
    if (const auto end = seconds_of(reply, "expires_on")) return left(*end);
    return std::nullopt;
}

Error refused(const net::HttpReply& reply, std::string_view who) {
    const auto object = object_of(reply.body);
    const std::string found = object ? text_member(*object, "error") : std::string();
    const bool known = std::find(kErrors.begin(), kErrors.end(), found) != kErrors.end();
    return fail(ErrorCode::unavailable, fmt::format("no access token: {} answered {}{}{}", who, reply.status,
                                                    known ? " " : "", known ? found : ""));
}

}  // namespace

Result<IssuedToken> read_token_reply(const net::HttpReply& reply, std::int64_t now, std::string_view who) {
    if (reply.status != 200) return refused(reply, who);
    const auto object = object_of(reply.body);
    IssuedToken issued;
    if (object) issued.token = text_member(*object, "access_token");
    if (!is_token(issued.token))
        return fail(ErrorCode::unavailable, fmt::format("no access token: {}'s answer holds none", who));
    issued.life = life_of(issued.token, *object, now);
    return issued;
}

Error no_token_reply(const Error& error, std::string_view who) {
    if (error.code == ErrorCode::cancelled) return error;
    return fail(ErrorCode::unavailable, fmt::format("no access token: {} did not answer", who));
}

}  // namespace isocenter::fhir
