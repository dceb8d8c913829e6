#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "codec/picture.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::codec {
namespace {

constexpr std::size_t kSamples = 3;

struct Close {
    void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

/// Where giflib's reads go.
struct Input {
    ByteSource& stream;
    Status status{};

    static int read(GifFileType* gif, GifByteType* into, int length) {
        auto& self = *static_cast<Input*>(gif->UserData);
        MutableBytes rest(reinterpret_cast<std::byte*>(into), static_cast<std::size_t>(length));
        while (!rest.empty()) {
            const auto n = self.stream.read(rest);
            if (!n) self.status = n.error();
            if (!n || *n == 0) break;
            rest = rest.subspan(*n);
        }
        return length - static_cast<int>(rest.size());
    }
};

/// The picture that the frames are drawn on.
class Canvas {
  public:
    Canvas(std::size_t rows, std::size_t columns, GifColorType background)
        : columns_(columns), background_(background), pixels_(rows * columns * kSamples, '\0') {
        clear(0, 0, rows, columns);
    }
    const std::string& pixels() const { return pixels_; }

    void set(std::size_t row, std::size_t column, const GifColorType& colour) {
        char* const at = pixels_.data() + (row * columns_ + column) * kSamples;
        at[0] = static_cast<char>(colour.Red);
        at[1] = static_cast<char>(colour.Green);
        at[2] = static_cast<char>(colour.Blue);
    }
    void clear(std::size_t top, std::size_t left, std::size_t rows, std::size_t columns) {
        for (std::size_t row = top; row < top + rows; ++row) {
            for (std::size_t column = left; column < left + columns; ++column)
                set(row, column, background_);
        }
    }
    void restore(std::string pixels) { pixels_ = std::move(pixels); }

  private:
    std::size_t columns_;
    GifColorType background_;
    std::string pixels_;
};

class GifReader {
  public:
    explicit GifReader(ByteSource& stream) : input_{stream} {
        gif_.reset(DGifOpen(&input_, Input::read, nullptr));
    }

    Result<dicom::ImageHeader> decode(ByteSink& pixels) {
        if (!gif_) return broken();
        dicom::ImageHeader header;
        header.transfer_syntax = dicom::kExplicitVrLittleEndian;
        header.rows = static_cast<std::uint32_t>(gif_->SHeight);
        header.columns = static_cast<std::uint32_t>(gif_->SWidth);
        header.samples_per_pixel = kSamples;
        header.photometric_interpretation = "RGB";
        header.frames = 0;
        if (std::uint64_t{header.rows} * header.columns * kSamples > kMaxCanvasBytes)
            return fail(ErrorCode::too_large, "the GIF image is too large");
        Canvas canvas(header.rows, header.columns, background());
        for (;;) {
            ISO_TRY(const bool drawn, draw_next(canvas, header.frames == 0));
            if (!drawn) break;
            ++header.frames;
            ISO_CHECK(pixels.write(as_bytes(canvas.pixels())));
            dispose(canvas);
            forget_frame();
        }
        if (header.frames == 0) return broken();
        return header;
    }

  private:
    Error broken() const {
        if (!input_.status) return input_.status.error();
        return fail(ErrorCode::malformed_dicom, "the GIF image cannot be read");
    }

    GifColorType background() const {
        const ColorMapObject* map = gif_->SColorMap;
        if (map == nullptr || gif_->SBackGroundColor >= map->ColorCount) return {0, 0, 0};
        return map->Colors[gif_->SBackGroundColor];
    }

    /// Draws the next frame; false at the end of the file.
    Result<bool> draw_next(Canvas& canvas, bool first) {
        control_ = {};
        control_.TransparentColor = NO_TRANSPARENT_COLOR;
        for (;;) {
            GifRecordType type{};
            if (DGifGetRecordType(gif_.get(), &type) == GIF_ERROR) return broken();
            if (type == TERMINATE_RECORD_TYPE) return false;
            if (type == EXTENSION_RECORD_TYPE) {
                ISO_CHECK(read_extension());
            } else if (type == IMAGE_DESC_RECORD_TYPE) {
                ISO_CHECK(draw(canvas, first));
                return true;
            }
        }
    }

    Status read_extension() {
        int code = 0;
        GifByteType* block = nullptr;
        if (DGifGetExtension(gif_.get(), &code, &block) == GIF_ERROR) return broken();
        if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr)
            DGifExtensionToGCB(block[0], block + 1, &control_);
        while (block != nullptr) {
            if (DGifGetExtensionNext(gif_.get(), &block) == GIF_ERROR) return broken();
        }
        return {};
    }

    /// Of the first frame what is transparent shows the colour that it has beneath; of others what is there.
    Status draw(Canvas& canvas, bool first) {
        if (DGifGetImageDesc(gif_.get()) == GIF_ERROR) return broken();
        const GifImageDesc& image = gif_->Image;
        const ColorMapObject* colours = image.ColorMap != nullptr ? image.ColorMap : gif_->SColorMap;
        if (colours == nullptr || image.Left < 0 || image.Top < 0 || image.Width <= 0 || image.Height <= 0 ||
            image.Left + image.Width > gif_->SWidth || image.Top + image.Height > gif_->SHeight)
            return broken();
        top_ = static_cast<std::size_t>(image.Top);
        left_ = static_cast<std::size_t>(image.Left);
        rows_ = static_cast<std::size_t>(image.Height);
        columns_ = static_cast<std::size_t>(image.Width);
        if (control_.DisposalMode == DISPOSE_PREVIOUS) before_ = canvas.pixels();
        std::vector<GifPixelType> line(columns_);
        for (const std::size_t row : row_order(image.Interlace)) {
            if (DGifGetLine(gif_.get(), line.data(), image.Width) == GIF_ERROR) return broken();
            for (std::size_t column = 0; column < columns_; ++column) {
                const int index = line[column];
                if ((!first && index == control_.TransparentColor) || index >= colours->ColorCount) continue;
                canvas.set(top_ + row, left_ + column, colours->Colors[index]);
            }
        }
        return {};
    }

    /// GIF89a appendix E.
    std::vector<std::size_t> row_order(bool interlaced) const {
        struct Pass {
            std::size_t first;
            std::size_t step;
        };
        constexpr std::array<Pass, 4> kPasses{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
        std::vector<std::size_t> order;
        order.reserve(rows_);
        for (const Pass& pass : kPasses) {
            const std::size_t step = interlaced ? pass.step : 1;
            for (std::size_t row = pass.first; row < rows_; row += step)
                order.push_back(row);
            if (!interlaced) break;
        }
        return order;
    }

    /// giflib remembers every frame's place and colours; of millions of frames that is much.
    void forget_frame() {
        GifFreeSavedImages(gif_.get());
        gif_->SavedImages = nullptr;
        gif_->ImageCount = 0;
    }

    /// What the frame leaves behind for the next one.
    void dispose(Canvas& canvas) {
        if (control_.DisposalMode == DISPOSE_BACKGROUND) canvas.clear(top_, left_, rows_, columns_);
        if (control_.DisposalMode == DISPOSE_PREVIOUS) canvas.restore(std::move(before_));
    }

    Input input_;
    std::unique_ptr<GifFileType, Close> gif_;
    GraphicsControlBlock control_{};
    std::size_t top_ = 0;
    std::size_t left_ = 0;
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::string before_;
};

}  // namespace

Result<dicom::ImageHeader> decode_gif(ByteSource& stream, ByteSink& pixels) {
    return GifReader(stream).decode(pixels);
}

}  // namespace isocenter::codec
