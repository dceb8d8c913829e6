#pragma once

#include <chrono>
#include <string>

#include "fhir/feed/change_source.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// The root below which `/v1/changefeed` lies: the DICOMweb service's address without a partition, without
/// its version segment (`/v2`, `/v1.0-prerelease`, `/dicom-web`) and without '/' at the end. A path before
/// those is kept.
std::string service_root(std::string_view endpoint);

/// The feed of any server that has `/v1/changefeed`, read in windows and asked again every `poll_interval`.
/// A window that is no JSON is halved until the bad number is alone.
class HttpChangeSource : public ChangeSource {
  public:
    struct Options {
        std::string root{};  ///< as service_root() gives it
        std::chrono::milliseconds poll_interval{60'000};
        std::chrono::seconds gap_grace{60};
        std::chrono::milliseconds timeout{30'000};
    };
    HttpChangeSource(net::HttpSender& sender, Options options)
        : sender_(sender), options_(std::move(options)) {}

    Result<std::int64_t> latest() override;
    Result<FeedWindow> read(std::int64_t after) override;
    std::chrono::seconds gap_grace() const override { return options_.gap_grace; }
    void wait_for_news(std::stop_token stop, std::chrono::milliseconds longest) override;

  private:
    Result<std::string> get(const std::string& path_and_query);
    Status read_part(std::int64_t after, std::int64_t limit, FeedWindow& into);

    net::HttpSender& sender_;
    const Options options_;
};

}  // namespace isocenter::fhir
