#include "dicom/json_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "dicom/base64.h"
#include "dicom/dictionary.h"
#include "dicom/element_builder.h"
#include "dicom/json_tree.h"

namespace isocenter::dicom {
namespace {

using Kind = JsonNode::Kind;

constexpr unsigned kDepth = 64;
/// An item adds an object, its attribute's object and an array; below the last are a name's object and the
/// text.
constexpr std::size_t kJsonDepth = (kDepth + 1) * 3 + 3;

Error wrong(std::string why) {
    return fail(ErrorCode::invalid_request, std::move(why));
}

std::optional<Tag> tag_of(std::string_view key) {
    if (auto tag = parse_hex8(key)) return tag;
    const auto entry = find_keyword(key);
    return entry ? std::optional(entry->tag) : std::nullopt;
}

/// The members of an attribute's object, each at most once.
struct Members {
    const JsonNode* vr = nullptr;
    const JsonNode* value = nullptr;
    const JsonNode* bulk_uri = nullptr;
    const JsonNode* inline_binary = nullptr;
};

Result<Members> members_of(const JsonNode& object) {
    Members members;
    for (const JsonNode& node : object.items) {
        const JsonNode** place = node.key == "vr"             ? &members.vr
                                 : node.key == "Value"        ? &members.value
                                 : node.key == "BulkDataURI"  ? &members.bulk_uri
                                 : node.key == "InlineBinary" ? &members.inline_binary
                                                              : nullptr;
        if (place == nullptr) continue;
        if (*place != nullptr) return wrong(node.key + " is there twice");
        *place = &node;
        if (node.is(Kind::null)) continue;
        if (!node.is(node.key == "Value" ? Kind::array : Kind::string))
            return wrong(node.key + " is of another JSON type");
    }
    // An explicit null says the same as absence, but counted as a member above.
    for (const JsonNode** place : {&members.vr, &members.value, &members.bulk_uri, &members.inline_binary})
        if (*place != nullptr && (*place)->is(Kind::null)) *place = nullptr;
    return members;
}

Result<std::string> name_text(const JsonNode& node) {
    if (node.is(Kind::string)) return node.text;
    std::string groups[3];
    bool seen[3] = {};
    for (const JsonNode& group : node.items) {
        const int number = group.key == "Alphabetic"    ? 0
                           : group.key == "Ideographic" ? 1
                           : group.key == "Phonetic"    ? 2
                                                        : -1;
        if (number < 0) continue;
        if (std::exchange(seen[number], true)) return wrong(group.key + " is there twice");
        if (!group.is(Kind::string) && !group.is(Kind::null)) return wrong("a name is no string");
        groups[number] = group.text;
    }
    std::string name = groups[0] + '=' + groups[1] + '=' + groups[2];
    name.erase(name.find_last_not_of('=') + 1);
    return name;
}

Result<std::string> value_text(Vr vr, const JsonNode& node) {
    if (node.is(Kind::null)) return std::string();
    if (vr == Vr::PN && node.is(Kind::object)) return name_text(node);
    if (!node.is(Kind::string) && !node.is(Kind::number)) return wrong("a value is of another JSON type");
    return node.text;
}

Result<DataSet> data_set_of(const JsonNode& object, unsigned depth);

Status set_items(Element& element, const JsonNode& array, unsigned depth) {
    if (depth >= kDepth) return wrong("sequences are nested too deeply");
    const bool nothing = array.items.size() == 1 && array.items.front().is(Kind::null);
    if (nothing) return {};
    for (const JsonNode& node : array.items) {
        if (!node.is(Kind::object) && !node.is(Kind::null)) return wrong("an item is no object");
        ISO_TRY(element.items.emplace_back(), data_set_of(node, depth + 1));
    }
    return {};
}

Status set_binary(Element& element, std::string_view base64) {
    if (element.vr == Vr::SQ || is_text(element.vr)) return wrong("the VR cannot have InlineBinary");
    auto bytes = decode_base64(base64);
    if (!bytes) return wrong("InlineBinary is no base64");
    element.bytes = std::move(*bytes);
    return {};
}

Status set_content(Element& element, const Members& members, unsigned depth) {
    // A Value beside a reference is what append_json writes for FL and FD that are not finite.
    if (members.inline_binary != nullptr && (members.value != nullptr || members.bulk_uri != nullptr))
        return wrong("only one of Value, BulkDataURI and InlineBinary is allowed");
    const bool is_float = element.vr == Vr::FL || element.vr == Vr::FD;
    if (members.value != nullptr && members.bulk_uri != nullptr && !is_float)
        return wrong("only one of Value, BulkDataURI and InlineBinary is allowed");
    if (members.inline_binary != nullptr) return set_binary(element, members.inline_binary->text);
    if (members.value == nullptr) {
        if (members.bulk_uri == nullptr) return {};
        if (element.vr == Vr::SQ) return wrong("a sequence cannot have a BulkDataURI");
        element.bulk_uri = members.bulk_uri->text;
        element.held = false;
        return {};
    }
    if (element.vr == Vr::SQ) return set_items(element, *members.value, depth);
    std::vector<std::string> values;
    values.reserve(members.value->items.size());
    for (const JsonNode& node : members.value->items) {
        ISO_TRY(values.emplace_back(), value_text(element.vr, node));
    }
    return set_values(element, values);
}

Result<Element> element_of(Tag tag, const JsonNode& node, unsigned depth) {
    if (!node.is(Kind::object) && !node.is(Kind::null)) return wrong("an attribute is no object");
    ISO_TRY(const Members members, members_of(node));
    Element element{.tag = tag};
    ISO_TRY(element.vr, vr_of(tag, members.vr == nullptr ? std::string_view() : members.vr->text));
    ISO_CHECK(set_content(element, members, depth));
    return element;
}

/// The `detail` of a failure collects the path to the place while the calls return.
Result<DataSet> data_set_of(const JsonNode& object, unsigned depth) {
    constexpr std::size_t kShown = 64;
    std::vector<Element> elements;
    elements.reserve(object.items.size());
    for (const JsonNode& member : object.items) {
        const auto tag = tag_of(member.key);
        if (!tag) return wrong("key " + member.key.substr(0, kShown) + " is no tag and no keyword");
        auto element = element_of(*tag, member, depth);
        if (!element) {
            auto error = std::move(element).error();
            error.detail.insert(0, to_hex8(*tag) + (error.detail.empty() ? "" : "/"));
            return error;
        }
        elements.push_back(std::move(*element));
    }
    return make_data_set(std::move(elements));
}

Result<DataSet> top_level(const JsonNode& object) {
    if (!object.is(Kind::object)) return wrong("DICOM JSON: a data set must be an object");
    auto data_set = data_set_of(object, 0);
    if (!data_set) {
        auto error = std::move(data_set).error();
        const std::string place = std::exchange(error.detail, {});
        error.message.insert(0, "DICOM JSON: " + place + (place.empty() ? "" : ": "));
        return error;
    }
    declare_utf8(*data_set);
    return data_set;
}

}  // namespace

Result<std::vector<DataSet>> read_json(std::string_view text) {
    ISO_TRY(const JsonNode root, parse_json_tree(text, kJsonDepth));
    std::vector<DataSet> out;
    if (!root.is(Kind::array)) {
        ISO_TRY(out.emplace_back(), top_level(root));
        return out;
    }
    out.reserve(root.items.size());
    for (const JsonNode& object : root.items) {
        ISO_TRY(out.emplace_back(), top_level(object));
    }
    return out;
}

}  // namespace isocenter::dicom
