#include "http/ascii.h"
#include "http/content_coding.h"
#include "http/media_type.h"
#include "http/middleware/middleware.h"

namespace isocenter::http {
namespace {

constexpr std::size_t kLeastBytes = 1024;

bool is_text(std::string_view content_type) {
    const auto type = parse_media_type(content_type);
    if (!type) return false;
    const std::string_view subtype(type->subtype);
    return type->type == "text" || subtype == "json" || subtype == "xml" || subtype.ends_with("+json") ||
           subtype.ends_with("+xml") || subtype == "yaml" || subtype == "javascript";
}

class Compression final : public Middleware {
  public:
    void after(const Call& call, Response& response) override {
        Headers& headers = response.headers;
        const bool whole = response.status == 200 || response.status == 201 || response.status == 202 ||
                           response.status >= 400;
        if (!whole || headers.has("Content-Encoding") || !is_text(headers.get("Content-Type"))) return;
        const auto* text = std::get_if<std::string>(&response.body);
        auto* source = std::get_if<std::unique_ptr<ByteSource>>(&response.body);
        if (text != nullptr ? text->size() < kLeastBytes : source == nullptr || *source == nullptr) return;
        const std::string vary = headers.joined("Vary");
        if (!list_has(vary, "Accept-Encoding"))
            headers.set("Vary", vary.empty() ? "Accept-Encoding" : vary + ", Accept-Encoding");
        const auto coding = choose_coding(call.request.headers.joined("Accept-Encoding"));
        if (!coding) return;
        headers.set("Content-Encoding", std::string(to_string(*coding)));
        // The same tag must not name two different sequences of bytes (RFC 9110 8.8.1).
        const std::string_view etag = headers.get("ETag");
        if (etag.starts_with('"')) headers.set("ETag", "W/" + std::string(etag));
        if (text != nullptr) {
            std::string packed;
            make_encoder(*coding)->encode(as_bytes(*text), true, packed);
            response.body = std::move(packed);
        } else {
            response.body = make_compressing_source(*coding, std::move(*source));
            response.content_length.reset();
        }
    }
};

}  // namespace

std::unique_ptr<Middleware> make_compression() {
    return std::make_unique<Compression>();
}

}  // namespace isocenter::http
