#pragma once

#include <atomic>
#include <cstdint>

#include "net/http_client.h"

namespace isocenter::fhir::cohort {

/// Counts the requests it passes on. Thread-safe when what it passes them to is.
class CountingSender : public net::HttpSender {
  public:
    explicit CountingSender(net::HttpSender& sender) : sender_(sender) {}
    Result<net::HttpReply> send(const net::HttpRequest& request) override {
        ++requests_;
        return sender_.send(request);
    }
    std::uint64_t requests() const { return requests_; }

  private:
    net::HttpSender& sender_;
    std::atomic<std::uint64_t> requests_{0};
};

}  // namespace isocenter::fhir::cohort
