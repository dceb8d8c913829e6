"""The sample files that pydicom's package carries, and what their JSON may differ in."""

import io
import warnings
from pathlib import Path

import pydicom
from pydicom.data import data_manager

from support import dicomjson

FOLDER = Path(data_manager.DATA_ROOT)
NOT_STORED = {
    "ExplVR_BigEndNoMeta.dcm": "no file meta information, so no Part 10 file",
    "ExplVR_LitEndNoMeta.dcm": "no file meta information, so no Part 10 file",
    "no_meta.dcm": "no file meta information, so no Part 10 file",
    "rtstruct.dcm": "no file meta information, so no Part 10 file",
    "meta_missing_tsyntax.dcm": "no transfer syntax in the file meta information",
    "README": "no DICOM file",
    "SC_rgb_jpeg.dcm": "pydicom cannot write its Image Type",
}


# Never in metadata (standard-face.md 6.1); pydicom's JSON has it.
TRAILING_PADDING = "FFFCFFFC"


def files():
    """All instances among the sample files; directories are none."""
    found = []
    for folder in ("test_files", "charset_files", "palettes"):
        found += [
            path for path in (FOLDER / folder).rglob("*") if path.is_file() and path.suffix in ("", ".dcm")
        ]
    return sorted(
        path for path in found if path.name not in NOT_STORED and not path.name.startswith("DICOMDIR")
    )


# Cut off inside an element: a store must refuse it.
TRUNCATED = "rtplan_truncated.dcm"


def whole_files():
    """All that a store takes."""
    return [path for path in files() if path.name != TRUNCATED]


def named(path):
    return str(path.relative_to(FOLDER))


def with_new_identifiers(path, new_uid):
    """The sample as another instance: many samples share their identifiers, some have none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = (
        new_uid(),
        new_uid(),
        new_uid(),
    )
    if not dataset.get("SOPClassUID"):
        dataset.SOPClassUID = new_uid()
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    return dataset


def written(dataset):
    """The bytes that a client sends, with the preamble that a server keeps (zeros)."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(out, dataset)
    return b"\0" * 128 + out.getvalue()[128:]


def json_of(data):
    """What pydicom makes of the bytes; an element that it cannot convert stands there as None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converted = dicomjson.reference(data)
        tags = [f"{int(tag):08X}" for tag in dicomjson.read(data).keys()]
        return {tag: converted.get(tag) for tag in tags}


def _is_private(tag):
    return int(tag[:4], 16) % 2 == 1


def _link_of_bulk(tag, expected, actual):
    return "BulkDataURI" in actual and expected["vr"] in dicomjson.BULK_VRS


def _link_of_not_finite(tag, expected, actual):
    return "BulkDataURI" in actual and expected["vr"] in ("FL", "FD")


def _un_got_its_vr(tag, expected, actual):
    return expected["vr"] == "UN" and actual["vr"] != "UN" and not _is_private(tag)


def _private_vr(tag, expected, actual):
    return _is_private(tag) and actual["vr"] == "UN"


def _un_private_sequence(tag, expected, actual):
    return _is_private(tag) and {expected["vr"], actual["vr"]} == {"UN", "SQ"}


def _numbers_as_text(tag, expected, actual):
    if expected["vr"] not in ("IS", "DS") or actual["vr"] != expected["vr"]:
        return False
    left, right = ([str(each) for each in dicomjson.values(member)] for member in (expected, actual))
    return left == right


def _replacement(tag, expected, actual):
    return any("\ufffd" in str(each) for each in dicomjson.values(actual))


DIFFERENCES = [
    (
        "character set",
        "the text is UTF-8, so (0008,0005) says ISO_IR 192 (6.1)",
        lambda tag, expected, actual: tag == "00080005",
    ),
    ("bulk link", "pixel data and large values are links (3.1)", _link_of_bulk),
    ("not finite", "FL and FD that are not finite are links (6.2)", _link_of_not_finite),
    ("UN public", "UN of a public element is read with its dictionary VR (6.2)", _un_got_its_vr),
    (
        "private VR",
        "pydicom has a private dictionary; implicit VR private elements are UN for us (6.2)",
        _private_vr,
    ),
    ("private sequence", "pydicom reads UN of undefined length as a sequence", _un_private_sequence),
    ("number as text", "all values of IS or DS are strings when one is no number (6.2)", _numbers_as_text),
    (
        "undecodable",
        "bytes that do not decode become U+FFFD (6.1), pydicom falls back to another encoding",
        _replacement,
    ),
]


def unexplained(expected, actual, where=""):
    """Differences that no row of the table allows, as texts."""
    found = []
    for tag in sorted(set(expected) | set(actual)):
        if tag.endswith("0000") or (tag in expected and expected[tag] is None):
            continue
        if tag == TRAILING_PADDING and tag not in actual:
            continue
        if tag not in actual or tag not in expected:
            if not (tag in actual and tag == "00080005"):
                found.append(f"{where}/{tag}: only in {'the answer' if tag in actual else 'pydicom'}")
            continue
        found += _compare(tag, expected[tag], actual[tag], where)
    return found


def _compare(tag, expected, actual, where):
    if expected["vr"] == actual["vr"] == "SQ":
        left, right = dicomjson.values(expected), dicomjson.values(actual)
        if len(left) != len(right):
            return [f"{where}/{tag}: {len(left)} items expected, {len(right)} found"]
        return [
            text
            for n, pair in enumerate(zip(left, right), 1)
            for text in unexplained(pair[0] or {}, pair[1] or {}, f"{where}/{tag}/{n}")
        ]
    if dicomjson.difference({tag: expected}, {tag: actual}) is None:
        return []
    if any(allows(tag, expected, actual) for _, _, allows in DIFFERENCES):
        return []
    return [f"{where}/{tag}: {str(expected)[:120]} expected, {str(actual)[:120]} found"]
