#include <algorithm>

#include "fhir/classic/patient.h"
#include "fhir/plan/merge.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;

json::object& usual_name(json::object& patient) {
    if (!patient.contains("name") || !patient["name"].is_array()) patient["name"] = json::array();
    auto& names = patient["name"].get_array();
    const auto found = std::find_if(names.begin(), names.end(), [](const json::value& name) {
        return name.is_object() && text_member(name.get_object(), "use") == "usual";
    });
    if (found != names.end()) return found->get_object();
    names.push_back(json::object{{"use", "usual"}});
    return names.back().get_object();
}

/// The words of a part. FHIR has no empty strings, so blanks that follow each other make no word.
void append_words(json::array& list, const std::string& part) {
    for (const auto& word : split(part, ' ')) {
        if (!word.empty()) list.emplace_back(word);
    }
}

}  // namespace

void synchronise_name(json::object& patient, std::string_view person_name) {
    auto& name = usual_name(patient);
    const auto parts = split(trimmed(person_name), '^');
    const auto part = [&](std::size_t index) { return index < parts.size() ? parts[index] : std::string(); };
    if (trimmed(part(0)).empty()) {
        name.erase("family");
    } else {
        name["family"] = part(0);
    }
    json::array given;
    append_words(given, part(1));
    append_words(given, part(2));
    if (given.empty()) {
        name.erase("given");
    } else {
        name["given"] = std::move(given);
    }
    for (const auto& [element, index] : {std::pair("prefix", 3U), std::pair("suffix", 4U)}) {
        json::array words;
        append_words(words, part(index));
        if (!words.empty()) name[element] = std::move(words);
    }
}

}  // namespace isocenter::fhir::classic
