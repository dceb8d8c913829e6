#include "archive/picture.h"

#include <algorithm>
#include <array>

#include "codec/picture.h"

namespace isocenter::archive {
namespace {

struct Row {
    std::string_view media_type;
    Result<dicom::ImageHeader> (*decode)(ByteSource&, ByteSink&);
};

constexpr std::array kRows{Row{"image/gif", codec::decode_gif}, Row{"image/png", codec::decode_png}};

const Row* find_row(std::string_view media_type) {
    const auto* const row = std::ranges::find(kRows, media_type, &Row::media_type);
    return row == kRows.end() ? nullptr : row;
}

}  // namespace

bool is_picture_type(std::string_view media_type) {
    return find_row(media_type) != nullptr;
}

Result<dicom::ImageHeader> decode_picture(std::string_view media_type, ByteSource& stream, ByteSink& pixels) {
    const Row* const row = find_row(media_type);
    if (row == nullptr) return fail(ErrorCode::unsupported, "there is no decoder for that kind of picture");
    return row->decode(stream, pixels);
}

}  // namespace isocenter::archive
