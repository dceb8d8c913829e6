#include "dicom/dictionary.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

namespace isocenter::dicom {

namespace {

struct Row {
    std::uint32_t tag;
    Vr vr;
    std::string_view vr_text;
    std::string_view vm;
    std::string_view keyword;
};

/// Attributes whose group or element number varies in the digits that are zero in `mask`.
struct MaskedRow {
    std::uint32_t mask;
    std::uint32_t value;
    Vr vr;
    std::string_view vr_text;
    std::string_view vm;
    std::string_view keyword;
};

constexpr Row kRows[] = {
#define ISOCENTER_DICTIONARY_ENTRIES
#include "dicom/dictionary_table.inc"
#undef ISOCENTER_DICTIONARY_ENTRIES
};

constexpr MaskedRow kMaskedRows[] = {
#define ISOCENTER_DICTIONARY_REPEATERS
#include "dicom/dictionary_table.inc"
#undef ISOCENTER_DICTIONARY_REPEATERS
};

static_assert(std::ranges::is_sorted(kRows, {}, &Row::tag));

DictionaryEntry entry_of(const Row& row) {
    return {make_tag(row.tag), row.keyword, row.vr, row.vr_text, row.vm};
}

DictionaryEntry entry_of(const MaskedRow& row, std::uint32_t tag) {
    return {make_tag(tag), row.keyword, row.vr, row.vr_text, row.vm};
}

/// Row numbers by keyword; masked rows follow the plain ones.
struct KeywordIndex {
    struct Item {
        std::string_view keyword;
        std::uint32_t row;
    };
    std::vector<Item> items;

    KeywordIndex() {
        items.reserve(std::size(kRows) + std::size(kMaskedRows));
        std::uint32_t number = 0;
        for (const Row& row : kRows)
            items.push_back({row.keyword, number++});
        for (const MaskedRow& row : kMaskedRows)
            items.push_back({row.keyword, number++});
        // A few retired rows have no keyword.
        std::erase_if(items, [](const Item& item) { return item.keyword.empty(); });
        std::ranges::sort(items, {}, &Item::keyword);
    }
};

}  // namespace

std::optional<DictionaryEntry> find_entry(Tag tag) {
    if (tag.is_private() || tag.is_group_length()) return std::nullopt;
    const std::uint32_t wanted = tag.value();
    const auto* row = std::ranges::lower_bound(kRows, wanted, {}, &Row::tag);
    if (row != std::end(kRows) && row->tag == wanted) return entry_of(*row);
    for (const MaskedRow& masked : kMaskedRows) {
        if ((wanted & masked.mask) == masked.value) return entry_of(masked, wanted);
    }
    return std::nullopt;
}

std::optional<DictionaryEntry> find_keyword(std::string_view keyword) {
    static const KeywordIndex index;
    const auto item = std::ranges::lower_bound(index.items, keyword, {}, &KeywordIndex::Item::keyword);
    if (item == index.items.end() || item->keyword != keyword) return std::nullopt;
    if (item->row < std::size(kRows)) return entry_of(kRows[item->row]);
    const MaskedRow& masked = kMaskedRows[item->row - std::size(kRows)];
    return entry_of(masked, masked.value);
}

}  // namespace isocenter::dicom
