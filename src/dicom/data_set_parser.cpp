// How the bytes are taken up and levels begin. What headers say is in data_set_headers.cpp, what becomes of
// values in data_set_values.cpp, how levels end in data_set_levels.cpp.
#include "dicom/data_set_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dicom/tags.h"

namespace isocenter::dicom {

namespace {

bool is_all_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
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

Error DataSetParser::failure(ErrorCode code, std::string_view what) const {
    return fail(code, fmt::format("offset {}, element {}: {}", position_, to_parenthesized(tag_), what));
}

}  // namespace isocenter::dicom
