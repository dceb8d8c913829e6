"""Makes DICOM files byte by byte, so that a test decides every byte it sends.

pydicom supplies the dictionary only: its writer repairs values (it strips UIDs, for instance), and half of
these
tests need values that are not in repair.
"""

import random
import struct
import zlib

from pydicom.datadict import dictionary_VR, tag_for_keyword

IMPLICIT = "1.2.840.10008.1.2"
ELE = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
J2K_LOSSLESS = "1.2.840.10008.1.2.4.90"
J2K = "1.2.840.10008.1.2.4.91"
MPEG2 = "1.2.840.10008.1.2.4.100"
HEVC_MAIN10 = "1.2.840.10008.1.2.4.108"
RLE = "1.2.840.10008.1.2.5"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"

LONG_LENGTH_VRS = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
TEXT_VRS = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT"}
NUMBER_FORMATS = {
    "US": "H",
    "SS": "h",
    "UL": "I",
    "SL": "i",
    "UV": "Q",
    "SV": "q",
    "FL": "f",
    "FD": "d",
    "OW": None,
    "OB": None,
    "OD": None,
    "OF": None,
    "OL": None,
    "OV": None,
    "UN": None,
}
UNDEFINED = 0xFFFFFFFF

rng = random.Random(0)


def new_uid():
    """A random 2.25 UID of up to 44 characters."""
    return f"2.25.{rng.getrandbits(128)}"


def word(length=12):
    """A random upper-case word, to find again what one test stored."""
    return "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(length))


def random_bytes(count):
    return rng.randbytes(count)


class Fragments(list):
    """Value of an encapsulated Pixel Data element: one bytes object per fragment, no offset table."""


class Attributes:
    """A data set: tag -> (VR, value). Values are bytes (taken as they are), items, or Python values."""

    def __init__(self, **values):
        self.elements = {}
        self.codec = "utf-8"
        self.update(**values)

    def update(self, **values):
        for keyword, value in values.items():
            self[keyword] = value
        return self

    def __setitem__(self, keyword, value):
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise KeyError(keyword)
        vr = dictionary_VR(tag).split(" or ")[0]
        self.put(tag, vr, value)

    def put(self, tag, vr, value):
        """Sets an element with a VR of the caller's choice."""
        self.elements[tag] = (vr, value)
        return self

    def remove(self, *keywords):
        for keyword in keywords:
            self.elements.pop(tag_for_keyword(keyword), None)
        return self

    def has(self, tag):
        return tag in self.elements

    def value(self, keyword):
        return self.elements[tag_for_keyword(keyword)][1]

    def encode(self, implicit=False, big=False):
        return b"".join(
            self._element(tag, vr, value, implicit, big) for tag, (vr, value) in sorted(self.elements.items())
        )

    def _element(self, tag, vr, value, implicit, big):
        order = ">" if big else "<"
        name = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
        if isinstance(value, Fragments):
            return name + vr.encode() + b"\0\0" + struct.pack(order + "I", UNDEFINED) + _fragments(value)
        if vr == "SQ":
            body = b"".join(_item(item.encode(implicit, big), order) for item in value)
        else:
            body = self._value(vr, value, order)
        if implicit:
            return name + struct.pack(order + "I", len(body)) + body
        if vr in LONG_LENGTH_VRS:
            return name + vr.encode() + b"\0\0" + struct.pack(order + "I", len(body)) + body
        return name + vr.encode() + struct.pack(order + "H", len(body)) + body

    def _value(self, vr, value, order):
        if isinstance(value, bytes):
            return value
        values = value if isinstance(value, (list, tuple)) else [value]
        if vr in TEXT_VRS or vr == "UI":
            body = "\\".join(str(each) for each in values).encode(self.codec)
            return body + (b"\0" if vr == "UI" else b" ") * (len(body) % 2)
        if vr == "AT":
            return b"".join(struct.pack(order + "HH", each >> 16, each & 0xFFFF) for each in values)
        return b"".join(struct.pack(order + NUMBER_FORMATS[vr], each) for each in values)


def _item(body, order="<"):
    return struct.pack(order + "HHI", 0xFFFE, 0xE000, len(body)) + body


def _fragments(fragments):
    items = [_item(b"")] + [_item(each) for each in fragments]
    return b"".join(items) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


class Instance(Attributes):
    """A Part 10 file: the "random file" of the rig unless told otherwise."""

    def __init__(self, syntax=ELE, label=None, **values):
        self.syntax = syntax
        self.label = label  # what the file meta says instead of it
        self._data = None
        super().__init__(
            SOPClassUID=new_uid(),
            SOPInstanceUID=new_uid(),
            StudyInstanceUID=new_uid(),
            SeriesInstanceUID=new_uid(),
            PatientID=new_uid(),
            PatientName=new_uid(),
            BitsAllocated=8,
            PhotometricInterpretation="MONOCHROME2",
        )
        self.update(**values)

    def put(self, tag, vr, value):
        self._data = None
        return super().put(tag, vr, value)

    def remove(self, *keywords):
        self._data = None
        return super().remove(*keywords)

    def uid(self, keyword):
        """The UID without padding, as it is used in a path."""
        value = self.value(keyword)
        text = value.decode("ascii") if isinstance(value, bytes) else value
        return text.rstrip(" \0")

    @property
    def study(self):
        return self.uid("StudyInstanceUID")

    @property
    def series(self):
        return self.uid("SeriesInstanceUID")

    @property
    def sop(self):
        return self.uid("SOPInstanceUID")

    @property
    def sop_class(self):
        return self.uid("SOPClassUID")

    @property
    def data(self):
        """The file's bytes, always the same object for the same content."""
        if self._data is None:
            body = self.encode(self.syntax == IMPLICIT, self.syntax == BIG_ENDIAN)
            self._data = b"\0" * 128 + b"DICM" + self.file_meta() + body
        return self._data

    def deflated(self):
        """The same instance in the deflated syntax; `Instance(DEFLATED)` is only labelled so."""
        self.syntax = DEFLATED
        packer = zlib.compressobj(wbits=-15)
        body = packer.compress(self.encode()) + packer.flush()
        self._data = b"\0" * 128 + b"DICM" + self.file_meta() + body + b"\0" * (len(body) % 2)
        return self

    def file_meta(self):
        meta = Attributes()
        meta.put(0x00020001, "OB", b"\0\1").put(0x00020002, "UI", self._meta_uid("SOPClassUID"))
        meta.put(0x00020003, "UI", self._meta_uid("SOPInstanceUID")).put(0x00020010, "UI", self.label or self.syntax)
        meta.put(0x00020012, "UI", "2.25.331").put(0x00020013, "SH", "CONFORMANCE")
        body = meta.encode()
        return Attributes().put(0x00020000, "UL", len(body)).encode() + body

    def _meta_uid(self, keyword):
        return self.uid(keyword) if tag_for_keyword(keyword) in self.elements else "2.25.0"


def sibling(instance, same_series=True, **values):
    """A random file of the same patient and study, and in the same series unless told otherwise."""
    for keyword in ("PatientID", "PatientName"):
        values.setdefault(keyword, instance.value(keyword))
    if same_series:
        values.setdefault("SeriesInstanceUID", instance.series)
    values.setdefault("StudyInstanceUID", instance.study)
    return Instance(syntax=values.pop("syntax", ELE), **values)


def padded(uid, padding=b" "):
    """The raw value of a UID element with padding of the caller's choice."""
    return uid.encode() + padding


def odd_uid():
    """A UID of odd length, so that one padding character makes the value even."""
    uid = new_uid()
    return uid if len(uid) % 2 else uid[:-1]
