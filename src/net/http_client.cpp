#include "net/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
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
    bool too_large = false;
    HttpHeaders headers;
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
    download.too_large = download.text.size() + size * count > download.limit;
    if (download.too_large) return 0;
    download.text.append(from, size * count);
    return size * count;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// One line of the reply's head; a status line begins the head of another reply (after 100 Continue).
std::size_t take_header(char* from, std::size_t size, std::size_t count, void* user) {
    auto& headers = static_cast<Download*>(user)->headers;
    const std::string_view line(from, size * count);
    const std::size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) {
        headers.clear();
    } else if (colon != std::string_view::npos) {
        std::string name(trim(line.substr(0, colon)));
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
        headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
    }
    return size * count;
}

int check_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
}

Error failure(CURLcode code, const Download& download) {
    if (download.too_large) return fail(ErrorCode::too_large, "the reply is larger than allowed");
    if (code == CURLE_ABORTED_BY_CALLBACK) return fail(ErrorCode::cancelled, "stopped");
    const ErrorCode mapped = code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::timed_out : ErrorCode::unavailable;
    return fail(mapped, curl_easy_strerror(code));
}

}  // namespace

std::optional<std::int64_t> parse_http_date(const std::string& text) {
    const time_t seconds = curl_getdate(text.c_str(), nullptr);
    if (seconds == -1) return std::nullopt;
    return static_cast<std::int64_t>(seconds);
}

std::string_view HttpReply::header(std::string_view name) const {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](const auto& field) { return field.first == name; });
    return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

struct HttpClient::State {
    explicit State(Options chosen) : options(std::move(chosen)), handle(curl_easy_init()) {}
    ~State() { curl_easy_cleanup(handle); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Result<HttpReply> perform(const std::string& url, const Headers& headers) {
        curl_slist* list = curl_slist_append(nullptr, "Expect:");
        for (const auto& [name, value] : headers)
            list = curl_slist_append(list, fmt::format("{}: {}", name, value).c_str());
        Download download{{}, options.max_reply_bytes, false, {}};
        curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &write_body);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &download);
        curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &take_header);
        curl_easy_setopt(handle, CURLOPT_HEADERDATA, &download);
        set_limits();
        const CURLcode code = curl_easy_perform(handle);
        curl_slist_free_all(list);
        if (code != CURLE_OK) return failure(code, download);
        return reply_of(std::move(download));
    }

    void set_limits() {
        curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                         static_cast<long>(options.connect_timeout.count()));
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
        if (!options.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
        if (!options.stop.stop_possible()) return;
        curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &check_stop);
        curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &options.stop);
        curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    }

    HttpReply reply_of(Download download) {
        HttpReply reply;
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        reply.status = static_cast<unsigned>(status);
        reply.headers = std::move(download.headers);
        reply.content_type = std::string(reply.header("content-type"));
        reply.body = std::move(download.text);
        return reply;
    }

    Options options;
    CURL* handle;
};

HttpClient::HttpClient(Options options) {
    initialise_library_once();
    state_ = std::make_unique<State>(std::move(options));
}
HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::send(const HttpRequest& request) {
    curl_easy_reset(state_->handle);
    const bool is_get = request.method == "GET" && request.body.empty();
    if (!is_get) {
        curl_easy_setopt(state_->handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        // Without a body DELETE must not announce one.
        if (!request.body.empty() || request.method != "DELETE") {
            curl_easy_setopt(state_->handle, CURLOPT_POSTFIELDS, request.body.data());
            curl_easy_setopt(state_->handle, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request.body.size()));
        }
    }
    if (request.direct) curl_easy_setopt(state_->handle, CURLOPT_NOPROXY, "*");
    if (request.timeout) {
        curl_easy_setopt(state_->handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout->count()));
    }
    return state_->perform(request.url, request.headers);
}

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

struct HttpClientPool::State {
    HttpClient::Options options;
    std::mutex mutex;
    std::vector<std::unique_ptr<HttpClient>> free;

    std::unique_ptr<HttpClient> take() {
        const std::lock_guard lock(mutex);
        if (free.empty()) return std::make_unique<HttpClient>(options);
        std::unique_ptr<HttpClient> client = std::move(free.back());
        free.pop_back();
        return client;
    }
    void give_back(std::unique_ptr<HttpClient> client) {
        const std::lock_guard lock(mutex);
        free.push_back(std::move(client));
    }
};

HttpClientPool::HttpClientPool(HttpClient::Options options) : state_(std::make_unique<State>()) {
    state_->options = std::move(options);
}
HttpClientPool::~HttpClientPool() = default;

Result<HttpReply> HttpClientPool::send(const HttpRequest& request) {
    std::unique_ptr<HttpClient> client = state_->take();
    auto reply = client->send(request);
    state_->give_back(std::move(client));
    return reply;
}

}  // namespace isocenter::net
