"""The DICOM JSON Model, made by pydicom from a file, to compare a server's answer with."""

import io
import math

import numpy
import pydicom

BULK_VRS = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
NUMBER_VRS = {"DS", "IS", "SV", "UV", "FL", "FD"}


def read(data):
    """A pydicom data set from the bytes of a file, forgiving about its preamble."""
    return pydicom.dcmread(io.BytesIO(data), force=True)


def reference(data):
    """Data set of a file as DICOM JSON, bulk values as InlineBinary."""
    dataset = read(data)
    dataset.pop(0x00080001, None)
    return dataset.to_json_dict(bulk_data_threshold=1 << 40, suppress_invalid_tags=True)


def without_bulk(attributes):
    """Drops bulk VRs at every level: the metadata of /v1 and /v2."""
    kept = {}
    for tag, member in attributes.items():
        if member["vr"] in BULK_VRS:
            continue
        if member["vr"] == "SQ" and member.get("Value"):
            member = {"vr": "SQ", "Value": [without_bulk(item) for item in member["Value"]]}
        kept[tag] = member
    return kept


def difference(expected, actual, where=""):
    """The first difference in meaning between two data sets, as text; None when there is none."""
    missing, surplus = sorted(set(expected) - set(actual)), sorted(set(actual) - set(expected))
    if missing or surplus:
        return f"{where or 'data set'}: missing {missing}, surplus {surplus}"
    for tag in expected:
        found = _member_difference(expected[tag], actual[tag], where + "/" + tag)
        if found:
            return found
    return None


def _member_difference(expected, actual, where):
    if expected["vr"] != actual["vr"]:
        return f"{where}: VR {expected['vr']} expected, {actual['vr']} found"
    if "InlineBinary" in expected or "InlineBinary" in actual:
        same = expected.get("InlineBinary", "") == actual.get("InlineBinary", "")
        return None if same else f"{where}: InlineBinary differs"
    left, right = values(expected), values(actual)
    if len(left) != len(right):
        return f"{where}: {left!r} expected, {right!r} found"
    for index, (one, other) in enumerate(zip(left, right)):
        if expected["vr"] == "SQ":
            found = difference(one or {}, other or {}, f"{where}[{index}]")
            if found:
                return found
        elif not equal_values(one, other, expected["vr"]):
            return f"{where}: {one!r} expected, {other!r} found"
    return None


def values(member):
    """Values of a member; `[null]` and an empty string mean none, as readers take them."""
    found = member.get("Value", [])
    return [] if found in ([None], [""]) else found


def equal_values(one, other, vr):
    """FL is compared as single precision: the shortest text of a float is another double than pydicom's."""
    if vr == "PN":
        return _name(one) == _name(other)
    if vr in NUMBER_VRS:
        try:
            left, right = float(one), float(other)
            if vr == "FL":
                left, right = numpy.float32(left), numpy.float32(right)
            return left == right or (math.isnan(left) and math.isnan(right))
        except (TypeError, ValueError):
            return one == other
    if isinstance(one, str) and isinstance(other, str):
        return one.rstrip(" ") == other.rstrip(" ")
    return (one or None) == (other or None)


def _name(value):
    return {group: text for group, text in (value or {}).items() if text}


def first(attributes, tag, default=None):
    """First value of an attribute."""
    found = attributes.get(tag, {}).get("Value") or [default]
    return found[0]


def instance_uids(objects):
    return [first(each, "00080018") for each in objects]
