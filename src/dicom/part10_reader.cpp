// A DICOM file (PS3.10 section 7.1):
//
//   preamble:128  "DICM":4  file meta (group 0002, explicit VR little endian)  data set
//
// The data set of a deflated syntax is one raw deflate stream (PS3.5 A.5).
#include "dicom/part10_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "dicom/charset.h"
#include "dicom/data_set_parser.h"
#include "dicom/frame_builder.h"
#include "dicom/tags.h"

namespace isocenter::dicom {

namespace {

constexpr std::size_t kPreambleBytes = 128;
constexpr std::string_view kPrefix = "DICM";

/// Inflates into a parser. Not movable: zlib points back at its stream.
class Inflater {
  public:
    Inflater() {
        if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::runtime_error("zlib does not start");
    }
    ~Inflater() { inflateEnd(&stream_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    bool ended() const { return ended_; }

    /// Bytes after the end of the stream are the padding to even length, or of no meaning.
    Status write(ByteView bytes, DataSetParser& parser, std::uint64_t max_inflated_bytes) {
        while (!bytes.empty() && !ended_) {
            constexpr std::size_t kMaxChunk = 1U << 30U;
            const ByteView chunk = bytes.first(std::min(bytes.size(), kMaxChunk));
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(chunk.data()));
            stream_.avail_in = static_cast<uInt>(chunk.size());
            ISO_CHECK(drain(parser, max_inflated_bytes));
            bytes = bytes.subspan(chunk.size());
        }
        return {};
    }

  private:
    Status drain(DataSetParser& parser, std::uint64_t max_inflated_bytes) {
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
            stream_.avail_out = static_cast<uInt>(buffer_.size());
            const int outcome = inflate(&stream_, Z_NO_FLUSH);
            ended_ = outcome == Z_STREAM_END;
            const std::size_t count = buffer_.size() - stream_.avail_out;
            inflated_bytes_ += count;
            if (inflated_bytes_ > max_inflated_bytes) {
                return fail(ErrorCode::too_large, "the inflated data set is too large");
            }
            ISO_CHECK(parser.write(ByteView(buffer_).first(count)));
            if (!ended_ && outcome != Z_OK && outcome != Z_BUF_ERROR) {
                return fail(ErrorCode::malformed_dicom, "the deflated data set is damaged");
            }
        } while (!ended_ && stream_.avail_out == 0);
        return {};
    }

    z_stream stream_{};
    bool ended_ = false;
    std::uint64_t inflated_bytes_ = 0;
    std::array<std::byte, 64U << 10U> buffer_{};
};

/// OW counts in words of 16 bits, but pixel cells of 32 and 64 bits are turned as a whole: writers of big
/// endian objects put the most significant byte of the cell first, and dose grids depend on it.
void widen_pixel_cells(Part10Object& object) {
    const auto bits = object.data_set.integer(tags::BitsAllocated);
    if (bits != 32 && bits != 64) return;
    for (BulkValue& value : object.layout.bulk) {
        if (value.path == "7FE00010" && value.vr == "OW") value.vr = bits == 32 ? "OL" : "OV";
    }
}

/// A file without a label is what its data set shows: every reader of native pixel data gets by with that.
/// How fragments are compressed is nothing to guess; then there is no syntax.
std::string unlabelled_syntax(const Encoding& encoding, const ObjectLayout& layout) {
    const bool fragments = std::ranges::any_of(layout.bulk, &BulkValue::encapsulated);
    if (fragments || layout.frames.kind == FrameTable::Kind::encapsulated ||
        layout.frames.kind == FrameTable::Kind::unknown)
        return {};
    if (encoding.big_endian) return std::string(kExplicitVrBigEndian);
    return std::string(encoding.explicit_vr ? kExplicitVrLittleEndian : kImplicitVrLittleEndian);
}

}  // namespace

struct Part10Reader::State {
    explicit State(ReaderLimits given) : limits(given) {}

    const ReaderLimits limits;
    ReaderUsage usage;
    std::uint64_t size_bytes = 0;
    std::string prefix;  ///< the "DICM" as far as it has come
    std::optional<DataSetParser> meta;
    std::optional<DataSetParser> body;
    std::unique_ptr<Inflater> inflater;
    std::string transfer_syntax;
    std::uint64_t data_set_offset = 0;
    std::optional<Error> error;

