#!/usr/bin/env bash
# Brings real DICOM files into the folder $1: the sample files that PyPI's package pydicom (MIT) carries in its wheel.
set -euo pipefail
folder=$1
[ -e "$folder/.complete" ] && exit 0
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" download -q --no-deps -d "$work" pydicom==3.0.1
python3 - "$work" "$folder" <<'PY'
import pathlib, sys, zipfile
work, folder = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(next(work.glob("pydicom-*.whl"))) as wheel:
    for name in wheel.namelist():
        path = pathlib.PurePosixPath(name)
        if "test_files" in path.parts and path.suffix == ".dcm":
            (folder / path.name).write_bytes(wheel.read(name))
PY
touch "$folder/.complete"
