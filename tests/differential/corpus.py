"""Which files are compared, and what our reader and the independent toolkits make of them."""

import functools
import json
import os
import subprocess
import zlib
from pathlib import Path

import pydicom
import pydicom.config

# Values that break a rule of their VR are compared too.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE

ROOT = Path(__file__).resolve().parents[2]
WHEEL_DATA = Path(pydicom.__file__).parent / "data"
EXTRA_DATA = os.environ.get("TEST_ISOCENTER_EXTRA_DATA", "")


def dump_program() -> str:
    named = os.environ.get("TEST_ISOCENTER_DICOM_DUMP")
    if named:
        return named
    for preset in ("release", "dev"):
        program = ROOT / "build" / preset / "apps/dicom_dump/dicom_dump"
        if program.exists():
            return str(program)
    raise RuntimeError("dicom_dump is not built: cmake --build --preset release --target dicom_dump")


def is_dicom(path: Path) -> bool:
    """Whether pydicom reads it without being forced: files with the prefix of PS3.10 7.1, or a plain data set."""
    try:
        pydicom.dcmread(path, stop_before_pixels=True)
    except Exception:  # noqa: BLE001 - any failure means that there is nothing to compare with
        return False
    return True


@functools.cache
def files() -> list[Path]:
    folders = [WHEEL_DATA] + ([Path(EXTRA_DATA)] if EXTRA_DATA else [])
    found = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if path.suffix not in {".py", ".pyc", ".json", ".md", ".txt"} and is_dicom(path)]


def name_of(path: Path) -> str:
    for folder in (WHEEL_DATA, Path(EXTRA_DATA or "/nowhere")):
        if path.is_relative_to(folder):
            return str(path.relative_to(folder))
    return str(path)


def ours(mode: str, path: Path) -> str:
    done = subprocess.run([dump_program(), mode, str(path)], capture_output=True, check=True, timeout=60)
    return done.stdout.decode("utf-8")


def parse(text: str) -> dict:
    """JSON whose -0 stays negative, which Python would read as the integer 0."""
    return json.loads(text, parse_int=lambda digits: -0.0 if digits == "-0" else int(digits))


def our_json(path: Path, mode: str = "--json") -> dict:
    return parse(ours(mode, path))


@functools.cache
def layout(path: Path) -> dict:
    return our_json(path, "--layout")


def content(path: Path) -> bytes:
    """What the offsets of the layout count in: the file, or the inflated data set."""
    data = path.read_bytes()
    if layout(path)["deflated"]:
        return zlib.decompressobj(-15).decompress(data[layout(path)["dataSetOffset"] :])
    return data


UNITS = {"OW": 2, "OF": 4, "OL": 4, "FL": 4, "OD": 8, "OV": 8, "FD": 8}


def swapped(data: bytes, unit: int) -> bytes:
    if unit == 1:
        return data
    out = bytearray(data)
    whole = len(data) // unit * unit
    for i in range(unit):
        out[i:whole:unit] = data[unit - 1 - i : whole : unit]
    return bytes(out)


def pydicom_json(path: Path) -> dict:
    data_set = pydicom.dcmread(path)
    try:
        return data_set.to_json_dict(bulk_data_threshold=1 << 40)
    except ValueError:  # numbers that are none; suppressing always would also lose what is good
        return data_set.to_json_dict(bulk_data_threshold=1 << 40, suppress_invalid_tags=True)


def dcmtk_json(path: Path) -> dict | None:
    """None where dcm2json cannot: it converts no character sets, for one."""
    done = subprocess.run(["dcm2json", str(path)], capture_output=True, timeout=60)
    if done.returncode != 0:
        return None
    text = done.stdout.decode("utf-8", errors="surrogateescape")
    try:
        return parse(text)
    except ValueError:
        return None
