#!/usr/bin/env bash
# Starts a HAPI FHIR R4 server on 127.0.0.1 in the foreground, building it first when needed.
# Usage: run.sh [PORT] [DATADIR]   PORT defaults to 8085; without DATADIR everything is in memory.
# DATADIR may also be a "jdbc:postgresql:..." address. More settings: JAVA_OPTS="-Dfhir.strict=true -Dfhir.validate=true" run.sh
# JVM_TUNING replaces the quick-start JVM flags, for example JVM_TUNING=-Xmx2g for throughput.
set -euo pipefail
port=${1:-8085}
data=${2:-mem}
classes=$("$(dirname "$0")/build.sh")
case $data in mem | jdbc:*) ;; *) mkdir -p "$data" && data=$(cd "$data" && pwd) ;; esac
# shellcheck disable=SC2086  # both are lists of words
exec java ${JVM_TUNING:--Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1} ${JAVA_OPTS:-} \
  -Dfhir.port="$port" -Dfhir.data="$data" -cp "$classes" isocenter.fhirserver.Main
