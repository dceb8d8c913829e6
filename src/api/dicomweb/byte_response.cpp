#include "api/dicomweb/byte_response.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

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

using Sources = Supply<std::unique_ptr<ByteSource>>;

class ConcatenatedSource : public http::MixedSource {
  public:
    explicit ConcatenatedSource(std::unique_ptr<Sources> sources) : sources_(std::move(sources)) {}

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
        ISO_TRY(auto source, sources_->next());
        if (!source) return false;
        current_ = *std::move(source);
        return true;
    }

    std::unique_ptr<Sources> sources_;
    std::unique_ptr<ByteSource> current_;
};

class OpenedSources final : public Sources {
  public:
    explicit OpenedSources(std::vector<SourceOpener> openers) : openers_(std::move(openers)) {}
    Result<std::optional<std::unique_ptr<ByteSource>>> next() override {
        if (next_ == openers_.size()) return std::optional<std::unique_ptr<ByteSource>>();
        ISO_TRY(auto source, openers_[next_]());
        openers_[next_++] = nullptr;
        return std::optional(std::move(source));
    }

  private:
    std::vector<SourceOpener> openers_;
    std::size_t next_ = 0;
};

/// A line of a part's head, in which no value ends the line.
void append_field(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ");
    std::ranges::transform(value, std::back_inserter(head), [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return code < 0x20 || code == 0x7F ? ' ' : c;
    });
    head += "\r\n";
}

std::string part_head(const PartPlan& part, std::string_view boundary, bool first) {
    std::string head = (first ? "--" : "\r\n--") + std::string(boundary) + "\r\n";
    append_field(head, "Content-Type", part.content_type);
    if (!part.content_location.empty()) append_field(head, "Content-Location", part.content_location);
    if (part.length && !part.content_location.empty())
        append_field(head, "Content-Length", std::to_string(*part.length));
    if (!part.content_range.empty()) append_field(head, "Content-Range", part.content_range);
    return head + "\r\n";
}

http::Response unsatisfiable(const Profile& profile, const http::Request& request, std::uint64_t length) {
    http::Response refused =
        error_response(profile, request,
                       fail(ErrorCode::out_of_range, "The range begins past the end of the value."), 416, {});
    refused.headers.set("Content-Range", http::unsatisfied_content_range(length));
    return refused;
}

std::string part_tail(std::string_view boundary, bool first) {
    return (first ? "--" : "\r\n--") + std::string(boundary) + "--\r\n";
}

/// The parts of a multipart body with what stands around them.
class FramedParts final : public Sources {
  public:
    FramedParts(std::string_view boundary, std::unique_ptr<Supply<PartPlan>> parts)
        : boundary_(boundary), parts_(std::move(parts)) {}

    /// Opens the next part; none is left open at the end.
    Status open_part() {
        ISO_TRY(part_, parts_->next());
        if (part_) {
            ISO_TRY(opened_, part_->open());
        }
        return {};
    }
    Result<std::optional<std::unique_ptr<ByteSource>>> next() override {
        if (std::exchange(headed_, false)) return std::optional(std::move(opened_));
        if (!opened_ && !ended_) ISO_CHECK(open_part());
        if (opened_) {
            headed_ = true;
            return text(part_head(*part_, boundary_, std::exchange(first_, false)));
        }
        if (std::exchange(ended_, true)) return std::optional<std::unique_ptr<ByteSource>>();
        return text(part_tail(boundary_, first_));
    }

  private:
    static std::optional<std::unique_ptr<ByteSource>> text(std::string text) {
        return make_string_source(std::move(text));
    }

    std::string boundary_;
    std::unique_ptr<Supply<PartPlan>> parts_;
    std::optional<PartPlan> part_;
    std::unique_ptr<ByteSource> opened_;
    bool headed_ = false;  ///< the head of the open part was given
    bool first_ = true;
    bool ended_ = false;
};

}  // namespace

void MultipartLength::add(const PartPlan& part) {
    const std::uint64_t head = part_head(part, boundary_, std::exchange(first_, false)).size();
    if (length_ && part.length)
        *length_ += head + *part.length;
    else
        length_.reset();
}

std::optional<std::uint64_t> MultipartLength::total() const {
    if (!length_) return std::nullopt;
    return *length_ + part_tail(boundary_, first_).size();
}

Result<http::Response> multipart_response(std::string_view root_type, std::string_view boundary,
                                          std::unique_ptr<Supply<PartPlan>> parts,
                                          std::optional<std::uint64_t> length) {
    auto framed = std::make_unique<FramedParts>(boundary, std::move(parts));
    ISO_CHECK(framed->open_part());
    http::Response response;
    response.headers.set("Content-Type", "multipart/related; type=\"" + std::string(root_type) +
                                             "\"; boundary=" + std::string(boundary));
    response.body = std::make_unique<ConcatenatedSource>(std::move(framed));
    response.content_length = length;
    return response;
}

Result<http::Response> multipart_response(std::string_view root_type, std::string_view boundary,
                                          std::vector<PartPlan> parts) {
    MultipartLength length(boundary.size());
    for (const PartPlan& part : parts)
        length.add(part);
    return multipart_response(root_type, boundary, std::make_unique<ListSupply<PartPlan>>(std::move(parts)),
                              length.total());
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
    return std::make_unique<ConcatenatedSource>(std::make_unique<OpenedSources>(std::move(openers)));
}

}  // namespace isocenter::api
