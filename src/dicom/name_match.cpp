#include "dicom/name_match.h"

#include <algorithm>
#include <optional>

#include "dicom/fold.h"

namespace isocenter::dicom {
namespace {

// Longer ones cannot be names.
constexpr std::size_t kMostWords = 32;

std::size_t character_bytes(std::string_view text) {
    std::size_t n = 1;
    while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U)
        ++n;
    return n;
}

bool fits_group(const std::string& pattern, std::string_view group) {
    return std::ranges::any_of(forms_of(pattern),
                               [&](const std::string& form) { return fits_pattern(form, group); });
}

bool fits_one(const std::string& pattern, const std::vector<std::string>& groups) {
    if (pattern.find('=') == std::string::npos) {
        const std::string bare(without_carets(pattern));
        return std::ranges::any_of(
            groups, [&](const std::string& group) { return !group.empty() && fits_group(bare, group); });
    }
    const auto wanted = bare_groups(pattern);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].empty() || fits_anything(wanted[i])) continue;
        if (i >= groups.size() || groups[i].empty() || !fits_group(wanted[i], groups[i])) return false;
    }
    return true;
}

/// Pairs wanted words with stored ones, each with its own (Kuhn's algorithm).
class Pairing {
  public:
    Pairing(std::span<const std::string> wanted, std::span<const std::string> stored)
        : owners_(stored.size()) {
        for (const std::string& word : wanted) {
            const bool wild = word.find_first_of("*?") != std::string::npos;
            std::vector<std::size_t>& fitting = fitting_.emplace_back();
            for (std::size_t i = 0; i < stored.size(); ++i) {
                if (wild ? fits_pattern(word + "*", stored[i]) : stored[i].starts_with(word))
                    fitting.push_back(i);
            }
        }
    }
    bool all() {
        for (std::size_t i = 0; i < fitting_.size(); ++i) {
            std::vector<bool> seen(owners_.size());
            if (!place(i, seen)) return false;
        }
        return true;
    }

  private:
    // As deep as there are wanted words.
    bool place(std::size_t word, std::vector<bool>& seen) {
        for (const std::size_t at : fitting_[word]) {
            if (seen[at]) continue;
            seen[at] = true;
            if (owners_[at] && !place(*owners_[at], seen)) continue;
            owners_[at] = word;
            return true;
        }
        return false;
    }
    std::vector<std::vector<std::size_t>> fitting_;
    std::vector<std::optional<std::size_t>> owners_;
};

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view text) {
    std::string_view after_star;
    std::string_view retry;
    bool star = false;
    while (!text.empty()) {
        if (!pattern.empty() && pattern.front() == '*') {
            pattern.remove_prefix(1);
            after_star = pattern;
            retry = text;
            star = true;
        } else if (!pattern.empty() && (pattern.front() == '?' || pattern.front() == text.front())) {
            text.remove_prefix(pattern.front() == '?' ? character_bytes(text) : 1);
            pattern.remove_prefix(1);
        } else if (star) {
            retry.remove_prefix(character_bytes(retry));
            pattern = after_star;
            text = retry;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*') == std::string_view::npos;
}

std::string_view without_carets(std::string_view group) {
    while (!group.empty() && (group.back() == '^' || group.back() == ' '))
        group.remove_suffix(1);
    return group;
}

std::vector<std::string> bare_groups(std::string_view folded) {
    std::vector<std::string> groups;
    while (groups.size() < 3) {
        const std::size_t end = folded.find('=');
        groups.emplace_back(without_carets(folded.substr(0, end)));
        if (end == std::string_view::npos) break;
        folded.remove_prefix(end + 1);
    }
    return groups;
}

std::vector<std::string> forms_of(const std::string& pattern) {
    std::vector<std::string> forms{pattern};
    if (pattern.size() > 2 && pattern.ends_with("^*"))
        forms.emplace_back(without_carets(std::string_view(pattern).substr(0, pattern.size() - 1)));
    return forms;
}

bool fits_anything(std::string_view pattern) {
    return !pattern.empty() && pattern.find_first_not_of('*') == std::string_view::npos;
}

bool fits_name(const MatchName& wanted, std::string_view stored) {
    const auto groups = bare_groups(stored);
    return std::ranges::any_of(wanted.any_of, [&](const std::string& pattern) {
        return wanted.whole_value ? pattern == stored : fits_one(pattern, groups);
    });
}

bool fits_name_words(const MatchNameWords& wanted, std::string_view stored) {
    if (wanted.words.empty()) return false;
    return std::ranges::any_of(bare_groups(stored), [&](const std::string& group) {
        return fits_words(wanted.words, name_words(group));
    });
}

bool fits_words(std::span<const std::string> wanted, std::span<const std::string> stored) {
    if (wanted.size() > kMostWords || wanted.size() > stored.size()) return false;
    return Pairing(wanted, stored).all();
}

}  // namespace isocenter::dicom
