#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "dicom/data_set.h"
#include "dicom/frame_table.h"
#include "dicom/part10_reader.h"

namespace isocenter::dicom {

/// What all parsers of one object have used of ReaderLimits.
struct ReaderUsage {
    std::uint64_t elements = 0;
    std::uint64_t fragments = 0;
    std::uint64_t held_bytes = 0;
};

/// How a data set is written down (PS3.5 section 7).
struct Encoding {
    bool explicit_vr = true;
    bool big_endian = false;
};

/// The top-level pixel data as they lie in the stream.
struct PixelPlace {
    Tag tag{};
    bool present = false;
    bool encapsulated = false;
    ByteRange value{};
    std::vector<ByteRange> fragments{};           ///< without the offset table's item
    std::vector<std::uint32_t> fragment_heads{};  ///< first four bytes of each, big endian, zero filled
    std::string basic_offsets{};                  ///< content of the first item
    std::string extended_offsets{};               ///< (7FE0,0001), little endian
};

/// Part10Reader's engine: a push parser of one data set or of group 0002. Nested sequences are levels of an
/// explicit stack, so that depth costs no machine stack. Not thread-safe; `limits` and `usage` must outlive
/// it.
class DataSetParser {
  public:
    enum class Scope : std::uint8_t {
        data_set,   ///< everything up to the end of the input
        file_meta,  ///< stops before the first element that is not of group 0002
    };

    /// `offset` is that of the first byte. With `detect` the first element decides whether `encoding` is
    /// true.
    DataSetParser(const ReaderLimits& limits, ReaderUsage& usage, Scope scope, std::uint64_t offset,
                  Encoding encoding, bool detect);

    /// The number of bytes taken: all, unless the parser has stopped.
    Result<std::size_t> write(ByteView bytes);
    bool stopped() const { return stopped_; }
    /// Bytes of earlier calls that belong to the header the parser stopped at.
    ByteView leftover() const { return {pending_.data(), pending_size_}; }
    /// Of the next byte; when stopped, of the header stopped at.
    std::uint64_t offset() const { return position_; }
    const DataSet& data_set() const { return levels_.front().data_set; }

    /// Ends the input: fails when it is cut off, as it is when a sequence is still open.
    Status finish();

    DataSet take_data_set() { return std::move(levels_.front().data_set); }
    Encoding encoding() const { return {levels_.front().explicit_vr, levels_.front().big_endian}; }
    PixelPlace& pixels() { return pixels_; }
    std::vector<BulkValue>& bulk() { return bulk_; }

  private:
    static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::uint32_t kUndefined = 0xFFFFFFFFU;
    static constexpr std::uint16_t kDelimiterGroup = 0xFFFE;
    static constexpr std::size_t kShortHeader = 8;
    static constexpr std::size_t kLongHeader = 12;

    struct Header {
        Tag tag{};
        Vr vr = Vr::UN;
        std::uint32_t length = 0;
    };
    struct Level {
        enum class Kind : std::uint8_t { data_set, sequence, fragments };
        Kind kind = Kind::data_set;
        bool explicit_vr = true;
        bool big_endian = false;
        bool detect = false;             ///< the first element (of each item) tells the encoding
        std::uint64_t limit = kNoLimit;  ///< nearest end of a defined length at or above this level
        DataSet data_set{};              ///< of a data_set level
        Element element{};               ///< of a sequence or fragments level
    };
    enum class Take : std::uint8_t { hold, skip, offset_table, fragment };

    std::size_t header_bytes(ByteView bytes) const;
    Header read_header(ByteView bytes) const;
    Vr vr_of(Tag tag, std::string_view letters) const;
    void detect_encoding(ByteView bytes);
    Status take_header(ByteView bytes);
    Status take_delimiter(const Header& header);
    Status take_item(const Header& header);
    Status take_fragment_header(const Header& header);
    Status open_element(const Header& header);
    Status open_sequence(const Header& header, Level level);
    Status begin_value(const Header& header, Take take);
    Take how_to_take(const Header& header) const;
    void take_value(ByteView bytes);
    Status finish_value();
    Status complete_held_element();
    void resolve_unknown(Element& element);
    bool parse_unknown_sequence(Element& element);
    void forget_replaced();
    void append(Element&& element);
    void note_bulk(const Element& element, bool encapsulated);
    void note_pixels(const Element& element);
    void close_level();
    void close_ended_levels();
    Status charge(std::uint64_t bytes);
    std::string path_to_here() const;
    std::uint64_t limit_of(std::uint32_t length) const;
    Error failure(ErrorCode code, std::string_view what) const;
    Error cut_off(std::string_view what) const;

    const ReaderLimits& limits_;
    ReaderUsage& usage_;
    const Scope scope_;
    std::uint64_t position_;
    unsigned depth_ = 0;
    bool stopped_ = false;
    bool zero_tail_ = false;      ///< only padding of zeros may follow
    bool pixels_signed_ = false;  ///< Pixel Representation, for attributes that are "US or SS"
    std::vector<Level> levels_;

    std::array<std::byte, kLongHeader> pending_{};  ///< a header that is not complete yet
    std::size_t pending_size_ = 0;

    Tag tag_{};  ///< of the last header, for messages
    Take take_ = Take::skip;
    bool repeated_ = false;  ///< some data set had a tag twice
    bool dropped_ = false;   ///< the value in progress is no part of the data set
    std::uint64_t value_left_ = 0;
    std::uint32_t head_bytes_ = 0;  ///< of the current fragment that went into fragment_heads
    Element current_{};

    PixelPlace pixels_{};
    std::vector<BulkValue> bulk_{};
    std::string path_prefix_{};  ///< of a parser inside an UN value
};

}  // namespace isocenter::dicom
