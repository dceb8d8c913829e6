#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "fhir/engine/archive_source.h"
#include "fhir/feed/partition_paths.h"
#include "fhir/feed/study_list.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// The archive of any server that has the `/v1` resources. That a study is absent is believed when metadata
/// and search agree on it. One that is too large for a single answer is read series by series; a series that
/// is, too, is `unusable`.
class HttpArchiveSource : public ArchiveSource, public StudyList {
  public:
    struct Options {
        std::string root{};  ///< as service_root() gives it
        std::chrono::milliseconds timeout{120'000};
    };
    HttpArchiveSource(net::HttpSender& sender, Options options)
        : sender_(sender),
          options_(std::move(options)),
          partitions_(sender, {.root = options_.root + "/v1", .timeout = options_.timeout}) {}

    Attempt<StudyContent> read_study(const Key& key) override;
    Attempt<std::optional<StudyContent>> read_if_changed(const Key& key, const std::string& version) override;
    Attempt<std::vector<boost::json::object>> studies_of_patient(const std::string& partition,
                                                                 const std::string& patient_id) override;
    Attempt<std::vector<Key>> page(const std::string& partition, const StudyFilter& filter,
                                   std::size_t offset) override;

  private:
    /// Of `partition`, what lies at `path_and_query` below its root. `unless`: an ETag.
    Attempt<net::HttpReply> get(const std::string& partition, const std::string& path_and_query,
                                const std::string& unless = {});
    /// Nothing when the study still has the ETag `unless`.
    Attempt<std::optional<StudyContent>> read(const Key& key, const std::string& unless = {});
    /// A failure unless the search too says that the study, whose metadata was answered `status`, is absent.
    Attempt<void> confirm_absence(const Key& key, unsigned status);
    /// No rows where the archive has no such partition. Only 200 and 204 are answers.
    Attempt<std::vector<boost::json::object>> search(const std::string& partition,
                                                     const std::string& path_and_query);
    /// All rows of a search, page by page, each once by the UID in `uid_tag`. `path_and_query` ends with '?'
    /// or
    /// '&'.
    Attempt<std::vector<boost::json::object>> rows_of(const std::string& partition,
                                                      const std::string& path_and_query,
                                                      const std::string& uid_tag);
    /// The study series by series.
    Attempt<StudyContent> read_in_parts(const Key& key);

    net::HttpSender& sender_;
    const Options options_;
    PartitionPaths partitions_;
};

}  // namespace isocenter::fhir
