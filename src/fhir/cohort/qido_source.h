#pragma once

#include <chrono>
#include <string>

#include "fhir/cohort/study_source.h"
#include "fhir/feed/partition_paths.h"
#include "net/http_client.h"

namespace isocenter::fhir::cohort {

/// The query string of a search, without `limit` and `offset`.
std::string qido_query(const StudyQuery& query);

/// The studies of any DICOMweb server, by QIDO-RS.
class QidoSource : public StudySource {
  public:
    struct Options {
        std::string endpoint{};  ///< DICOMweb root (https://pacs.example/v2) without '/' at the end
        std::chrono::milliseconds timeout{120'000};
    };
    /// `partitions`: those of the same root; outlives the source.
    QidoSource(net::HttpSender& sender, Options options, PartitionPaths& partitions);
    Attempt<StudyRows> find(const StudyQuery& query) override;

  private:
    Attempt<std::string> url_of(const StudyQuery& query);
    Attempt<std::vector<boost::json::object>> page(const std::string& url, const StudyQuery& query);

    net::HttpSender& sender_;
    const Options options_;
    PartitionPaths& partitions_;
};

}  // namespace isocenter::fhir::cohort
