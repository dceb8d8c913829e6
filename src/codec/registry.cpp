#include <array>

#include "codec/frame_codec.h"
#include "codec/rle.h"
#include "codec/uncompressed.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::codec {
namespace {

const RleCodec kRle;
const UncompressedCodec kUncompressed;

struct Row {
    std::string_view transfer_syntax;
    const FrameCodec* decoder;
};

constexpr std::array kRows{
    Row{dicom::kRleLossless, &kRle},
    Row{dicom::kEncapsulatedUncompressed, &kUncompressed},
};

}  // namespace

const FrameCodec* find_decoder(std::string_view transfer_syntax) {
    for (const Row& row : kRows) {
        if (row.transfer_syntax == transfer_syntax) return row.decoder;
    }
    return nullptr;
}

}  // namespace isocenter::codec
