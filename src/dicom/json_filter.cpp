#include "dicom/json_filter.h"

#include <algorithm>
#include <unordered_set>

#include "dicom/json_scan.h"

namespace isocenter::dicom {
namespace {

constexpr std::string_view kNul = "\\u0000";

bool is_bulk_vr(std::string_view vr) {
    return vr.front() == 'O' || vr == "UN";
}

bool has_leading_padding(std::string_view vr) {
    return vr == "AE" || vr == "CS" || vr == "LO" || vr == "SH";
}

/// Whether the escaped text ends in an escaped NUL: its backslash must not be the second half of another
/// escape.
bool ends_in_nul(std::string_view text) {
    if (!text.ends_with(kNul)) return false;
    text.remove_suffix(kNul.size());
    const std::size_t last = text.find_last_not_of('\\');
    const std::size_t backslashes = text.size() - (last == std::string_view::npos ? 0 : last + 1);
    return backslashes % 2 == 0;
}

std::string_view stripped(std::string_view text, bool leading) {
    for (;;) {
        if (text.ends_with(' ')) {
            text.remove_suffix(1);
        } else if (ends_in_nul(text)) {
            text.remove_suffix(kNul.size());
        } else {
            break;
        }
    }
    if (leading) text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

class Filter {
  public:
    Filter(std::string& out, std::string_view stored, const JsonView& view)
        : out_(out), view_(view), scan_(stored), copied_(stored.data()) {
        if (view.hidden != nullptr) hidden_.insert(view.hidden->begin(), view.hidden->end());
    }

    void run() {
        object(0);
        flush(scan_.at());
    }

  private:
    /// Copies everything up to `end` that was not copied or cut yet.
    void flush(const char* end) {
        if (end > copied_) out_.append(copied_, end);
        copied_ = std::max(copied_, end);
    }
    /// Leaves out [from, to).
    void cut(const char* from, const char* to) {
        flush(from);
        copied_ = to;
    }

    void object(unsigned depth) {
        if (depth > JsonScan::kDepth || !scan_.take('{')) return scan_.fail();
        bool kept_any = false;
        bool first = true;
        while (!scan_.failed() && !scan_.take('}')) {
            const char* begin = scan_.at();
            if (!first && !scan_.take(',')) return scan_.fail();
            if (!scan_.at_attribute()) return scan_.fail();
            if (is_dropped(depth)) {
                scan_.skip_attribute(depth);
                cut(begin, scan_.at());
            } else {
                if (!kept_any) cut(begin, scan_.at());  // the comma behind a dropped neighbour
                kept_any = true;
                attribute(depth);
            }
            first = false;
        }
    }

    bool is_dropped(unsigned depth) {
        if (view_.drop_bulk && is_bulk_vr(scan_.vr())) return true;
        if (depth == 0 && view_.only != nullptr && !is_wanted()) return true;
        if (hidden_.empty()) return false;
        const std::size_t parent = path_.size();
        path_ += scan_.key();
        const bool hidden = hidden_.contains(path_);
        path_.resize(parent);
        return hidden;
    }

    /// Both lists ascend, so `only` is walked once.
    bool is_wanted() {
        const auto& only = *view_.only;
        const std::uint32_t tag = scan_.tag();
        while (next_wanted_ < only.size() && only[next_wanted_].value() < tag)
            ++next_wanted_;
        return next_wanted_ < only.size() && only[next_wanted_].value() == tag;
    }

    void attribute(unsigned depth) {
        const std::string_view key = scan_.key();
        const std::string_view vr = scan_.vr();
        scan_.skip_header();
        scan_.step();
        if (!view_.character_set.empty() && key == "00080005") return character_set(depth);
        while (!scan_.failed() && scan_.next_is(',')) {
            const char* member = scan_.at();
            scan_.step();
            if (scan_.take("\"Value\":[")) {
                values(member, key, vr, depth);
            } else if (scan_.take("\"BulkDataURI\":\"")) {
                bulk(member);
            } else if (scan_.take("\"InlineBinary\":\"")) {
                scan_.skip_string();
            } else {
                scan_.fail();
            }
        }
        if (!scan_.take('}')) scan_.fail();
    }

    void character_set(unsigned depth) {
        flush(scan_.at());
        scan_.skip_members(false, depth);
        out_.append(",\"Value\":[\"").append(view_.character_set).append("\"]}");
        copied_ = scan_.at();
    }

    void bulk(const char* member) {
        const char* content = scan_.at();
        scan_.skip_string();
        if (view_.drop_bulk) return cut(member, scan_.at());
        flush(content);
        out_ += view_.bulk_prefix;
    }

    void values(const char* member, std::string_view key, std::string_view vr, unsigned depth) {
        if (vr == "SQ") return items(key, depth);
        if (vr == "FL" || vr == "FD") {
            scan_.skip_array();
            // Not finite: the reference that follows takes the place of the words.
            if (!view_.drop_bulk && scan_.next_is(',')) cut(member, scan_.at());
            return;
        }
        if (view_.drop_bulk && (vr == "SV" || vr == "UV")) return bare_numbers();
        const bool has_text = scan_.next_is('"') || scan_.next_is('{') || scan_.next_is('n');
        if (!view_.strip_padding || !has_text) return scan_.skip_array();
        texts(vr);
    }

    void items(std::string_view key, unsigned depth) {
        const std::size_t parent = path_.size();
        for (unsigned number = 1; !scan_.failed() && !scan_.take(']'); ++number) {
            if (number > 1 && !scan_.take(',')) return scan_.fail();
            if (!hidden_.empty())
                path_.append(key).append(1, '/').append(std::to_string(number)).append(1, '/');
            object(depth + 1);
            path_.resize(parent);
        }
    }

    void bare_numbers() {
        while (!scan_.failed() && !scan_.take(']')) {
            const char* at = scan_.at();
            const bool quote = scan_.next_is('"');
            scan_.step();
            if (quote) cut(at, at + 1);
        }
    }

    /// Strings and, in names, objects of strings, whose keys have no padding to lose.
    void texts(std::string_view vr) {
        const bool leading = has_leading_padding(vr);
        unsigned strings = 0;
        bool all_empty = true;
        while (!scan_.failed() && !scan_.take(']')) {
            if (!scan_.take('"')) {
                strings += scan_.next_is('n') ? 1U : 0U;  // an empty member, null
                scan_.step();
                continue;
            }
            const char* content = scan_.at();
            scan_.skip_string();
            if (scan_.failed()) return;
            const char* closing = scan_.at() - 1;
            ++strings;
            if (!text({content, static_cast<std::size_t>(closing - content)}, leading)) all_empty = false;
        }
        if (strings == 1 && all_empty && !scan_.failed()) empty_value();
    }

    /// Whether nothing is left of it.
    bool text(std::string_view content, bool leading) {
        const std::string_view rest = stripped(content, leading);
        if (rest.size() == content.size()) return content.empty();
        const char* end = content.data() + content.size();
        if (rest.empty()) {
            flush(content.data() - 1);
            out_ += "null";
            copied_ = end + 1;
            return true;
        }
        cut(content.data(), rest.data());
        cut(rest.data() + rest.size(), end);
        return false;
    }

    /// The one value is null now, so the element has none.
    void empty_value() {
        flush(scan_.at());
        out_.resize(out_.rfind(",\"Value\":["));
    }

    std::string& out_;
    const JsonView& view_;
    JsonScan scan_;
    const char* copied_;
    std::unordered_set<std::string_view> hidden_;
    std::size_t next_wanted_ = 0;
    std::string path_;  // of the data set being walked, with a slash at its end; kept only for hidden_
};

}  // namespace

void append_filtered(std::string& out, std::string_view stored, const JsonView& view) {
    Filter(out, stored, view).run();
}

std::string_view find_attribute(std::string_view stored, Tag tag) {
    JsonScan scan(stored);
    scan.step();
    while (!scan.failed() && scan.at_attribute()) {
        const std::uint32_t found = scan.tag();
        if (found > tag.value()) break;
        const char* value = scan.at() + 11;
        scan.skip_attribute();
        if (found == tag.value() && !scan.failed())
            return {value, static_cast<std::size_t>(scan.at() - value)};
        scan.take(',');
    }
    return {};
}

}  // namespace isocenter::dicom
