#include "dicom/data_set.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "dicom/charset.h"
#include "dicom/dictionary.h"
#include "dicom/tags.h"

namespace isocenter::dicom {

namespace {

template <class T>
std::optional<std::int64_t> first_number(std::string_view bytes) {
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value = 0;
    std::memcpy(&value, bytes.data(), sizeof(T));
    if constexpr (std::is_same_v<T, std::uint64_t>) {
        if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    }
    return static_cast<std::int64_t>(value);
}

std::string_view trim_blanks_left(std::string_view text) {
    const std::size_t start = text.find_first_not_of(' ');
    return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

std::optional<std::int64_t> first_integer_string(std::string_view bytes) {
    std::string_view text = trim_padding(trim_blanks_left(bytes.substr(0, bytes.find('\\'))));
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::int64_t> first_tag(std::string_view bytes) {
    const auto group = first_number<std::uint16_t>(bytes);
    const auto element = first_number<std::uint16_t>(bytes.size() < 4 ? std::string_view{} : bytes.substr(2));
    if (!group || !element) return std::nullopt;
    return (*group << 16) + *element;
}

/// PS3.5 table 6.2-1 calls leading blanks significant in these.
bool keeps_leading_blanks(Vr vr) {
    return vr == Vr::LT || vr == Vr::ST || vr == Vr::UT || vr == Vr::UC || vr == Vr::UR || vr == Vr::UI ||
           vr == Vr::PN;
}

}  // namespace

bool DataSet::empty() const {
    return elements_.empty();
}

Element* DataSet::find(Tag tag) {
    return const_cast<Element*>(std::as_const(*this).find(tag));
}

const Element* DataSet::find(Tag tag) const {
    const auto at = std::ranges::lower_bound(elements_, tag, {}, &Element::tag);
    return at != elements_.end() && at->tag == tag ? &*at : nullptr;
}

Element& DataSet::set(Element element) {
    if (elements_.empty() || elements_.back().tag < element.tag) {
        return elements_.emplace_back(std::move(element));
    }
    const auto at = std::ranges::lower_bound(elements_, element.tag, {}, &Element::tag);
    if (at != elements_.end() && at->tag == element.tag) {
        *at = std::move(element);
        return *at;
    }
    return *elements_.insert(at, std::move(element));
}

void DataSet::remove(Tag tag) {
    const auto at = std::ranges::lower_bound(elements_, tag, {}, &Element::tag);
    if (at != elements_.end() && at->tag == tag) elements_.erase(at);
}

std::string DataSet::text(Tag tag) const {
    const Element* element = find(tag);
    if (element == nullptr || !is_text(element->vr)) return {};
    const std::vector<std::string> values =
        Charset::of(*this, Charset{}).decode_values(element->bytes, element->vr);
    if (values.empty()) return {};
    std::string_view value = trim_padding(values.front());
    if (!keeps_leading_blanks(element->vr)) value = trim_blanks_left(value);
    return std::string(value);
}

std::optional<std::int64_t> DataSet::integer(Tag tag) const {
    const Element* element = find(tag);
    if (element == nullptr) return std::nullopt;
    const std::string_view bytes = element->bytes;
    switch (element->vr) {
        case Vr::US:
            return first_number<std::uint16_t>(bytes);
        case Vr::SS:
            return first_number<std::int16_t>(bytes);
        case Vr::UL:
            return first_number<std::uint32_t>(bytes);
        case Vr::SL:
            return first_number<std::int32_t>(bytes);
        case Vr::UV:
            return first_number<std::uint64_t>(bytes);
        case Vr::SV:
            return first_number<std::int64_t>(bytes);
        case Vr::IS:
            return first_integer_string(bytes);
        case Vr::AT:
            return first_tag(bytes);
        default:
            return std::nullopt;
    }
}

void DataSet::set_text(Tag tag, std::string_view value) {
    const auto entry = find_entry(tag);
    set_text(tag, entry ? entry->vr : Vr::UN, value);
}

void DataSet::set_text(Tag tag, Vr vr, std::string_view value) {
    Element element;
    element.tag = tag;
    element.vr = vr;
    element.bytes = value;
    set(std::move(element));
}

}  // namespace isocenter::dicom
