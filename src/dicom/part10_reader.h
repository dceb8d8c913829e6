#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "dicom/data_set.h"
#include "dicom/frame_table.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::dicom {

/// Bounds that hostile input meets. Exceeding one is `malformed_dicom` (depth, counts) or `too_large`.
struct ReaderLimits {
    unsigned depth = 64;                            ///< nested sequences
    std::uint64_t held_value_bytes = 64ULL << 20U;  ///< of one text or number value that must be kept
    /// OB..UN values up to this size are held, larger ones stay in the object.
    std::uint64_t bulk_inline_bytes = kDefaultInlineBytes;
    std::uint64_t total_held_bytes = 256ULL << 20U;  ///< of all values of one object
    std::uint64_t elements = 4'000'000;              ///< at all levels together
    std::uint64_t fragments = 8'000'000;
    std::uint64_t inflated_bytes = 16ULL << 30U;  ///< of a deflated data set
};

/// A DICOM object without its bulk values.
struct Part10Object {
    DataSet meta;  ///< group 0002
    /// (0002,0010) without padding, and unchecked. Where it is missing: the native one that the data set is
    /// encoded in, as a wrong label (ObjectLayout::mislabelled); empty when there are fragments.
    std::string transfer_syntax;
    DataSet data_set;  ///< without group lengths and trailing padding; bulk values by place only
    ObjectLayout layout;
    std::uint64_t size_bytes = 0;
    bool implicit_vr = false;
};

/// Push parser of DICOM files (PS3.10 section 7): any cutting of the bytes gives the same result, in memory
/// bounded by ReaderLimits. Reads little and big endian, implicit and explicit VR, deflated, undefined
/// lengths, UN with undefined length (implicit VR inside, PS3.5 6.2.2 note), private blocks; and what is
/// wrong but common: a data set whose VR encoding is not what the transfer syntax says, odd lengths, zero VR
/// bytes, a missing group length or transfer syntax in the file meta, a missing delimiter of an item that the
/// next item, the end of the sequence or of a defined length ends as well. UN of a known public element gets
/// its dictionary VR when it parses. Top-level (7FE0,0008/0009/0010), (0042,0011) and waveform data always
/// stay in the object, whatever their size. Not thread-safe.
class Part10Reader {
  public:
    explicit Part10Reader(ReaderLimits limits = {});
    ~Part10Reader();
    Part10Reader(Part10Reader&&) noexcept;
    Part10Reader& operator=(Part10Reader&&) noexcept;

    /// After an error (malformed_dicom, too_large) every further call returns it again. The message names the
    /// byte offset and, when known, the tag.
    Status write(ByteView bytes);
    /// Of what was read so far: values, elements and places of fragments.
    std::uint64_t held_bytes() const;
    /// The object, when the input ended where an object may end; `malformed_dicom` when it is truncated.
    Result<Part10Object> finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Reads a whole object from memory: for tests and small objects.
Result<Part10Object> read_part10(ByteView bytes, ReaderLimits limits = {});

}  // namespace isocenter::dicom
