"""Two DICOM JSON objects as flat tables of values that can be compared."""

import base64
import struct

from corpus import UNITS, content, layout, swapped

BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"  # toolkits leave the end of the sequence of fragments out


def flatten(data_set: dict, path=None, prefix: str = "") -> dict:
    """Path to (vr, values). With `path`, a BulkDataURI of ours is replaced by the bytes that it points to."""
    out = {}
    for key, attribute in data_set.items():
        if key[:4] == "0002" or key[4:] == "0000" or key == "FFFCFFFC":
            continue
        at = prefix + key
        if attribute["vr"] == "SQ":
            items = attribute.get("Value", [])
            out[at] = ("SQ", len(items))
            for number, item in enumerate(items, 1):
                out.update(flatten(item or {}, path, f"{at}/{number}/"))
        else:
            out[at] = (attribute["vr"], values_of(attribute, at, path))
    return out


def values_of(attribute: dict, at: str, path):
    vr = attribute["vr"]
    if "InlineBinary" in attribute:
        return base64.b64decode(attribute["InlineBinary"])
    if "BulkDataURI" in attribute and path is not None:
        return bulk_bytes(path, at, vr)
    values = [canonical(vr, value) for value in attribute.get("Value", [])]
    return b"" if vr in BINARY and not values else values


def bulk_bytes(path, at: str, vr: str) -> bytes:
    bulk = layout(path)["bulk"][at]
    offset, length = bulk["range"]
    data = content(path)[offset : offset + length]
    if bulk["encapsulated"]:
        return data.removesuffix(DELIMITER)
    swap = layout(path)["bigEndian"]
    return swapped(data, UNITS.get(vr, 1)) if swap else data


def canonical(vr: str, value):
    if value is None or value == "":
        return None
    if vr == "PN":
        groups = {name: text for name, text in value.items() if text}
        return tuple(sorted(groups.items())) or None
    if vr == "FL":
        return struct.pack("<f", float(value))
    if vr in {"DS", "IS", "FD", "SV", "UV", "SL", "SS", "UL", "US"}:
        try:
            return float(value)
        except ValueError:
            return value
    return value


def differences(left: dict, right: dict) -> dict:
    """Path to (left, right) of what differs; None where a side has no such attribute."""
    return {
        at: (left.get(at), right.get(at))
        for at in sorted(left.keys() | right.keys())
        if left.get(at) != right.get(at)
    }
