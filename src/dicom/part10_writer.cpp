#include "dicom/part10_writer.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

#include "dicom/charset.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::dicom {

namespace {

constexpr std::uint32_t kUndefined = 0xFFFFFFFFU;
constexpr std::uint64_t kMaxLength = 0xFFFFFFFEU;
constexpr std::uint64_t kMaxShortLength = 0xFFFEU;
constexpr std::uint64_t kItemHeaderBytes = 8;
constexpr std::size_t kFlushBytes = 64U << 10U;

using Sources = std::vector<std::unique_ptr<ByteSource>>;

std::uint64_t even(std::uint64_t length) {
    return length + length % 2;
}

char padding_of(Vr vr) {
    return is_text(vr) && vr != Vr::UI ? ' ' : '\0';
}

/// Collects headers and small values, so that the sink sees few large writes.
class Output {
  public:
    explicit Output(ByteSink& sink) : sink_(sink) {}

    void u16(std::uint16_t value) {
        buffer_ += static_cast<char>(value & 0xFFU);
        buffer_ += static_cast<char>(value >> 8U);
    }
    void u32(std::uint64_t value) {
        u16(static_cast<std::uint16_t>(value & 0xFFFFU));
        u16(static_cast<std::uint16_t>((value >> 16U) & 0xFFFFU));
    }
    void tag(Tag tag) {
        u16(tag.group);
        u16(tag.element);
    }
    /// An item or a delimiter.
    void mark(Tag which, std::uint64_t length) {
        tag(which);
        u32(length);
    }
    Status text(std::string_view text) {
        buffer_ += text;
        return buffer_.size() < kFlushBytes ? Status{} : flush();
    }
    Status source(std::unique_ptr<ByteSource> source) {
        ISO_CHECK(flush());
        return sink_.take(std::move(source));
    }
    void pad(std::uint64_t length, char padding) {
        if (length % 2 != 0) buffer_ += padding;
    }
    Status flush() {
        if (buffer_.empty()) return {};
        Status status = sink_.write(as_bytes(buffer_));
        buffer_.clear();
        return status;
    }

  private:
    ByteSink& sink_;
    std::string buffer_;
};

Result<std::vector<std::uint64_t>> lengths_of(const Sources& sources) {
    std::vector<std::uint64_t> lengths;
    for (const auto& source : sources) {
        const auto length = source->remaining();
        if (!length) return fail(ErrorCode::internal, "a bulk value of unknown length cannot be written");
        if (*length > kMaxLength) return fail(ErrorCode::too_large, "a bulk value is too long for DICOM");
        lengths.push_back(*length);
    }
    return lengths;
}

class Writer {
  public:
    Writer(Output& out, bool explicit_vr, bool fragments, const BulkProvider& bulk)
        : out_(out), explicit_vr_(explicit_vr), fragments_(fragments), bulk_(bulk) {}

    Status data_set(const DataSet& data_set, bool top_level) {
        for (const Element& element : data_set.elements()) {
            if (element.tag.is_group_length() || element.tag.group == 0x0002) continue;
            ISO_CHECK(this->element(element, data_set, top_level));
        }
        return {};
    }

  private:
    Status element(const Element& element, const DataSet& parent, bool top_level) {
        if (element.vr == Vr::SQ) return sequence(element);
        const bool by_reference = element.bytes.empty() &&
                                  (!element.bulk_uri.empty() || (!element.held && element.where.length != 0));
        const bool is_pixels = element.tag == tags::PixelData;
        const bool by_place = by_reference && element.bulk_uri.empty();
        if (by_place && element.encapsulated) return all_items(element);
        if (top_level && !by_place ? is_pixels && fragments_ : element.encapsulated)
            return encapsulated(element, by_reference);
        Vr vr = element.vr;
        // Encapsulated pixel data are OB; decoded ones of more than a byte are not (PS3.5 A.2).
        if (is_pixels && vr == Vr::OB && parent.integer(tags::BitsAllocated).value_or(8) > 8) vr = Vr::OW;
        if (by_reference) return referenced(element, vr);
        ISO_CHECK(header(element.tag, vr, element.bytes.size()));
        ISO_CHECK(out_.text(element.bytes));
        out_.pad(element.bytes.size(), padding_of(vr));
        return {};
    }

