#include "http/content_coding.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <vector>

#include "http/ascii.h"
#include "http/media_type.h"

namespace isocenter::http {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kGzipWindow = 15 + 16;  // 32 KiB window, gzip header

class GzipEncoder final : public Encoder {
  public:
    GzipEncoder() {
        // Level 3: JSON shrinks nearly as far as with the default at half the time.
        if (deflateInit2(&stream_, 3, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~GzipEncoder() override { deflateEnd(&stream_); }
    GzipEncoder(const GzipEncoder&) = delete;
    GzipEncoder& operator=(const GzipEncoder&) = delete;

    void encode(ByteView bytes, bool last, std::string& out) override {
        while (bytes.size() > kPiece) {
            run(bytes.first(kPiece), Z_NO_FLUSH, out);
            bytes = bytes.subspan(kPiece);
        }
        run(bytes, last ? Z_FINISH : Z_NO_FLUSH, out);
    }

  private:
    void run(ByteView bytes, int flush, std::string& out) {
        std::array<char, kPiece> room;
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(room.data());
            stream_.avail_out = static_cast<uInt>(room.size());
            if (deflate(&stream_, flush) == Z_STREAM_ERROR) throw std::runtime_error("deflate failed");
            out.append(room.data(), room.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

    z_stream stream_{};
};

class ZstdEncoder final : public Encoder {
  public:
    ZstdEncoder() : stream_(ZSTD_createCCtx()) {
        if (stream_ == nullptr) throw std::bad_alloc();
    }
    ~ZstdEncoder() override { ZSTD_freeCCtx(stream_); }
    ZstdEncoder(const ZstdEncoder&) = delete;
    ZstdEncoder& operator=(const ZstdEncoder&) = delete;

    void encode(ByteView bytes, bool last, std::string& out) override {
        std::array<char, kPiece> room;
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        for (;;) {
            ZSTD_outBuffer piece{room.data(), room.size(), 0};
            const std::size_t left =
                ZSTD_compressStream2(stream_, &piece, &in, last ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left) != 0) throw std::runtime_error("zstd failed");
            out.append(room.data(), piece.pos);
            if (last ? left == 0 : in.pos == in.size) return;
        }
    }

  private:
    ZSTD_CCtx* stream_;
};

class CompressingSource final : public ByteSource {
  public:
    CompressingSource(Coding coding, std::unique_ptr<ByteSource> source)
        : encoder_(make_encoder(coding)), source_(std::move(source)), raw_(kPiece) {}

    Result<std::size_t> read(MutableBytes into) override {
        while (at_ == ready_.size() && !ended_) {
            ready_.clear();
            at_ = 0;
            ISO_TRY(const std::size_t count, source_->read(raw_));
            ended_ = count == 0;
            encoder_->encode(ByteView(raw_).first(count), ended_, ready_);
        }
        const std::size_t count = std::min(into.size(), ready_.size() - at_);
        const ByteView from = as_bytes(ready_).subspan(at_, count);
        std::copy(from.begin(), from.end(), into.begin());
        at_ += count;
        return count;
    }

  private:
    std::unique_ptr<Encoder> encoder_;
    std::unique_ptr<ByteSource> source_;
    std::vector<std::byte> raw_;
    std::string ready_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

/// Reads one element of Accept-Encoding; true when it names the coding or `*`, with its weight.
std::optional<double> weight_of(std::string_view element, std::string_view name) {
    // An element looks like a media range without a subtype: borrow that reader.
    const auto ranges = parse_accept("c/" + std::string(trim(element)));
    if (ranges.size() != 1 || ranges[0].subtype != name) return std::nullopt;
    return ranges[0].q;
}

double weight_in(std::string_view list, std::string_view name) {
    double star = 0;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view element = list.substr(0, comma);
        if (const auto q = weight_of(element, name)) return *q;
        if (const auto q = weight_of(element, "*")) star = *q;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return star;
}

}  // namespace

std::string_view to_string(Coding coding) {
    return coding == Coding::gzip ? "gzip" : "zstd";
}

std::optional<Coding> choose_coding(std::string_view accept_encoding) {
    if (trim(accept_encoding).empty()) return std::nullopt;
    const double zstd = weight_in(accept_encoding, "zstd");
    const double gzip = weight_in(accept_encoding, "gzip");
    if (zstd <= 0 && gzip <= 0) return std::nullopt;
    return zstd >= gzip ? Coding::zstd : Coding::gzip;
}

std::unique_ptr<Encoder> make_encoder(Coding coding) {
    if (coding == Coding::gzip) return std::make_unique<GzipEncoder>();
    return std::make_unique<ZstdEncoder>();
}

std::unique_ptr<ByteSource> make_compressing_source(Coding coding, std::unique_ptr<ByteSource> source) {
    return std::make_unique<CompressingSource>(coding, std::move(source));
}

struct Gunzip::State {
    z_stream stream{};
    bool at_member_start = true;
    bool any = false;
};

Gunzip::Gunzip() : state_(std::make_unique<State>()) {
    if (inflateInit2(&state_->stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() {
    inflateEnd(&state_->stream);
}

Status Gunzip::write(ByteView bytes, ByteSink& sink) {
    std::array<char, kPiece> room;
    z_stream& stream = state_->stream;
    while (!bytes.empty()) {
        const std::size_t take = std::min(bytes.size(), kPiece);
        stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
        stream.avail_in = static_cast<uInt>(take);
        bytes = bytes.subspan(take);
        for (;;) {
            stream.next_out = reinterpret_cast<Bytef*>(room.data());
            stream.avail_out = static_cast<uInt>(room.size());
            const int code = inflate(&stream, Z_NO_FLUSH);
            if (code == Z_BUF_ERROR) break;  // nothing was at hand, so nothing has changed
            const std::size_t count = room.size() - stream.avail_out;
            if (count > 0) ISO_CHECK(sink.write(as_bytes(std::string_view(room.data(), count))));
            if (code != Z_OK && code != Z_STREAM_END)
                return fail(ErrorCode::invalid_request, "The request body is not valid gzip.");
            state_->any = true;
            state_->at_member_start = code == Z_STREAM_END;
            if (code == Z_STREAM_END) inflateReset(&stream);
            if (stream.avail_in == 0 && stream.avail_out > 0) break;
        }
    }
    return {};
}

bool Gunzip::complete() const {
    return state_->any && state_->at_member_start;
}

}  // namespace isocenter::http
