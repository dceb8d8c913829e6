#!/usr/bin/env bash
# Fails when a generated file is not what `isocenter settings` prints:
#   tools/check_generated.sh [BINARY=build/release/apps/isocenter/isocenter]
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-build/release/apps/isocenter/isocenter}

stale=0
check() {  # check FILE ARGUMENTS...: the file holds what `isocenter settings ARGUMENTS` prints
  local file=$1
  shift
  if ! diff -u "$file" <("$binary" settings "$@"); then
    echo "$file is out of date: $binary settings $* > $file" >&2
    stale=1
  fi
}
check docs/configuration.md
check packaging/isocenter.toml --toml
exit "$stale"
