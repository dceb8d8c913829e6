#include "dicom/attribute_path.h"

#include <algorithm>

#include "base/ascii.h"
#include "dicom/dictionary.h"

namespace isocenter::dicom {
namespace {

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxKeyword = 128;

bool looks_like_keyword(std::string_view text) {
    return !text.empty() && text.size() <= kMaxKeyword && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), is_alphanumeric);
}

/// One member of a path; `path` receives its tag and VR.
AttributePath::Kind read_member(std::string_view text, AttributePath& path) {
    using Kind = AttributePath::Kind;
    const auto tag = parse_hex8(text);
    if (!tag && !looks_like_keyword(text)) return Kind::malformed;
    const auto entry = tag ? find_entry(*tag) : find_keyword(text);
    if (entry) {
        path.tags.push_back(tag ? *tag : entry->tag);
        path.vr = entry->vr;
        path.multi_valued = entry->vm != "1";
        return Kind::known;
    }
    if (!tag || !tag->is_private()) return Kind::unknown;
    path.tags.push_back(*tag);
    path.vr = Vr::UN;
    path.multi_valued = false;
    return Kind::known;
}

}  // namespace

AttributePath parse_attribute_path(std::string_view text) {
    using Kind = AttributePath::Kind;
    AttributePath path;
    bool unknown = false;
    for (std::size_t depth = 0;; ++depth) {
        const std::size_t dot = text.find('.');
        if (depth == kMaxDepth) return {};
        // Only sequences can be walked through; a private one is known by its use alone.
        if (depth > 0 && !unknown && path.vr != Vr::SQ && path.vr != Vr::UN) return {};
        const Kind kind = read_member(text.substr(0, dot), path);
        if (kind == Kind::malformed) return {};
        unknown = unknown || kind == Kind::unknown;
        if (dot == std::string_view::npos) break;
        text.remove_prefix(dot + 1);
    }
    path.kind = unknown ? Kind::unknown : Kind::known;
    if (unknown) path.tags.clear();
    return path;
}

}  // namespace isocenter::dicom