    Status write(ByteView bytes);
    Status write_meta(ByteView bytes);
    Status write_body(ByteView bytes);
    Status begin_body();
    Result<Part10Object> finish();
};

Status Part10Reader::State::write(ByteView bytes) {
    const std::uint64_t start = size_bytes;
    size_bytes += bytes.size();
    if (body) return write_body(bytes);
    if (!meta) {
        if (start < kPreambleBytes) {
            bytes = bytes.subspan(
                static_cast<std::size_t>(std::min<std::uint64_t>(kPreambleBytes - start, bytes.size())));
        }
        const std::size_t count = std::min(kPrefix.size() - prefix.size(), bytes.size());
        prefix += as_text(bytes.first(count));
        bytes = bytes.subspan(count);
        if (!kPrefix.starts_with(prefix)) {
            return fail(ErrorCode::malformed_dicom, "not a DICOM file: no \"DICM\" at offset 128");
        }
        if (prefix.size() < kPrefix.size()) return {};
        meta.emplace(limits, usage, DataSetParser::Scope::file_meta, kPreambleBytes + kPrefix.size(),
                     Encoding{}, false);
    }
    return write_meta(bytes);
}

Status Part10Reader::State::write_meta(ByteView bytes) {
    ISO_TRY(const std::size_t taken, meta->write(bytes));
    if (!meta->stopped()) return {};
    ISO_CHECK(begin_body());
    ISO_CHECK(write_body(meta->leftover()));
    return write_body(bytes.subspan(taken));
}

Status Part10Reader::State::begin_body() {
    ISO_CHECK(meta->finish());
    data_set_offset = meta->offset();
    if (const Element* element = meta->data_set().find(tags::TransferSyntaxUID)) {
        transfer_syntax = trim_padding(element->bytes);
    }
    const TransferSyntax syntax = dicom::transfer_syntax(transfer_syntax);
    if (syntax.deflated) inflater = std::make_unique<Inflater>();
    body.emplace(limits, usage, DataSetParser::Scope::data_set, syntax.deflated ? 0 : data_set_offset,
                 Encoding{syntax.explicit_vr, !syntax.little_endian}, true);
    return {};
}

Status Part10Reader::State::write_body(ByteView bytes) {
    if (inflater) return inflater->write(bytes, *body, limits.inflated_bytes);
    ISO_CHECK(body->write(bytes));
    return {};
}

Result<Part10Object> Part10Reader::State::finish() {
    if (!meta) return fail(ErrorCode::malformed_dicom, "not a DICOM file: shorter than its prefix");
    if (!body) {
        // So few bytes follow the file meta that they could not be told from it.
        ISO_CHECK(begin_body());
        ISO_CHECK(write_body(meta->leftover()));
    }
    if (inflater && !inflater->ended() && size_bytes > data_set_offset) {
        return fail(ErrorCode::malformed_dicom,
                    fmt::format("offset {}: the deflated data set is cut off", size_bytes));
    }
    ISO_CHECK(body->finish());
    const TransferSyntax syntax = dicom::transfer_syntax(transfer_syntax);
    Part10Object object;
    object.meta = meta->take_data_set();
    object.transfer_syntax = transfer_syntax;
    object.size_bytes = size_bytes;
    object.implicit_vr = !body->encoding().explicit_vr;
    object.layout.inline_bytes = limits.bulk_inline_bytes;
    object.layout.data_set_offset = data_set_offset;
    object.layout.big_endian = body->encoding().big_endian;
    object.layout.deflated = inflater != nullptr;
    // Of a private syntax nobody here knows how it encodes data sets and pixels.
    const bool known = is_known_transfer_syntax(transfer_syntax);
    object.layout.mislabelled = known && (object.implicit_vr == syntax.explicit_vr ||
                                          object.layout.big_endian == syntax.little_endian);
    object.layout.bulk = std::move(body->bulk());
    object.layout.frames = make_frame_table(body->data_set(), std::move(body->pixels()), syntax.video);
    const FrameTable::Kind kind = object.layout.frames.kind;
    object.layout.foreign_pixels =
        known && kind != FrameTable::Kind::none && (kind == FrameTable::Kind::native) == syntax.encapsulated;
    if (transfer_syntax.empty()) {
        object.transfer_syntax = unlabelled_syntax(body->encoding(), object.layout);
        object.layout.mislabelled = !object.transfer_syntax.empty();
    }
    object.data_set = body->take_data_set();
    if (object.layout.big_endian) widen_pixel_cells(object);
    return object;
}

Part10Reader::Part10Reader(ReaderLimits limits) : state_(std::make_unique<State>(limits)) {}
Part10Reader::~Part10Reader() = default;
Part10Reader::Part10Reader(Part10Reader&&) noexcept = default;
Part10Reader& Part10Reader::operator=(Part10Reader&&) noexcept = default;

Status Part10Reader::write(ByteView bytes) {
    if (state_->error) return *state_->error;
    Status status = state_->write(bytes);
    if (!status) state_->error = status.error();
    return status;
}

std::uint64_t Part10Reader::held_bytes() const {
    return state_->usage.held_bytes;
}

Result<Part10Object> Part10Reader::finish() {
    if (state_->error) return *state_->error;
    Result<Part10Object> object = state_->finish();
    state_->error =
        object ? fail(ErrorCode::internal, "Part10Reader is used after its end") : Error(object.error());
    return object;
}

Result<Part10Object> read_part10(ByteView bytes, ReaderLimits limits) {
    Part10Reader reader(limits);
    ISO_CHECK(reader.write(bytes));
    return reader.finish();
}

}  // namespace isocenter::dicom
