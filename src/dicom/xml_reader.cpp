#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <utility>

#include "dicom/base64.h"
#include "dicom/charset.h"
#include "dicom/dictionary.h"
#include "dicom/element_builder.h"
#include "dicom/xml.h"

namespace isocenter::dicom {
namespace {

constexpr unsigned kDepth = 64;

Error wrong(std::string why) {
    return fail(ErrorCode::invalid_request, std::move(why));
}

std::string_view local_name(const pugi::xml_node& node) {
    std::string_view name = node.name();
    const std::size_t colon = name.find(':');
    if (colon != std::string_view::npos) name.remove_prefix(colon + 1);
    return name;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
    for (const pugi::xml_attribute& candidate : node.attributes())
        if (equal_ignoring_case(candidate.name(), name)) return candidate.value();
    return {};
}

/// The children called `name` at the places their `number` gives, from 1; missing numbers count on, gaps are
/// null nodes.
Result<std::vector<pugi::xml_node>> numbered(const pugi::xml_node& parent, std::string_view name) {
    std::vector<pugi::xml_node> children;
    for (const pugi::xml_node& child : parent.children())
        if (local_name(child) == name) children.push_back(child);
    // Gaps are few in honest documents; a single large number must not fill the memory.
    const std::size_t limit = 4 * children.size() + 64;
    std::vector<pugi::xml_node> out;
    for (const pugi::xml_node& child : children) {
        const std::string_view text = attribute(child, "number");
        std::size_t number = out.size() + 1;
        if (!text.empty()) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc{} || end != text.data() + text.size() || number == 0 || number > limit)
                return wrong("a number attribute is wrong");
        }
        if (number > out.size()) out.resize(number);
        if (out[number - 1]) return wrong("a number is there twice");
        out[number - 1] = child;
    }
    return out;
}

std::string text_of(const pugi::xml_node& node) {
    std::string text;
    for (const pugi::xml_node& child : node.children())
        if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
    return text;
}

pugi::xml_node child_of(const pugi::xml_node& parent, std::string_view name) {
    return parent.find_child([name](const pugi::xml_node& child) { return local_name(child) == name; });
}

std::string name_of(const pugi::xml_node& person) {
    constexpr std::array<std::string_view, 5> kComponents = {"FamilyName", "GivenName", "MiddleName",
                                                             "NamePrefix", "NameSuffix"};
    std::string name;
    for (std::string_view group_name : {"Alphabetic", "Ideographic", "Phonetic"}) {
        std::string group;
        const pugi::xml_node node = child_of(person, group_name);
        for (std::string_view component : kComponents)
            group.append(text_of(child_of(node, component))).append(1, '^');
        group.erase(group.find_last_not_of('^') + 1);
        name.append(group).append(1, '=');
    }
    name.erase(name.find_last_not_of('=') + 1);
    return name;
}

/// The blocks of private creators in one data set (PS3.5 7.8.1).
class Blocks {
  public:
    explicit Blocks(const std::vector<Element>& elements) {
        for (const Element& element : elements) {
            if (!element.tag.is_private_creator()) continue;
            blocks_.emplace(std::pair(element.tag.group, std::string(trim_padding(element.bytes))),
                            element.tag.element);
            used_[element.tag.group].set(element.tag.element);
        }
    }

    /// The block that `creator` has; the next free one, with its creator element in `elements`, when it has
    /// none.
    Result<std::uint16_t> block_of(std::vector<Element>& elements, std::uint16_t group,
                                   const std::string& creator) {
        const auto [known, is_new] = blocks_.try_emplace({group, creator}, std::uint16_t{0x10});
        if (!is_new) return known->second;
        auto& used = used_[group];
        std::uint16_t& block = known->second;
        while (block < used.size() && used.test(block))
            ++block;
        if (block == used.size()) return wrong("a group has too many private creators");
        used.set(block);
        elements.push_back({.tag = {group, block}, .vr = Vr::LO, .bytes = creator});
        return block;
    }

  private:
    std::map<std::pair<std::uint16_t, std::string>, std::uint16_t> blocks_;
    std::map<std::uint16_t, std::bitset<0x100>> used_;
};

