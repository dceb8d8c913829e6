#include "dicom/json_tree.h"

#include <boost/json/basic_parser_impl.hpp>
#include <limits>
#include <utility>

namespace isocenter::dicom {
namespace {

namespace json = boost::json;

/// Receives the parser's events and builds the tree; the names are Boost.JSON's.
class Builder {
  public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = 1024;
    static constexpr std::size_t max_string_size = 0x7FFFFFFF;

    explicit Builder(std::size_t most_values) : most_values_(most_values) {}

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& error) { return open(JsonNode::Kind::object, error); }
    bool on_object_end(std::size_t, json::error_code& error) { return close(error); }
    bool on_array_begin(json::error_code& error) { return open(JsonNode::Kind::array, error); }
    bool on_array_end(std::size_t, json::error_code& error) { return close(error); }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        key_.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t size, json::error_code& error) {
        return on_key_part(part, size, error);
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(json::string_view part, std::size_t, json::error_code& error) {
        return scalar(JsonNode::Kind::string, part, error);
    }
    bool on_number_part(json::string_view part, json::error_code&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t, json::string_view digits, json::error_code& error) {
        return scalar(JsonNode::Kind::number, digits, error);
    }
    bool on_uint64(std::uint64_t, json::string_view digits, json::error_code& error) {
        return scalar(JsonNode::Kind::number, digits, error);
    }
    bool on_double(double, json::string_view digits, json::error_code& error) {
        return scalar(JsonNode::Kind::number, digits, error);
    }
    bool on_bool(bool value, json::error_code& error) {
        return scalar(JsonNode::Kind::boolean, value ? "true" : "false", error);
    }
    bool on_null(json::error_code& error) { return scalar(JsonNode::Kind::null, {}, error); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    JsonNode take() { return std::move(root_); }

  private:
    JsonNode take_node(JsonNode::Kind kind) {
        JsonNode node;
        node.kind = kind;
        node.key = std::exchange(key_, {});
        return node;
    }

    bool open(JsonNode::Kind kind, json::error_code& error) {
        if (!count(error)) return false;
        open_.push_back(take_node(kind));
        return true;
    }

    bool close(json::error_code&) {
        JsonNode done = std::move(open_.back());
        open_.pop_back();
        place(std::move(done));
        return true;
    }

    bool scalar(JsonNode::Kind kind, json::string_view rest, json::error_code& error) {
        if (!count(error)) return false;
        JsonNode node = take_node(kind);
        node.text = std::exchange(text_, {});
        node.text.append(rest.data(), rest.size());
        place(std::move(node));
        return true;
    }

    void place(JsonNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
        } else {
            open_.back().items.push_back(std::move(node));
        }
    }

    bool count(json::error_code& error) {
        if (++values_ <= most_values_) return true;
        error = json::error::array_too_large;
        return false;
    }

    JsonNode root_;
    std::vector<JsonNode> open_;
    std::string key_;
    std::string text_;
    const std::size_t most_values_;
    std::size_t values_ = 0;
};

}  // namespace

Result<JsonNode> parse_json_tree(std::string_view text, std::size_t depth, std::size_t most_values) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    json::parse_options options;
    options.max_depth = depth;
    json::basic_parser<Builder> parser(options, most_values);
    json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error) {
        return fail(ErrorCode::invalid_request,
                    "JSON: " + error.message() + " at byte " + std::to_string(used));
    }
    if (text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
        return fail(ErrorCode::invalid_request, "JSON: more text at byte " + std::to_string(used));
    return parser.handler().take();
}

std::size_t count_json_values(std::string_view text) {
    std::size_t count = 1;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        // A value is the first of what opens, or stands behind a comma.
        if (c == ',' || c == '[' || c == '{') ++count;
    }
    return count;
}

}  // namespace isocenter::dicom
