#include "api/dicomweb/zip_body.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace isocenter::api {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034B50;
constexpr std::uint32_t kDataDescriptor = 0x08074B50;
constexpr std::uint32_t kCentralHeader = 0x02014B50;
constexpr std::uint32_t kZip64End = 0x06064B50;
constexpr std::uint32_t kZip64Locator = 0x07064B50;
constexpr std::uint32_t kEnd = 0x06054B50;
constexpr std::uint16_t kVersionZip64 = 45;
constexpr std::uint16_t kSizesFollow = 0x0008;
/// 1980-01-01: no time of storing is told.
constexpr std::uint16_t kDate = 0x0021;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
        table[i] = value;
    }
    return table;
}

std::uint32_t crc32(std::uint32_t crc, ByteView bytes) {
    static constexpr auto kTable = make_crc_table();
    for (const std::byte b : bytes)
        crc = kTable[(crc ^ static_cast<std::uint32_t>(b)) & 0xFFU] ^ (crc >> 8U);
    return crc;
}

template <class T>
void put_one(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xFFU);
}

/// Numbers of two, four or eight bytes, little endian.
template <class... T>
void put(std::string& out, T... values) {
    (put_one(out, values), ...);
}

constexpr std::uint16_t kNone16 = 0;
constexpr std::uint32_t kNone32 = 0;
constexpr std::uint64_t kNone64 = 0;

/// Of a file in the directory beside its name: header and the ZIP64 field behind.
constexpr std::size_t kDirectoryBytes = 46 + 28;
/// Of the three records that end the archive.
constexpr std::size_t kEndBytes = 56 + 20 + 22;

class ZipSource : public ByteSource {
  public:
    ZipSource(std::unique_ptr<Supply<ZipEntry>> entries, std::size_t directory_bytes)
        : entries_(std::move(entries)) {
        central_.reserve(directory_bytes + kEndBytes);
    }

    Result<std::size_t> read(MutableBytes into) override {
        while (!into.empty()) {
            if (sent_ < text_.size()) {
                const std::size_t n = std::min(into.size(), text_.size() - sent_);
                std::memcpy(into.data(), text_.data() + sent_, n);
                sent_ += n;
                offset_ += n;
                return n;
            }
            if (current_) {
                ISO_TRY(const std::size_t n, current_->read(into));
                if (n > 0) {
                    crc_ = crc32(crc_, ByteView(into.first(n)));
                    size_ += n;
                    offset_ += n;
                    return n;
                }
                end_entry();
            } else if (ended_) {
                return std::size_t{0};
            } else {
                ISO_CHECK(begin_entry());
                if (!current_) end_archive();
            }
        }
        return std::size_t{0};
    }

  private:
    void say(std::string text) {
        text_ = std::move(text);
        sent_ = 0;
    }

    /// There is none at the end.
    Status begin_entry() {
        ISO_TRY(auto entry, entries_->next());
        if (!entry) return {};
        ISO_TRY(current_, entry->open());
        name_ = std::move(entry->name);
        header_offset_ = offset_;
        crc_ = 0xFFFFFFFF;
        size_ = 0;
        std::string head;
        put(head, kLocalHeader, kVersionZip64, kSizesFollow, kNone16, kNone16, kDate, kNone32, kIn64, kIn64,
            static_cast<std::uint16_t>(name_.size()), std::uint16_t{20});
        head += name_;
        put(head, std::uint16_t{1}, std::uint16_t{16}, kNone64, kNone64);
        say(std::move(head));
        return {};
    }

    void end_entry() {
        ++count_;
        current_.reset();
        const std::uint32_t crc = crc_ ^ 0xFFFFFFFFU;
        std::string tail;
        put(tail, kDataDescriptor, crc, size_, size_);
        say(std::move(tail));
        put(central_, kCentralHeader, kVersionZip64, kVersionZip64, kSizesFollow, kNone16, kNone16, kDate,
            crc, kIn64, kIn64, static_cast<std::uint16_t>(name_.size()), std::uint16_t{28}, kNone16, kNone16,
            kNone16, kNone32, kIn64);
        central_ += name_;
        put(central_, std::uint16_t{1}, std::uint16_t{24}, size_, size_, header_offset_);
    }

    void end_archive() {
        ended_ = true;
        const std::uint64_t directory = offset_;
        const std::uint64_t directory_size = central_.size();
        std::string tail = std::move(central_);
        put(tail, kZip64End, std::uint64_t{44}, kVersionZip64, kVersionZip64, kNone32, kNone32, count_,
            count_, directory_size, directory);
        put(tail, kZip64Locator, kNone32, directory + directory_size, std::uint32_t{1});
        put(tail, kEnd, kNone32, std::uint16_t{0xFFFF}, std::uint16_t{0xFFFF}, kIn64, kIn64, kNone16);
        say(std::move(tail));
    }

    std::unique_ptr<Supply<ZipEntry>> entries_;
    std::uint64_t count_ = 0;
    std::string name_;
    std::unique_ptr<ByteSource> current_;
    std::string text_;
    std::size_t sent_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t header_offset_ = 0;
    std::uint32_t crc_ = 0;
    std::uint64_t size_ = 0;
    std::string central_;
    bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> make_zip_source(std::unique_ptr<Supply<ZipEntry>> entries,
                                            std::size_t directory_bytes) {
    return std::make_unique<ZipSource>(std::move(entries), directory_bytes);
}

std::size_t zip_directory_bytes(std::size_t name_size) {
    return kDirectoryBytes + name_size;
}

}  // namespace isocenter::api
