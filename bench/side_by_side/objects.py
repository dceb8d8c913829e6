"""Makes the DICOM objects that the comparison stores: valid, with unique identifiers of fixed length.

A template has places for identifiers, so that the load driver (store.lua) can make any number of different objects by
joining strings.
"""

import random
import struct

TOKENS = {"study": "@STUDY@", "series": "@SERIES@", "instance": "@INSTANCE@"}
UID_LENGTH = 40


def uid(kind, number):
    """A UID of UID_LENGTH characters; the same on every call."""
    prefix = {"study": "1.2.826.0.1.1", "series": "1.2.826.0.1.2", "instance": "1.2.826.0.1.3"}[kind] + "."
    return prefix + str(number).rjust(UID_LENGTH - len(prefix), "7")


def element(group, number, vr, value):
    if isinstance(value, str):
        value = value.encode("utf-8")
        if len(value) % 2:
            value += b"\0" if vr == "UI" else b" "
    if vr in ("OB", "OW", "SQ", "UN", "UT"):
        return struct.pack("<HH2sHI", group, number, vr.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def us(group, number, value):
    return element(group, number, "US", struct.pack("<H", value))


def make(study, series, instance, *, modality="CT", patient="P1", name="Bench^Patient", date="20240131", number=1,
         rows=512, columns=512, frames=1, text=""):
    """A Part 10 file in explicit VR little endian; with `text` a document without pixels."""
    sop_class = "1.2.840.10008.5.1.4.1.1.2" if rows else "1.2.840.10008.5.1.4.1.1.88.11"
    meta = (element(2, 1, "OB", b"\0\1") + element(2, 2, "UI", sop_class) + element(2, 3, "UI", instance)
            + element(2, 0x10, "UI", "1.2.840.10008.1.2.1") + element(2, 0x12, "UI", "2.25.1"))
    data = [element(8, 0x16, "UI", sop_class), element(8, 0x18, "UI", instance), element(8, 0x20, "DA", date),
            element(8, 0x30, "TM", "101112"), element(8, 0x50, "SH", "A" + patient[:15]), element(8, 0x60, "CS", modality),
            element(8, 0x70, "LO", "Bench"), element(8, 0x90, "PN", "Referring^Doctor"),
            element(8, 0x1030, "LO", "A study of the bench"), element(8, 0x103E, "LO", "A series of the bench"),
            element(0x10, 0x10, "PN", name), element(0x10, 0x20, "LO", patient), element(0x10, 0x30, "DA", "19500101"),
            element(0x10, 0x40, "CS", "O")]
    data += [element(0x18, 0x9000 + 2 * i, "LO", f"technical value {i}") for i in range(40)]
    data += [element(0x20, 0xD, "UI", study), element(0x20, 0xE, "UI", series), element(0x20, 0x10, "SH", "1"),
             element(0x20, 0x11, "IS", "1"), element(0x20, 0x13, "IS", str(number))]
    if rows:
        data += [us(0x28, 2, 1), element(0x28, 4, "CS", "MONOCHROME2"), element(0x28, 8, "IS", str(frames)),
                 us(0x28, 0x10, rows), us(0x28, 0x11, columns), us(0x28, 0x100, 16), us(0x28, 0x101, 12),
                 us(0x28, 0x102, 11), us(0x28, 0x103, 0)]
        pixels = random.Random(7).randbytes(rows * columns * 2)
        data.append(element(0x7FE0, 0x10, "OW", pixels * frames))
    else:
        data.append(element(0x40, 0xA160, "UT", text))
    return b"\0" * 128 + b"DICM" + element(2, 0, "UL", struct.pack("<I", len(meta))) + meta + b"".join(data)


def make_template(**values):
    """The object's bytes with tokens where store.lua puts identifiers of UID_LENGTH characters."""
    whole = make(uid("study", 1), uid("series", 2), uid("instance", 3), **values)
    for number, (kind, token) in enumerate(TOKENS.items(), 1):
        whole = whole.replace(uid(kind, number).encode(), token.encode())
    return whole
