#include "http/media_type.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/ascii.h"

namespace isocenter::http {
namespace {

/// A cursor over header text; every function moves it past what it read.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) {}
    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return text_[at_]; }
    void skip() { ++at_; }
    bool take(char c) {
        if (at_end() || peek() != c) return false;
        skip();
        return true;
    }
    void skip_blanks() {
        while (!at_end() && (peek() == ' ' || peek() == '\t'))
            skip();
    }
    /// Up to one of the characters of `stops` or the end.
    std::string_view until(std::string_view stops) {
        const std::size_t end = std::min(text_.find_first_of(stops, at_), text_.size());
        const std::string_view piece = text_.substr(at_, end - at_);
        at_ = end;
        return piece;
    }
    /// A quoted string, the cursor standing on its first quote; nothing when it is not closed.
    std::optional<std::string> quoted() {
        skip();
        std::string out;
        while (!at_end()) {
            const char c = peek();
            skip();
            if (c == '"') return out;
            if (c == '\\') {
                if (at_end()) return std::nullopt;
                out += peek();
                skip();
            } else {
                out += c;
            }
        }
        return std::nullopt;
    }
    /// Past the next comma that is outside of quotes, or to the end.
    void skip_item() {
        while (!at_end()) {
            if (peek() == ',') {
                skip();
                return;
            }
            if (peek() != '"') {
                skip();
            } else if (!quoted()) {
                return;
            }
        }
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

/// RFC 9110 12.4.2 `qvalue`, also without the leading zero, which one widespread client leaves out.
std::optional<double> parse_q(std::string_view text) {
    if (text.empty() || text.size() > 16) return std::nullopt;
    double value = 0;
    double scale = 0;
    bool digits = false;
    for (const char c : text) {
        if (c == '.' && scale == 0) {
            scale = 1;
        } else if (is_digit(c)) {
            digits = true;
            if (scale == 0) {
                value = value * 10 + (c - '0');
            } else {
                scale /= 10;
                value += (c - '0') * scale;
            }
        } else {
            return std::nullopt;
        }
    }
    if (!digits || value > 1) return std::nullopt;
    return value;
}

struct Reading {
    bool strict = false;
    bool is_range = false;  ///< of Accept: "*" alone is understood and `q` is a weight
};

bool read_essence(Cursor& cursor, MediaType& out, const Reading& reading) {
    const std::string_view essence = trim(cursor.until(";,"));
    const std::size_t slash = essence.find('/');
    if (slash == std::string_view::npos) {
        if (reading.strict || !reading.is_range || essence != "*") return false;
        out.type = out.subtype = "*";
        return true;
    }
    const std::string_view type = essence.substr(0, slash);
    const std::string_view subtype = essence.substr(slash + 1);
    if (!is_token(type) || !is_token(subtype)) return false;
    if (type == "*" && subtype != "*") return false;
    out.type = to_lower(type);
    out.subtype = to_lower(subtype);
    return true;
}

/// Reads `name=value`; false when ill-formed. An empty parameter (";;") is skipped when lenient.
bool read_param(Cursor& cursor, MediaType& out, bool& after_q, const Reading& reading) {
    cursor.skip_blanks();
    if (cursor.at_end() || cursor.peek() == ',' || cursor.peek() == ';') return !reading.strict;
    const std::string_view name = trim(cursor.until("=;,"));
    if (!is_token(name)) return false;
    if (!cursor.take('=')) return !reading.strict;
    cursor.skip_blanks();
    std::string value;
    if (!cursor.at_end() && cursor.peek() == '"') {
        auto text = cursor.quoted();
        if (!text) return false;
        value = *std::move(text);
        cursor.skip_blanks();
        if (!cursor.at_end() && cursor.peek() != ';' && cursor.peek() != ',') return false;
    } else {
        value = std::string(trim(cursor.until(";,")));
        if (reading.strict && !is_token(value)) return false;
    }
    if (reading.is_range && equals_ignore_case(name, "q")) {
        const auto q = parse_q(value);
        if (!q) return false;
        if (!after_q) out.q = *q;
        after_q = true;
    } else if (!after_q) {
        out.params.emplace_back(to_lower(name), std::move(value));
    }
    return true;
}

/// Reads one item up to the comma or the end.
bool read_item(Cursor& cursor, MediaType& out, const Reading& reading) {
    if (!read_essence(cursor, out, reading)) return false;
    bool after_q = false;
    while (cursor.take(';')) {
        if (!read_param(cursor, out, after_q, reading)) return false;
    }
    return cursor.at_end() || cursor.peek() == ',';
}

struct List {
    std::vector<MediaType> ranges;
    bool all_well_formed = true;
};

List read_list(std::string_view text, bool strict) {
    List list;
    Cursor cursor(text);
    for (;;) {
        cursor.skip_blanks();
        while (cursor.take(','))
            cursor.skip_blanks();
        if (cursor.at_end()) return list;
        MediaType range;
        if (read_item(cursor, range, {.strict = strict, .is_range = true})) {
            list.ranges.push_back(std::move(range));
        } else {
            list.all_well_formed = false;
        }
        cursor.skip_item();
    }
}

}  // namespace

std::optional<std::string_view> MediaType::param(std::string_view name) const {
    for (const auto& [key, value] : params) {
        if (equals_ignore_case(key, name)) return value;
    }
    return std::nullopt;
}

std::vector<std::string_view> MediaType::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : params) {
        if (equals_ignore_case(key, name)) values.emplace_back(value);
    }
    return values;
}

std::optional<MediaType> parse_media_type(std::string_view text) {
    Cursor cursor(text);
    MediaType out;
    if (!read_item(cursor, out, {}) || !cursor.at_end()) return std::nullopt;
    return out;
}

std::vector<MediaType> parse_accept(std::string_view text) {
    return read_list(text, false).ranges;
}

bool is_well_formed_accept(std::string_view text) {
    const List list = read_list(text, true);
    return list.all_well_formed && !list.ranges.empty();
}

}  // namespace isocenter::http
