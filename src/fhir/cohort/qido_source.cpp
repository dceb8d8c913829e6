#include "fhir/cohort/qido_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "base/percent.h"
#include "dicom/attribute_path.h"
#include "dicom/tag.h"
#include "fhir/feed/archive_failure.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

/// The most that servers of the compatibility faces give at once.
constexpr std::size_t kPage = 200;

Failure failure_of_search(const net::HttpReply& reply) {
    const bool refused = reply.status >= 400 && reply.status < 500 && reply.status != 429;
    std::string text = fmt::format("the DICOM server answered {}", reply.status);
    if (refused && !reply.body.empty()) text += ": " + reply.body.substr(0, 500);
    const FailureKind kind = refused ? FailureKind::refused : FailureKind::archive_transient;
    return {kind, text, reply.status, std::nullopt, {}};
}

bool is_of_words(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// `(0008,0060)` as the eight digits that it stands for.
std::string with_plain_tags(std::string_view text) {
    constexpr std::size_t kLength = 11;
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view part = text.substr(at, kLength);
        const bool shaped = part.size() == kLength && part[0] == '(' && part[5] == ',' && part[10] == ')';
        const auto tag =
            shaped ? dicom::parse_hex8(std::string(part.substr(1, 4)) + std::string(part.substr(6, 4)))
                   : std::nullopt;
        plain += tag ? dicom::to_hex8(*tag) : std::string(1, text[at]);
        if (tag) at += kLength - 1;
    }
    return plain;
}

/// The words of a text; what dots join is one: `AccessionNumber` is no word of
/// `IssuerOfAccessionNumberSequence`, nor of `RequestAttributesSequence.AccessionNumber`.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    const std::string plain = with_plain_tags(text) + ' ';
    for (std::size_t at = 0; at < plain.size(); ++at) {
        const bool joins =
            plain[at] == '.' && !word.empty() && at + 1 < plain.size() && is_of_words(plain[at + 1]);
        if (is_of_words(plain[at]) || joins) {
            word += plain[at];
        } else if (!word.empty()) {
            words.push_back(std::exchange(word, {}));
        }
    }
    return words;
}

/// Whether `word` stands for the key, or for a part of its path, as keyword or as tag.
bool names_key(const std::string& word, const std::string& key) {
    if (word == key) return true;
    const dicom::AttributePath named = dicom::parse_attribute_path(word);
    const dicom::AttributePath of_key = dicom::parse_attribute_path(key);
    return !named.tags.empty() && std::search(of_key.tags.begin(), of_key.tags.end(), named.tags.begin(),
                                              named.tags.end()) != of_key.tags.end();
}

std::vector<std::string> keys_of(const StudyQuery& query) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : query.match)
        keys.push_back(key);
    if (!query.patient_id.empty()) keys.emplace_back("PatientID");
    if (!query.study_uids.empty()) keys.emplace_back("StudyInstanceUID");
    return keys;
}

/// The warning that a key of the search was passed over, so that more was found than was asked for; empty:
/// there is none.
std::string passed_over(const net::HttpReply& reply, const StudyQuery& query) {
    const std::vector<std::string> keys = keys_of(query);
    for (const auto& [name, text] : reply.headers) {
        const auto holds = [&text = text](std::string_view part) {
            return text.find(part) != std::string::npos;
        };
        if (name != "warning" || !(holds("ignored") || holds("not supported"))) continue;
        for (const std::string& word : words_of(text)) {
            const bool meant = std::any_of(keys.begin(), keys.end(),
                                           [&](const std::string& key) { return names_key(word, key); });
            if (meant) return text;
        }
    }
    return {};
}

const char* resource_of(dicom::Level level) {
    switch (level) {
        case dicom::Level::study:
            return "studies";
        case dicom::Level::series:
            return "series";
        case dicom::Level::instance:
            break;
    }
    return "instances";
}

}  // namespace

