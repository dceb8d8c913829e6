#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "dicom/base64.h"
#include "dicom/charset.h"
#include "dicom/dictionary.h"
#include "dicom/json_reader.h"
#include "dicom/json_scan.h"
#include "dicom/json_tree.h"
#include "dicom/tags.h"
#include "dicom/value_text.h"
#include "dicom/xml.h"

namespace isocenter::dicom {
namespace {

/// What XML 1.0 (2.2) does not allow in a document: most controls, U+FFFE and U+FFFF.
bool is_illegal(std::string_view character) {
    if (character.size() == 1) {
        const auto c = static_cast<unsigned char>(character.front());
        return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
    }
    return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        const auto character = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(character.size());
        if (is_illegal(character)) continue;
        if (length == 0) {
            out += "\xEF\xBF\xBD";  // U+FFFD, as in JSON
        } else if (character == "&") {
            out += "&amp;";
        } else if (character == "<") {
            out += "&lt;";
        } else if (character == ">") {
            out += "&gt;";
        } else if (character == "\"") {
            out += "&quot;";
        } else if (character == "\r") {
            out += "&#13;";  // a reader turns bare carriage returns into line feeds
        } else {
            out += character;
        }
    }
}

/// The significant part of a value (PS3.5 6.2).
std::string_view significant(Vr vr, std::string_view value) {
    value = trim_padding(value);
    const bool leading_counts = vr == Vr::ST || vr == Vr::LT || vr == Vr::UT || vr == Vr::UC || vr == Vr::UR;
    if (!leading_counts) value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
}

class Writer {
  public:
    explicit Writer(std::string& out, const Reserve& reserve = {}) : out_(out), memory_(reserve) {}

    void document(const DataSet& data_set) {
        out_ += kBegin;
        attributes(data_set, Charset());
        out_ += kEnd;
    }

    Status document(std::string_view json) {
        out_ += kBegin;
        undeclared_ = std::any_of(json.begin(), json.end(),
                                  [](char byte) { return static_cast<unsigned char>(byte) > 0x7F; });
        JsonScan scan(json);
        ISO_CHECK(attributes(scan, 0));
        out_ += kEnd;
        return {};
    }

  private:
    static constexpr std::string_view kBegin =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NativeDicomModel xml:space=\"preserve\" "
        "xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\">";
    static constexpr std::string_view kEnd = "</NativeDicomModel>\n";

    static Error broken() { return fail(ErrorCode::corrupt, "the stored metadata is not one data set"); }

    /// The attributes of the object that begins at `scan`. Private ones come behind their creators, by tag.
    Status attributes(JsonScan& scan, unsigned depth) {
        DataSet creators;
        if (depth > JsonScan::kDepth || !scan.take('{')) return broken();
        while (!scan.take('}')) {
            scan.take(',');
            if (!scan.at_attribute()) return broken();
            const Tag tag = make_tag(scan.tag());
            if (depth == 0) declare_utf8(tag);
            if (scan.vr() == "SQ") {
                ISO_CHECK(sequence(scan, tag, creators, depth));
                continue;
            }
            const char* const object = scan.at() + kKeyBytes;
            scan.skip_attribute(depth);
            if (scan.failed()) return broken();
            ISO_TRY(Element element, read({object, static_cast<std::size_t>(scan.at() - object)}, tag));
            attribute(creators, element, Charset("ISO_IR 192"));
            if (tag.is_private_creator()) creators.set(std::move(element));
        }
        return {};
    }

    /// Text beyond ASCII has a character set in metadata, also where the object forgot to name its own
    /// (standard-face.md 6.2). Called with each tag of the data set, ascending.
    void declare_utf8(Tag next) {
        if (!undeclared_ || next < tags::SpecificCharacterSet) return;
        undeclared_ = false;
        if (next == tags::SpecificCharacterSet) return;
        attribute(DataSet(), {.tag = tags::SpecificCharacterSet, .vr = Vr::CS, .bytes = "ISO_IR 192"},
                  Charset());
    }

    Status sequence(JsonScan& scan, Tag tag, const DataSet& creators, unsigned depth) {
        out_ += "<DicomAttribute";
        identity(creators, {.tag = tag, .vr = Vr::SQ}, Charset("ISO_IR 192"));
        out_ += '>';
        scan.skip_header();
        scan.take('"');
        if (scan.take(",\"Value\":[")) {
            for (std::size_t number = 1; !scan.take(']'); ++number) {
                scan.take(',');
                out_.append("<Item number=\"").append(std::to_string(number)).append("\">");
                ISO_CHECK(attributes(scan, depth + 1));
                out_ += "</Item>";
            }
        }
        out_ += "</DicomAttribute>";
        return scan.take('}') ? Status{} : broken();
    }

    /// One attribute, when there is memory for it as a tree, as an element and as XML.
    Result<Element> read(std::string_view object, Tag tag) {
        constexpr std::uint64_t kValueBytes = 320;
        constexpr std::uint64_t kTimesTheText = 8;
        constexpr std::size_t kSmall = 1024;
        const std::uint64_t values = object.size() < kSmall ? 1 : count_json_values(object);
        ISO_CHECK(memory_.cover(2 * out_.size() + kTimesTheText * object.size() + kValueBytes * values));
        auto element = read_json_attribute(tag, object);
        if (!element) return broken();
        return element;
    }

