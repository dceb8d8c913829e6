#include "dicom/json_writer.h"

#include <algorithm>

#include "base/utf8.h"
#include "dicom/base64.h"
#include "dicom/charset.h"
#include "dicom/tags.h"
#include "dicom/value_text.h"

namespace isocenter::dicom {
namespace {

bool is_left_out(Tag tag) {
    return tag.group == 0x0002 || tag.is_group_length() || tag == tags::DataSetTrailingPadding;
}

/// True for integers of up to 2^53-1 either side of zero: what every JSON reader keeps exactly.
bool is_safe_integer(std::string_view digits) {
    constexpr std::string_view kLargest = "9007199254740991";
    if (digits.starts_with('-')) digits.remove_prefix(1);
    return digits.size() < kLargest.size() || (digits.size() == kLargest.size() && digits <= kLargest);
}

std::uint64_t width_of(Vr vr) {
    if (vr == Vr::US || vr == Vr::SS) return 2;
    return vr == Vr::FD || vr == Vr::SV || vr == Vr::UV ? 8 : 4;
}

/// About what an element's value adds to the text at most, and what is held meanwhile: its values one by one.
struct Cost {
    std::uint64_t text = 0;
    std::uint64_t beside = 0;
};

Cost cost_of(const Element& element) {
    constexpr std::uint64_t kOneValue = 2 * sizeof(std::string);  // in a vector that grows
    const std::uint64_t bytes = element.bytes.size();
    if (is_binary_number(element.vr)) return {4 * bytes, bytes / width_of(element.vr) * kOneValue};
    if (!is_text(element.vr)) return {2 * bytes, 0};
    constexpr std::uint64_t kNameMembers = 32;
    const std::uint64_t separator = element.vr == Vr::PN ? kNameMembers : sizeof("null,");
    Cost cost{kNameMembers, 2 * bytes};
    for (const char c : element.bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\\') {
            cost.text += separator;
            cost.beside += kOneValue;
        } else if (byte < 0x20) {
            cost.text += sizeof("\\u0000");
        } else {
            cost.text += byte < 0x80 && c != '"' ? 1 : 3;
        }
    }
    return cost;
}

/// What bounds a text while it is written.
struct Bounds {
    std::uint64_t most_bytes;
    Reservation memory;
    Status status;
};

class Writer {
  public:
    explicit Writer(std::string& out, Bounds* bounds = nullptr) : out_(out), bounds_(bounds) {}

    void data_set(const DataSet& data_set, const Charset& inherited) {
        const Charset charset = Charset::of(data_set, inherited);
        out_ += '{';
        bool first = true;
        for (const Element& element : data_set.elements()) {
            if (is_left_out(element.tag)) continue;
            if (bounds_ != nullptr && !fits(element)) return;
            if (!first) out_ += ',';
            first = false;
            attribute(element, charset);
        }
        out_ += '}';
    }

  private:
    /// Whether what is written is within the bounds and there is room for `element`.
    bool fits(const Element& element) {
        constexpr std::uint64_t kAroundValue = 64;
        if (!bounds_->status) return false;
        if (out_.size() > bounds_->most_bytes) {
            bounds_->status = fail(ErrorCode::too_large, "the metadata of the object are too large");
            return false;
        }
        const Cost cost = cost_of(element);
        const std::uint64_t text = out_.size() + path_.size() + kAroundValue + cost.text;
        bounds_->status = bounds_->memory.cover(2 * text + cost.beside);
        return bounds_->status.ok();
    }

    void attribute(const Element& element, const Charset& charset) {
        const std::string key = to_hex8(element.tag);
        out_.append(1, '"').append(key).append("\":{\"vr\":\"").append(to_string(element.vr)).append(1, '"');
        const std::size_t parent = path_.size();
        path_ += key;
        if (element.vr == Vr::SQ) {
            items(element, charset);
        } else if (!element.bulk_uri.empty() || (!element.held && element.where.length != 0)) {
            bulk_uri(element.bulk_uri.empty() ? path_ : element.bulk_uri);
        } else if (!element.bytes.empty()) {
            value(element, charset);
        }
        path_.resize(parent);
        out_ += '}';
    }