    /// `length` as without padding.
    Status header(Tag tag, Vr vr, std::uint64_t length) {
        if (even(length) > kMaxLength) {
            return fail(ErrorCode::too_large, fmt::format("{} is too long for DICOM", to_parenthesized(tag)));
        }
        begin(tag, vr, even(length));
        return {};
    }

    void begin(Tag tag, Vr vr, std::uint64_t length) {
        out_.tag(tag);
        if (!explicit_vr_) return out_.u32(length);
        // PS3.5 6.2.2 note 6: what a short length cannot say is written as UN.
        if (!has_long_length(vr) && length > kMaxShortLength) vr = Vr::UN;
        const std::string_view letters = to_string(vr);
        out_.u16(static_cast<std::uint16_t>(letters[0] | (letters[1] << 8)));
        if (!has_long_length(vr)) return out_.u16(static_cast<std::uint16_t>(length));
        out_.u16(0);
        out_.u32(length);
    }

    Status sequence(const Element& element) {
        if (element.items.empty()) {
            begin(element.tag, Vr::SQ, 0);
            return {};
        }
        begin(element.tag, Vr::SQ, kUndefined);
        for (const DataSet& item : element.items) {
            out_.mark(tags::Item, kUndefined);
            ISO_CHECK(data_set(item, false));
            out_.mark(tags::ItemDelimitationItem, 0);
        }
        out_.mark(tags::SequenceDelimitationItem, 0);
        return {};
    }

    Result<Sources> sources_of(const Element& element) {
        if (!bulk_)
            return fail(ErrorCode::internal, "a data set with bulk values by reference needs a provider");
        return bulk_(element);
    }

    Status referenced(const Element& element, Vr vr) {
        ISO_TRY(Sources sources, sources_of(element));
        ISO_TRY(const std::vector<std::uint64_t> lengths, lengths_of(sources));
        std::uint64_t total = 0;
        for (const std::uint64_t length : lengths)
            total += length;
        ISO_CHECK(header(element.tag, vr, total));
        for (std::size_t i = 0; i < sources.size(); ++i)
            ISO_CHECK(out_.source(std::move(sources[i])));
        out_.pad(total, padding_of(vr));
        return {};
    }

    /// Offset tables, fragments and the delimiter as they lie in an object: they fit each other already.
    Status all_items(const Element& element) {
        ISO_TRY(Sources sources, sources_of(element));
        ISO_TRY(const std::vector<std::uint64_t> lengths, lengths_of(sources));
        begin(element.tag, Vr::OB, kUndefined);
        for (std::size_t i = 0; i < sources.size(); ++i)
            ISO_CHECK(out_.source(std::move(sources[i])));
        return {};
    }

    Status encapsulated(const Element& element, bool by_reference) {
        Sources sources;
        if (by_reference) {
            ISO_TRY(sources, sources_of(element));
        } else {
            sources.push_back(make_string_source(element.bytes));
        }
        ISO_TRY(const std::vector<std::uint64_t> lengths, lengths_of(sources));
        begin(element.tag, Vr::OB, kUndefined);
        write_offset_table(lengths);
        for (std::size_t i = 0; i < sources.size(); ++i) {
            out_.mark(tags::Item, even(lengths[i]));
            ISO_CHECK(out_.source(std::move(sources[i])));
            out_.pad(lengths[i], '\0');
        }
        out_.mark(tags::SequenceDelimitationItem, 0);
        return {};
    }

