#include "fhir/engine/state_store.h"

#include <array>

namespace isocenter::fhir {
namespace {

constexpr std::array kClasses{LetterClass::transient, LetterClass::fhir, LetterClass::dicom,
                              LetterClass::validation, LetterClass::feed};
constexpr std::array kStates{LetterState::open, LetterState::resolved, LetterState::discarded};

template <class Values>
std::optional<typename Values::value_type> find_name(const Values& values, std::string_view text) {
    for (const auto value : values) {
        if (to_string(value) == text) return value;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(LetterClass letter_class) {
    switch (letter_class) {
        case LetterClass::transient:
            return "transient";
        case LetterClass::fhir:
            return "fhir";
        case LetterClass::dicom:
            return "dicom";
        case LetterClass::validation:
            return "validation";
        case LetterClass::feed:
            return "feed";
    }
    return "unknown";
}

std::string_view to_string(LetterState state) {
    switch (state) {
        case LetterState::open:
            return "open";
        case LetterState::resolved:
            return "resolved";
        case LetterState::discarded:
            return "discarded";
    }
    return "unknown";
}

std::span<const LetterClass> letter_classes() {
    return kClasses;
}

std::optional<LetterClass> parse_letter_class(std::string_view text) {
    return find_name(kClasses, text);
}

std::optional<LetterState> parse_letter_state(std::string_view text) {
    return find_name(kStates, text);
}

}  // namespace isocenter::fhir
