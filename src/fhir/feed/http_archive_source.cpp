#include "fhir/feed/http_archive_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/percent.h"
#include "fhir/feed/archive_failure.h"
#include "fhir/feed/deep_json.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 200;

std::string metadata_of(const Key& key) {
    return "/studies/" + percent_encode(key.study_uid) + "/metadata";
}

/// What an archive says of a study that it has not.
bool is_absence(unsigned status) {
    return status == 204 || status == 404 || status == 410;
}

Failure too_large_in_parts(Failure failure) {
    if (failure.kind == FailureKind::unusable)
        failure.text = "the metadata of one series are larger than what is read at once";
    return failure;
}

Attempt<std::vector<json::object>> data_sets_of(const net::HttpReply& reply) {
    boost::system::error_code error;
    json::value document = parse_deep(reply.body, error);
    if (error || !document.is_array())
        return failed(FailureKind::archive_transient, "the DICOM server's answer is no DICOM JSON",
                      reply.status);
    std::vector<json::object> data_sets;
    for (json::value& member : document.get_array()) {
        if (member.is_object()) data_sets.push_back(std::move(member.get_object()));
    }
    return data_sets;
}

}  // namespace

Attempt<net::HttpReply> HttpArchiveSource::get(const std::string& partition,
                                               const std::string& path_and_query, const std::string& unless) {
    FHIR_TRY(const std::string path, partitions_.path_of(partition));
    net::HttpRequest request{.url = options_.root + "/v1" + path + path_and_query};
    request.headers = {{"Accept", "application/dicom+json"}};
    if (!unless.empty()) request.headers.emplace_back("If-None-Match", unless);
    request.timeout = options_.timeout;
    auto reply = sender_.send(request);
    if (!reply) return failed(failure_of_archive(reply.error()));
    return *std::move(reply);
}

Attempt<std::optional<StudyContent>> HttpArchiveSource::read(const Key& key, const std::string& unless) {
    const auto answer = get(key.partition, metadata_of(key), unless);
    if (!answer && answer.error().kind == FailureKind::unusable) {
        FHIR_TRY(StudyContent content, read_in_parts(key));
        return std::optional<StudyContent>(std::move(content));
    }
    if (!answer) return failed(answer.error());
    const net::HttpReply& reply = *answer;
    const unsigned status = reply.status;
    if (status == 304 && !unless.empty()) return std::optional<StudyContent>();
    if (is_absence(status)) {
        if (const auto absent = confirm_absence(key, status); !absent) return failed(absent.error());
        return std::optional<StudyContent>(StudyContent{});
    }
    if (status == 400) partitions_.forget();
    if (status != 200) return failed(failure_of_archive(status));
    FHIR_TRY(std::vector<json::object> instances, data_sets_of(reply));
    return std::optional<StudyContent>(StudyContent{std::move(instances), std::string(reply.header("etag"))});
}

/// What is too large for one answer. Without a version, as that would have to be of all parts at once.
Attempt<StudyContent> HttpArchiveSource::read_in_parts(const Key& key) {
    FHIR_TRY(const std::vector<json::object> rows,
             rows_of(key.partition, "/studies/" + percent_encode(key.study_uid) + "/series?", "0020000E"));
    StudyContent content;
    if (rows.empty())
        return failed(FailureKind::archive_transient, "the DICOM server lists no series of a large study");
    for (const json::object& row : rows) {
        const std::string series = percent_encode(first_text(row, "0020000E"));
        const auto reply = get(
            key.partition, "/studies/" + percent_encode(key.study_uid) + "/series/" + series + "/metadata");
        if (!reply) return failed(too_large_in_parts(reply.error()));
        // Gone meanwhile, perhaps: the next run sees the rest.
        if (reply->status != 200) return failed(failure_of_archive(reply->status));
        FHIR_TRY(std::vector<json::object> instances, data_sets_of(*reply));
        std::move(instances.begin(), instances.end(), std::back_inserter(content.instances));
    }
    return content;
}

