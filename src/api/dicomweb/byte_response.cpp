#include "api/dicomweb/byte_response.h"

#include <algorithm>
#include <array>

#include "api/errors.h"
#include "http/conditional.h"
#include "http/mixed_source.h"

namespace isocenter::api {
namespace {

class SliceSource : public ByteSource {
  public:
    SliceSource(std::unique_ptr<ByteSource> inner, ByteRange range)
        : inner_(std::move(inner)), skip_(range.offset), left_(range.length) {}

    Result<std::size_t> read(MutableBytes into) override {
        std::array<std::byte, 16384> dropped{};
        while (skip_ > 0) {
            const auto want = std::min<std::uint64_t>(skip_, dropped.size());
            ISO_TRY(const std::size_t n, inner_->read(MutableBytes(dropped).first(want)));
            if (n == 0) return fail(ErrorCode::corrupt, "the object is shorter than it should be");
            skip_ -= n;
        }
        if (left_ == 0 || into.empty()) return std::size_t{0};
        ISO_TRY(const std::size_t n, inner_->read(into.first(std::min<std::uint64_t>(left_, into.size()))));
        if (n == 0) return fail(ErrorCode::corrupt, "the object is shorter than it should be");
        left_ -= n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override { return left_; }
    std::optional<FileSlice> as_file_slice() const override {
        auto whole = inner_->as_file_slice();
        if (!whole || skip_ + left_ > whole->range.length) return std::nullopt;
        whole->range = {whole->range.offset + skip_, left_};
        return whole;
    }

  private:
    std::unique_ptr<ByteSource> inner_;
    std::uint64_t skip_;
    std::uint64_t left_;
};

/// Shorter ones are copied: two calls of the kernel cost more.
constexpr std::uint64_t kLeastSlice = 16 * 1024;

class ConcatenatedSource : public http::MixedSource {
  public:
    explicit ConcatenatedSource(std::vector<SourceOpener> openers) : openers_(std::move(openers)) {}

    Result<std::size_t> read(MutableBytes into) override {
        for (;;) {
            ISO_TRY(const bool more, open_next());
            if (!more) return std::size_t{0};
            ISO_TRY(const std::size_t n, current_->read(into));
            if (n > 0 || into.empty()) return n;
            current_.reset();
        }
    }
    Result<std::optional<FileSlice>> take_slice() override {
        for (;;) {
            ISO_TRY(const bool more, open_next());
            if (!more) return std::optional<FileSlice>();
            auto slice = current_->as_file_slice();
            if (slice && slice->range.length < kLeastSlice) slice.reset();
            if (!slice && current_->remaining() != std::uint64_t{0}) return slice;
            current_.reset();
            if (slice) return slice;
        }
    }

  private:
    /// False at the end of the last one.
    Result<bool> open_next() {
        if (current_) return true;
        if (next_ == openers_.size()) return false;
        ISO_TRY(current_, openers_[next_]());
        openers_[next_++] = nullptr;
        return true;
    }

