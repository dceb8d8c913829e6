// Element headers (PS3.5 section 7.1). Numbers are in the data set's byte order.
//
//   implicit VR          tag:4  length:4
//   explicit, short VR   tag:4  letters:2  length:2
//   explicit, long VR    tag:4  letters:2  reserved:2  length:4
//   item and delimiters  tag:4  length:4                      in every encoding
#include "dicom/data_set_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dicom/byte_order.h"
#include "dicom/dictionary.h"
#include "dicom/tags.h"
#include "dicom/value_text.h"

namespace isocenter::dicom {

namespace {

constexpr std::uint16_t kDelimiterGroup = 0xFFFE;
constexpr std::size_t kShortHeader = 8;
constexpr std::size_t kLongHeader = 12;
/// Groups of the standard's attributes below this are read wrongly in the other byte order as this or more.
constexpr std::uint16_t kImplausibleFirstGroup = 0x0400;
/// Strings grow as the bytes come: a length alone must not cost memory.
constexpr std::uint64_t kMaxReserve = 64U << 10U;

std::string_view letters_of(ByteView header) {
    return as_text(header.subspan(4, 2));
}

bool are_capitals(std::string_view letters) {
    return std::ranges::all_of(letters, [](char c) { return c >= 'A' && c <= 'Z'; });
}

Tag read_tag(ByteView bytes, bool big_endian) {
    return {read_u16(bytes, big_endian), read_u16(bytes.subspan(2), big_endian)};
}

bool is_all_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

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

DataSetParser::DataSetParser(const ReaderLimits& limits, ReaderUsage& usage, Scope scope,
                             std::uint64_t offset, Encoding encoding, bool detect)
    : limits_(limits), usage_(usage), scope_(scope), position_(offset) {
    Level root;
    root.explicit_vr = encoding.explicit_vr;
    root.big_endian = encoding.big_endian;
    root.detect = detect;
    constexpr std::size_t kUsualElements = 128;
    if (scope == Scope::data_set) root.data_set.elements().reserve(kUsualElements);
    levels_.push_back(std::move(root));
}

Result<std::size_t> DataSetParser::write(ByteView bytes) {
    const std::size_t given = bytes.size();
    while (!bytes.empty() && !stopped_) {
        if (value_left_ > 0) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(value_left_, bytes.size()));
            take_value(bytes.first(count));
            bytes = bytes.subspan(count);
            if (value_left_ == 0) ISO_CHECK(finish_value());
            continue;
        }
        if (zero_tail_) {
            const auto other =
                std::ranges::find_if(bytes, [](std::byte byte) { return byte != std::byte{0}; });
            position_ += static_cast<std::uint64_t>(other - bytes.begin());
            if (other != bytes.end())
                return failure(ErrorCode::malformed_dicom, "an element follows padding");
            return given;
        }
        if (pending_size_ == 0 && bytes.size() >= kLongHeader) {
            const std::size_t size = header_bytes(bytes);
            ISO_CHECK(take_header(bytes.first(size)));
            if (!stopped_) bytes = bytes.subspan(size);
            continue;
        }
        const std::size_t wanted = header_bytes(leftover());
        const std::size_t count = std::min(wanted - pending_size_, bytes.size());
        std::memcpy(pending_.data() + pending_size_, bytes.data(), count);
        pending_size_ += count;
        bytes = bytes.subspan(count);
        if (pending_size_ == header_bytes(leftover())) {
            ISO_CHECK(take_header(leftover()));
            if (!stopped_) pending_size_ = 0;
        }
    }
    return given - bytes.size();
}

std::size_t DataSetParser::header_bytes(ByteView bytes) const {
    if (bytes.size() < kShortHeader) return kShortHeader;
    const Level& level = levels_.back();
    if (read_u16(bytes, level.big_endian) == kDelimiterGroup) return kShortHeader;
    const std::string_view letters = letters_of(bytes);
    if (!level.explicit_vr && !level.detect) return kShortHeader;
    if (const auto vr = parse_vr(letters)) return has_long_length(*vr) ? kLongHeader : kShortHeader;
    // VRs that the standard may add have the long form (PS3.5 7.1.2).
    if (level.explicit_vr && are_capitals(letters) && read_u16(bytes.subspan(6), false) == 0) {
        return kLongHeader;
    }
    return kShortHeader;
}

