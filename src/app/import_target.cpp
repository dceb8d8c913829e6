#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "app/import.h"
#include "app/import_walk.h"
#include "net/http_client.h"
#include "net/tls.h"

namespace isocenter::app {
namespace {

/// What the body of an answer says of a failure.
struct ToldFailure {
    std::optional<std::int64_t> reason;  ///< the first FailureReason of a Store Instances Response
    std::string detail;                  ///< of a problem description (RFC 9457)

    std::string text() const { return reason ? fmt::format("failure reason {:04X}H", *reason) : detail; }
};

ToldFailure told_failure(const std::string& body) {
    ToldFailure told;
    boost::system::error_code error;
    const boost::json::value document = boost::json::parse(body, error);
    if (error) return told;
    for (const char* sequence : {"/00081198", "/0008119A"}) {
        const auto* reason =
            document.find_pointer(std::string(sequence) + "/Value/0/00081197/Value/0", error);
        if (reason == nullptr || !reason->is_int64()) continue;
        told.reason = reason->as_int64();
        return told;
    }
    const auto* detail = document.find_pointer("/detail", error);
    if (detail != nullptr && detail->is_string()) told.detail = detail->as_string().c_str();
    return told;
}

/// The text of a Warning header `299 <service>: <text>`, which says why the file was refused.
std::string warning(std::string_view header) {
    constexpr std::size_t kShown = 300;
    const std::size_t colon = header.find(": ");
    if (colon != std::string_view::npos) header.remove_prefix(colon + 2);
    return std::string(header.substr(0, kShown));
}

/// Whether the answer is one of /v1 or /v2, which accept new instances only and name no Location.
bool is_of_versioned_face(const net::HttpReply& reply) {
    return !reply.header("api-supported-versions").empty();
}

/// Whether the file was refused because an instance of its UIDs is stored; those faces compare nothing else.
bool says_already_stored(const net::HttpReply& reply, const ToldFailure& told) {
    constexpr std::int64_t kAlreadyStored = 0xB00E;
    return reply.status == 409 && told.reason == kAlreadyStored && is_of_versioned_face(reply);
}

/// Location says that something new was created (PS3.18 10.5.3).
ImportResult::Kind accepted(const net::HttpReply& reply) {
    const bool is_new = is_of_versioned_face(reply) || !reply.header("location").empty();
    return is_new ? ImportResult::Kind::stored : ImportResult::Kind::already_there;
}

class ServerTarget final : public ImportTarget {
  public:
    ServerTarget(std::string url, const std::string& ca_file)
        : url_(std::move(url)), client_(options_of(ca_file)) {}

    ImportResult store(const std::filesystem::path& file, std::uint64_t bytes) override {
        const auto source = FileSource::open(file);
        if (!source) return {ImportResult::Kind::unreadable, source.error().message};
        const auto reply =
            client_.post(url_, {{"Content-Type", "application/dicom"}, {"Accept", "application/dicom+json"}},
                         **source, bytes);
        if (!(*source)->failure().empty()) return {ImportResult::Kind::unreadable, (*source)->failure()};
        if (!reply) return {ImportResult::Kind::unreachable, reply.error().message};
        if (reply->status == 200) return {accepted(*reply), {}};
        if (reply->status == 503 || reply->status == 429)
            return {ImportResult::Kind::unreachable, "the server is overloaded"};
        const ToldFailure told = told_failure(reply->body);
        const std::string failure = told.text();
        if (reply->status == 202 && failure.empty()) return {accepted(*reply), {}};
        if (says_already_stored(*reply, told)) return {ImportResult::Kind::already_there, {}};
        std::string reason = fmt::format("HTTP {}", reply->status);
        for (const std::string& each : {failure, warning(reply->header("warning"))})
            if (!each.empty()) reason += ": " + each;
        return {ImportResult::Kind::refused, reason};
    }

  private:
    static net::HttpClient::Options options_of(const std::string& ca_file) {
        net::HttpClient::Options options;
        options.ca_file = ca_file;
        return options;
    }

    std::string url_;
    net::HttpClient client_;
};

}  // namespace

std::string studies_address(std::string base) {
    while (!base.empty() && base.back() == '/')
        base.pop_back();
    constexpr std::string_view kStudies = "/studies";
    if (base.ends_with(kStudies)) base.resize(base.size() - kStudies.size());
    const std::size_t scheme_end = base.find("://");
    if (scheme_end == std::string::npos) return base + "/dicom-web/studies";
    const std::size_t path = base.find('/', scheme_end + 3);
    // Scheme and host are the same in either case (RFC 3986 6.2.2.1).
    std::transform(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(std::min(path, base.size())),
                   base.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return base + (path == std::string::npos ? "/dicom-web/studies" : "/studies");
}

ImportTargetFactory make_server_target(std::string studies, std::string ca_file) {
    return [url = std::move(studies), ca = std::move(ca_file)]() -> Result<std::unique_ptr<ImportTarget>> {
        if (!ca.empty()) ISO_CHECK(net::check_authorities(ca));
        return std::make_unique<ServerTarget>(url, ca);
    };
}

}  // namespace isocenter::app
