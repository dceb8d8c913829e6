#!/usr/bin/env bash
# Reads the server's standard output, passes it on, and stores the folder $2 once the server says where it listens.
set -euo pipefail
binary=$1
folder=$2
while IFS= read -r line; do
  echo "$line"
  if [[ $line == "listening on "* ]]; then
    journal=$(mktemp -u)
    "$binary" import "$folder" --server "${line#listening on }" --quiet --journal "$journal" --report "$folder/.report" || true
    rm -f "$journal"
  fi
done
