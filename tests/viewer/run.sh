#!/usr/bin/env bash
# OHIF (npm @ohif/app) in headless Chromium over our server: the study list, a CT series stored uncompressed and one stored as
# JPEG 2000. Pictures of what was seen go to build/viewer/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
pictures=$root/build/viewer
cache=${ISO_CACHE:-$HOME/.cache/isocenter}/viewer-test
mkdir -p "$pictures" "$cache"
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

cmp -s "$here/package.json" "$cache/package.json" || {
  cp "$here/package.json" "$cache/"
  (cd "$cache" && npm install --silent --no-audit --no-fund)
}
"$root/tools/setup/samples.sh" "$root/.cache/samples"
python3 "$here/make_series.py" "$root/.cache/samples" "$work/series" "$cache/venv"

"$root/build/release/apps/isocenter/isocenter" serve --port 0 --data "$work/data" --set log.level=error >"$work/server.txt" &
pids+=($!)
until grep -q '^listening on ' "$work/server.txt"; do kill -0 "${pids[0]}"; sleep 0.1; done
server=$(sed -n 's/^listening on //p' "$work/server.txt")
"$root/build/release/apps/isocenter/isocenter" import "$work/series" --server "$server" --quiet \
  --journal "$work/journal" --report "$work/report"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
UPSTREAM=$server "$root/tests/servers/viewer/run.sh" "$port" >"$work/viewer.txt" &
pids+=($!)
until grep -q '^http' "$work/viewer.txt"; do kill -0 "${pids[1]}"; sleep 0.2; done
NODE_PATH=$cache/node_modules node "$here/look.mjs" "$cache" "http://127.0.0.1:$port" "$server" "$pictures"
