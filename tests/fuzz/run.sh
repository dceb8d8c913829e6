#!/usr/bin/env bash
# Runs every fuzz target of build/fuzz: tests/fuzz/run.sh SECONDS [TARGET...]
# Seeds: corpus/NAME here. What a run finds interesting stays in build/fuzz/corpus/NAME, crashes in
# build/fuzz/findings. Prints `N passed, N failed`; exit status 1 when one failed or none was built.
set -uo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" .cpp)"); done
fi

passed=0
failed=0
mkdir -p build/fuzz/findings
for target in "${targets[@]}"; do
  name=${target%_fuzz}
  log=build/fuzz/findings/$target.log
  mkdir -p "build/fuzz/corpus/$name"
  if "build/fuzz/tests/fuzz/$target" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -max_len=8192 \
    -artifact_prefix="build/fuzz/findings/$target-" "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1
  then
    passed=$((passed + 1))
    echo "$target: $(grep -a '^Done' "$log")"
  else
    failed=$((failed + 1))
    echo "$target FAILED, see $log"
    tail -n 25 "$log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