class Reader {
  public:
    Salvaged document(const pugi::xml_node& root) {
        Salvaged out;
        auto data_set = attributes(root);
        if (data_set)
            out.data_set = *std::move(data_set);
        else
            skipped_ = std::move(data_set).error();
        if (skipped_) out.status = *std::move(skipped_);
        declare_utf8(out.data_set);
        return out;
    }

  private:
    /// At the top level attributes that cannot be read are left out, and skipped_ is the first one's error.
    Result<DataSet> attributes(const pugi::xml_node& parent) {
        const std::size_t depth = path_.size();
        std::vector<Element> elements;
        std::vector<std::pair<Element, std::string>> owned;  // of block 00, with the name of their creator
        for (const pugi::xml_node& node : parent.children()) {
            if (local_name(node) != "DicomAttribute") continue;
            auto element = attribute_of(node);
            path_.resize(depth);
            if (!element && depth > 0) return element.error();
            if (!element) {
                if (!skipped_) skipped_ = std::move(element).error();
                continue;
            }
            std::string creator(trim_padding(attribute(node, "privateCreator")));
            const Tag tag = element->tag;
            if (tag.is_private() && tag.element <= 0xFF && !creator.empty()) {
                owned.emplace_back(std::move(*element), std::move(creator));
            } else {
                elements.push_back(std::move(*element));
            }
        }
        Blocks blocks(elements);
        for (auto& [element, creator] : owned) {
            ISO_TRY(const std::uint16_t block, blocks.block_of(elements, element.tag.group, creator));
            element.tag.element = static_cast<std::uint16_t>((block << 8U) | element.tag.element);
            elements.push_back(std::move(element));
        }
        auto data_set = make_data_set(std::move(elements));
        if (!data_set) return located(std::move(data_set).error());
        return data_set;
    }

    Result<Element> attribute_of(const pugi::xml_node& node) {
        const auto tag = tag_of(node);
        if (!tag) return wrong("XML: a DicomAttribute has neither a tag nor a known keyword" + place());
        path_.push_back(*tag);
        auto element = element_of(*tag, node);
        if (!element) return located(std::move(element).error());
        return element;
    }

    std::string place() const {
        std::string out;
        for (Tag tag : path_)
            out.append(out.empty() ? " in " : "/").append(to_hex8(tag));
        return out;
    }
    Error located(Error error) const {
        if (!error.message.starts_with("XML: ")) error.message = "XML: " + error.message + place();
        return error;
    }

    static std::optional<Tag> tag_of(const pugi::xml_node& node) {
        const std::string_view text = attribute(node, "tag");
        if (!text.empty()) return parse_hex8(text);
        const auto entry = find_keyword(attribute(node, "keyword"));
        return entry ? std::optional(entry->tag) : std::nullopt;
    }

    Result<Element> element_of(Tag tag, const pugi::xml_node& node) {
        Element element{.tag = tag};
        const std::string_view vr = attribute(node, "vr");
        const pugi::xml_node bulk = child_of(node, "BulkData");
        const pugi::xml_node binary = child_of(node, "InlineBinary");
        ISO_TRY(element.vr, vr_of(tag, vr, bulk || binary));
        if (element.vr == Vr::SQ) {
            ISO_CHECK(set_items(element, node));
            return element;
        }
        if (bulk) {
            const std::string_view uri = attribute(bulk, "uri");
            element.bulk_uri = uri.empty() ? attribute(bulk, "uuid") : uri;
            if (element.bulk_uri.empty()) return wrong("BulkData refers to nothing");
            element.held = false;
            return element;
        }
        if (binary) {
            if (is_text(element.vr)) return wrong("the VR cannot have InlineBinary");
            auto bytes = decode_base64(text_of(binary));
            if (!bytes) return wrong("InlineBinary is no base64");
            element.bytes = std::move(*bytes);
            return element;
        }
        ISO_TRY(const auto nodes, numbered(node, element.vr == Vr::PN ? "PersonName" : "Value"));
        std::vector<std::string> values;
        values.reserve(nodes.size());
        for (const pugi::xml_node& value : nodes)
            values.push_back(element.vr == Vr::PN ? name_of(value) : text_of(value));
        ISO_CHECK(set_values(element, values, vr));
        return element;
    }

