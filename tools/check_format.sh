#!/usr/bin/env bash
# Whether every C++ file is as .clang-format wants it; names the places that are not.
#   git ls-files '*.cpp' '*.h' | xargs clang-format-14 -i    puts it right
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -z '*.cpp' '*.h' | xargs -0 clang-format-14 --dry-run --Werror
