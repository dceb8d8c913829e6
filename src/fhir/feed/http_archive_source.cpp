#include "fhir/feed/http_archive_source.h"

#include <fmt/format.h>

#include "base/percent.h"
#include "fhir/feed/archive_failure.h"
#include "fhir/feed/deep_json.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 200;

/// `/v1`, or the root of the partition below it.
std::string prefix_of(const std::string& partition) {
    if (partition == kDefaultPartition) return "/v1";
    return "/v1/partitions/" + percent_encode(partition);
}

/// `/v1/studies/UID/metadata`
std::string metadata_of(const Key& key) {
    return prefix_of(key.partition) + "/studies/" + percent_encode(key.study_uid) + "/metadata";
}

}  // namespace

Attempt<std::optional<StudyContent>> HttpArchiveSource::get(const std::string& path_and_query,
                                                            const std::string& unless) {
    net::HttpRequest request{.url = options_.root + path_and_query};
    request.headers = {{"Accept", "application/dicom+json"}};
    if (!unless.empty()) request.headers.emplace_back("If-None-Match", unless);
    request.timeout = options_.timeout;
    const auto reply = sender_.send(request);
    if (!reply) return failed(failure_of_archive(reply.error()));
    StudyContent content{{}, std::string(reply->header("etag"))};
    std::vector<json::object>& data_sets = content.instances;
    const unsigned status = reply->status;
    if (status == 304 && !unless.empty()) return std::optional<StudyContent>();
    if (status == 204 || status == 404 || status == 410) return std::optional<StudyContent>(StudyContent{});
    if (status != 200) return failed(failure_of_archive(status));
    boost::system::error_code error;
    json::value document = parse_deep(reply->body, error);
    if (error || !document.is_array())
        return failed(FailureKind::archive_transient, "the DICOM server's answer is no DICOM JSON", status);
    for (json::value& member : document.get_array()) {
        if (member.is_object()) data_sets.push_back(std::move(member.get_object()));
    }
    return std::optional<StudyContent>(std::move(content));
}

Attempt<StudyContent> HttpArchiveSource::read_study(const Key& key) {
    FHIR_TRY(std::optional<StudyContent> content, get(metadata_of(key)));
    return *std::move(content);
}

Attempt<std::optional<StudyContent>> HttpArchiveSource::read_if_changed(const Key& key,
                                                                        const std::string& version) {
    return get(metadata_of(key), version);
}

Attempt<std::vector<json::object>> HttpArchiveSource::studies_of_patient(const std::string& partition,
                                                                         const std::string& patient_id) {
    std::vector<json::object> studies;
    while (true) {
        FHIR_TRY(std::optional<StudyContent> page,
                 get(fmt::format("{}/studies?PatientID={}&includefield=all&limit={}&offset={}",
                                 prefix_of(partition), percent_encode(patient_id), kPage, studies.size())));
        const std::size_t count = page->instances.size();
        for (json::object& study : page->instances)
            studies.push_back(std::move(study));
        if (count < kPage) return studies;
    }
}

Attempt<std::vector<Key>> HttpArchiveSource::page(const std::string& partition, const StudyFilter& filter,
                                                  std::size_t offset) {
    std::string query;
    for (const auto& [name, value] :
         {std::pair("StudyDate", &filter.date), std::pair("ModalitiesInStudy", &filter.modality),
          std::pair("PatientID", &filter.patient_id)}) {
        if (!value->empty()) query += fmt::format("{}={}&", name, percent_encode(*value));
    }
    FHIR_TRY(std::optional<StudyContent> rows,
             get(fmt::format("{}/studies?{}limit={}&offset={}", prefix_of(partition), query, kPage, offset)));
    std::vector<Key> keys;
    for (const json::object& row : rows->instances) {
        std::string uid = first_text(row, "0020000D");
        if (!uid.empty()) keys.push_back({partition, std::move(uid)});
    }
    return keys;
}

}  // namespace isocenter::fhir
