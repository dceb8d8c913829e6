#!/bin/sh
# Serves the OHIF viewer under /viewer/ beside a DICOMweb server, in the foreground on loopback: one origin, as in the product.
#   UPSTREAM=http://127.0.0.1:8042 [DICOMWEB=/dicom-web] run.sh [PORT=3000] [DIR=unused]      then open http://127.0.0.1:PORT/viewer/
# First use fetches @ohif/app (MIT) from npm and prepares it (BROTLI=11 takes a minute; the default here, 5, seconds).
set -eu
port=${1:-3000}
here=$(cd "$(dirname "$0")" && pwd)
version=${OHIF_VERSION:-3.13.2}
cache=${ISO_CACHE:-$HOME/.cache/isocenter}/viewer-$version
mkdir -p "$cache"
if ! cmp -s "$here/prepare.mjs" "$cache/.prepared"; then
  (cd "$cache" && rm -rf package out ./*.tgz && npm pack --loglevel=error "@ohif/app@$version" >/dev/null \
    && tar -xzf ./*.tgz package/dist package/package.json && rm ./*.tgz && BROTLI=${BROTLI:-5} node "$here/prepare.mjs" package/dist out /viewer/ >&2 && rm -rf package)
  cp "$here/prepare.mjs" "$cache/.prepared"
fi
exec node "$here/serve.mjs" "$cache/out" "$port" "${UPSTREAM:-http://127.0.0.1:8042}"
