#include <array>

#include "fhir/mapping/date_time.h"
#include "fhir/mapping/parts.h"

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

/// PS3.5 6.2.1: the groups of a person name, and FHIR's code of their representation.
struct Group {
    std::string_view name;
    std::string_view representation;
};
constexpr std::array kGroups{Group{"Alphabetic", "ABC"}, Group{"Ideographic", "IDE"},
                             Group{"Phonetic", "SYL"}};

struct Sex {
    std::string_view dicom;
    std::string_view fhir;
};
/// What programs write that know no date (7.7).
constexpr std::string_view kNoDate = "0001-01-01";
constexpr std::array kSexes{Sex{"M", "male"}, Sex{"F", "female"}, Sex{"O", "other"}};

void append_words(json::array& list, std::string_view part) {
    for (const auto& word : split(part, ' ')) {
        if (!word.empty()) list.emplace_back(word);
    }
}

/// Fills the parts of a HumanName (section 7.5); what is empty is left out.
void fill_name(json::object& name, std::string_view text) {
    const auto parts = split(text, '^');
    const auto part = [&](std::size_t index) {
        return index < parts.size() ? trimmed(parts[index]) : std::string{};
    };
    if (!part(0).empty()) name["family"] = part(0);
    struct Target {
        std::string_view element;
        std::vector<std::size_t> sources;
    };
    for (const auto& [element, sources] :
         {Target{"given", {1, 2}}, Target{"prefix", {3}}, Target{"suffix", {4}}}) {
        json::array words;
        for (const auto source : sources)
            append_words(words, part(source));
        if (!words.empty()) name[element] = std::move(words);
    }
}

json::array make_names(const DataSet& data_set) {
    json::array names;
    const bool several =
        has_value(data_set, "00100010") && (!names_of(data_set, "00100010", "Ideographic").empty() ||
                                            !names_of(data_set, "00100010", "Phonetic").empty());
    for (const auto& group : kGroups) {
        const auto texts = names_of(data_set, "00100010", group.name);
        if (texts.empty()) continue;
        json::object name;
        fill_name(name, texts.front());
        if (name.empty()) continue;
        if (group.name == "Alphabetic") name["use"] = "usual";
        if (several) {
            name["extension"] =
                json::array{{{"url", "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"},
                             {"valueCode", group.representation}}};
        }
        names.push_back(std::move(name));
    }
    return names;
}

std::string gender_of(std::string_view sex, const Context& context) {
    if (sex.empty()) return {};
    for (const auto& row : kSexes) {
        if (row.dicom == sex) return std::string{row.fhir};
    }
    context.invalid("00100040", sex, "PatientSex is none of M, F, O");
    return {};
}

}  // namespace

json::object make_patient(const Identifier& identity, const Agreement& demographics, const Context& context) {
    json::object patient{{"resourceType", "Patient"},
                         {"meta", {{"source", context.options.own_endpoint}}},
                         {"identifier", json::array{to_json(identity)}}};
    if (auto names = make_names(demographics.source("00100010")); !names.empty())
        patient["name"] = std::move(names);
    const auto gender = gender_of(demographics.text("00100040"), context);
    if (!gender.empty()) patient["gender"] = gender;
    const auto birth = demographics.text("00100030");
    if (const auto date = to_fhir_date(birth)) {
        if (*date != kNoDate) patient["birthDate"] = *date;
    } else if (!birth.empty()) {
        context.invalid("00100030", birth, "PatientBirthDate is no date");
    }
    return patient;
}

}  // namespace isocenter::fhir