    void items(const Element& element, const Charset& charset) {
        if (element.items.empty()) return;
        out_ += ",\"Value\":[";
        const std::size_t parent = path_.size();
        for (std::size_t i = 0; i < element.items.size(); ++i) {
            if (i != 0) out_ += ',';
            path_.append(1, '/').append(std::to_string(i + 1)).append(1, '/');
            data_set(element.items[i], charset);
            path_.resize(parent);
        }
        out_ += ']';
    }

    void bulk_uri(std::string_view uri) {
        out_ += ",\"BulkDataURI\":\"";
        append_json_escaped(out_, uri);
        out_ += '"';
    }

    void value(const Element& element, const Charset& charset) {
        if (is_binary_number(element.vr)) return numbers(element);
        if (!is_text(element.vr)) {
            out_ += ",\"InlineBinary\":\"";
            append_base64(out_, element.bytes);
            out_ += '"';
            return;
        }
        const auto values = text_values(element, charset);
        if (values.size() == 1 && values.front().empty()) return;
        if (element.vr == Vr::PN) return names(values);
        if (element.vr == Vr::DS || element.vr == Vr::IS) return decimals(values);
        strings(values);
    }

    void numbers(const Element& element) {
        const auto texts = number_texts(element);
        if (texts.empty()) return;
        const bool wide = element.vr == Vr::SV || element.vr == Vr::UV;
        const bool quoted =
            element.vr == Vr::AT || (wide && !std::all_of(texts.begin(), texts.end(), is_safe_integer));
        array(texts, [&](const std::string& text) {
            const bool word = text.back() == 'N' || text.back() == 'y';  // NaN, Infinity
            out_ += word || quoted ? '"' + text + '"' : text;
        });
        // JSON has no such numbers. One face sends them as words, the other a reference; both are kept here.
        if (has_number_not_finite(element)) bulk_uri(path_);
    }

    void decimals(const std::vector<std::string>& values) {
        std::vector<std::string> legal;
        legal.reserve(values.size());
        for (const auto& text : values) {
            const bool blank = trim_padding(text).empty();
            auto number = blank ? std::optional<std::string>("null") : json_number(text);
            if (!number) return strings(values);
            legal.push_back(std::move(*number));
        }
        if (legal.size() == 1 && legal.front() == "null") return;
        array(legal, [&](const std::string& text) { out_ += text; });
    }

    void strings(const std::vector<std::string>& values) {
        array(values, [&](const std::string& text) { string(text); });
    }

    void string(std::string_view text) {
        if (text.empty()) {
            out_ += "null";
            return;
        }
        out_ += '"';
        append_json_escaped(out_, text);
        out_ += '"';
    }

    void names(const std::vector<std::string>& values) {
        const auto is_blank = [](const std::string& name) {
            return name.find_first_not_of(std::string_view("= \0", 3)) == std::string::npos;
        };
        if (values.size() == 1 && is_blank(values.front())) return;
        array(values, [&](const std::string& name) { is_blank(name) ? void(out_ += "null") : person(name); });
    }

    void person(std::string_view name) {
        constexpr std::string_view kGroups[] = {"Alphabetic", "Ideographic", "Phonetic"};
        const auto groups = name_groups(name);
        out_ += '{';
        bool first = true;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            if (trim_padding(groups[i]).empty()) continue;
            if (!first) out_ += ',';
            first = false;
            out_.append(1, '"').append(kGroups[i]).append("\":");
            string(groups[i]);
        }
        out_ += '}';
    }

    template <class Values, class Write>
    void array(const Values& values, Write write) {
        out_ += ",\"Value\":[";
        bool first = true;
        for (const auto& value : values) {
            if (!first) out_ += ',';
            first = false;
            write(value);
        }
        out_ += ']';
    }

    std::string& out_;
    Bounds* bounds_;
    std::string path_;
};

}  // namespace

void append_json(std::string& out, const DataSet& data_set) {
    Writer(out).data_set(data_set, Charset());
}

Result<std::string> to_json(const DataSet& data_set, std::uint64_t most_bytes, const Reserve& reserve) {
    Bounds bounds{most_bytes, Reservation(reserve), {}};
    std::string out;
    Writer(out, &bounds).data_set(data_set, Charset());
    ISO_CHECK(bounds.status);
    if (out.size() > most_bytes)
        return fail(ErrorCode::too_large, "the metadata of the object are too large");
    return out;
}

}  // namespace isocenter::dicom
