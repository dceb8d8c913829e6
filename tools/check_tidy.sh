#!/usr/bin/env bash
# clang-tidy by .clang-tidy over the sources of src and apps (no tests, no benchmarks), or over the files named:
#   tools/check_tidy.sh [FILE...]
# Reads the compile commands of preset `fuzz`, whose compiler is clang. A quarter of an hour for everything.
set -uo pipefail
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(git ls-files 'src/*.cpp' 'apps/*.cpp' | grep -vE '_(test|bench)\.cpp$')
fi
# In coroutines the analyzer of clang 14 finds null pointers inside of Boost.Asio, so they go without it.
check() {
  local fewer=()
  if grep -q co_await "$1"; then fewer=(--checks=-clang-analyzer-*); fi
  clang-tidy-14 --quiet -p build/fuzz "${fewer[@]}" "$1" 2>/dev/null
}
export -f check
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'check "$0"'
