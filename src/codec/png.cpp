// libpng leaves its functions by longjmp when something is wrong, over its own frames and through our
// callbacks: whatever may be jumped over below has no destructor.
#include <png.h>

#include <csetjmp>
#include <string>

#include "codec/picture.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::codec {
namespace {

constexpr png_uint_32 kMaxSide = 0xFFFF;

class PngReader {
  public:
    explicit PngReader(ByteSource& stream) : stream_(stream) {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, jump, ignore_warning);
        if (png_ != nullptr) info_ = png_create_info_struct(png_);
        if (info_ == nullptr) return;
        png_set_read_fn(png_, this, read);
        png_set_user_limits(png_, kMaxSide, kMaxSide);
    }
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    /// The header, and what the rows will be: the samples of MONOCHROME2 or RGB in whole bytes.
    Result<dicom::ImageHeader> begin() {
        if (info_ == nullptr) return fail(ErrorCode::unavailable, "there is no memory for a PNG image");
        if (!read_header()) return error();
        dicom::ImageHeader header;
        header.transfer_syntax = dicom::kExplicitVrLittleEndian;
        header.rows = png_get_image_height(png_, info_);
        header.columns = png_get_image_width(png_, info_);
        header.samples_per_pixel = png_get_channels(png_, info_);
        header.bits_stored = png_get_bit_depth(png_, info_);
        header.photometric_interpretation = header.samples_per_pixel == 1 ? "MONOCHROME2" : "RGB";
        return header;
    }

    Status write_rows(std::uint32_t rows, ByteSink& pixels) {
        const std::size_t row_bytes = png_get_rowbytes(png_, info_);
        // Each pass of an interlaced image adds to all rows.
        const bool whole = passes_ > 1;
        if (whole && std::uint64_t{rows} * row_bytes > kMaxCanvasBytes)
            return fail(ErrorCode::too_large, "the interlaced PNG image is too large");
        std::string buffer(whole ? rows * row_bytes : row_bytes, '\0');
        for (int pass = 0; pass < passes_; ++pass) {
            for (std::uint32_t row = 0; row < rows; ++row) {
                char* const into = buffer.data() + (whole ? row * row_bytes : 0);
                if (!read_row(reinterpret_cast<png_bytep>(into))) return error();
                if (!whole) ISO_CHECK(pixels.write(as_bytes(buffer)));
            }
        }
        return whole ? pixels.write(as_bytes(buffer)) : Status{};
    }

  private:
    bool read_header() {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        png_read_info(png_, info_);
        png_set_expand_gray_1_2_4_to_8(png_);
        if (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
        png_set_strip_alpha(png_);
        png_set_swap(png_);
        passes_ = png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        return true;
    }
    bool read_row(png_bytep into) {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        png_read_row(png_, into, nullptr);
        return true;
    }
    Error error() const {
        if (!source_status_) return source_status_.error();
        return fail(ErrorCode::malformed_dicom, "the PNG image cannot be read");
    }

    [[noreturn]] static void jump(png_structp png, png_const_charp) { png_longjmp(png, 1); }
    static void ignore_warning(png_structp, png_const_charp) {}
    static void read(png_structp png, png_bytep into, std::size_t length) {
        auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
        if (!self.fill({reinterpret_cast<std::byte*>(into), length})) png_longjmp(png, 1);
    }
    bool fill(MutableBytes into) {
        while (!into.empty()) {
            const auto n = stream_.read(into);
            if (!n) source_status_ = n.error();
            if (!n || *n == 0) return false;
            into = into.subspan(*n);
        }
        return true;
    }

    ByteSource& stream_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    int passes_ = 1;
    Status source_status_;
};

}  // namespace

Result<dicom::ImageHeader> decode_png(ByteSource& stream, ByteSink& pixels) {
    PngReader reader(stream);
    ISO_TRY(const dicom::ImageHeader header, reader.begin());
    ISO_CHECK(reader.write_rows(header.rows, pixels));
    return header;
}

}  // namespace isocenter::codec
