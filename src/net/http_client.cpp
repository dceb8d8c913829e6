#include "net/http_client.h"

#include <curl/curl.h>

#include <mutex>

namespace isocenter::net {
namespace {

void initialise_library_once() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct Upload {
    ByteSource& source;
    bool failed = false;
};

struct Download {
    std::string text;
    std::uint64_t limit;
};

std::size_t read_body(char* into, std::size_t size, std::size_t count, void* user) {
    auto& upload = *static_cast<Upload*>(user);
    const auto read = upload.source.read({reinterpret_cast<std::byte*>(into), size * count});
    if (read.ok()) return *read;
    upload.failed = true;
    return CURL_READFUNC_ABORT;
}

std::size_t write_body(char* from, std::size_t size, std::size_t count, void* user) {
    auto& download = *static_cast<Download*>(user);
    if (download.text.size() + size * count > download.limit) return 0;
    download.text.append(from, size * count);
    return size * count;
}

}  // namespace

struct HttpClient::State {
    explicit State(Options chosen) : options(chosen), handle(curl_easy_init()) {}
    ~State() { curl_easy_cleanup(handle); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Result<HttpReply> perform(const std::string& url, const Headers& headers) {
        curl_slist* list = curl_slist_append(nullptr, "Expect:");
        for (const auto& [name, value] : headers)
            list = curl_slist_append(list, (name + ": " + value).c_str());
        Download download{{}, options.max_reply_bytes};
        curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &write_body);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &download);
        curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                         static_cast<long>(options.connect_timeout.count()));
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
        const CURLcode code = curl_easy_perform(handle);
        curl_slist_free_all(list);
        if (code != CURLE_OK) return fail(ErrorCode::unavailable, curl_easy_strerror(code));
        return reply_of(std::move(download.text));
    }

    HttpReply reply_of(std::string body) {
        HttpReply reply;
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        reply.status = static_cast<unsigned>(status);
        const char* type = nullptr;
        curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
        if (type != nullptr) reply.content_type = type;
        reply.body = std::move(body);
        return reply;
    }

    Options options;
    CURL* handle;
};

HttpClient::HttpClient(Options options) {
    initialise_library_once();
    state_ = std::make_unique<State>(options);
}
HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::post(const std::string& url, const Headers& headers, ByteSource& body,
                                   std::uint64_t body_bytes) {
    Upload upload{body};
    curl_easy_reset(state_->handle);
    curl_easy_setopt(state_->handle, CURLOPT_POST, 1L);
    curl_easy_setopt(state_->handle, CURLOPT_READFUNCTION, &read_body);
    curl_easy_setopt(state_->handle, CURLOPT_READDATA, &upload);
    curl_easy_setopt(state_->handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_bytes));
    auto reply = state_->perform(url, headers);
    if (upload.failed) return fail(ErrorCode::unavailable, "the body could not be read");
    return reply;
}

Result<HttpReply> HttpClient::get(const std::string& url, const Headers& headers) {
    curl_easy_reset(state_->handle);
    return state_->perform(url, headers);
}

}  // namespace isocenter::net
