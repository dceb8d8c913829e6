#include "dicom/json_reader.h"

#include <algorithm>
#include <limits>
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
    const bool alone = members.value == nullptr && members.inline_binary == nullptr;
    if (members.bulk_uri != nullptr && members.bulk_uri->text.empty() && alone)
        return wrong("BulkDataURI refers to nothing");
    // An explicit null says the same as absence, but counted as a member above.
    for (const JsonNode** place : {&members.vr, &members.value, &members.bulk_uri, &members.inline_binary})
        if (*place != nullptr && (*place)->is(Kind::null)) *place = nullptr;
    return members;
}

std::string_view letters_of(const Members& members) {
    return members.vr == nullptr ? std::string_view() : std::string_view(members.vr->text);
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
    return set_values(element, values, letters_of(members));
}

Result<Element> element_of(Tag tag, const JsonNode& node, unsigned depth) {
    if (!node.is(Kind::object) && !node.is(Kind::null)) return wrong("an attribute is no object");
    ISO_TRY(const Members members, members_of(node));
    Element element{.tag = tag};
    const bool as_bytes = members.inline_binary != nullptr || members.bulk_uri != nullptr;
    ISO_TRY(element.vr, vr_of(tag, letters_of(members), as_bytes));
    ISO_CHECK(set_content(element, members, depth));
    return element;
}

/// The `detail` of a failure collects the path to the place while the calls return.
Result<Element> member_of(const JsonNode& object, std::size_t index, unsigned depth) {
    const JsonNode& member = object.items[index];
    const auto tag = tag_of(member.key);
    // Its place and not the key, which may be anything.
    if (!tag) return wrong("key " + std::to_string(index + 1) + " is no tag and no keyword");
    auto element = element_of(*tag, member, depth);
    if (element) return element;
    auto error = std::move(element).error();
    error.detail.insert(0, to_hex8(*tag) + (error.detail.empty() ? "" : "/"));
    return error;
}

Result<DataSet> data_set_of(const JsonNode& object, unsigned depth) {
    std::vector<Element> elements;
    elements.reserve(object.items.size());
    for (std::size_t i = 0; i < object.items.size(); ++i) {
        ISO_TRY(elements.emplace_back(), member_of(object, i, depth));
    }
    return make_data_set(std::move(elements));
}

Error placed(Error error) {
    const std::string place = std::exchange(error.detail, {});
    error.message.insert(0, "DICOM JSON: " + place + (place.empty() ? "" : ": "));
    return error;
}

Salvaged top_level(const JsonNode& object) {
    Salvaged out;
    if (!object.is(Kind::object)) {
        out.status = wrong("DICOM JSON: a data set must be an object");
        return out;
    }
    std::vector<Element> elements;
    elements.reserve(object.items.size());
    for (std::size_t i = 0; i < object.items.size(); ++i) {
        auto element = member_of(object, i, 0);
        if (element)
            elements.push_back(*std::move(element));
        else if (out.status)
            out.status = placed(std::move(element).error());
    }
    auto data_set = make_data_set(std::move(elements));
    if (data_set)
        out.data_set = *std::move(data_set);
    else if (out.status)
        out.status = placed(std::move(data_set).error());
    declare_utf8(out.data_set);
    return out;
}

Result<std::vector<Salvaged>> data_sets_of(const JsonNode& root) {
    std::vector<Salvaged> out;
    if (root.is(Kind::object)) {
        out.push_back(top_level(root));
        return out;
    }
    if (!root.is(Kind::array)) return wrong("DICOM JSON: a data set must be an object");
    out.reserve(root.items.size());
    for (const JsonNode& object : root.items)
        out.push_back(top_level(object));
    return out;
}

/// What a key twice in an object means is not said (RFC 8259 4): such a text cannot be relied on.
Status check_keys(const JsonNode& node) {
    if (node.is(Kind::object)) {
        std::vector<std::string_view> keys;
        keys.reserve(node.items.size());
        for (const JsonNode& member : node.items)
            keys.push_back(member.key);
        std::sort(keys.begin(), keys.end());
        const auto twice = std::adjacent_find(keys.begin(), keys.end());
        if (twice != keys.end()) {
            const auto tag = tag_of(*twice);
            return wrong("DICOM JSON: " + (tag ? to_hex8(*tag) : "a key") + " is there twice");
        }
    }
    for (const JsonNode& child : node.items)
        ISO_CHECK(check_keys(child));
    return {};
}

}  // namespace

Result<std::vector<DataSet>> read_json(std::string_view text) {
    ISO_TRY(const JsonNode root, parse_json_tree(text, kJsonDepth));
    ISO_TRY(auto data_sets, data_sets_of(root));
    std::vector<DataSet> out;
    out.reserve(data_sets.size());
    for (Salvaged& each : data_sets) {
        ISO_CHECK(each.status);
        out.push_back(std::move(each.data_set));
    }
    return out;
}

Result<std::vector<Salvaged>> salvage_json(std::string_view text) {
    ISO_TRY(const JsonNode root, parse_json_tree(text, kJsonDepth));
    ISO_CHECK(check_keys(root));
    return data_sets_of(root);
}

Result<Element> read_json_attribute(Tag tag, std::string_view object) {
    constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
    ISO_TRY(const JsonNode node, parse_json_tree(object, kJsonDepth, kUnlimited));
    return element_of(tag, node, 0);
}

}  // namespace isocenter::dicom
