"""Instances that are stored as metadata: only their identifiers are known, the object is made by the server."""

from support.cases import CT
from support.makers import Instance

XML = "application/dicom+xml"


class Described(Instance):
    """Only the identifiers; the object is made by the server."""


def dataset(**more):
    """A JSON data set and the identifiers it has."""
    target = Described(SOPClassUID=CT)
    body = {
        "00080016": {"vr": "UI", "Value": [CT]},
        "00080018": {"vr": "UI", "Value": [target.sop]},
        "0020000D": {"vr": "UI", "Value": [target.study]},
        "0020000E": {"vr": "UI", "Value": [target.series]},
        "00100020": {"vr": "LO", "Value": ["P1"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Roe^Ræ"}]},
        **more,
    }
    return target, body


def image_module(rows, columns, uri, samples=1):
    return {
        "00280002": {"vr": "US", "Value": [samples]},
        "00280004": {"vr": "CS", "Value": ["MONOCHROME2" if samples == 1 else "RGB"]},
        "00280010": {"vr": "US", "Value": [rows]},
        "00280011": {"vr": "US", "Value": [columns]},
        "00280100": {"vr": "US", "Value": [8]},
        "00280101": {"vr": "US", "Value": [8]},
        "00280102": {"vr": "US", "Value": [7]},
        "00280103": {"vr": "US", "Value": [0]},
        "7FE00010": {"vr": "OB", "BulkDataURI": uri},
    }


def xml_of(target, more=""):
    rows = [
        ("00080016", "UI", CT),
        ("00080018", "UI", target.sop),
        ("00100020", "LO", "P1"),
        ("0020000D", "UI", target.study),
        ("0020000E", "UI", target.series),
    ]
    text = "".join(
        f'<DicomAttribute tag="{tag}" vr="{vr}"><Value number="1">{value}</Value></DicomAttribute>'
        for tag, vr, value in rows
    )
    name = (
        '<DicomAttribute tag="00100010" vr="PN"><PersonName number="1"><Alphabetic><FamilyName>Roe</FamilyName>'
        "<GivenName>Ræ</GivenName></Alphabetic></PersonName></DicomAttribute>"
    )
    return f'<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">{text}{name}{more}</NativeDicomModel>'.encode()
