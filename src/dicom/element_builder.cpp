#include "dicom/element_builder.h"

#include <algorithm>

#include "dicom/dictionary.h"
#include "dicom/tags.h"
#include "dicom/value_text.h"

namespace isocenter::dicom {
namespace {

Error wrong(std::string why) {
    return fail(ErrorCode::invalid_request, std::move(why));
}

/// What stands in the place of a VR may be anything: only what looks like one is told.
std::string shown(std::string_view letters) {
    const bool like_one = letters.size() == 2 && std::all_of(letters.begin(), letters.end(),
                                                             [](char c) { return c >= 'A' && c <= 'Z'; });
    return like_one ? std::string(letters) : std::string("given");
}

bool is_beyond_ascii(const DataSet& data_set) {
    return std::any_of(data_set.elements().begin(), data_set.elements().end(), [](const Element& element) {
        // Not only of the VRs that have a character set: the others are decoded by it when they must be.
        if (is_text(element.vr) && std::any_of(element.bytes.begin(), element.bytes.end(),
                                               [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
            return true;
        return std::any_of(element.items.begin(), element.items.end(), is_beyond_ascii);
    });
}

void replace_character_sets(DataSet& data_set) {
    for (Element& element : data_set.elements()) {
        if (element.tag == tags::SpecificCharacterSet) element.bytes = "ISO_IR 192";
        for (DataSet& item : element.items)
            replace_character_sets(item);
    }
}

}  // namespace

Result<Vr> vr_of(Tag tag, std::string_view vr, bool as_bytes) {
    if (const auto known = parse_vr(vr)) return *known;
    if (!vr.empty() && as_bytes) return Vr::UN;
    if (tag.is_private_creator()) return Vr::LO;
    if (const auto entry = find_entry(tag)) return entry->vr;
    if (vr.empty()) return wrong("the VR is missing and the attribute is not in the dictionary");
    return Vr::UN;
}

Status set_values(Element& element, const std::vector<std::string>& values, std::string_view letters) {
    const bool nothing = values.empty() || (values.size() == 1 && values.front().empty());
    if (nothing) return {};
    if (is_binary_number(element.vr)) {
        for (const auto& value : values)
            if (!append_number(element.bytes, element.vr, value)) return wrong("a value is not of its VR");
        return {};
    }
    if (element.vr == Vr::UN && !letters.empty() && !parse_vr(letters))
        return wrong("the VR " + shown(letters) + " is unknown and the attribute is not in the dictionary");
    if (!is_text(element.vr)) return wrong("a VR of binary data cannot have a Value");
    const bool several = is_multi_valued_text(element.vr);
    if (values.size() > 1 && !several) return wrong("the VR allows one value only");
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (several && values[i].find('\\') != std::string::npos)
            return wrong("a value contains a backslash");
        if (i != 0) element.bytes += '\\';
        element.bytes += values[i];
    }
    return {};
}

Result<DataSet> make_data_set(std::vector<Element> elements) {
    // Sorted first: inserting a hostile order one by one would take quadratic time.
    std::stable_sort(elements.begin(), elements.end(),
                     [](const Element& a, const Element& b) { return a.tag < b.tag; });
    const auto twice = std::adjacent_find(elements.begin(), elements.end(),
                                          [](const Element& a, const Element& b) { return a.tag == b.tag; });
    if (twice != elements.end()) return wrong("attribute " + to_hex8(twice->tag) + " is there twice");
    DataSet data_set;
    for (auto& element : elements)
        if (!element.tag.is_group_length()) data_set.set(std::move(element));
    return data_set;
}

void declare_utf8(DataSet& data_set) {
    if (is_beyond_ascii(data_set)) force_utf8(data_set);
}

void force_utf8(DataSet& data_set) {
    replace_character_sets(data_set);
    data_set.set({.tag = tags::SpecificCharacterSet, .vr = Vr::CS, .bytes = "ISO_IR 192"});
}

}  // namespace isocenter::dicom
