#include "fhir/cohort/qido_source.h"

#include <fmt/format.h>

#include <cctype>
#include <set>

#include "base/percent.h"
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

/// `AccessionNumber` is no word of `IssuerOfAccessionNumberSequence`.
bool has_word(std::string_view text, std::string_view word) {
    const auto is_of_words = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !is_of_words(text[at - 1]);
        if (begins && (end == text.size() || !is_of_words(text[end]))) return true;
    }
    return false;
}

/// The warning that a key of the search was passed over, so that more was found than was asked for; empty:
/// there is none.
std::string passed_over(const net::HttpReply& reply, const StudyQuery& query) {
    for (const auto& [name, text] : reply.headers) {
        const auto holds = [&text = text](std::string_view part) {
            return text.find(part) != std::string::npos;
        };
        if (name != "warning" || !(holds("ignored") || holds("not supported"))) continue;
        for (const auto& [key, value] : query.match) {
            if (has_word(text, key)) return text;
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
        for (const json::object& row : rows)
            seen.insert(first_text(row, "0020000D") + ' ' + first_text(row, "0020000E") + ' ' +
                        first_text(row, "00080018"));
        if (seen.size() == before) {
            // `offset` is not heeded. What is not as many as were asked for is all that there is.
            if (rows.size() != most) return found;
            return failed(FailureKind::refused,
                          "the DICOM server has more than one page and heeds no offset");
        }
        offset += rows.size();
        for (const json::object& row : rows) {
            const std::string uid = first_text(row, "0020000D");
            if (!uid.empty() && known.insert(uid).second) found.studies.push_back(row);
        }
        if (query.limit != 0 && offset >= query.limit) {
            found.complete = false;
            return found;
        }
    }
}

}  // namespace isocenter::fhir::cohort
