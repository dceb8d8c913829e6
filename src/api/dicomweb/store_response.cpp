#include "api/dicomweb/store_response.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/dicomweb/batched_text.h"
#include "api/dicomweb/entity.h"
#include "api/messages.h"
#include "dicom/json_writer.h"
#include "dicom/tags.h"
#include "dicom/xml.h"

namespace isocenter::api {
namespace {

namespace tags = dicom::tags;
using archive::StoreOutcome;
using dicom::DataSet;
using dicom::Element;
using dicom::Vr;

void set_us(DataSet& set, dicom::Tag tag, std::uint16_t value) {
    Element element;
    element.tag = tag;
    element.vr = Vr::US;
    element.bytes = {static_cast<char>(value & 0xFFU), static_cast<char>(value >> 8U)};
    set.set(std::move(element));
}

void set_sequence(DataSet& set, dicom::Tag tag, std::vector<DataSet> items) {
    Element element;
    element.tag = tag;
    element.vr = Vr::SQ;
    element.items = std::move(items);
    set.set(std::move(element));
}

std::string comment(const dicom::Violation& violation) {
    return fill_message(messages().invalid_value, dicom::to_parenthesized(violation.tag), {},
                        violation.reason);
}

bool names(const StoreOutcome& outcome, dicom::Tag tag) {
    return std::ranges::any_of(outcome.violations,
                               [tag](const dicom::Violation& violation) { return violation.tag == tag; });
}

/// Items of FailedAttributesSequence (0074,1048): what the compatibility faces say about values.
std::vector<DataSet> failed_attributes(const StoreOutcome& outcome) {
    std::vector<std::string> comments;
    const auto add = [&comments](std::string_view text, dicom::Tag tag) {
        comments.push_back(fill_message(text, dicom::to_parenthesized(tag), {}, {}));
    };
    if (outcome.failure == archive::StoreFailure::other_study && !names(outcome, tags::StudyInstanceUID))
        add(messages().other_study, tags::StudyInstanceUID);
    if (outcome.patient_id_missing && !names(outcome, tags::PatientID))
        add(messages().missing_attribute, tags::PatientID);
    for (const dicom::Violation& violation : outcome.violations)
        comments.push_back(comment(violation));
    std::vector<DataSet> items;
    for (const std::string& text : comments) {
        DataSet item;
        item.set_text(tags::ErrorComment, Vr::LO, text);
        items.push_back(std::move(item));
    }
    return items;
}

DataSet referenced_item(const Profile& profile, const StoreReport& report, const StoreOutcome& outcome) {
    DataSet item;
    item.set_text(tags::ReferencedSOPClassUID, Vr::UI, outcome.sop_class_uid);
    item.set_text(tags::ReferencedSOPInstanceUID, Vr::UI, outcome.sop_instance_uid);
    item.set_text(tags::RetrieveURL, Vr::UR, entity_uri(report.base_uri, outcome.key));
    if (const auto warning = warning_reason(profile, outcome)) set_us(item, tags::WarningReason, *warning);
    if (profile.failed_attributes_in_referenced)
        set_sequence(item, tags::FailedAttributesSequence, failed_attributes(outcome));
    return item;
}

DataSet failed_item(const Profile& profile, const StoreOutcome& outcome) {
    DataSet item;
    if (!outcome.sop_class_uid.empty())
        item.set_text(tags::ReferencedSOPClassUID, Vr::UI, outcome.sop_class_uid);
    if (!outcome.sop_instance_uid.empty())
        item.set_text(tags::ReferencedSOPInstanceUID, Vr::UI, outcome.sop_instance_uid);
    set_us(item, tags::FailureReason, failure_reason(profile, *outcome.failure));
    const bool validation = outcome.failure == archive::StoreFailure::invalid_attribute ||
                            outcome.failure == archive::StoreFailure::unsupported_syntax ||
                            outcome.failure == archive::StoreFailure::other_study;
    if (!profile.standard && validation) {
        auto items = failed_attributes(outcome);
        if (!items.empty()) set_sequence(item, tags::FailedAttributesSequence, std::move(items));
    }
    return item;
}

/// The SOP Instance Reference Macro wants both UIDs; without them the failure goes to (0008,119A).
bool belongs_to_other_failures(const Profile& profile, const StoreOutcome& outcome) {
    return profile.standard && (outcome.sop_class_uid.empty() || outcome.sop_instance_uid.empty());
}

/// An item of the answer.
struct Entry {
    const StoreOutcome* outcome = nullptr;
    archive::StoreFailure failure{};  ///< without an outcome
};
struct Section {
    dicom::Tag tag;
    std::vector<Entry> entries;
};

/// The sequences that are not empty, in the order of their tags. Points into `report`.
std::vector<Section> sections_of(const Profile& profile, const StoreReport& report) {
    Section failed{tags::FailedSOPSequence, {}};
    Section referenced{tags::ReferencedSOPSequence, {}};
    Section others{tags::OtherFailuresSequence, {}};
    for (const StoreOutcome& outcome : report.outcomes) {
        if (!outcome.failure)
            referenced.entries.push_back({&outcome});
        else if (belongs_to_other_failures(profile, outcome))
            others.entries.push_back({nullptr, *outcome.failure});
        else
            failed.entries.push_back({&outcome});
    }
    if (profile.standard) {
        for (const PartFailure& failure : report.other_failures)
            others.entries.push_back({nullptr, failure.failure});
    }
    std::vector<Section> sections;
    for (Section* section : {&failed, &referenced, &others}) {
        if (!section->entries.empty()) sections.push_back(std::move(*section));
    }
    return sections;
}

DataSet item_of(const Profile& profile, const StoreReport& report, const Entry& entry) {
    if (entry.outcome != nullptr)
        return entry.outcome->failure ? failed_item(profile, *entry.outcome)
                                      : referenced_item(profile, report, *entry.outcome);
    DataSet item;
    set_us(item, tags::FailureReason, failure_reason(profile, entry.failure));
    return item;
}

/// The URI of the one study that everything stored belongs to; empty when there are several or none.
std::string common_study_uri(const StoreReport& report) {
    const StoreOutcome* first = nullptr;
    for (const StoreOutcome& outcome : report.outcomes) {
        if (outcome.failure) continue;
        if (first != nullptr && outcome.key.study != first->key.study) return {};
        if (first == nullptr) first = &outcome;
    }
    if (first == nullptr) return {};
    index::EntityKey study;
    study.study = first->key.study;
    return entity_uri(report.base_uri, study);
}

/// The answer without its sequences.
DataSet head_of(const Profile& profile, const StoreReport& report) {
    DataSet head;
    const bool any_stored =
        std::ranges::any_of(report.outcomes, [](const StoreOutcome& outcome) { return !outcome.failure; });
    if (profile.standard || (report.study_in_path && any_stored))
        head.set_text(tags::RetrieveURL, Vr::UR, common_study_uri(report));
    return head;
}

constexpr std::size_t kItemsAtATime = 200;

/// The JSON of store_result, a few items at a time.
class LongAnswer : public BatchedText {
  public:
    LongAnswer(const Profile& profile, StoreReport report, MemoryBudget::Lease memory)
        : profile_(profile),
          report_(std::move(report)),
          memory_(std::move(memory)),
          sections_(sections_of(profile_, report_)) {}

