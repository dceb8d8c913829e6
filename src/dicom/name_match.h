#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/query.h"

/// How person names and patterns are compared (PS3.4 C.2.2.2.1.1, C.2.2.2.4; standard-face.md 5.4).
namespace isocenter::dicom {

/// `*` any run, `?` one character of UTF-8. Goes back to the last star only, so the time is at most the
/// product of the lengths.
bool fits_pattern(std::string_view pattern, std::string_view text);

/// A folded name without the '^' at the end of its component groups, cut at '=': at most three members.
std::vector<std::string> bare_groups(std::string_view folded);
/// Without '^' at the end.
std::string_view without_carets(std::string_view group);
/// A pattern of one group and what it means beside itself. Components that are absent at the end have no '^':
/// `DOE^*` finds `DOE`.
std::vector<std::string> forms_of(const std::string& pattern);
/// Whether a pattern fits any group, also one that is absent.
bool fits_anything(std::string_view pattern);

/// Whether the folded name `stored`, which is not empty, meets a condition that is folded too.
bool fits_name(const MatchName& wanted, std::string_view stored);
bool fits_name_words(const MatchNameWords& wanted, std::string_view stored);

/// Whether each member of `wanted`, of at most 32, is the beginning of another member of `stored`, in any
/// order; with wildcards, fits one.
bool fits_words(std::span<const std::string> wanted, std::span<const std::string> stored);

}  // namespace isocenter::dicom
