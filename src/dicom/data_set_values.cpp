// What becomes of a value: held, or noted by its place. Values of an unknown VR are resolved in
// data_set_levels.cpp.
#include <algorithm>
#include <utility>

#include "dicom/byte_order.h"
#include "dicom/data_set_parser.h"
#include "dicom/dictionary.h"
#include "dicom/tags.h"
#include "dicom/value_text.h"

namespace isocenter::dicom {

namespace {

/// Strings grow as the bytes come: a length alone must not cost memory.
constexpr std::uint64_t kMaxReserve = 64U << 10U;

/// These stay in the stored object whatever their size, so that they are read from one place only.
bool stays_in_object(Tag tag, bool top_level) {
    if (tag == tags::WaveformData) return true;
    return top_level && (tag == tags::PixelData || tag == tags::FloatPixelData ||
                         tag == tags::DoubleFloatPixelData || tag == tags::EncapsulatedDocument);
}

bool is_pixel_tag(Tag tag) {
    return tag == tags::PixelData || tag == tags::FloatPixelData || tag == tags::DoubleFloatPixelData;
}

}  // namespace

DataSetParser::Take DataSetParser::how_to_take(const Header& header) const {
    const bool top_level = levels_.size() == 1;
    if (header.tag.is_group_length() || header.tag == tags::DataSetTrailingPadding) return Take::skip;
    if (stays_in_object(header.tag, top_level)) return Take::skip;
    if (top_level && header.tag == tags::ExtendedOffsetTable) return Take::hold;
    if (!is_bulk(header.vr) || header.length <= limits_.bulk_inline_bytes) return Take::hold;
    // An unknown VR of a known attribute that is no bulk value may be resolved once it is here.
    if (header.vr == Vr::UN && header.length <= limits_.held_value_bytes) {
        const auto entry = find_entry(header.tag);
        if (entry && !is_bulk(entry->vr)) return Take::hold;
    }
    return Take::skip;
}

Status DataSetParser::begin_value(const Header& header, Take take) {
    take_ = take;
    value_left_ = header.length;
    if (levels_.back().kind == Level::Kind::data_set) {
        current_.tag = header.tag;
        current_.vr = header.vr;
        current_.where = {position_, header.length};
        current_.big_endian = levels_.back().big_endian;
        current_.held = take == Take::hold;
        dropped_ = header.tag.is_group_length() || header.tag == tags::DataSetTrailingPadding;
        if (take == Take::hold) {
            if (header.length > limits_.held_value_bytes) {
                return failure(ErrorCode::too_large, "the value is too long");
            }
            ISO_CHECK(charge(header.length));
            current_.bytes.reserve(
                static_cast<std::size_t>(std::min<std::uint64_t>(header.length, kMaxReserve)));
        }
    }
    if (value_left_ == 0) return finish_value();
    return {};
}

void DataSetParser::take_value(ByteView bytes) {
    switch (take_) {
        case Take::hold:
            current_.bytes.append(as_text(bytes));
            break;
        case Take::offset_table:
            pixels_.basic_offsets.append(as_text(bytes));
            break;
        case Take::fragment:
            for (std::size_t i = 0; i < bytes.size() && head_bytes_ < 4; ++i, ++head_bytes_) {
                pixels_.fragment_heads.back() |= std::to_integer<std::uint32_t>(bytes[i])
                                                 << (8U * (3U - head_bytes_));
            }
            break;
        case Take::skip:
            break;
    }
    position_ += bytes.size();
    value_left_ -= bytes.size();
}

Status DataSetParser::finish_value() {
    if (levels_.back().kind == Level::Kind::data_set && !dropped_) {
        if (take_ == Take::hold) {
            ISO_CHECK(complete_held_element());
        } else {
            if (levels_.size() == 1) note_pixels(current_);
            if (current_.where.length != 0) note_bulk(current_, false);
            append(std::exchange(current_, Element{}));
        }
    }
    close_ended_levels();
    return {};
}

Status DataSetParser::complete_held_element() {
    if (levels_.size() == 1 && current_.tag == tags::ExtendedOffsetTable) {
        pixels_.extended_offsets = current_.bytes;
        if (current_.big_endian) swap_units(pixels_.extended_offsets, 8);
    }
    if (current_.vr == Vr::UN) resolve_unknown(current_);
    if (is_bulk(current_.vr) && current_.bytes.size() > limits_.bulk_inline_bytes) {
        current_.held = false;
        current_.bytes = std::string{};
        note_bulk(current_, false);
    } else if (current_.big_endian) {
        swap_units(current_.bytes, current_.vr == Vr::AT ? 2 : unit_bytes(current_.vr));
    }
    if (has_number_not_finite(current_))
        note_bulk(current_, false);  // what append_json refers to by its path
    if (current_.tag == tags::PixelRepresentation && current_.bytes.size() >= 2) {
        pixels_signed_ = current_.bytes[0] == 1;
    }
    append(std::exchange(current_, Element{}));
    return {};
}

void DataSetParser::note_pixels(const Element& element) {
    if (!is_pixel_tag(element.tag) || element.where.length == 0) return;
    pixels_ = {.tag = element.tag,
               .present = true,
               .encapsulated = false,
               .value = element.where,
               .extended_offsets = std::move(pixels_.extended_offsets)};
}

void DataSetParser::note_bulk(const Element& element, bool encapsulated) {
    bulk_.push_back({path_to_here() + to_hex8(element.tag), std::string(to_string(element.vr)), element.where,
                     encapsulated});
}

Status DataSetParser::charge(std::uint64_t bytes) {
    usage_.held_bytes += bytes;
    if (usage_.held_bytes > limits_.total_held_bytes) {
        return failure(ErrorCode::too_large, "the object's values take too much memory");
    }
    return {};
}

}  // namespace isocenter::dicom