  private:
    Result<bool> next(std::string& text) override {
        if (!std::exchange(begun_, true)) {
            text = dicom::to_json(head_of(profile_, report_));
            text.pop_back();
            has_members_ = text.size() > 1;
        }
        for (std::size_t items = 0; items < kItemsAtATime && section_ < sections_.size(); ++items)
            append_item(text);
        if (section_ < sections_.size()) return false;
        text += '}';
        return true;
    }

    void append_item(std::string& text) {
        const Section& section = sections_[section_];
        if (entry_ == 0) {
            text += std::exchange(has_members_, true) ? ",\"" : "\"";
            text += dicom::to_hex8(section.tag) + "\":{\"vr\":\"SQ\",\"Value\":[";
        } else {
            text += ',';
        }
        dicom::append_json(text, item_of(profile_, report_, section.entries[entry_]));
        if (++entry_ < section.entries.size()) return;
        text += "]}";
        ++section_;
        entry_ = 0;
    }

    const Profile& profile_;
    const StoreReport report_;
    MemoryBudget::Lease memory_;
    const std::vector<Section> sections_;
    bool begun_ = false;
    bool has_members_ = false;
    std::size_t section_ = 0;
    std::size_t entry_ = 0;
};

void add_location(http::Response& response, const StoreReport& report) {
    const StoreOutcome* created = nullptr;
    std::size_t stored = 0;
    for (const StoreOutcome& outcome : report.outcomes) {
        if (outcome.failure) continue;
        ++stored;
        if (outcome.created) created = &outcome;
    }
    if (created == nullptr) return;
    const std::string uri =
        stored == 1 ? entity_uri(report.base_uri, created->key) : common_study_uri(report);
    if (uri.empty()) return;
    response.headers.set("Location", uri);
    response.headers.set("Content-Location", uri);
}

void add_warning(http::Response& response, const StoreReport& report, std::string_view host) {
    if (std::ranges::none_of(report.outcomes, &StoreOutcome::multi_valued_indexed)) return;
    std::string_view agent = host;
    if (!agent.starts_with('[')) agent = agent.substr(0, agent.find(':'));
    const bool safe = !agent.empty() && agent.find_first_of(" \"\r\n") == std::string_view::npos;
    response.headers.add("Warning", "299 " + std::string(safe ? agent : "-") + ": \"" +
                                        std::string(messages().first_value_only) + "\"");
}

}  // namespace

std::string_view json_content_type(const Profile& profile) {
    return profile.standard ? "application/dicom+json" : "application/dicom+json; charset=utf-8";
}

unsigned store_status(const Profile& profile, const StoreReport& report) {
    std::size_t stored = 0;
    bool warned = false;
    for (const StoreOutcome& outcome : report.outcomes) {
        if (outcome.failure) continue;
        ++stored;
        warned = warned || warning_reason(profile, outcome).has_value();
    }
    if (stored == 0) return 409;
    if (stored < report.outcomes.size() || (profile.standard && !report.other_failures.empty())) return 202;
    return warned ? profile.status_all_stored_with_warning : 200;
}

DataSet store_result(const Profile& profile, const StoreReport& report) {
    DataSet result = head_of(profile, report);
    for (const Section& section : sections_of(profile, report)) {
        std::vector<DataSet> items;
        for (const Entry& entry : section.entries)
            items.push_back(item_of(profile, report, entry));
        set_sequence(result, section.tag, std::move(items));
    }
    return result;
}

http::Response store_response(const Profile& profile, StoreReport report, DataSetForm form,
                              std::string_view host, MemoryBudget::Lease memory) {
    http::Response response;
    response.status = store_status(profile, report);
    if (profile.standard)
        add_location(response, report);
    else
        add_warning(response, report, host);
    if (form != DataSetForm::json) {
        response.headers.set("Content-Type", "application/dicom+xml");
        response.body = dicom::to_xml(store_result(profile, report));
        return response;
    }
    response.headers.set("Content-Type", std::string(json_content_type(profile)));
    if (report.outcomes.size() + report.other_failures.size() <= kItemsAtATime)
        response.body = dicom::to_json(store_result(profile, report));
    else
        response.body = std::make_unique<LongAnswer>(profile, std::move(report), std::move(memory));
    return response;
}

}  // namespace isocenter::api
