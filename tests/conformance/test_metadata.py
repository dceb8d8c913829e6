"""Metadata on /v2: dicomweb.md 11.3, WM-1 to WM-7, and section 3."""

import pytest

from support import dicomjson, expect
from support.client import JSON, path_of, series_path, study_path
from support.makers import Attributes, Instance, sibling

HYPHENS = "11111111-2222-3333-4444-555555555555"


def bulky(**values):
    """PixelData of 3 bytes at top level and inside RegistrationSequence, and a private LO."""
    instance = Instance(**values)
    instance.put(0x00700308, "SQ", [Attributes().put(0x7FE00010, "OB", b"\1\2\3")])
    instance.put(0x7FE00010, "OB", b"\1\2\3").put(0x00070008, "LO", b"Private ")
    return instance


def check(v2, path, *instances):
    """The answer holds each instance's data set without bulk elements, in any order."""
    response = expect.status(v2.get(path, JSON), 200)
    assert expect.media_type(response) == JSON
    found = {dicomjson.first(each, "00080018"): each for each in response.json()}
    assert len(response.json()) == len(instances)
    for instance in instances:
        expected = dicomjson.without_bulk(dicomjson.reference(instance.data))
        assert dicomjson.difference(expected, found[instance.sop]) is None


@pytest.mark.parametrize(
    "path",
    ["/metadata", f"/series/{HYPHENS}/metadata", f"/series/{HYPHENS}/instances/{HYPHENS}/metadata"],
    ids=["study", "series", "instance"],
)
def test_WM_01_accept_is_checked_before_the_uid(v2, path):
    response = expect.status(v2.get(f"/studies/{HYPHENS}{path}", "application/data"), 406)
    assert response.content == b""


def test_WM_02_unknown_study(v2):
    expect.text_error(v2.get(study_path(Instance(), "/metadata"), JSON), 404)


def test_WM_03_unknown_series(v2):
    known = v2.keep(Instance())
    expect.text_error(v2.get(series_path(sibling(known, same_series=False), "/metadata"), JSON), 404)


def test_WM_04_unknown_instance(v2):
    known = v2.keep(Instance())
    expect.text_error(v2.get(path_of(sibling(known), "/metadata"), JSON), 404)


def test_WM_05_study(v2):
    first = bulky()
    second = bulky(StudyInstanceUID=first.study)
    v2.keep(first, second)
    check(v2, study_path(first, "/metadata"), first, second)


def test_WM_06_series(v2):
    first = bulky()
    second = bulky(StudyInstanceUID=first.study, SeriesInstanceUID=first.series)
    v2.keep(first, second)
    check(v2, series_path(first, "/metadata"), first, second)


def test_WM_07_instance(v2):
    instance = bulky()
    expect.status(v2.store_single(instance.data), 200)
    check(v2, path_of(instance, "/metadata"), instance)


def rich():
    """One element of every kind that section 3 speaks about."""
    instance = Instance(
        SpecificCharacterSet="ISO_IR 192",
        InstanceNumber="7",
        PatientWeight="70.5",
        StudyDescription="",
        ImageType=["ORIGINAL", "", "AXIAL"],
        PatientBirthDate="19700101",
        ReferencedStudySequence=[],
    )
    instance["PatientName"] = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    instance.put(0x00280009, "AT", [0x00181063]).put(0x00189073, "FD", [1.25]).put(0x00280106, "US", 3)
    instance.put(0x00081140, "SQ", [Attributes(ReferencedSOPInstanceUID="1.2.3"), Attributes()])
    instance.put(0x00185100, "CS", b"HFS ")
    return instance


def test_every_kind_of_value(v2):
    instance = v2.keep(rich())
    body = v2.metadata(path_of(instance))[0]
    expected = dicomjson.without_bulk(dicomjson.reference(instance.data))
    assert dicomjson.difference(expected, body) is None
    assert list(body) == sorted(body), "keys are not in ascending tag order"
    assert body["00200013"] == {"vr": "IS", "Value": [7]}
    assert body["00101030"] == {"vr": "DS", "Value": [70.5]}
    assert body["00081030"] == {"vr": "LO"}
    assert body["00081110"] == {"vr": "SQ"}
    assert body["00080008"]["Value"] == ["ORIGINAL", None, "AXIAL"]
    assert body["00280009"]["Value"] == ["00181063"]
    assert body["00100010"]["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]
    assert body["00185100"]["Value"] == ["HFS"]
    assert not [tag for tag in body if tag.startswith("0002") or tag.endswith("0000")]


def test_number_that_is_none_turns_all_values_into_strings(v1):
    """Section 3: IS and DS are strings when one value does not parse. /v1 keeps such values, /v2 drops
    them."""
    instance = v1.keep(Instance().put(0x00280030, "DS", b"0.5\\wide"))
    assert v1.metadata(path_of(instance))[0]["00280030"] == {"vr": "DS", "Value": ["0.5", "wide"]}


def test_fl_that_is_not_a_number(v2):
    """Section 3: `FL NaN as "NaN"`."""
    instance = v2.keep(Instance().put(0x00189219, "FD", [2.0]).put(0x00186028, "FL", [float("nan")]))
    assert v2.metadata(path_of(instance))[0]["00186028"]["Value"] == ["NaN"]


def test_fd_that_is_not_a_number_is_stored(v2):
    """Marked Q in section 3: the reference refuses it; 14.1 says "keep as string or null". Only storing is
    asserted."""
    instance = v2.keep(Instance().put(0x00189219, "FD", [float("nan")]))
    assert "00189219" in v2.metadata(path_of(instance))[0]


def test_padding_of_text_is_removed(v2):
    instance = v2.keep(Instance(SeriesDescription=b"head    ", StudyDescription=b"  lead"))
    body = v2.metadata(path_of(instance))[0]
    assert body["0008103E"]["Value"] == ["head"]
    assert body["00081030"]["Value"] == ["  lead"]


@pytest.mark.parametrize(
    "charset, codec, name",
    [
        ("ISO_IR 100", "latin-1", "Äneas^Rüdiger"),
        ("ISO_IR 144", "iso8859_5", "Люкceмбypг"),
        ("GB18030", "gb18030", "Wang^XiaoDong=王^小东"),
    ],
)
def test_text_is_decoded_by_its_character_set(v2, charset, codec, name):
    instance = Instance(SpecificCharacterSet=charset)
    instance.codec = codec
    instance["PatientName"] = name
    body = v2.keep(instance) and v2.metadata(path_of(instance))[0]
    groups = dict(zip(("Alphabetic", "Ideographic"), name.split("=")))
    assert body["00100010"]["Value"] == [groups]
    assert body["00080005"]["Value"] == [charset]


def test_trailing_caret_of_a_name_is_kept(v2):
    instance = v2.keep(Instance(PatientName="Hall^Jon^^"))
    assert v2.metadata(path_of(instance))[0]["00100010"]["Value"] == [{"Alphabetic": "Hall^Jon^^"}]


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "application/json", "Application/Dicom+JSON; q=0.1"]
)
def test_accept_that_covers_dicom_json(v2, accept):
    """2.2."""
    instance = v2.keep(Instance())
    response = expect.status(v2.get(path_of(instance, "/metadata"), accept), 200)
    assert expect.media_type(response) == JSON