    /// Empty when the offsets do not fit 32 bits.
    void write_offset_table(const std::vector<std::uint64_t>& lengths) {
        std::uint64_t last = 0;
        for (std::size_t i = 0; i + 1 < lengths.size(); ++i)
            last += even(lengths[i]) + kItemHeaderBytes;
        if (last > std::numeric_limits<std::uint32_t>::max()) return out_.mark(tags::Item, 0);
        out_.mark(tags::Item, lengths.size() * sizeof(std::uint32_t));
        std::uint64_t offset = 0;
        for (const std::uint64_t length : lengths) {
            out_.u32(offset);
            offset += even(length) + kItemHeaderBytes;
        }
    }

    Output& out_;
    const bool explicit_vr_;
    const bool fragments_;
    const BulkProvider& bulk_;
};

class StringSink : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        text += as_text(bytes);
        return {};
    }
    std::string text;
};

DataSet complete_meta(const DataSet& meta, const DataSet& data_set, std::string_view transfer_syntax) {
    DataSet out;
    for (const Element& element : meta.elements()) {
        if (element.tag.group == 0x0002) out.set(element);
    }
    const bool made_anew = out.empty();
    const auto complete = [&](Tag tag, std::string_view value) {
        if (out.find(tag) == nullptr) out.set_text(tag, Vr::UI, value);
    };
    if (out.find(tags::FileMetaInformationVersion) == nullptr) {
        out.set_text(tags::FileMetaInformationVersion, Vr::OB, std::string_view("\0\1", 2));
    }
    complete(tags::MediaStorageSOPClassUID, data_set.text(tags::SOPClassUID));
    complete(tags::MediaStorageSOPInstanceUID, data_set.text(tags::SOPInstanceUID));
    out.set_text(tags::TransferSyntaxUID, Vr::UI, trim_padding(transfer_syntax));
    out.set_text(tags::ImplementationClassUID, Vr::UI, kImplementationClassUid);
    // Optional (PS3.10 7.1): a copy has it when the original had one.
    if (made_anew || out.find(tags::ImplementationVersionName) != nullptr) {
        out.set_text(tags::ImplementationVersionName, Vr::SH, kImplementationVersionName);
    }
    return out;
}

/// Group 0002 as its own element writer would skip it: always explicit VR, with its length in front.
Status write_meta(Output& out, const DataSet& meta) {
    StringSink sink;
    Output inner(sink);
    for (const Element& element : meta.elements()) {
        if (element.tag.is_group_length()) continue;
        inner.tag(element.tag);
        ISO_CHECK(inner.text(to_string(element.vr)));
        const std::uint64_t length = even(element.bytes.size());
        if (has_long_length(element.vr)) {
            inner.u16(0);
            inner.u32(length);
        } else if (length <= kMaxShortLength) {
            inner.u16(static_cast<std::uint16_t>(length));
        } else {
            return fail(ErrorCode::too_large, "a value of the file meta information is too long");
        }
        ISO_CHECK(inner.text(element.bytes));
        inner.pad(element.bytes.size(), padding_of(element.vr));
    }
    ISO_CHECK(inner.flush());
    constexpr std::size_t kPreambleBytes = 128;
    ISO_CHECK(out.text(std::string(kPreambleBytes, '\0')));
    ISO_CHECK(out.text("DICM"));
    out.tag(tags::FileMetaInformationGroupLength);
    ISO_CHECK(out.text("UL"));
    out.u16(sizeof(std::uint32_t));
    out.u32(sink.text.size());
    return out.text(sink.text);
}

}  // namespace

Status write_part10(const DataSet& meta, const DataSet& data_set, std::string_view transfer_syntax,
                    const BulkProvider& bulk, ByteSink& sink) {
    const TransferSyntax syntax = dicom::transfer_syntax(transfer_syntax);
    if (syntax.deflated || !syntax.little_endian) {
        return fail(ErrorCode::unsupported, "this server does not write deflated or big endian data sets");
    }
    Output out(sink);
    ISO_CHECK(write_meta(out, complete_meta(meta, data_set, transfer_syntax)));
    Writer writer(out, syntax.explicit_vr, syntax.encapsulated, bulk);
    ISO_CHECK(writer.data_set(data_set, true));
    return out.flush();
}

}  // namespace isocenter::dicom
