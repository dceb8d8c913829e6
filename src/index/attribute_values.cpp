#include "index/attribute_values.h"

#include <algorithm>

#include "dicom/charset.h"
#include "dicom/dictionary.h"
#include "dicom/query.h"
#include "dicom/tags.h"

namespace isocenter::index {
namespace {

namespace tags = dicom::tags;

// A bound of what one row carries: no VR of a searchable attribute allows as much.
constexpr std::size_t kMaxIndexedBytes = 1024;
constexpr std::size_t kMaxRequestItems = 100;

bool is_hidden(const std::vector<std::string>& hidden, const std::string& path) {
    return std::find(hidden.begin(), hidden.end(), path) != hidden.end();
}

bool is_computed_or_key(dicom::Tag tag) {
    return tag == tags::ModalitiesInStudy || tag == tags::SOPClassesInStudy ||
           tag == tags::NumberOfStudyRelatedSeries || tag == tags::NumberOfStudyRelatedInstances ||
           tag == tags::NumberOfSeriesRelatedInstances || tag == tags::StudyInstanceUID ||
           tag == tags::SeriesInstanceUID || tag == tags::SOPInstanceUID;
}

/// Attributes of which rows show all values, though the standard knows one. The modality of a series is one
/// of those of its study, and what dates, times and numbers mean is told of one value.
bool keeps_all_values(dicom::Tag tag) {
    const auto entry = dicom::find_entry(tag);
    if (!entry || tag == tags::Modality) return false;
    return entry->vr == dicom::Vr::LO || entry->vr == dicom::Vr::SH || entry->vr == dicom::Vr::CS ||
           entry->vr == dicom::Vr::PN;
}

/// `first` and the values behind it, joined by '\'; `first` alone when that is too long.
std::string all_values(const dicom::DataSet& data_set, dicom::Tag tag, std::string first) {
    const dicom::Element* element = data_set.find(tag);
    if (first.empty() || element == nullptr || !dicom::is_multi_valued_text(element->vr)) return first;
    if (element->bytes.find('\\') == std::string::npos) return first;
    const auto values =
        dicom::Charset::of(data_set, dicom::Charset()).decode_values(element->bytes, element->vr);
    std::string all = first;
    for (std::size_t i = 1; i < values.size(); ++i) {
        std::string_view value = dicom::trim_padding(values[i]);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        (all += '\\') += value;
    }
    return all.size() > kMaxIndexedBytes ? first : all;
}

std::string first_value(const dicom::DataSet& item, dicom::Tag tag, const dicom::Charset& inherited) {
    const dicom::Element* element = item.find(tag);
    if (element == nullptr || !dicom::is_text(element->vr)) return {};
    const auto values = dicom::Charset::of(item, inherited).decode_values(element->bytes, element->vr);
    if (values.empty() || values.front().size() > kMaxIndexedBytes) return {};
    std::string_view value = dicom::trim_padding(values.front());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return std::string(value);
}

}  // namespace

AttributeValues row_values(const dicom::DataSet& data_set, const std::vector<std::string>& hidden) {
    AttributeValues values;
    const auto take = [&](dicom::Tag tag) {
        if (is_hidden(hidden, dicom::to_hex8(tag))) return;
        std::string text = data_set.text(tag);
        if (text.empty() || text.size() > kMaxIndexedBytes) return;
        if (keeps_all_values(tag)) text = all_values(data_set, tag, std::move(text));
        values.emplace_back(tag, std::move(text));
    };
    for (const dicom::SearchableAttribute& attribute : dicom::searchable_attributes()) {
        if (!attribute.sequence && !is_computed_or_key(attribute.tag)) take(attribute.tag);
    }
    take(tags::TimezoneOffsetFromUTC);
    return values;
}

std::vector<RequestItem> request_items(const dicom::DataSet& data_set,
                                       const std::vector<std::string>& hidden) {
    std::vector<RequestItem> requests;
    const dicom::Element* sequence = data_set.find(tags::RequestAttributesSequence);
    if (sequence == nullptr) return requests;
    const auto charset = dicom::Charset::of(data_set, dicom::Charset());
    const std::string base = dicom::to_hex8(tags::RequestAttributesSequence) + "/";
    const std::size_t count = std::min(sequence->items.size(), kMaxRequestItems);
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = [&](dicom::Tag tag) {
            const std::string path = base + std::to_string(i + 1) + "/" + dicom::to_hex8(tag);
            return is_hidden(hidden, path) ? std::string() : first_value(sequence->items[i], tag, charset);
        };
        RequestItem request{value(tags::ScheduledProcedureStepID), value(tags::RequestedProcedureID)};
        if (request.scheduled_procedure_step_id.empty() && request.requested_procedure_id.empty()) continue;
        requests.push_back(std::move(request));
    }
    return requests;
}

}  // namespace isocenter::index
