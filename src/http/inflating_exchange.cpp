#include "http/inflating_exchange.h"

#include "http/content_coding.h"

namespace isocenter::http {
namespace {

class InflatingExchange final : public Exchange, private ByteSink {
  public:
    InflatingExchange(std::unique_ptr<Exchange> inner, std::uint64_t max_bytes)
        : inner_(std::move(inner)), max_bytes_(max_bytes) {}

    Status on_body(ByteView bytes) override { return gunzip_.write(bytes, *this); }
    Status on_body_end() override {
        if (gunzip_.complete()) return inner_->on_body_end();
        // Without this a cut stream would pass for a shorter body.
        cut_ = inner_->on_body_cut();
        return fail(ErrorCode::invalid_request, "The gzip request body breaks off.");
    }
    std::unique_ptr<Response> on_body_cut() override { return inner_->on_body_cut(); }
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
        return inner_->on_body(bytes);
    }

    std::unique_ptr<Exchange> inner_;
    const std::uint64_t max_bytes_;
    std::uint64_t seen_ = 0;
    Gunzip gunzip_;
    std::unique_ptr<Response> cut_;
};

}  // namespace

std::unique_ptr<Exchange> make_inflating_exchange(std::unique_ptr<Exchange> inner, std::uint64_t max_bytes) {
    return std::make_unique<InflatingExchange>(std::move(inner), max_bytes);
}

}  // namespace isocenter::http
