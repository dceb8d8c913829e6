#include "jobs/entity_values.h"

#include <algorithm>

#include "dicom/tags.h"

namespace isocenter::jobs {
namespace {

using dicom::Level;

/// The items as one text that only equal items have; empty when there is none.
std::string text_of(const std::vector<index::RequestItem>& requests) {
    std::string text;
    for (const index::RequestItem& item : requests)
        text += item.scheduled_procedure_step_id + '\\' + item.requested_procedure_id + '\n';
    return text;
}

// The class is a field of the record and compared there.
bool is_compared(dicom::Tag tag) {
    return tag != dicom::tags::SOPClassUID;
}

const index::AttributeValues& values_of(const index::SearchRow& row, Level level) {
    if (level == Level::study) return row.study;
    return level == Level::series ? row.series : row.instance;
}

}  // namespace

EntityValues::Name EntityValues::name_of(const index::EntityKey& key) const {
    std::string uids = key.study.str();
    if (level_ != Level::study) uids += '/' + key.series.str();
    if (level_ == Level::instance) uids += '/' + key.instance.str();
    return {key.partition, std::move(uids)};
}

EntityValues::Entity& EntityValues::entity_of(const index::InstanceRecord& record) {
    Entity& entity = entities_[name_of(record.key)];
    ++entity.instances;
    entity.newest_version = std::max(entity.newest_version, record.version);
    return entity;
}

void EntityValues::take(Entity& entity, const index::InstanceRecord& record, dicom::Tag tag,
                        const std::string& text) {
    Value& value = entity.values[tag];
    if (value.version > record.version) return;
    value = {record.version, record.id, text};
}

void EntityValues::add(const index::InstanceRecord& record, const index::AttributeValues& values,
                       const std::vector<index::RequestItem>& requests) {
    Entity& entity = entity_of(record);
    for (const auto& [tag, text] : values) {
        if (is_compared(tag) && !text.empty() && dicom::is_row_value(tag, level_))
            take(entity, record, tag, text);
    }
    if (level_ == Level::series && !requests.empty())
        take(entity, record, dicom::tags::RequestAttributesSequence, text_of(requests));
}

void EntityValues::add_unread(const index::InstanceRecord& record) {
    entity_of(record).unread = true;
}

std::vector<ValueContradiction> EntityValues::compare(const index::SearchRow& row) const {
    const auto found = entities_.find(name_of(row.key));
    if (found == entities_.end() || found->second.unread) return {};
    std::map<dicom::Tag, std::string> in_row;
    for (const auto& [tag, text] : values_of(row, level_)) {
        if (is_compared(tag)) in_row[tag] = text;
    }
    if (level_ == Level::series && !row.requests.empty())
        in_row[dicom::tags::RequestAttributesSequence] = text_of(row.requests);

    std::vector<ValueContradiction> contradictions;
    for (const auto& [tag, value] : found->second.values) {
        const auto of_row = in_row.find(tag);
        const bool has_value = of_row != in_row.end();
        if (!has_value || of_row->second != value.text)
            contradictions.push_back({tag, has_value, value.record});
        if (has_value) in_row.erase(of_row);
    }
    for (const auto& [tag, text] : in_row)
        contradictions.push_back({tag, true, 0});
    return contradictions;
}

bool EntityValues::is_current(const index::EntityKey& key, const index::Revision& revision) const {
    const auto found = entities_.find(name_of(key));
    return found != entities_.end() && found->second.instances == revision.instances &&
           found->second.newest_version == revision.newest_version;
}

}  // namespace isocenter::jobs
