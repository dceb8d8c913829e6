// Any bytes: the Part 10 reader gives the same result in every cutting, and the layout it finds survives
// its stored form and can be asked for any frame. The first two bytes choose the pieces.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "dicom/part10_reader.h"

namespace {

using namespace isocenter;
using namespace isocenter::dicom;

ReaderLimits small_limits() {
    ReaderLimits limits;
    limits.held_value_bytes = 1U << 20U;
    limits.total_held_bytes = 8U << 20U;
    limits.inflated_bytes = 8U << 20U;
    return limits;
}

void require(bool condition) {
    if (!condition) std::abort();
}

void walk(const DataSet& data_set) {
    const Element* before = nullptr;
    for (const Element& element : data_set.elements()) {
        require(before == nullptr || before->tag < element.tag);
        (void)data_set.text(element.tag);
        (void)data_set.integer(element.tag);
        for (const DataSet& item : element.items)
            walk(item);
        before = &element;
    }
}

void compare(const Result<Part10Object>& whole, const Result<Part10Object>& pieces) {
    require(whole.ok() == pieces.ok());
    if (!whole) return require(whole.error().message == pieces.error().message);
    require(whole->layout == pieces->layout);
    require(whole->size_bytes == pieces->size_bytes);
    require(whole->data_set.elements().size() == pieces->data_set.elements().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    std::mt19937 random(data[0]);
    const std::size_t max_piece = data[1] + std::size_t{1};
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto whole = read_part10(as_bytes(bytes), small_limits());
    Part10Reader reader(small_limits());
    for (std::size_t at = 0; at < bytes.size();) {
        const std::string piece(bytes.substr(at, 1 + random() % max_piece));
        if (!reader.write(as_bytes(piece))) break;
        at += piece.size();
    }
    compare(whole, reader.finish());
    if (!whole) return 0;
    walk(whole->data_set);
    const FrameTable& frames = whole->layout.frames;
    for (const std::uint32_t number : {0U, 1U, 2U, frames.frames, frames.frames + 1}) {
        for (const ByteRange& range : frames.ranges_of(number)) {
            require(whole->layout.deflated || range.end() <= bytes.size());
        }
        require(frames.bit_offset(number) < 8);
    }
    const auto layout = decode_layout(encode_layout(whole->layout));
    require(layout.ok() && *layout == whole->layout);
    (void)decode_layout(bytes);
    return 0;
}
