#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/import.h"
#include "net/http_client.h"

namespace isocenter::app {
namespace {

class FileSource final : public ByteSource {
  public:
    explicit FileSource(int descriptor) : descriptor_(descriptor) {}
    ~FileSource() override { close(descriptor_); }
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;
    Result<std::size_t> read(MutableBytes into) override {
        const ssize_t n = ::read(descriptor_, into.data(), into.size());
        if (n < 0) return fail(ErrorCode::unavailable, "the file cannot be read");
        return static_cast<std::size_t>(n);
    }

  private:
    int descriptor_;
};

/// The first FailureReason of a Store Instances Response; nothing when the body is something else.
std::string failure_reason(const std::string& body) {
    boost::system::error_code error;
    const boost::json::value document = boost::json::parse(body, error);
    if (error) return {};
    for (const char* sequence : {"/00081198", "/0008119A"}) {
        const auto* reason =
            document.find_pointer(std::string(sequence) + "/Value/0/00081197/Value/0", error);
        if (reason != nullptr && reason->is_int64())
            return fmt::format("failure reason {:04X}H", reason->as_int64());
    }
    const auto* detail = document.find_pointer("/detail", error);
    return detail != nullptr && detail->is_string() ? std::string(detail->as_string().c_str())
                                                    : std::string{};
}

class ServerTarget final : public ImportTarget {
  public:
    explicit ServerTarget(std::string url) : url_(std::move(url)) {}

    ImportResult store(const std::filesystem::path& file, std::uint64_t bytes) override {
        const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) return {ImportResult::Kind::refused, "the file cannot be opened"};
        FileSource source(descriptor);
        const auto reply =
            client_.post(url_, {{"Content-Type", "application/dicom"}, {"Accept", "application/dicom+json"}},
                         source, bytes);
        if (!reply) return {ImportResult::Kind::unreachable, reply.error().message};
        if (reply->status == 200) return {ImportResult::Kind::stored, {}};
        if (reply->status == 503 || reply->status == 429)
            return {ImportResult::Kind::unreachable, "the server is overloaded"};
        const std::string reason = failure_reason(reply->body);
        if (reply->status == 202 && reason.empty()) return {ImportResult::Kind::stored, {}};
        return {ImportResult::Kind::refused,
                fmt::format("HTTP {}{}{}", reply->status, reason.empty() ? "" : ": ", reason)};
    }

  private:
    std::string url_;
    net::HttpClient client_;
};

}  // namespace

ImportTargetFactory make_server_target(std::string base) {
    while (!base.empty() && base.back() == '/')
        base.pop_back();
    const std::size_t authority = base.find("://");
    const bool has_path =
        authority != std::string::npos && base.find('/', authority + 3) != std::string::npos;
    std::string url = base + (has_path ? "/studies" : "/dicom-web/studies");
    return [url = std::move(url)]() -> Result<std::unique_ptr<ImportTarget>> {
        return std::make_unique<ServerTarget>(url);
    };
}

}  // namespace isocenter::app
