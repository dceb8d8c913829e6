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