    std::vector<SourceOpener> openers_;
    std::size_t next_ = 0;
    std::unique_ptr<ByteSource> current_;
};

std::string part_head(const PartPlan& part, std::string_view boundary, bool first) {
    std::string head = (first ? "--" : "\r\n--") + std::string(boundary) + "\r\n";
    head += "Content-Type: " + part.content_type + "\r\n";
    if (!part.content_location.empty()) head += "Content-Location: " + part.content_location + "\r\n";
    if (part.length && !part.content_location.empty())
        head += "Content-Length: " + std::to_string(*part.length) + "\r\n";
    if (!part.content_range.empty()) head += "Content-Range: " + part.content_range + "\r\n";
    return head + "\r\n";
}

http::Response unsatisfiable(const Profile& profile, const http::Request& request, std::uint64_t length) {
    http::Response refused =
        error_response(profile, request,
                       fail(ErrorCode::out_of_range, "The range begins past the end of the value."), 416, {});
    refused.headers.set("Content-Range", http::unsatisfied_content_range(length));
    return refused;
}

SourceOpener text_opener(std::string text) {
    return [text = std::move(text)]() -> Result<std::unique_ptr<ByteSource>> {
        return make_string_source(text);
    };
}

}  // namespace

Result<http::Response> multipart_response(std::string_view root_type, std::string_view boundary,
                                          std::vector<PartPlan> parts) {
    std::vector<SourceOpener> openers;
    std::optional<std::uint64_t> total = 0;
    bool first = true;
    for (PartPlan& part : parts) {
        std::string head = part_head(part, boundary, first);
        if (total && part.length)
            *total += head.size() + *part.length;
        else
            total.reset();
        openers.push_back(text_opener(std::move(head)));
        if (first) {
            ISO_TRY(auto opened, part.open());
            auto shared = std::make_shared<std::unique_ptr<ByteSource>>(std::move(opened));
            openers.emplace_back(
                [shared]() -> Result<std::unique_ptr<ByteSource>> { return std::move(*shared); });
        } else {
            openers.push_back(std::move(part.open));
        }
        first = false;
    }
    std::string tail = (first ? "--" : "\r\n--") + std::string(boundary) + "--\r\n";
    if (total) *total += tail.size();
    openers.push_back(text_opener(std::move(tail)));

    http::Response response;
    response.headers.set("Content-Type", "multipart/related; type=\"" + std::string(root_type) +
                                             "\"; boundary=" + std::string(boundary));
    response.body = concatenate(std::move(openers));
    response.content_length = total;
    return response;
}

Result<http::Response> single_response(const Profile& profile, const http::Request& request,
                                       const SinglePlan& plan) {
    http::Response response;
    response.headers.set("Content-Type", plan.content_type);
    if (!plan.content_location.empty()) response.headers.set("Content-Location", plan.content_location);
    if (!plan.etag.empty()) response.headers.set("ETag", plan.etag);
    std::optional<ByteRange> range;
    if (plan.length) {
        response.headers.set("Accept-Ranges", "bytes");
        const http::RangeDecision decision = http::decide_range(request, *plan.length, plan.etag);
        if (std::holds_alternative<http::UnsatisfiableRange>(decision))
            return unsatisfiable(profile, request, *plan.length);
        if (const auto* asked = std::get_if<ByteRange>(&decision)) {
            range = *asked;
            response.status = 206;
            response.headers.set("Content-Range", http::content_range(*asked, *plan.length));
        }
        response.content_length = range ? range->length : *plan.length;
    }
    ISO_TRY(auto source, plan.open(range));
    response.body = std::move(source);
    return response;
}

Result<http::Response> single_part_response(const Profile& profile, const http::Request& request,
                                            std::string_view boundary, const SinglePlan& plan) {
    PartPlan part{plan.content_type, plan.content_location, plan.length, {}};
    std::optional<ByteRange> range;
    if (plan.length) {
        const http::RangeDecision decision = http::decide_range(request, *plan.length, plan.etag);
        if (std::holds_alternative<http::UnsatisfiableRange>(decision))
            return unsatisfiable(profile, request, *plan.length);
        if (const auto* asked = std::get_if<ByteRange>(&decision)) {
            range = *asked;
            part.length = asked->length;
            part.content_range = http::content_range(*asked, *plan.length);
        }
    }
    ISO_TRY(auto opened, plan.open(range));
    auto shared = std::make_shared<std::unique_ptr<ByteSource>>(std::move(opened));
    part.open = [shared]() -> Result<std::unique_ptr<ByteSource>> { return std::move(*shared); };
    std::vector<PartPlan> parts;
    parts.push_back(std::move(part));
    const std::string_view type = plan.content_type;
    ISO_TRY(auto response, multipart_response(type.substr(0, type.find(';')), boundary, std::move(parts)));
    if (range) response.status = 206;
    if (!plan.etag.empty()) response.headers.set("ETag", plan.etag);
    return response;
}

std::optional<http::Response> not_modified(const http::Request& request, std::string_view etag,
                                           std::string_view cache_control) {
    if (!http::if_none_match(request, etag)) return std::nullopt;
    http::Response response = http::empty_response(304);
    response.headers.set("ETag", std::string(etag));
    if (!cache_control.empty()) response.headers.set("Cache-Control", std::string(cache_control));
    return response;
}

std::unique_ptr<ByteSource> slice(std::unique_ptr<ByteSource> source, ByteRange range) {
    return std::make_unique<SliceSource>(std::move(source), range);
}

std::unique_ptr<ByteSource> concatenate(std::vector<SourceOpener> openers) {
    return std::make_unique<ConcatenatedSource>(std::move(openers));
}

}  // namespace isocenter::api
