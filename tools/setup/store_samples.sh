#!/usr/bin/env bash
# Reads the server's standard output, passes it on, and stores the folder $2 once the server says where it listens.
set -euo pipefail
binary=$1
folder=$2

store() {  # store ADDRESS
  local work told status=0
  work=$(mktemp -d)
  told=$("$binary" import "$folder" --server "$1" --quiet --journal "$work/journal" --report "$work/report" 2>&1) || status=$?
  # Many of the samples are other forms of one image, or broken on purpose: that those are refused is no failure.
  if [ "$status" -le 1 ] && [[ $told =~ ^([0-9]+)\ stored,\ ([0-9]+)\ were.*\ 0\ not\ reached,.*\ 0\ not\ readable ]]; then
    echo "  $((BASH_REMATCH[1] + BASH_REMATCH[2])) sample files are stored; left out are those that are broken on purpose and other" \
      "forms of the same images"
  else
    echo "the samples could not all be stored:"
    grep -v '(journal: ' <<<"$told" || true
    [ ! -s "$work/report" ] || cat "$work/report"
  fi
  rm -rf "$work"
}

while IFS= read -r line; do
  echo "$line"
  if [[ $line == "listening on "* ]]; then store "${line#listening on }"; fi
done
