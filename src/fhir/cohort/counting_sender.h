#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <utility>

#include "net/http_client.h"

namespace isocenter::fhir::cohort {

/// Counts the requests it passes on, none of them once `stop` was requested (`cancelled`). Thread-safe when
/// what it passes them to is.
class CountingSender : public net::HttpSender {
  public:
    explicit CountingSender(net::HttpSender& sender, std::stop_token stop = {})
        : sender_(sender), stop_(std::move(stop)) {}
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        if (stop_.stop_requested()) return fail(ErrorCode::cancelled, "nobody waits for the answer");
        ++requests_;
        return sender_.send(request);
    }
    std::uint64_t requests() const { return requests_; }

  private:
    net::HttpSender& sender_;
    const std::stop_token stop_;
    std::atomic<std::uint64_t> requests_{0};
};

}  // namespace isocenter::fhir::cohort
