#pragma once

#include <algorithm>
#include <string_view>

#include "base/digest.h"
#include "base/strong_string.h"

namespace isocenter::blob {

/// A key that nobody can guess and that no other object has: `[0-9a-f]{2}/[0-9a-f]{32}`.
inline BlobKey make_key() {
    const std::string name = random_hex(16);
    return BlobKey(name.substr(0, 2) + "/" + name);
}

/// Whether `key` has the form of make_key: what is not may not become part of a path.
inline bool is_key(std::string_view key) {
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return key.size() == 35 && key[2] == '/' && std::all_of(key.begin(), key.begin() + 2, is_hex) &&
           std::all_of(key.begin() + 3, key.end(), is_hex);
}

}  // namespace isocenter::blob
