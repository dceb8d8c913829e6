#pragma once

#include <chrono>
#include <string>

#include "fhir/engine/archive_source.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// The archive of any server that has the `/v1` resources.
class HttpArchiveSource : public ArchiveSource {
  public:
    struct Options {
        std::string root{};  ///< as service_root() gives it
        std::chrono::milliseconds timeout{120'000};
    };
    HttpArchiveSource(net::HttpSender& sender, Options options)
        : sender_(sender), options_(std::move(options)) {}

    Attempt<std::vector<boost::json::object>> read_study(const Key& key) override;
    Attempt<std::vector<boost::json::object>> studies_of_patient(const std::string& partition,
                                                                 const std::string& patient_id) override;

  private:
    Attempt<std::vector<boost::json::object>> get(const std::string& path_and_query);

    net::HttpSender& sender_;
    const Options options_;
};

}  // namespace isocenter::fhir
