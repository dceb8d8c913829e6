#include "archive/validation.h"

#include <algorithm>
#include <array>
#include <set>

#include "dicom/charset.h"
#include "dicom/tags.h"

namespace isocenter::archive {
namespace {

namespace tags = dicom::tags;

constexpr std::array kIdentifiers{tags::SOPClassUID, tags::StudyInstanceUID, tags::SeriesInstanceUID,
                                  tags::SOPInstanceUID};
constexpr std::array kRequired{tags::SOPClassUID, tags::StudyInstanceUID, tags::SeriesInstanceUID,
                               tags::SOPInstanceUID, tags::PatientID};
// dicomweb.md 4.5.2: SOP Class UID is not among them.
constexpr std::array kStrictIndexed{
    tags::StudyInstanceUID,       tags::StudyDate,        tags::StudyDescription,
    tags::AccessionNumber,        tags::PatientID,        tags::PatientName,
    tags::ReferringPhysicianName, tags::PatientBirthDate, tags::ModalitiesInStudy,
    tags::SeriesInstanceUID,      tags::Modality,         tags::PerformedProcedureStepStartDate,
    tags::ManufacturerModelName,  tags::SOPInstanceUID};

dicom::Violation violation(dicom::Tag tag, std::string reason) {
    return {tag, dicom::to_hex8(tag), std::move(reason)};
}

dicom::Violation missing(dicom::Tag tag) {
    return violation(tag, "The required tag '" + dicom::to_parenthesized(tag) + "' is missing.");
}

/// One comment per tag: the first problem found.
void add(std::vector<dicom::Violation>& violations, dicom::Violation added) {
    const bool known = std::any_of(violations.begin(), violations.end(),
                                   [&](const auto& present) { return present.tag == added.tag; });
    if (!known) violations.push_back(std::move(added));
}

/// The same for many: a hostile object can have a problem in each of millions of elements.
void add_all(std::vector<dicom::Violation>& violations, std::vector<dicom::Violation> found) {
    std::set<dicom::Tag> known;
    for (const dicom::Violation& present : violations)
        known.insert(present.tag);
    for (dicom::Violation& added : found) {
        if (known.insert(added.tag).second) violations.push_back(std::move(added));
    }
}

std::size_t value_count(const dicom::DataSet& data_set, const dicom::Element& element) {
    if (element.bytes.empty()) return 0;
    if (!dicom::is_text(element.vr)) return 1;
    const auto charset = dicom::Charset::of(data_set, dicom::Charset());
    return charset.decode_values(element.bytes, element.vr).size();
}

bool is_blank(std::string_view value) {
    return value.find_first_not_of(std::string_view(" \0", 2)) == std::string_view::npos;
}

bool has_one_value(const dicom::DataSet& data_set, dicom::Tag tag) {
    const dicom::Element* element = data_set.find(tag);
    return element != nullptr && !is_blank(element->bytes) && value_count(data_set, *element) == 1;
}

void reject(Verdict& verdict, StoreFailure failure, std::string message) {
    if (verdict.failure) return;
    verdict.failure = failure;
    verdict.message = std::move(message);
}

/// Only the first missing one is listed.
void check_required(const dicom::DataSet& data_set, bool lenient, Verdict& verdict) {
    for (const dicom::Tag tag : kRequired) {
        const bool patient_id = tag == tags::PatientID;
        if (patient_id && lenient) {
            if (data_set.find(tag) != nullptr) continue;
        } else if (has_one_value(data_set, tag)) {
            continue;
        }
        add(verdict.violations, missing(tag));
        return reject(verdict, StoreFailure::invalid_attribute, "a required attribute is missing");
    }
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

void check_study(const StorePolicy& policy, Verdict& verdict) {
    if (verdict.failure || !policy.study) return;
    if (equal_ignoring_case(verdict.key.study.view(), dicom::bare_uid(policy.study->view()))) return;
    add(verdict.violations,
        violation(tags::StudyInstanceUID, "The study is another than the one of the request."));
    reject(verdict, StoreFailure::other_study, "the instance belongs to another study");
}

void check_indexed(const dicom::DataSet& data_set, std::span<const dicom::Tag> indexed, bool nul_tolerant,
                   Verdict& verdict) {
    for (const dicom::Tag tag : indexed) {
        const dicom::Element* element = data_set.find(tag);
        if (element == nullptr) continue;
        if (value_count(data_set, *element) > 1) verdict.multi_valued_indexed = true;
        // A NUL is the regular padding of a UID (PS3.5 9.1).
        std::string reason =
            dicom::check_minimum_rules(*element, nul_tolerant || element->vr == dicom::Vr::UI);
        if (reason.empty()) continue;
        add(verdict.violations, violation(tag, std::move(reason)));
        reject(verdict, StoreFailure::invalid_attribute, "an indexed attribute is invalid");
    }
}

bool stays_in_metadata(const dicom::Violation& violation) {
    const bool top_level = violation.path.find('/') == std::string::npos;
    return top_level && (violation.tag == tags::StudyInstanceUID ||
                         violation.tag == tags::SeriesInstanceUID || violation.tag == tags::SOPInstanceUID);
}

/// The violations of dicomweb.md 4.5.3; `whole`: those inside of a sequence are the sequence's.
std::vector<dicom::Violation> find_violations(const dicom::DataSet& data_set, bool whole) {
    std::vector<dicom::Violation> found = dicom::check_data_set(data_set);
    if (!whole) return found;
    for (dicom::Violation& violation : found) {
        const std::size_t end = violation.path.find('/');
        if (end == std::string::npos) continue;
        violation.path.resize(end);
        violation.tag = dicom::parse_hex8(violation.path).value_or(violation.tag);
    }
    return found;
}

void check_strictly(const dicom::DataSet& data_set, bool whole, Verdict& verdict) {
    if (verdict.failure) return;
    if (!whole) return check_indexed(data_set, kStrictIndexed, false, verdict);
    check_indexed(data_set, kRequired, true, verdict);
    add_all(verdict.violations, find_violations(data_set, true));
    if (!verdict.violations.empty())
        reject(verdict, StoreFailure::invalid_attribute, "an attribute is invalid");
}

void check_leniently(const dicom::DataSet& data_set, bool whole, Verdict& verdict) {
    if (!verdict.failure) check_indexed(data_set, kRequired, true, verdict);
    const dicom::Element* patient_id = data_set.find(tags::PatientID);
    if (patient_id != nullptr && is_blank(patient_id->bytes)) {
        verdict.patient_id_missing = true;
        add(verdict.violations, missing(tags::PatientID));
        verdict.hidden.push_back(dicom::to_hex8(tags::PatientID));
    }
    std::vector<dicom::Violation> found = find_violations(data_set, whole);
    for (const dicom::Violation& one : found) {
        if (!stays_in_metadata(one)) verdict.hidden.push_back(one.path);
    }
    add_all(verdict.violations, std::move(found));
    std::sort(verdict.hidden.begin(), verdict.hidden.end());
    verdict.hidden.erase(std::unique(verdict.hidden.begin(), verdict.hidden.end()), verdict.hidden.end());
}

void check_identifiers(const dicom::DataSet& data_set, Verdict& verdict) {
    for (const dicom::Tag tag : kIdentifiers) {
        const dicom::Element* element = data_set.find(tag);
        const std::string_view uid =
            element == nullptr ? std::string_view() : dicom::bare_uid(element->bytes);
        if (uid.empty()) {
            add(verdict.violations, missing(tag));
        } else if (!dicom::is_valid_uid(uid)) {
            add(verdict.violations, violation(tag, "The value is no UID."));
        }
    }
    if (!verdict.violations.empty()) {
        reject(verdict, StoreFailure::invalid_attribute, "a mandatory UID is missing or invalid");
    }
}

/// What is stored all the same, for the outcome to tell: values, and a Patient ID that is not even empty
/// (Type 2 in every IOD of a patient).
void check_values(const dicom::DataSet& data_set, Verdict& verdict) {
    if (data_set.find(tags::PatientID) == nullptr) add(verdict.violations, missing(tags::PatientID));
    add_all(verdict.violations, dicom::check_data_set(data_set));
}

std::string bare(const dicom::DataSet& data_set, dicom::Tag tag) {
    const dicom::Element* element = data_set.find(tag);
    return element == nullptr ? std::string() : std::string(dicom::bare_uid(element->bytes));
}

bool is_standard(Validation validation) {
    return validation == Validation::standard || validation == Validation::standard_checked;
}

bool is_lenient(Validation validation) {
    return validation == Validation::lenient || validation == Validation::lenient_whole;
}

}  // namespace

Verdict identify(const dicom::DataSet& data_set, const StorePolicy& policy) {
    Verdict verdict;
    verdict.key = {policy.partition, StudyUid(bare(data_set, tags::StudyInstanceUID)),
                   SeriesUid(bare(data_set, tags::SeriesInstanceUID)),
                   SopInstanceUid(bare(data_set, tags::SOPInstanceUID))};
    if (is_standard(policy.validation))
        check_identifiers(data_set, verdict);
    else
        check_required(data_set, is_lenient(policy.validation), verdict);
    check_study(policy, verdict);
    return verdict;
}

void check_transfer_syntax(const dicom::Part10Object& object, Verdict& verdict) {
    if (verdict.failure || dicom::is_valid_uid(object.transfer_syntax)) return;
    const bool is_missing = object.transfer_syntax.empty();
    verdict.violations.clear();
    add(verdict.violations, is_missing ? missing(tags::TransferSyntaxUID)
                                       : violation(tags::TransferSyntaxUID, "The value is no UID."));
    reject(verdict, StoreFailure::unsupported_syntax,
           is_missing ? "compressed pixel data without a transfer syntax" : "the transfer syntax is no UID");
}

Verdict validate(const dicom::DataSet& data_set, const StorePolicy& policy) {
    Verdict verdict = identify(data_set, policy);
    if (is_standard(policy.validation)) {
        if (policy.validation == Validation::standard_checked) check_values(data_set, verdict);
        return verdict;
    }
    const bool whole =
        policy.validation == Validation::strict_whole || policy.validation == Validation::lenient_whole;
    if (is_lenient(policy.validation)) {
        check_leniently(data_set, whole, verdict);
    } else {
        check_strictly(data_set, whole, verdict);
    }
    return verdict;
}

}  // namespace isocenter::archive
