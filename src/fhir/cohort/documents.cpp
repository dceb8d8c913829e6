#include "fhir/cohort/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/percent.h"
#include "fhir/mapping/attributes.h"
#include "fhir/mapping/options.h"

namespace isocenter::fhir::cohort {
namespace {

namespace json = boost::json;

constexpr std::string_view kPdf = "1.2.840.10008.5.1.4.1.1.104.1";
constexpr std::string_view kCda = "1.2.840.10008.5.1.4.1.1.104.2";

/// Series that may hold documents. Where they hold other things, in their thousands, the classes are asked
/// for too; an archive that cannot match those shows none of them.
struct Place {
    const char* modality;
    bool has_others;
};
constexpr Place kPlaces[] = {{"SR", false}, {"DOC", false}, {"OT", true}};

bool is_document(std::string_view sop_class) {
    constexpr std::string_view kReport = "1.2.840.10008.5.1.4.1.1.88.";
    constexpr std::string_view kKeyObjects = "1.2.840.10008.5.1.4.1.1.88.59";
    return (sop_class.starts_with(kReport) && sop_class != kKeyObjects) || sop_class == kPdf ||
           sop_class == kCda;
}

std::string title_of(const json::object& instance) {
    if (std::string title = first_text(instance, "00420010"); !title.empty()) return title;
    for (const json::object* concept_name : items_of(instance, "0040A043")) {
        if (std::string meaning = first_text(*concept_name, "00080104"); !meaning.empty()) return meaning;
    }
    return first_text(instance, "0008103E");
}

json::object describe_document(const json::object& instance, const std::string& study) {
    const std::string uid = first_text(instance, "00080018");
    json::object document{{"sopInstanceUid", uid}, {"sopClassUid", first_text(instance, "00080016")}};
    if (std::string title = title_of(instance); !title.empty()) document["title"] = std::move(title);
    document["retrieveUrl"] = study + "/series/" + first_text(instance, "0020000E") + "/instances/" + uid;
    return document;
}

bool has(const json::array& modalities, std::string_view modality) {
    return std::any_of(modalities.begin(), modalities.end(), [&](const json::value& each) {
        return each.is_string() && each.get_string() == modality;
    });
}

}  // namespace

std::string study_url(const std::string& root, const StudyKey& study) {
    const auto& [partition, uid] = study;
    const std::string path = partition == kDefaultPartition ? "" : "/partitions/" + percent_encode(partition);
    return root + path + "/studies/" + uid;
}

Found<ByStudy> find_documents(const ByStudy& modalities, StudySource& archive, const std::string& root) {
    std::map<StudyKey, std::map<std::string, json::object>> documents;
    for (const auto& [modality, has_others] : kPlaces) {
        std::map<std::string, std::vector<std::string>> uids;
        for (const auto& [study, held] : modalities) {
            if (has(held, modality)) uids[study.first].push_back(study.second);
        }
        for (const auto& [partition, all] : uids) {
            for (std::size_t begin = 0; begin < all.size(); begin += kStudiesPerRequest) {
                const std::size_t end = std::min(all.size(), begin + kStudiesPerRequest);
                StudyQuery query;
                query.partition = partition;
                query.match = {{"Modality", modality}};
                if (has_others) query.match["SOPClassUID"] = fmt::format("{},{}", kPdf, kCda);
                query.level = dicom::Level::instance;
                query.study_uids = {all.begin() + static_cast<std::ptrdiff_t>(begin),
                                    all.begin() + static_cast<std::ptrdiff_t>(end)};
                query.every_row = true;
                const auto rows = archive.find(query);
                // They only add to the answer: an archive that cannot be asked for them lists none.
                if (!rows && rows.error().kind == FailureKind::refused) continue;
                if (!rows) return not_found(failure_at("/imaging", rows.error()));
                for (const json::object& row : rows->studies) {
                    if (!is_document(first_text(row, "00080016"))) continue;
                    const StudyKey study{partition, first_text(row, "0020000D")};
                    documents[study].emplace(first_text(row, "00080018"),
                                             describe_document(row, study_url(root, study)));
                }
            }
        }
    }
    ByStudy found;
    for (auto& [study, by_uid] : documents) {
        for (auto& [uid, document] : by_uid)
            found[study].emplace_back(std::move(document));
    }
    return found;
}

}  // namespace isocenter::fhir::cohort