/// Whatever stands before the archive answers 404 too when it has lost the way to it; what is written from
/// that is a deletion. So the search has to answer, and to know nothing of the study.
Attempt<void> HttpArchiveSource::confirm_absence(const Key& key, unsigned status) {
    // The path may have been the one of an archive without partitions.
    partitions_.forget();
    FHIR_TRY(
        const std::vector<json::object> rows,
        search(key.partition, "/studies?StudyInstanceUID=" + percent_encode(key.study_uid) + "&limit=1"));
    if (rows.empty()) return {};
    return failed(
        FailureKind::archive_transient,
        fmt::format("the DICOM server answered {} to the metadata of a study, and its search for it "
                    "finds something",
                    status),
        status);
}

Attempt<StudyContent> HttpArchiveSource::read_study(const Key& key) {
    FHIR_TRY(std::optional<StudyContent> content, read(key));
    return *std::move(content);
}

Attempt<std::optional<StudyContent>> HttpArchiveSource::read_if_changed(const Key& key,
                                                                        const std::string& version) {
    return read(key, version);
}

Attempt<std::vector<json::object>> HttpArchiveSource::search(const std::string& partition,
                                                             const std::string& path_and_query) {
    FHIR_TRY(const net::HttpReply reply, get(partition, path_and_query));
    if (reply.status == 200) return data_sets_of(reply);
    if (reply.status == 204) return std::vector<json::object>();
    Failure failure = failure_of_archive(reply.status);
    if (reply.status != 400 && reply.status != 404) return failed(std::move(failure));
    partitions_.forget();
    if (reply.status != 400 || partition == kDefaultPartition) return failed(std::move(failure));
    // A partition begins with the first store into it; until then its path is a bad request. Only a list
    // that has others says so.
    FHIR_TRY(const std::set<std::string> names, partitions_.names());
    if (names.empty() || names.contains(partition)) return failed(std::move(failure));
    return std::vector<json::object>();
}

Attempt<std::vector<json::object>> HttpArchiveSource::rows_of(const std::string& partition,
                                                              const std::string& path_and_query,
                                                              const std::string& uid_tag) {
    std::vector<json::object> rows;
    std::set<std::string> known;
    while (true) {
        FHIR_TRY(std::vector<json::object> page,
                 search(partition, fmt::format("{}limit={}&offset={}", path_and_query, kPage, rows.size())));
        // Servers give fewer rows than asked for at will: only an empty page is behind the last one.
        if (page.empty()) return rows;
        const std::size_t given = page.size();
        const std::size_t before = known.size();
        for (json::object& row : page) {
            if (known.insert(first_text(row, uid_tag)).second) rows.push_back(std::move(row));
        }
        if (known.size() != before) continue;
        // `offset` is not heeded. What is not as many as were asked for is all that there is.
        if (given != kPage) return rows;
        return failed(FailureKind::unusable, "the DICOM server has more than one page and heeds no offset");
    }
}

Attempt<std::vector<json::object>> HttpArchiveSource::studies_of_patient(const std::string& partition,
                                                                         const std::string& patient_id) {
    const std::string query = fmt::format("/studies?PatientID={}&", percent_encode(patient_id));
    // By name: "all" of studies leaves out what the standard does not list, the issuer among it.
    auto rows = rows_of(partition,
                        query +
                            "includefield=PatientID&includefield=IssuerOfPatientID&"
                            "includefield=IssuerOfPatientIDQualifiersSequence&includefield=StudyDate&"
                            "includefield=StudyTime&",
                        "0020000D");
    if (rows || rows.error().status != 400) return rows;
    // A server that gives no such field: the content of the studies tells the issuer.
    return rows_of(partition, query, "0020000D");
}

Attempt<std::vector<Key>> HttpArchiveSource::page(const std::string& partition, const StudyFilter& filter,
                                                  std::size_t offset) {
    std::string query;
    for (const auto& [name, value] :
         {std::pair("StudyDate", &filter.date), std::pair("ModalitiesInStudy", &filter.modality),
          std::pair("PatientID", &filter.patient_id)}) {
        if (!value->empty()) query += fmt::format("{}={}&", name, percent_encode(*value));
    }
    FHIR_TRY(const std::vector<json::object> rows,
             search(partition, fmt::format("/studies?{}limit={}&offset={}", query, kPage, offset)));
    std::vector<Key> keys;
    for (const json::object& row : rows) {
        std::string uid = first_text(row, "0020000D");
        if (!uid.empty()) keys.push_back({partition, std::move(uid)});
    }
    return keys;
}

}  // namespace isocenter::fhir