std::string qido_query(const StudyQuery& query) {
    std::string text;
    for (const auto& [key, value] : query.match)
        text += fmt::format("{}={}&", key, percent_encode(value));
    if (!query.patient_id.empty()) text += fmt::format("PatientID={}&", percent_encode(query.patient_id));
    if (!query.study_uids.empty())
        text += fmt::format("StudyInstanceUID={}&", fmt::join(query.study_uids, ","));
    for (const char* field :
         {"PatientID", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "StudyDate", "StudyTime",
          "TimezoneOffsetFromUTC", "AccessionNumber", "IssuerOfAccessionNumberSequence"})
        text += fmt::format("includefield={}&", field);
    if (query.every_row) {
        for (const char* field : {"SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "DocumentTitle",
                                  "ConceptNameCodeSequence", "SeriesDescription"})
            text += fmt::format("includefield={}&", field);
    }
    // Something that every level knows ends the list.
    return text + (query.level == dicom::Level::study ? "includefield=ModalitiesInStudy"
                                                      : "includefield=StudyInstanceUID");
}

QidoSource::QidoSource(net::HttpSender& sender, Options options, PartitionPaths& partitions)
    : sender_(sender), options_(std::move(options)), partitions_(partitions) {}

Attempt<std::string> QidoSource::url_of(const StudyQuery& query) {
    const std::string partition = query.partition.empty() ? std::string(kDefaultPartition) : query.partition;
    FHIR_TRY(const std::string path, partitions_.path_of(partition));
    return options_.endpoint + path + fmt::format("/{}?", resource_of(query.level)) + qido_query(query);
}

Attempt<std::vector<json::object>> QidoSource::page(const std::string& url, const StudyQuery& query) {
    net::HttpRequest request{.url = url};
    request.headers = {{"Accept", "application/dicom+json"}};
    request.timeout = options_.timeout;
    const auto reply = sender_.send(request);
    if (!reply) return failed(failure_of_archive(reply.error()));
    std::vector<json::object> rows;
    if (reply->status == 204) return rows;
    if (reply->status == 400) partitions_.forget();
    if (reply->status != 200 && reply->status != 206) return failed(failure_of_search(*reply));
    if (const std::string warning = passed_over(*reply, query); !warning.empty())
        return failed(FailureKind::refused, "the DICOM server says: " + warning, reply->status);
    boost::system::error_code error;
    json::value document = json::parse(reply->body, error);
    if (error || !document.is_array())
        return failed(FailureKind::archive_transient, "the DICOM server's answer is no DICOM JSON",
                      reply->status);
    for (json::value& row : document.get_array()) {
        if (row.is_object()) rows.push_back(std::move(row.get_object()));
    }
    return rows;
}

Attempt<StudyRows> QidoSource::find(const StudyQuery& query) {
    FHIR_TRY(const std::string url, url_of(query));
    StudyRows found;
    std::set<std::string> known;
    std::set<std::string> seen;
    for (std::size_t offset = 0;;) {
        const std::size_t most = query.limit == 0 ? kPage : std::min(kPage, query.limit - offset);
        FHIR_TRY(std::vector<json::object> rows,
                 page(fmt::format("{}&limit={}&offset={}", url, most, offset), query));
        // Servers give fewer rows than asked for at will: only an empty page is behind the last one.
        if (rows.empty()) return found;
        const std::size_t before = seen.size();
        for (const json::object& row : rows) {
            const std::string uid = first_text(row, "0020000D");
            const bool is_new =
                seen.insert(uid + ' ' + first_text(row, "0020000E") + ' ' + first_text(row, "00080018"))
                    .second;
            if (uid.empty()) continue;
            if (query.every_row ? is_new : known.insert(uid).second) found.studies.push_back(row);
        }
        if (seen.size() == before) {
            // `offset` is not heeded. What is not as many as were asked for is all that there is.
            if (rows.size() != most) return found;
            return failed(FailureKind::refused,
                          "the DICOM server has more than one page and heeds no offset");
        }
        offset += rows.size();
        const bool is_full = query.limit != 0 && offset >= query.limit;
        if (is_full || (query.most_studies != 0 && found.studies.size() > query.most_studies)) {
            found.complete = false;
            return found;
        }
    }
}

}  // namespace isocenter::fhir::cohort