/// The data set's real encoding, from its first element. Labels that contradict it are common enough that
/// every toolkit looks. header_bytes gives the same before and after, whatever is found.
void DataSetParser::detect_encoding(ByteView bytes) {
    Level& level = levels_.back();
    level.detect = false;
    const Tag tag = read_tag(bytes, level.big_endian);
    if (tag.group == kDelimiterGroup) return;
    const std::string_view letters = letters_of(bytes);
    const bool has_vr = parse_vr(letters).has_value();
    if (has_vr || !are_capitals(letters)) level.explicit_vr = has_vr;
    const Tag swapped = read_tag(bytes, !level.big_endian);
    if (has_vr && tag.group >= kImplausibleFirstGroup && swapped.group < kImplausibleFirstGroup &&
        (find_entry(swapped) || swapped.is_group_length())) {
        level.big_endian = !level.big_endian;
    }
}

Vr DataSetParser::vr_of(Tag tag, std::string_view letters) const {
    if (const auto vr = letters.empty() ? std::nullopt : parse_vr(letters)) return *vr;
    if (const auto entry = find_entry(tag)) {
        return pixels_signed_ && entry->vr_text.starts_with("US or SS") ? Vr::SS : entry->vr;
    }
    if (tag.is_group_length()) return Vr::UL;
    return tag.is_private_creator() ? Vr::LO : Vr::UN;
}

DataSetParser::Header DataSetParser::read_header(ByteView bytes) const {
    const Level& level = levels_.back();
    const bool big_endian = level.big_endian;
    Header header;
    header.tag = read_tag(bytes, big_endian);
    if (header.tag.group == kDelimiterGroup) {
        header.length = read_u32(bytes.subspan(4), big_endian);
        return header;
    }
    const std::string_view letters = letters_of(bytes);
    // In explicit VR, zero letters are an unknown VR before a short length; other letters that are none are
    // an element in implicit VR. Both are written by devices in the field.
    const bool zero_letters = letters == std::string_view("\0\0", 2);
    const bool with_letters = level.explicit_vr && (are_capitals(letters) || zero_letters);
    header.vr = vr_of(header.tag, with_letters && !zero_letters ? letters : std::string_view{});
    if (with_letters && !zero_letters && !parse_vr(letters)) header.vr = Vr::UN;
    if (!with_letters) {
        header.length = read_u32(bytes.subspan(4), big_endian);
    } else if (bytes.size() == kLongHeader) {
        header.length = read_u32(bytes.subspan(8), big_endian);
    } else {
        header.length = read_u16(bytes.subspan(6), big_endian);
    }
    return header;
}

Status DataSetParser::take_header(ByteView bytes) {
    if (levels_.back().detect && levels_.back().kind == Level::Kind::data_set) detect_encoding(bytes);
    const Header header = read_header(bytes);
    const bool top_level = levels_.size() == 1;
    if (scope_ == Scope::file_meta && top_level && header.tag.group != 0x0002) {
        stopped_ = true;
        return {};
    }
    tag_ = header.tag;
    if (levels_.back().limit - position_ < bytes.size()) {
        return failure(ErrorCode::malformed_dicom, "passes the end of its item");
    }
    const bool is_first = top_level && levels_.front().data_set.empty();
    position_ += bytes.size();
    if (levels_.back().kind == Level::Kind::fragments) return take_fragment_header(header);
    if (header.tag.group == kDelimiterGroup) {
        return header.tag == tags::Item ? take_item(header) : take_delimiter(header);
    }
    if (levels_.back().kind == Level::Kind::sequence) {
        return failure(ErrorCode::malformed_dicom, "found where an item should begin");
    }
    if (top_level && !is_first && is_all_zero(bytes)) {
        zero_tail_ = true;
        return {};
    }
    return open_element(header);
}

Status DataSetParser::take_delimiter(const Header& header) {
    if (header.tag != tags::ItemDelimitationItem && header.tag != tags::SequenceDelimitationItem) {
        return failure(ErrorCode::malformed_dicom, "is no element of a data set");
    }
    const bool ends_sequence = header.tag == tags::SequenceDelimitationItem;
    const bool in_item = levels_.back().kind == Level::Kind::data_set;
    // Delimiters beside what they should end are passed over; the end of a sequence also ends its item.
    if (in_item && levels_.size() > 1) close_level();
    if (ends_sequence && levels_.size() > 1) close_level();
    close_ended_levels();
    return {};
}

