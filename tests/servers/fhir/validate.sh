#!/usr/bin/env bash
# Validates FHIR JSON files or folders against base R4, offline. Exit status 1 when one has an error.
# Usage: validate.sh FILE|DIR...    JAVA_OPTS=-Dwarnings=true shows warnings too.
set -euo pipefail
classes=$("$(dirname "$0")/build.sh")
# shellcheck disable=SC2086  # a list of words
exec java -Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error ${JAVA_OPTS:-} \
  -cp "$classes" isocenter.fhirserver.Validate "$@"
