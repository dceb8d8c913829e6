#include "http/inflating_exchange.h"

#include "http/content_coding.h"

namespace isocenter::http {
namespace {

class InflatingExchange final : public Exchange, private ByteSink {
  public:
    InflatingExchange(std::unique_ptr<Exchange> inner, std::uint64_t max_bytes)
        : inner_(std::move(inner)), max_bytes_(max_bytes) {}

    Status on_body(ByteView bytes) override {
        Status status = gunzip_.write(bytes, *this);
        if (!status && !inner_failed_) cut_ = inner_->on_body_cut(status.error());
        return status;
    }
    Status on_body_end() override {
        if (gunzip_.complete()) return inner_->on_body_end();
        // Without this a cut stream would pass for a shorter body.
        const Error why = fail(ErrorCode::invalid_request, "The gzip request body breaks off.");
        cut_ = inner_->on_body_cut(why);
        return why;
    }
    std::unique_ptr<Response> on_body_cut(const Error& why) override { return inner_->on_body_cut(why); }
    Response finish() override { return inner_->finish(); }
    std::optional<WaitFor> wait_before_finish() override { return inner_->wait_before_finish(); }
    std::unique_ptr<Response> early_response() override {
        return cut_ ? std::move(cut_) : inner_->early_response();
    }

  private:
    Status write(ByteView bytes) override {
        seen_ += bytes.size();
        if (max_bytes_ != 0 && seen_ > max_bytes_)
            return fail(ErrorCode::too_large, "The request body is too large.");
        Status status = inner_->on_body(bytes);
        inner_failed_ = !status;
        return status;
    }

    std::unique_ptr<Exchange> inner_;
    const std::uint64_t max_bytes_;
    std::uint64_t seen_ = 0;
    bool inner_failed_ = false;
    Gunzip gunzip_;
    std::unique_ptr<Response> cut_;
};

}  // namespace

std::unique_ptr<Exchange> make_inflating_exchange(std::unique_ptr<Exchange> inner, std::uint64_t max_bytes) {
    return std::make_unique<InflatingExchange>(std::move(inner), max_bytes);
}

}  // namespace isocenter::http
