// Any bytes as the answers of a FHIR server: the client comes to an end with a value or a failure that can be
// told, never goes elsewhere, and takes nothing for good that has no id, version or status.
#include <array>
#include <vector>

#include "base/utf8.h"
#include "fhir/client/fhir_client.h"
#include "support.h"

namespace {

using namespace isocenter;
using namespace isocenter::fhir;
using fuzz::require;

constexpr std::string_view kBase = "https://fhir.example/fhir";
constexpr char kEndOfReply = '\x1E';
constexpr std::size_t kMostFailureBytes = 8192;

/// Gives one reply after another: a byte for the status, a line for Retry-After, the body.
class Server final : public net::HttpSender {
  public:
    explicit Server(std::string_view replies) : rest_(replies) {}

    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        require(request.url.starts_with("https://fhir.example"));
        if (rest_.empty()) return fail(ErrorCode::unavailable, "no further reply");
        constexpr std::array<unsigned, 8> kStatuses{200, 201, 400, 404, 409, 410, 412, 503};
        std::string_view reply = rest_.substr(0, rest_.find(kEndOfReply));
        rest_.remove_prefix(std::min(reply.size() + 1, rest_.size()));
        net::HttpReply made;
        made.status =
            kStatuses[reply.empty() ? 0 : static_cast<unsigned char>(reply.front()) % kStatuses.size()];
        reply.remove_prefix(std::min<std::size_t>(1, reply.size()));
        const std::size_t line = std::min(reply.find('\n'), reply.size());
        made.headers.emplace_back("retry-after", std::string(reply.substr(0, line)));
        made.body = std::string(reply.substr(std::min(line + 1, reply.size())));
        return made;
    }

  private:
    std::string_view rest_;
};

template <class T>
bool succeeded(const Attempt<T>& attempt) {
    if (attempt) return true;
    require(is_utf8(attempt.error().text) && attempt.error().text.size() <= kMostFailureBytes);
    require(!attempt.error().retry_after || attempt.error().retry_after->count() >= 0);
    return false;
}

void check_resource(const boost::json::object& resource) {
    require(resource.at("id").is_string() && resource.at("meta").at("versionId").is_string());
}

boost::json::array transaction() {
    return {
        boost::json::object{{"request", {{"method", "POST"}, {"url", "Patient"}, {"ifNoneExist", "a=b"}}}},
        boost::json::object{{"request", {{"method", "DELETE"}, {"url", "Patient/1"}}}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string replies(fuzz::text_of(data + 1, size - 1));
    Server server(replies);
    FhirClient client(server, {.base = std::string(kBase)});
    switch (data[0] % 6) {
        case 0:
            if (const auto found = client.search("Patient", "identifier=1"); succeeded(found)) {
                for (const auto& resource : *found)
                    check_resource(resource);
            }
            break;
        case 1:
            if (const auto read = client.read("Patient", "1"); succeeded(read) && *read)
                check_resource(**read);
            break;
        case 2:
            if (const auto done = client.transact(transaction()); succeeded(done)) require(done->size() == 2);
            break;
        case 3:
            succeeded(client.count("Patient", ""));
            break;
        case 4:
            if (const auto capability = client.capability(); succeeded(capability) && !capability->usable())
                require(!unusable_server(*capability).empty());
            break;
        default:
            if (const auto text = outcome_text(replies)) require(is_utf8(*text) && text->size() <= 4000);
            break;
    }
    return 0;
}
