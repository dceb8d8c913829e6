#include "jobs/names.h"

#include "dicom/dictionary.h"

namespace isocenter::jobs {

std::string name_of(const index::EntityKey& key) {
    if (!key.instance.empty()) return "instance " + key.instance.str();
    return key.series.empty() ? "study " + key.study.str() : "series " + key.series.str();
}

std::string name_of(dicom::Tag tag) {
    const auto entry = dicom::find_entry(tag);
    return entry ? std::string(entry->keyword) : dicom::to_hex8(tag);
}

}  // namespace isocenter::jobs
