#pragma once

#include <chrono>
#include <string>

#include "fhir/cohort/study_source.h"
#include "net/http_client.h"

namespace isocenter::fhir::cohort {

/// The query string of a search, without `limit` and `offset`.
std::string qido_query(const StudyQuery& query);

/// The studies of any DICOMweb server, by QIDO-RS.
class QidoSource : public StudySource {
  public:
    struct Options {
        std::string endpoint{};  ///< DICOMweb root (https://pacs.example/v2), with or without '/' at the end
        std::chrono::milliseconds timeout{120'000};
    };
    QidoSource(net::HttpSender& sender, Options options);
    Attempt<StudyRows> find(const StudyQuery& query) override;

  private:
    std::string url_of(const StudyQuery& query) const;
    Attempt<std::vector<boost::json::object>> page(const std::string& url, const StudyQuery& query);

    net::HttpSender& sender_;
    Options options_;
};

}  // namespace isocenter::fhir::cohort
