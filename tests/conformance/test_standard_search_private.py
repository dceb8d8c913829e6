"""Private attributes in searches on /dicom-web: standard-face.md 5.1."""

from support import dicomjson, expect
from support.cases import CT, keep_on_standard, plain
from support.client import JSON
from support.makers import sibling, word
from support.matching import hits, rows


def test_private_attribute_by_its_creator(standard):
    """5.1: matched by creator, whatever block number an object uses."""
    patient = word()
    made = [
        plain(PatientID=patient)
        .put(0x00230010 + block, "LO", creator)
        .put(0x00230001 + (block << 8) + 0x1000, "LO", b"v1")
        for block, creator in ((0, b"ACME"), (1, b"ACME"), (0, b"MECA"))
    ]
    keep_on_standard(standard, *made)
    query = "00231001=v1&00230010=ACME"
    for level in ("instances", "series", "studies"):
        assert hits(standard, query, made, f"PatientID={patient}", level) == [0, 1]


def test_private_attribute_of_one_instance_among_others(standard):
    """A series or study matches when an instance of it does, whichever, with the other conditions as always."""
    anchor = word()
    other, target = (plain(PatientID=anchor, Modality="CT") for _ in range(2))
    owner = sibling(target, SOPClassUID=CT, Modality="CT").put(0x00410010, "LO", b"ACME")
    owner.put(0x00411002, "LO", b"wanted")
    newest = sibling(target, SOPClassUID=CT, Modality="CT")
    keep_on_standard(standard, target, owner, newest, other)
    query = f"PatientID={anchor}&00411002=want*&00410010=ACME"
    for level, tag, uid in (("studies", "0020000D", target.study), ("series", "0020000E", target.series)):
        found = expect.status(standard.get(f"/{level}?{query}", JSON), 200)
        assert "Warning" not in found.headers
        assert [dicomjson.first(row, tag) for row in found.json()] == [uid]
        assert rows(standard, f"/{level}", f"{query}&limit=1&offset=1") == []
        assert rows(standard, f"/{level}", f"PatientID={anchor}&00411002=other&00410010=ACME") == []
        assert rows(standard, f"/{level}", f"PatientID={word()}&00411002=want*&00410010=ACME") == []
    path = f"/studies/{target.study}/series"
    assert len(rows(standard, path, "00411002=wanted&00410010=ACME")) == 1
    assert rows(standard, path, "00411002=wanted&00410010=MECA") == []


def test_private_attributes_by_their_vr(standard):
    """5.4: values of every kind are compared as those of standard attributes."""
    patient = word()
    made = plain(PatientID=patient, SpecificCharacterSet="ISO_IR 192").put(0x00090010, "LO", b"ACME")
    values = {
        0x01: ("LO", "text"),
        0x02: ("US", [5, 7]),
        0x03: ("FD", 1.5),
        0x04: ("IS", b"007 "),
        0x05: ("DS", b"2.50"),
        0x06: ("DA", b"20240131"),
        0x07: ("PN", "Ä^B"),
        0x08: ("TM", b"1010"),
    }
    for element, (vr, value) in values.items():
        made.put(0x00091000 + element, vr, value)
    keep_on_standard(standard, made)
    found = "01=te* 02=7 03=1.5 04=7 05=2.5 06=20240101-20240201 07=a^b 07=*^b=* 08=10-11 01=no,text"
    missed = "01=7 02=57 02=5? 03=1.6 04=8 05=2.51 06=-20240130 07=b 08=11- 01=TEXT"
    for queries, hit in ((found, [0]), (missed, [])):
        for query in queries.split():
            full = f"000910{query}&00090010=ACME"
            assert hits(standard, full, [made], f"PatientID={patient}", "instances") == hit, query


def test_private_attribute_comes_back(standard):
    """5.3: all match attributes; with the creator of its block, which may be another one than that of the
    query."""
    made = plain().put(0x00090011, "LO", b"ACME").put(0x00091101, "US", 7).put(0x00091102, "US", 8)
    keep_on_standard(standard, made)
    expected = {"00090011": {"vr": "LO", "Value": ["ACME"]}, "00091101": {"vr": "US", "Value": [7]}}
    for level in ("instances", "series", "studies"):
        for value in ("7", ""):
            (row,) = rows(standard, f"/{level}", f"StudyInstanceUID={made.study}&00091001={value}&00090010=ACME")
            assert {tag: each for tag, each in row.items() if tag.startswith("0009")} == expected
            assert list(row) == sorted(row)
