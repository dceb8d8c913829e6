"""Small valid DICOM files made by hand: no toolkit between the test and the bytes."""

import random
import struct

COLUMNS = 100


def new_uid(generator):
    return f"2.25.{generator.getrandbits(120)}"


def _element(group, number, vr, value):
    if isinstance(value, str):
        value = value.encode("ascii")
        if len(value) % 2:
            value += b"\0" if vr == "UI" else b" "
    if vr in ("OB", "OW", "SQ", "UN"):
        return struct.pack("<HH2sHI", group, number, vr.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def make_instance(generator, study, series, instance, pixel_bytes):
    """A Part 10 file in explicit VR little endian with `pixel_bytes` (a multiple of COLUMNS) of random pixels."""
    sop_class = "1.2.840.10008.5.1.4.1.1.7"
    meta = (_element(2, 1, "OB", b"\0\1") + _element(2, 2, "UI", sop_class) + _element(2, 3, "UI", instance)
            + _element(2, 0x10, "UI", "1.2.840.10008.1.2.1") + _element(2, 0x12, "UI", "2.25.1"))
    data = (_element(8, 0x16, "UI", sop_class) + _element(8, 0x18, "UI", instance) + _element(8, 0x20, "DA", "20240131")
            + _element(8, 0x60, "CS", "OT") + _element(0x10, 0x10, "PN", f"Crash^{generator.randrange(100)}")
            + _element(0x10, 0x20, "LO", f"P{generator.randrange(100)}") + _element(0x20, 0xD, "UI", study)
            + _element(0x20, 0xE, "UI", series) + _element(0x28, 2, "US", struct.pack("<H", 1))
            + _element(0x28, 4, "CS", "MONOCHROME2") + _element(0x28, 0x10, "US", struct.pack("<H", pixel_bytes // COLUMNS))
            + _element(0x28, 0x11, "US", struct.pack("<H", COLUMNS))
            + _element(0x28, 0x100, "US", struct.pack("<H", 8)) + _element(0x28, 0x101, "US", struct.pack("<H", 8))
            + _element(0x28, 0x102, "US", struct.pack("<H", 7)) + _element(0x28, 0x103, "US", struct.pack("<H", 0))
            + _element(0x7FE0, 0x10, "OW", random.Random(instance).randbytes(pixel_bytes)))
    return b"\0" * 128 + b"DICM" + _element(2, 0, "UL", struct.pack("<I", len(meta))) + meta + data
