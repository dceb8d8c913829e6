#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "dicom/data_set.h"

namespace isocenter::dicom {

/// What the header of a compressed image says of it, in the words of PS3.3 C.7.6.3.
struct ImageHeader {
    std::string_view transfer_syntax;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint16_t samples_per_pixel = 1;
    std::uint16_t bits_stored = 8;
    bool is_signed = false;
    std::string_view photometric_interpretation;
    std::uint32_t frames = 1;  ///< pictures in the stream; of compressed images they are not counted
};

/// Reads a JPEG (ITU-T T.81), JPEG-LS (T.87), JPEG 2000 (T.800, T.814; also in a JP2 file) or JPEG XL stream
/// (ISO/IEC 18181; also in a file of boxes) up to where its image begins; `bytes` may end there.
/// `unsupported` for other streams, `malformed_dicom` when the header breaks off or what it says is no image
/// of DICOM.
Result<ImageHeader> read_image_header(ByteView bytes);

/// Adds the elements of the Image Pixel Description Macro that `data_set` lacks (PS3.18 10.5.2); those it has
/// stay. `frames`: how many there are, told when more than one.
void describe_pixels(DataSet& data_set, const ImageHeader& header, std::size_t frames);
/// The same of pixels that were made anew: what `data_set` says of them gives way.
void redescribe_pixels(DataSet& data_set, const ImageHeader& header, std::size_t frames);

}  // namespace isocenter::dicom