Status DataSetParser::take_item(const Header& header) {
    if (levels_.back().kind != Level::Kind::sequence) {
        // An item delimiter that is missing: the next item ends the one before.
        if (levels_.size() == 1) return failure(ErrorCode::malformed_dicom, "is outside of a sequence");
        close_level();
    }
    if (++usage_.elements > limits_.elements) return failure(ErrorCode::malformed_dicom, "too many elements");
    ISO_CHECK(charge(sizeof(DataSet)));
    const Level& sequence = levels_.back();
    Level item;
    item.kind = Level::Kind::data_set;
    item.explicit_vr = sequence.explicit_vr;
    item.big_endian = sequence.big_endian;
    item.detect = sequence.detect;
    item.limit = limit_of(header.length);
    if (item.limit > sequence.limit)
        return failure(ErrorCode::malformed_dicom, "passes the end of its sequence");
    levels_.push_back(std::move(item));
    close_ended_levels();
    return {};
}

std::uint64_t DataSetParser::limit_of(std::uint32_t length) const {
    return length == kUndefined ? levels_.back().limit : position_ + length;
}

Status DataSetParser::open_element(const Header& header) {
    if (++usage_.elements > limits_.elements) return failure(ErrorCode::malformed_dicom, "too many elements");
    ISO_CHECK(charge(sizeof(Element)));
    const Level& parent = levels_.back();
    if (header.length != kUndefined && parent.limit - position_ < header.length) {
        return failure(ErrorCode::malformed_dicom, "passes the end of its item");
    }
    if (header.vr != Vr::SQ && header.length != kUndefined) return begin_value(header, how_to_take(header));
    Level level;
    level.explicit_vr = parent.explicit_vr;
    level.big_endian = parent.big_endian;
    if (header.vr == Vr::SQ) return open_sequence(header, std::move(level));
    const bool is_pixels = header.tag == tags::PixelData;
    if (header.vr == Vr::UN && !is_pixels) {
        // Implicit VR little endian inside (PS3.5 6.2.2 note 5), though some write explicit VR.
        level.explicit_vr = false;
        level.big_endian = false;
        level.detect = true;
        return open_sequence(header, std::move(level));
    }
    if (header.vr != Vr::OB && header.vr != Vr::OW && !is_pixels) {
        return failure(ErrorCode::malformed_dicom, "has an undefined length");
    }
    level.kind = Level::Kind::fragments;
    level.limit = parent.limit;
    level.element.tag = header.tag;
    level.element.vr = is_pixels ? Vr::OB : header.vr;
    level.element.held = false;
    level.element.encapsulated = true;
    level.element.where.offset = position_;
    if (levels_.size() == 1 && is_pixels) {
        pixels_ = {.tag = header.tag,
                   .present = true,
                   .encapsulated = true,
                   .extended_offsets = std::move(pixels_.extended_offsets)};
    }
    levels_.push_back(std::move(level));
    return {};
}

Status DataSetParser::open_sequence(const Header& header, Level level) {
    if (++depth_ > limits_.depth) return failure(ErrorCode::malformed_dicom, "sequences nest too deeply");
    level.kind = Level::Kind::sequence;
    level.limit = limit_of(header.length);
    level.element.tag = header.tag;
    level.element.vr = Vr::SQ;
    level.element.where.offset = position_;
    level.element.big_endian = level.big_endian;
    levels_.push_back(std::move(level));
    close_ended_levels();
    return {};
}

Status DataSetParser::take_fragment_header(const Header& header) {
    if (header.tag == tags::SequenceDelimitationItem) {
        close_level();
        close_ended_levels();
        return {};
    }
    if (header.tag != tags::Item || header.length == kUndefined) {
        return failure(ErrorCode::malformed_dicom, "found where a fragment should begin");
    }
    const Level& level = levels_.back();
    if (level.limit - position_ < header.length) {
        return failure(ErrorCode::malformed_dicom, "passes the end of its item");
    }
    if (++usage_.fragments > limits_.fragments) {
        return failure(ErrorCode::malformed_dicom, "too many fragments");
    }
    const bool is_pixels = levels_.size() == 2 && level.element.tag == tags::PixelData;
    const bool is_table = position_ - kShortHeader == level.element.where.offset;
    if (!is_pixels) return begin_value(header, Take::skip);
    if (is_table) {
        if (header.length / 4 > limits_.fragments) {
            return failure(ErrorCode::malformed_dicom, "offset table is too long");
        }
        ISO_CHECK(charge(header.length));
        return begin_value(header, Take::offset_table);
    }
    ISO_CHECK(charge(sizeof(ByteRange) + sizeof(std::uint32_t)));
    pixels_.fragments.push_back({position_, header.length});
    pixels_.fragment_heads.push_back(0);
    head_bytes_ = 0;
    return begin_value(header, Take::fragment);
}

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

Error DataSetParser::failure(ErrorCode code, std::string_view what) const {
    return fail(code, fmt::format("offset {}, element {}: {}", position_, to_parenthesized(tag_), what));
}

}  // namespace isocenter::dicom
