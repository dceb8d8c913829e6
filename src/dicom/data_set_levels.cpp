// The other half of DataSetParser: how levels end and what becomes of finished elements.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "dicom/data_set_parser.h"
#include "dicom/dictionary.h"

namespace isocenter::dicom {

namespace {

/// Ascending order, and the last of several elements with one tag: appending while parsing and putting in
/// order once keeps hostile orders from costing quadratic time. True when a tag was there twice.
bool put_in_order(std::vector<Element>& elements) {
    const auto not_ascending = [](const Element& a, const Element& b) { return a.tag >= b.tag; };
    if (std::ranges::adjacent_find(elements, not_ascending) == elements.end()) return false;
    std::ranges::stable_sort(elements, {}, &Element::tag);
    const auto kept = std::unique(elements.rbegin(), elements.rend(),
                                  [](const Element& a, const Element& b) { return a.tag == b.tag; });
    const bool repeated = kept != elements.rend();
    elements.erase(elements.begin(), kept.base());
    return repeated;
}

/// The element at a path of BulkValue, nullptr when the data set has none there.
const Element* find_at(const DataSet& root, std::string_view path) {
    const DataSet* data_set = &root;
    for (;;) {
        const auto tag = parse_hex8(path.substr(0, path.find('/')));
        const Element* element = tag ? data_set->find(*tag) : nullptr;
        const std::size_t item_at = path.find('/');
        if (element == nullptr || item_at == std::string_view::npos) return element;
        path.remove_prefix(item_at + 1);
        const std::size_t end = path.find('/');
        std::size_t number = 0;
        std::from_chars(path.data(), path.data() + std::min(end, path.size()), number);
        if (end == std::string_view::npos || number == 0 || number > element->items.size()) return nullptr;
        data_set = &element->items[number - 1];
        path.remove_prefix(end + 1);
    }
}

}  // namespace

std::string DataSetParser::path_to_here() const {
    std::string path = path_prefix_;
    for (const Level& level : levels_) {
        if (level.kind == Level::Kind::sequence) {
            path += fmt::format("{}/{}/", to_hex8(level.element.tag), level.element.items.size() + 1);
        }
    }
    return path;
}

/// The failure of an input that ends too early; of several levels the innermost open one is named:
/// `00400275` between items, `00400275/1` inside of one.
Error DataSetParser::cut_off(std::string_view what) const {
    const Level& level = levels_.back();
    if (levels_.size() == 1) return failure(ErrorCode::malformed_dicom, what);
    std::string path = path_to_here();
    if (level.kind == Level::Kind::fragments) {
        path += to_hex8(level.element.tag);
    } else {
        path.pop_back();
        if (level.kind == Level::Kind::sequence) path.erase(path.rfind('/'));
    }
    return failure(ErrorCode::malformed_dicom, fmt::format("{}, inside of {}", what, path));
}

void DataSetParser::append(Element&& element) {
    levels_.back().data_set.elements().push_back(std::move(element));
}

void DataSetParser::close_level() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    if (level.kind == Level::Kind::data_set) {
        repeated_ = put_in_order(level.data_set.elements()) || repeated_;
        levels_.back().element.items.push_back(std::move(level.data_set));
        return;
    }
    level.element.where.length = position_ - level.element.where.offset;
    if (level.kind == Level::Kind::sequence) {
        --depth_;
    } else {
        if (levels_.size() == 1 && pixels_.encapsulated && level.element.tag == pixels_.tag) {
            pixels_.value = level.element.where;
        }
        note_bulk(level.element, true);
    }
    append(std::move(level.element));
}

/// Ends every level whose defined length is used up, and those without delimiter inside of it.
void DataSetParser::close_ended_levels() {
    while (levels_.size() > 1 && levels_.back().limit == position_)
        close_level();
}

/// Gives an element of VR UN the VR of the dictionary when its value can be one (PS3.5 6.2.2 note 3).
void DataSetParser::resolve_unknown(Element& element) {
    const auto entry = find_entry(element.tag);
    if (!entry || entry->vr == Vr::UN) return;
    if (entry->vr == Vr::SQ) {
        if (!element.bytes.empty() && !parse_unknown_sequence(element)) return;
        element.vr = Vr::SQ;
        element.bytes = std::string{};
        return;
    }
    // Which byte order a big endian writer gave to a value it did not know is anybody's guess.
    const unsigned unit = unit_bytes(entry->vr);
    if (unit > 1 && (element.big_endian || element.bytes.size() % unit != 0)) return;
    element.vr = vr_of(element.tag, {});
}

bool DataSetParser::parse_unknown_sequence(Element& element) {
    DataSetParser inner(limits_, usage_, Scope::data_set, element.where.offset, {false, false}, false);
    inner.path_prefix_ = path_to_here();
    inner.depth_ = depth_;
    inner.pixels_signed_ = pixels_signed_;
    Level level;
    level.explicit_vr = false;
    level.detect = true;
    const Header header{element.tag, Vr::SQ, static_cast<std::uint32_t>(element.bytes.size())};
    if (!inner.open_sequence(header, std::move(level))) return false;
    if (!inner.write(as_bytes(element.bytes))) return false;
    if (inner.levels_.size() != 1 || inner.data_set().elements().size() != 1) return false;
    element.items = std::move(inner.levels_.front().data_set.elements().front().items);
    std::ranges::move(inner.bulk_, std::back_inserter(bulk_));
    repeated_ = repeated_ || inner.repeated_;
    return true;
}

/// Of an element that is there twice the last one counts (PS3.5 7.1 allows one): what was noted of the places
/// of those before is dropped, so that bulk values and frames are those of the data set.
void DataSetParser::forget_replaced() {
    const DataSet& root = data_set();
    std::erase_if(bulk_, [&root](const BulkValue& value) {
        const Element* element = find_at(root, value.path);
        return element == nullptr || element->where != value.range;
    });
    const Element* pixels = root.find(pixels_.tag);
    if (pixels == nullptr || pixels->where != pixels_.value) pixels_ = {};
}

Status DataSetParser::finish() {
    if (value_left_ > 0) return cut_off(fmt::format("{} bytes of its value are missing", value_left_));
    const bool padding = levels_.size() == 1 &&
                         std::ranges::all_of(leftover(), [](std::byte byte) { return byte == std::byte{0}; });
    if (pending_size_ > 0 && scope_ == Scope::data_set && !padding) {
        return cut_off("the header of what follows is cut off");
    }
    // A sequence without its delimiter looks like one whose other half was lost.
    if (levels_.size() > 1) return cut_off("the input ends after it");
    repeated_ = put_in_order(levels_.front().data_set.elements()) || repeated_;
    if (repeated_) forget_replaced();
    return {};
}

}  // namespace isocenter::dicom
