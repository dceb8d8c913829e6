#include "fhir/exact_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <cstdlib>

namespace isocenter::fhir {

namespace json = boost::json;

namespace {

using namespace std::string_view_literals;

/// U+0000 is in no FHIR string. Should a document have one at a string's begin all the same, a mark of its
/// own keeps it from being taken for ours.
constexpr std::string_view kNumber = "\0n"sv;
constexpr std::string_view kText = "\0t"sv;
constexpr std::string_view kDigits = "0123456789";

/// Takes what `set` allows off the front; whether there was any.
bool skip(std::string_view& text, std::string_view set) {
    const std::size_t length = std::min(text.find_first_not_of(set), text.size());
    text.remove_prefix(length);
    return length > 0;
}

bool skip_one(std::string_view& text, std::string_view set) {
    const bool is_there = !text.empty() && set.find(text.front()) != std::string_view::npos;
    if (is_there) text.remove_prefix(1);
    return is_there;
}

/// RFC 8259, section 6.
bool is_number_text(std::string_view text) {
    skip_one(text, "-");
    if (!skip_one(text, "0") && !skip(text, kDigits)) return false;
    if (skip_one(text, ".") && !skip(text, kDigits)) return false;
    if (skip_one(text, "eE")) {
        skip_one(text, "+-");
        if (!skip(text, kDigits)) return false;
    }
    return text.empty();
}

std::string_view text_of(const json::value& value) {
    const json::string* text = value.if_string();
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

/// The members of basic_parser's handler; the names are its own.
struct Handler {
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();
    using Error = boost::system::error_code;

    json::value_stack values;
    std::string digits;  ///< of a number that came in parts

    bool on_document_begin(Error&) {
        values.reset();
        return true;
    }
    bool on_document_end(Error&) { return true; }
    bool on_object_begin(Error&) { return true; }
    bool on_object_end(std::size_t size, Error&) {
        values.push_object(size);
        return true;
    }
    bool on_array_begin(Error&) { return true; }
    bool on_array_end(std::size_t size, Error&) {
        values.push_array(size);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, Error&) {
        values.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, Error&) {
        values.push_key(part);
        return true;
    }
    void mark_text(json::string_view part, std::size_t length) {
        if (length == part.size() && part.starts_with('\0')) values.push_chars(kText);
    }
    bool on_string_part(json::string_view part, std::size_t length, Error&) {
        mark_text(part, length);
        values.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t length, Error&) {
        mark_text(part, length);
        values.push_string(part);
        return true;
    }
    bool on_number_part(json::string_view part, Error&) {
        digits += part;
        return true;
    }
    bool on_int64(std::int64_t number, json::string_view part, Error&) {
        digits += part;
        if (digits == std::to_string(number)) {
            values.push_int64(number);
        } else {
            push_exact();
        }
        digits.clear();
        return true;
    }
    bool on_uint64(std::uint64_t, json::string_view part, Error&) {
        digits += part;
        push_exact();
        digits.clear();
        return true;
    }
    bool on_double(double, json::string_view part, Error&) {
        digits += part;
        push_exact();
        digits.clear();
        return true;
    }
    void push_exact() {
        values.push_chars(kNumber);
        values.push_string(digits);
    }
    bool on_bool(bool value, Error&) {
        values.push_bool(value);
        return true;
    }
    bool on_null(Error&) {
        values.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, Error&) { return true; }
    bool on_comment(json::string_view, Error&) { return true; }
};

void append(std::string& out, const json::value& value);

void append(std::string& out, const json::object& object) {
    char before = '{';
    for (const auto& [key, member] : object) {
        out += before;
        out += json::serialize(key);
        out += ':';
        append(out, member);
        before = ',';
    }
    out += object.empty() ? "{}" : "}";
}

void append(std::string& out, const json::value& value) {
    if (const auto* object = value.if_object()) return append(out, *object);
    if (const auto* array = value.if_array()) {
        char before = '[';
        for (const auto& item : *array) {
            out += before;
            append(out, item);
            before = ',';
        }
        out += array->empty() ? "[]" : "]";
        return;
    }
    const std::string_view text = text_of(value);
    if (is_exact_number(value)) {
        out += text.substr(kNumber.size());
    } else if (text.starts_with(kText)) {
        out += json::serialize(json::string_view(text.substr(kText.size())));
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

json::value parse_exact(std::string_view text, boost::system::error_code& error) {
    json::basic_parser<Handler> parser{json::parse_options()};
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (!error && read < text.size()) error = json::error::extra_data;
    return error ? json::value() : parser.handler().values.release();
}

std::string serialize_exact(const json::value& value) {
    std::string out;
    append(out, value);
    return out;
}

std::string serialize_exact(const json::object& object) {
    std::string out;
    append(out, object);
    return out;
}

bool is_exact_number(const json::value& value) {
    const std::string_view text = text_of(value);
    return text.starts_with(kNumber) && is_number_text(text.substr(kNumber.size()));
}

std::optional<double> number_in(const json::value& value) {
    if (is_exact_number(value)) return std::strtod(value.get_string().c_str() + kNumber.size(), nullptr);
    if (!value.is_number()) return std::nullopt;
    return value.is_double()  ? value.get_double()
           : value.is_int64() ? static_cast<double>(value.get_int64())
                              : static_cast<double>(value.get_uint64());
}

}  // namespace isocenter::fhir