    Status set_items(Element& element, const pugi::xml_node& node) {
        if (path_.size() > kDepth) return wrong("sequences are nested too deeply");
        ISO_TRY(const auto nodes, numbered(node, "Item"));
        for (const pugi::xml_node& item : nodes) {
            ISO_TRY(element.items.emplace_back(), attributes(item));
        }
        return {};
    }

    std::vector<Tag> path_;
    std::optional<Error> skipped_;
};

constexpr unsigned kFlags = pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype;

bool is_character(std::uint32_t code) {
    return code == 0x9 || code == 0xA || code == 0xD || (code >= 0x20 && code <= 0xD7FF) ||
           (code >= 0xE000 && code <= 0xFFFD) || (code >= 0x10000 && code <= 0x10FFFF);
}

/// Whether `text`, which begins behind an '&', begins with a reference that stands for a character without a
/// declaration (XML 1.0 4.1, 4.6).
bool is_known_reference(std::string_view text) {
    for (const std::string_view name : {"amp;", "lt;", "gt;", "quot;", "apos;"})
        if (text.starts_with(name)) return true;
    if (!text.starts_with('#')) return false;
    text.remove_prefix(1);
    const bool hexadecimal = text.starts_with('x');
    if (hexadecimal) text.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), code, hexadecimal ? 16 : 10);
    return error == std::errc{} && end != text.data() + text.size() && *end == ';' && is_character(code);
}

bool knows_references(std::string_view text) {
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1))
        if (!is_known_reference(text.substr(at + 1))) return false;
    return true;
}

/// Of a document read without replacing its references.
class ReferenceCheck : public pugi::xml_tree_walker {
  public:
    bool for_each(pugi::xml_node& node) override {
        if (node.type() == pugi::node_pcdata) return knows_references(node.value());
        return std::ranges::all_of(node.attributes(), [](const pugi::xml_attribute& each) {
            return knows_references(each.value());
        });
    }
};

/// pugixml leaves a reference that it does not know as it stands, so that it would become a value. Only in
/// comments and CDATA sections such a text is none: few documents have to be read for that.
Status check_references(std::string_view text) {
    if (knows_references(text)) return {};
    pugi::xml_document document;
    if (!document.load_buffer(text.data(), text.size(), kFlags & ~pugi::parse_escapes)) return {};
    ReferenceCheck check;
    if (document.traverse(check)) return {};
    return wrong("XML: a reference to an entity that is not declared, or an & that is none");
}

}  // namespace

Result<DataSet> read_xml(std::string_view text) {
    ISO_TRY(Salvaged read, salvage_xml(text));
    ISO_CHECK(read.status);
    return std::move(read.data_set);
}

XmlCounts count_xml(std::string_view text) {
    XmlCounts counts;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '=') ++counts.attributes;
        if (text[i] == '<' && i + 1 < text.size() && text[i + 1] != '/') ++counts.elements;
    }
    return counts;
}

Result<Salvaged> salvage_xml(std::string_view text) {
    if (count_xml(text).elements > kMaxXmlElements) return wrong("XML: too many elements");
    ISO_CHECK(check_references(text));
    pugi::xml_document document;
    const auto parsed = document.load_buffer(text.data(), text.size(), kFlags);
    if (!parsed) {
        return wrong(std::string("XML: ") + parsed.description() + " at byte " +
                     std::to_string(parsed.offset));
    }
    // It could declare entities and defaults, which are not read.
    if (std::ranges::any_of(document.children(),
                            [](const pugi::xml_node& each) { return each.type() == pugi::node_doctype; }))
        return wrong("XML: a document type declaration is not accepted");
    const pugi::xml_node root = document.document_element();
    if (local_name(root) != "NativeDicomModel") return wrong("XML: the root element is no NativeDicomModel");
    return Reader().document(root);
}

}  // namespace isocenter::dicom
