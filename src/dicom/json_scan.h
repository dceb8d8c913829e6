#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace isocenter::dicom {

/// Steps through text that append_json wrote, by its fixed shape: `"00100010":{"vr":"PN","Value":[...]}`
/// without white space. Every step checks its bounds; text of another shape makes it `failed()` and moves it
/// to the end. Not thread-safe; the text must outlive it.
class JsonScan {
  public:
    explicit JsonScan(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

    const char* at() const { return at_; }
    bool failed() const { return failed_; }
    bool next_is(char c) const { return at_ != end_ && *at_ == c; }
    bool next_is(std::string_view literal) const {
        return left() >= literal.size() && std::memcmp(at_, literal.data(), literal.size()) == 0;
    }
    bool take(char c) { return next_is(c) && (++at_, true); }
    bool take(std::string_view literal) { return next_is(literal) && (at_ += literal.size(), true); }
    void fail() {
        failed_ = true;
        at_ = end_;
    }
    void step() {
        if (at_ == end_) return fail();
        ++at_;
    }

    /// Whether an attribute begins here: its key and VR can then be read.
    bool at_attribute() const {
        return left() > kHeader && *at_ == '"' && std::memcmp(at_ + 9, "\":{\"vr\":\"", 9) == 0;
    }
    std::string_view key() const { return {at_ + 1, 8}; }
    std::string_view vr() const { return {at_ + 18, 2}; }
    /// The tag as a number; unspecified when the key is no hex text.
    std::uint32_t tag() const {
        std::uint32_t value = 0;
        for (char c : key()) {
            const auto digit = static_cast<std::uint32_t>(static_cast<unsigned char>(c));
            value = (value << 4U) | ((digit & 15U) + (digit >> 6U) * 9U);
        }
        return value;
    }
    void skip_header() { at_ += kHeader; }

    /// From an attribute's first quotation mark past its closing brace.
    void skip_attribute(unsigned depth = 0) {
        if (!at_attribute()) return fail();
        const bool sequence = vr() == "SQ";
        skip_header();
        if (take("\"")) skip_members(sequence, depth);
    }
    /// From behind the VR past the attribute's closing brace.
    void skip_members(bool sequence, unsigned depth) {
        while (!failed_ && take(',')) {
            if (take("\"Value\":[")) {
                sequence ? skip_items(depth + 1) : skip_array();
            } else if (take("\"BulkDataURI\":\"") || take("\"InlineBinary\":\"")) {
                skip_string();
            } else {
                fail();
            }
        }
        if (!take('}')) fail();
    }
    /// From behind a string's first quotation mark past its last.
    void skip_string() {
        const char* const begin = at_;
        for (;;) {
            const auto* quote = static_cast<const char*>(std::memchr(at_, '"', left()));
            if (quote == nullptr) return fail();
            at_ = quote + 1;
            const char* escape = quote;
            while (escape != begin && escape[-1] == '\\')
                --escape;
            if ((quote - escape) % 2 == 0) return;
        }
    }
    /// From behind the opening bracket of values past the closing one.
    void skip_array() {
        while (!failed_ && !take(']')) {
            if (take('"')) {
                skip_string();
            } else {
                step();
            }
        }
    }
    /// As skip_array, of an array of objects of attributes.
    void skip_items(unsigned depth) {
        if (depth > kDepth) return fail();
        while (!failed_ && !take(']')) {
            if (next_is('"')) {
                skip_attribute(depth);
            } else {
                step();  // braces and commas between items and attributes
            }
        }
    }

    /// Deeper than any stored data set (ReaderLimits::depth).
    static constexpr unsigned kDepth = 256;

  private:
    static constexpr std::size_t kHeader = 20;  // `"00100010":{"vr":"PN`
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    const char* at_;
    const char* end_;
    bool failed_ = false;
};

}  // namespace isocenter::dicom
