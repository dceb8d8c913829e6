#include "fhir/mapping/codings.h"

#include <array>

#include "fhir/mapping/body_parts.h"
#include "fhir/mapping/legacy_snomed.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

struct Row {
    std::string_view key;
    std::string_view value;
};

template <class Table>
constexpr std::string_view find_in(const Table& table, std::string_view key) {
    for (const auto& row : table) {
        if (row.key == key) return row.value;
    }
    return {};
}

constexpr std::array kSystems{
    Row{"DCM", kDcm},
    Row{"SCT", kSnomed},
    Row{"LN", "http://loinc.org"},
    Row{"UCUM", "http://unitsofmeasure.org"},
    Row{"RADLEX", "http://radlex.org"},
    Row{"I10", "http://hl7.org/fhir/sid/icd-10"},
};

constexpr std::array kLateralities{
    Row{"L", "419161000"},
    Row{"R", "419465000"},
    Row{"B", "51440002"},
};

/// FHIR's type `code` allows one blank between words.
std::string single_spaced(std::string_view text) {
    std::string result;
    bool is_word_over = false;
    for (const char c : text) {
        const bool is_blank = c == ' ' || !is_in_fhir(c) || c == '\t' || c == '\r' || c == '\n';
        if (!is_blank) {
            if (is_word_over && !result.empty()) result += ' ';
            result += c;
        }
        is_word_over = is_blank;
    }
    return result;
}

bool is_legacy_snomed(std::string_view designator) {
    return designator == "SRT" || designator == "SNM3" || designator == "99SDM";
}

}  // namespace

std::string_view system_of(std::string_view designator) {
    return find_in(kSystems, designator);
}
std::string_view snomed_of_legacy(std::string_view legacy) {
    return find_in(kLegacySnomed, legacy);
}
std::string_view laterality_code(std::string_view laterality) {
    return find_in(kLateralities, laterality);
}

std::optional<Code> read_code(const DataSet& item) {
    Code code;
    for (const auto* tag : {"00080100", "00080119", "00080120"}) {
        code.value = exact_text(item, tag);
        if (!code.value.empty()) break;
    }
    if (code.value.empty()) return {};
    code.designator = first_text(item, "00080102");
    code.meaning = first_text(item, "00080104");
    if (is_legacy_snomed(code.designator) && !snomed_of_legacy(code.value).empty()) {
        code.value = snomed_of_legacy(code.value);
        code.designator = "SCT";
    }
    code.system = system_of(code.designator);
    if (code.system.empty()) code.system = oid_uri(first_text(item, "0008010C"));
    return code;
}

std::optional<Code> read_code(const DataSet& data_set, std::string_view sequence) {
    const auto items = items_of(data_set, sequence);
    return items.empty() ? std::nullopt : read_code(*items.front());
}

json::object make_coding(std::string_view system, std::string_view code, std::string_view display) {
    json::object coding;
    if (!system.empty()) coding["system"] = system;
    if (!code.empty()) coding["code"] = single_spaced(code);
    if (!display.empty()) coding["display"] = display;
    return coding;
}

json::object make_coding(const Code& code) {
    return make_coding(code.system, code.value, code.meaning);
}

json::object make_concept(const Code& code) {
    json::object result{{"coding", json::array{make_coding(code)}}};
    if (!code.meaning.empty()) result["text"] = code.meaning;
    return result;
}

json::object body_part(std::string_view body_part_examined) {
    for (const auto& row : kBodyParts) {
        if (row.term == body_part_examined) return make_coding(kSnomed, row.code, row.display);
    }
    return make_coding({}, {}, body_part_examined);
}

}  // namespace isocenter::fhir