    void attributes(const DataSet& data_set, const Charset& inherited) {
        const Charset charset = Charset::of(data_set, inherited);
        for (const Element& element : data_set.elements()) {
            if (element.tag.group == 0x0002 || element.tag.is_group_length()) continue;
            if (element.tag == tags::DataSetTrailingPadding) continue;
            attribute(data_set, element, charset);
        }
    }

    void attribute(const DataSet& data_set, const Element& element, const Charset& charset) {
        out_ += "<DicomAttribute";
        identity(data_set, element, charset);
        out_ += '>';
        const std::size_t parent = path_.size();
        path_ += to_hex8(element.tag);
        content(element, charset);
        path_.resize(parent);
        out_ += "</DicomAttribute>";
    }

    void xml_attribute(std::string_view name, std::string_view value) {
        out_.append(1, ' ').append(name).append("=\"");
        append_escaped(out_, value);
        out_ += '"';
    }

    void identity(const DataSet& data_set, const Element& element, const Charset& charset) {
        Tag tag = element.tag;
        std::string creator;
        if (tag.is_private() && tag.element >= 0x1000) {
            const Element* owner = data_set.find({tag.group, static_cast<std::uint16_t>(tag.element >> 8U)});
            if (owner != nullptr) creator = significant(Vr::LO, charset.decode(owner->bytes, Vr::LO));
        }
        if (!creator.empty()) tag.element &= 0xFFU;
        xml_attribute("tag", to_hex8(tag));
        xml_attribute("vr", to_string(element.vr));
        if (const auto entry = find_entry(element.tag)) xml_attribute("keyword", entry->keyword);
        if (!creator.empty()) xml_attribute("privateCreator", creator);
    }

    void content(const Element& element, const Charset& charset) {
        if (element.vr == Vr::SQ) return items(element, charset);
        if (!element.bulk_uri.empty() || (!element.held && element.where.length != 0)) {
            out_ += "<BulkData";
            xml_attribute("uri", element.bulk_uri.empty() ? path_ : element.bulk_uri);
            out_ += "/>";
            return;
        }
        if (element.bytes.empty()) return;
        if (is_binary_number(element.vr)) return values(element.vr, number_texts(element));
        if (!is_text(element.vr)) {
            out_ += "<InlineBinary>";
            append_base64(out_, element.bytes);
            out_ += "</InlineBinary>";
            return;
        }
        // All text of the document is UTF-8, so the stored term would be wrong (standard-face.md 6.2).
        if (element.tag == tags::SpecificCharacterSet) return values(Vr::CS, {"ISO_IR 192"});
        values(element.vr, text_values(element, charset));
    }

    void items(const Element& element, const Charset& charset) {
        const std::size_t parent = path_.size();
        for (std::size_t i = 0; i < element.items.size(); ++i) {
            const std::string number = std::to_string(i + 1);
            out_.append("<Item number=\"").append(number).append("\">");
            path_.append(1, '/').append(number).append(1, '/');
            attributes(element.items[i], charset);
            path_.resize(parent);
            out_ += "</Item>";
        }
    }

    void values(Vr vr, const std::vector<std::string>& texts) {
        if (texts.size() == 1 && significant(vr, texts.front()).empty()) return;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto text = significant(vr, texts[i]);
            const std::string_view name = vr == Vr::PN ? "PersonName" : "Value";
            out_.append(1, '<').append(name).append(" number=\"").append(std::to_string(i + 1)).append("\">");
            vr == Vr::PN ? person(text) : append_escaped(out_, text);
            out_.append("</").append(name).append(1, '>');
        }
    }

    void person(std::string_view name) {
        constexpr std::array<std::string_view, 3> kGroups = {"Alphabetic", "Ideographic", "Phonetic"};
        const auto groups = name_groups(name);
        for (std::size_t i = 0; i < groups.size(); ++i) {
            if (groups[i].find_first_not_of('^') == std::string_view::npos) continue;
            out_.append(1, '<').append(kGroups[i]).append(1, '>');
            components(groups[i]);
            out_.append("</").append(kGroups[i]).append(1, '>');
        }
    }

    void components(std::string_view group) {
        constexpr std::array<std::string_view, 5> kNames = {"FamilyName", "GivenName", "MiddleName",
                                                            "NamePrefix", "NameSuffix"};
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            // Whatever is behind the fifth component stays with it.
            const std::size_t end = i + 1 < kNames.size() ? group.find('^') : std::string_view::npos;
            const auto component = group.substr(0, end);
            if (!component.empty()) {
                out_.append(1, '<').append(kNames[i]).append(1, '>');
                append_escaped(out_, component);
                out_.append("</").append(kNames[i]).append(1, '>');
            }
            if (end == std::string_view::npos) return;
            group.remove_prefix(end + 1);
        }
    }

    /// `"00100010":`
    static constexpr std::size_t kKeyBytes = 11;

    std::string& out_;
    Reservation memory_;
    std::string path_;
    bool undeclared_ = false;  ///< there is text beyond ASCII, and the character set was not met yet
};

}  // namespace

std::string to_xml(const DataSet& data_set) {
    std::string out;
    Writer(out).document(data_set);
    return out;
}

Status append_xml(std::string& out, std::string_view json, const Reserve& reserve) {
    return Writer(out, reserve).document(json);
}

}  // namespace isocenter::dicom
