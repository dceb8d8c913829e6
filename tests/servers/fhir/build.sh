#!/usr/bin/env bash
# Builds the FHIR test server when needed and prints its class path. Needs JDK 17 and Maven; the first build fetches about 330 MB.
# Shared by every work tree of this user: the sources are copied to the cache and built there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
digest=$(cd "$here" && find pom.xml src -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-12)
built=${ISO_CACHE:-$HOME/.cache/isocenter}/fhir-server-$digest
mkdir -p "$built"
exec 9>"$built/.lock"
flock 9
if [ ! -e "$built/.complete" ]; then
  cp -r "$here/pom.xml" "$here/src" "$built/"
  mvn -B -q -f "$built/pom.xml" clean process-classes >&2
  touch "$built/.complete"
fi
echo "$built/target/classes:$built/target/lib/*"
