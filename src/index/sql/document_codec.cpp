#include "index/sql/document_codec.h"

#include <zstd.h>

#include <array>

namespace isocenter::index::sql {
namespace {

constexpr int kLevel = 3;
// A document is bounded when it is stored; this only bounds what a damaged row can ask for.
constexpr unsigned long long kLargestDocument = 1ULL << 30U;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
struct FreeCompressing {
    void operator()(ZSTD_CDict* dictionary) const { ZSTD_freeCDict(dictionary); }
};
struct FreeDecompressing {
    void operator()(ZSTD_DDict* dictionary) const { ZSTD_freeDDict(dictionary); }
};

// Contexts are some hundred KiB: one a thread is cheaper than one a document.
ZSTD_CCtx* compressor() {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    return context.get();
}

ZSTD_DCtx* decompressor() {
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
    return context.get();
}

// Numbered from 1 in the order they were made; a number once used keeps its bytes for ever.
constexpr unsigned char kDictionary1[] = {
#include "index_dictionary_1.inc"
};

struct Dictionary {
    const unsigned char* bytes;
    std::size_t size;
};
constexpr std::array kDictionaries{Dictionary{kDictionary1, sizeof kDictionary1}};

struct Prepared {
    std::unique_ptr<ZSTD_CDict, FreeCompressing> compressing;  // of the newest only
    std::unique_ptr<ZSTD_DDict, FreeDecompressing> decompressing;
};

Error damaged() {
    return fail(ErrorCode::corrupt, "a stored document is damaged");
}

}  // namespace

struct DocumentCodec::State {
    std::array<Prepared, kDictionaries.size()> dictionaries;
};

DocumentCodec::DocumentCodec() : state_(std::make_unique<State>()) {
    for (std::size_t i = 0; i < kDictionaries.size(); ++i) {
        const Dictionary& raw = kDictionaries[i];
        Prepared& prepared = state_->dictionaries[i];
        prepared.decompressing.reset(ZSTD_createDDict(raw.bytes, raw.size));
        if (i + 1 == kDictionaries.size()) {
            prepared.compressing.reset(ZSTD_createCDict(raw.bytes, raw.size, kLevel));
        }
    }
}

DocumentCodec::~DocumentCodec() = default;

Result<PackedDocument> DocumentCodec::pack(std::string_view json) const {
    PackedDocument packed;
    packed.dictionary = static_cast<std::int64_t>(kDictionaries.size());
    packed.bytes.resize(ZSTD_compressBound(json.size()));
    const std::size_t size =
        ZSTD_compress_usingCDict(compressor(), packed.bytes.data(), packed.bytes.size(), json.data(),
                                 json.size(), state_->dictionaries.back().compressing.get());
    if (ZSTD_isError(size) != 0) return fail(ErrorCode::internal, "a document could not be compressed");
    packed.bytes.resize(size);
    return packed;
}

Result<std::uint64_t> DocumentCodec::unpacked_size(std::string_view bytes) {
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size > kLargestDocument) return damaged();  // includes the two error values
    return std::uint64_t{size};
}

Result<std::string> DocumentCodec::unpack(std::int64_t dictionary, std::string_view bytes) const {
    if (dictionary < 1 || dictionary > static_cast<std::int64_t>(kDictionaries.size())) return damaged();
    ISO_TRY(const std::uint64_t size, unpacked_size(bytes));
    std::string json(static_cast<std::size_t>(size), '\0');
    const Prepared& prepared = state_->dictionaries[static_cast<std::size_t>(dictionary - 1)];
    const std::size_t written = ZSTD_decompress_usingDDict(
        decompressor(), json.data(), json.size(), bytes.data(), bytes.size(), prepared.decompressing.get());
    if (ZSTD_isError(written) != 0 || written != json.size()) return damaged();
    return json;
}

}  // namespace isocenter::index::sql
