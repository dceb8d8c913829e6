// Element headers (PS3.5 section 7.1). Numbers are in the data set's byte order.
//
//   implicit VR          tag:4  length:4
//   explicit, short VR   tag:4  letters:2  length:2
//   explicit, long VR    tag:4  letters:2  reserved:2  length:4
//   item and delimiters  tag:4  length:4                      in every encoding
#include <algorithm>

#include "dicom/byte_order.h"
#include "dicom/data_set_parser.h"
#include "dicom/dictionary.h"

namespace isocenter::dicom {

namespace {

/// Groups of the standard's attributes below this are read wrongly in the other byte order as this or more.
constexpr std::uint16_t kImplausibleFirstGroup = 0x0400;

std::string_view letters_of(ByteView header) {
    return as_text(header.subspan(4, 2));
}

bool are_capitals(std::string_view letters) {
    return std::ranges::all_of(letters, [](char c) { return c >= 'A' && c <= 'Z'; });
}

Tag read_tag(ByteView bytes, bool big_endian) {
    return {read_u16(bytes, big_endian), read_u16(bytes.subspan(2), big_endian)};
}

}  // namespace

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

}  // namespace isocenter::dicom
