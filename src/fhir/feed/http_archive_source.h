#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fhir/engine/archive_source.h"
#include "fhir/feed/study_list.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// The archive of any server that has the `/v1` resources. Where `/v1/partitions` answers 200, the default
/// partition is in the path as well; that is asked once, and again when the server refuses a path.
class HttpArchiveSource : public ArchiveSource, public StudyList {
  public:
    struct Options {
        std::string root{};  ///< as service_root() gives it
        std::chrono::milliseconds timeout{120'000};
    };
    HttpArchiveSource(net::HttpSender& sender, Options options)
        : sender_(sender), options_(std::move(options)) {}

    Attempt<StudyContent> read_study(const Key& key) override;
    Attempt<std::optional<StudyContent>> read_if_changed(const Key& key, const std::string& version) override;
    Attempt<std::vector<boost::json::object>> studies_of_patient(const std::string& partition,
                                                                 const std::string& patient_id) override;
    Attempt<std::vector<Key>> page(const std::string& partition, const StudyFilter& filter,
                                   std::size_t offset) override;

  private:
    /// Of `partition`, what lies at `path_and_query` below its root. `unless`: an ETag; nothing when the
    /// resource still has it.
    Attempt<std::optional<StudyContent>> get(const std::string& partition, const std::string& path_and_query,
                                             const std::string& unless = {});
    /// No rows where the archive has no such partition.
    Attempt<std::vector<boost::json::object>> search_studies(const std::string& partition,
                                                             const std::string& query);
    /// None where the server keeps nothing apart.
    Attempt<std::set<std::string>> partitions();
    Attempt<std::string> root_of(const std::string& partition);

    net::HttpSender& sender_;
    const Options options_;
    std::mutex mutex_;
    std::optional<bool> partitioned_;  ///< whether the server has partitions; nothing: to be asked
};

}  // namespace isocenter::fhir
