#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isocenter::dicom {

/// Text for comparison without regard to case and width (NFKC case folding): accents are kept. UTF-8 in and
/// out.
std::string fold_case(std::string_view text);
/// As fold_case, and accents removed: how person names are matched (standard-face.md D11).
std::string fold_name(std::string_view text);
/// Words of a folded name: cut at '^', '=', blanks, control characters and punctuation but '*' and '?', which
/// a query may hold as wildcards. Thread-safe, as the others.
std::vector<std::string> name_words(std::string_view folded);

}  // namespace isocenter::dicom
