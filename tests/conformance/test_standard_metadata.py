"""Metadata on /dicom-web: standard-face.md 3.1, 6.1, 6.2 and 6.3."""

import base64
import xml.etree.ElementTree as ElementTree

import pytest

from support import dicomjson, expect, makers, pixels
from support.cases import CT, XML_PARTS, image, keep_on_standard, location, plain
from support.client import JSON, path_of, series_path, study_path
from support.makers import Attributes, Instance, sibling

NATIVE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


def metadata(standard, instance):
    """The instance's object; 200 and the exact content type that one client compares (2.7)."""
    response = expect.status(standard.get(path_of(instance, "/metadata"), JSON), 200)
    assert response.headers["Content-Type"] == JSON
    assert len(response.json()) == 1
    return response.json()[0]


def stored(standard, **values):
    return keep_on_standard(standard, plain(**values))


@pytest.mark.parametrize(
    "accept", [None, "*/*", JSON, "application/json", "application/*", f"text/html, {JSON};q=0.3"]
)
@pytest.mark.parametrize("path", [path_of, series_path, study_path], ids=["instance", "series", "study"])
def test_json_of_every_level(standard, path, accept):
    first = plain()
    files = keep_on_standard(standard, first, sibling(first, SOPClassUID=CT))
    response = expect.status(standard.get(path(first, "/metadata"), accept), 200)
    assert response.headers["Content-Type"] == JSON
    wanted = files[:1] if path is path_of else files
    assert sorted(dicomjson.instance_uids(response.json())) == sorted(each.sop for each in wanted)


@pytest.mark.parametrize("accept", [JSON, XML_PARTS])
def test_study_of_several_batches(standard, accept):
    """450 instances, half of them in series of their own: more than twice what the server reads at once; each comes once."""
    first = plain()
    files = [first] + [
        sibling(first, number % 2 == 0, SOPClassUID=CT)
        for number in range(449)
    ]
    expect.status(standard.store(files), 200)
    response = expect.status(standard.get(study_path(first, "/metadata"), accept), 200)
    if accept == JSON:
        found = dicomjson.instance_uids(response.json())
    else:
        found = [
            ElementTree.fromstring(part.body).findtext(".//{*}DicomAttribute[@tag='00080018']/{*}Value")
            for part in expect.parts(response)
        ]
    assert sorted(found) == sorted(each.sop for each in files)


@pytest.mark.parametrize("accept", ["application/dicom", "text/html", "image/jpeg"])
def test_unacceptable(standard, accept):
    expect.problem(standard.get(path_of(stored(standard), "/metadata"), accept), 406)


def rich():
    instance = plain(
        SpecificCharacterSet="ISO_IR 192",
        InstanceNumber="007",
        StudyDescription="",
        ImageType=["ORIGINAL", "", "AXIAL"],
        ReferencedStudySequence=[],
    )
    instance["PatientName"] = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    instance.put(0x00080000, "UL", 4).put(0x00101030, "DS", b"+1.50 ").put(0x00101020, "DS", b".5")
    instance.put(0x00280009, "AT", [0x00181063]).put(0x00189073, "FD", [0.1]).put(0x00280106, "US", 3)
    instance.put(0x00081140, "SQ", [Attributes(ReferencedSOPInstanceUID="1.2.3"), Attributes()])
    instance.put(0x00104000, "LT", b" a\\b ").put(0x00186028, "FL", [0.1]).put(0x00230010, "LO", b"ACME")
    instance.put(0x00231001, "LO", b"private ").put(0x00231002, "OB", b"\1\2\3\4")
    return instance


def test_every_kind_of_value(standard):
    instance = keep_on_standard(standard, rich())
    body = metadata(standard, instance)
    assert list(body) == sorted(body), "objects are ordered by tag"
    assert not [tag for tag in body if tag.startswith("0002") or tag.endswith("0000")]
    assert body["00080005"]["Value"] == ["ISO_IR 192"]
    assert body["00200013"] == {"vr": "IS", "Value": [7]}
    assert body["00101030"] == {"vr": "DS", "Value": [1.5]} and body["00101020"] == {
        "vr": "DS",
        "Value": [0.5],
    }
    assert body["00081030"] == {"vr": "LO"} and body["00081110"] == {"vr": "SQ"}
    assert body["00080008"]["Value"] == ["ORIGINAL", None, "AXIAL"]
    assert body["00280009"]["Value"] == ["00181063"]
    assert body["00081140"]["Value"] == [{"00081155": {"vr": "UI", "Value": ["1.2.3"]}}, {}]
    assert body["00104000"]["Value"] == [" a\\b"], "LT is not split and keeps leading blanks"
    assert body["00100010"]["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]
    assert body["00230010"]["Value"] == ["ACME"] and body["00231001"]["Value"] == ["private"]
    assert body["00231002"] == {"vr": "OB", "InlineBinary": base64.b64encode(b"\1\2\3\4").decode()}
    for tag in ("00081190", "00083002", "00201206"):
        assert tag not in body, "no computed attributes"


ONE_OF_EACH = {
    0x0072005E: ("AE", "STORE1"),
    0x0072005F: ("AS", "012Y"),
    0x00720060: ("AT", [0x00100010, 0x7FE00010]),
    0x00720061: ("DA", "20240229"),
    0x00720062: ("CS", ["A", "B_1"]),
    0x00720063: ("DT", "20240229101112.5+0100"),
    0x00720064: ("IS", ["-5", "12"]),
    0x00720065: ("OB", bytes(range(10))),
    0x00720066: ("LO", "längst"),
    0x00720067: ("OF", bytes(8)),
    0x00720068: ("LT", "one\\two\r\nthree"),
    0x00720069: ("OW", bytes(range(8))),
    0x0072006A: ("PN", "A^B"),
    0x0072006B: ("TM", "101112.123456"),
    0x0072006C: ("SH", "short"),
    0x0072006D: ("UN", b"\1\2"),
    0x0072006E: ("ST", "text"),
    0x0072006F: ("UC", ["one", "two"]),
    0x00720070: ("UT", "long\\text"),
    0x00720071: ("UR", "https://example.org/a\\b"),
    0x00720072: ("DS", ["1.25", "-3"]),
    0x00720073: ("OD", bytes(8)),
    0x00720074: ("FD", [0.1, -1e300]),
    0x00720075: ("OL", bytes(8)),
    0x00720076: ("FL", [0.5, 1e-30]),
    0x00720078: ("UL", [2**32 - 1]),
    0x0072007A: ("US", [65535, 0]),
    0x0072007C: ("SL", [-(2**31)]),
    0x0072007E: ("SS", [-32768]),
    0x0072007F: ("UI", ["1.2.3", "1.2.4"]),
    0x00720081: ("OV", bytes(8)),
    0x00720082: ("SV", [-5]),
    0x00720083: ("UV", [5]),
}


@pytest.mark.parametrize("tag", ONE_OF_EACH, ids=lambda tag: ONE_OF_EACH[tag][0])
def test_every_vr(standard, tag):
    """6.2, row by row, against pydicom; `UN` of a public element becomes what the dictionary says, here UN."""
    vr, value = ONE_OF_EACH[tag]
    instance = keep_on_standard(standard, plain(SpecificCharacterSet="ISO_IR 192").put(tag, vr, value))
    key = f"{tag:08X}"
    expected = dicomjson.reference(instance.data)[key]
    actual = metadata(standard, instance)[key]
    assert dicomjson.difference({key: expected}, {key: actual}) is None


def test_numbers_keep_their_digits(standard):
    """6.2: DS with the digits as stored, no rounding; FL and FD the shortest text that reads back."""
    instance = (
        plain()
        .put(0x00281053, "DS", b"0.10000000000010")
        .put(0x00189073, "FD", [0.1])
        .put(0x00186028, "FL", [0.1])
    )
    keep_on_standard(standard, instance)
    text = standard.get(path_of(instance, "/metadata"), JSON).text.replace(" ", "")
    assert '"00281053":{"vr":"DS","Value":[0.10000000000010]}' in text
    assert '"00189073":{"vr":"FD","Value":[0.1]}' in text and '"00186028":{"vr":"FL","Value":[0.1]}' in text


@pytest.mark.parametrize(
    "value, expected",
    [(2**53 - 1, 2**53 - 1), (2**53, str(2**53)), (2**63, str(2**63)), (2**64 - 1, str(2**64 - 1))],
)
def test_large_integers(standard, value, expected):
    """6.2: a number up to 2^53-1, else a string."""
    instance = keep_on_standard(standard, plain().put(0x00720083, "UV", [value]))
    assert metadata(standard, instance)["00720083"] == {"vr": "UV", "Value": [expected]}


def test_number_that_is_none(standard):
    instance = keep_on_standard(standard, plain().put(0x00280030, "DS", b"0.5\\wide"))
    assert metadata(standard, instance)["00280030"] == {"vr": "DS", "Value": ["0.5", "wide"]}


@pytest.mark.parametrize("tag, vr", [(0x00189219, "FD"), (0x00186028, "FL")])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_value_that_is_not_finite(standard, tag, vr, value):
    """6.2: a BulkDataURI for the element, which gives its bytes."""
    instance = keep_on_standard(standard, plain().put(tag, vr, [value, 1.0]))
    member = metadata(standard, instance)[f"{tag:08X}"]
    assert member["vr"] == vr and set(member) == {"vr", "BulkDataURI"}
    response = expect.status(standard.get(member["BulkDataURI"]), 200)
    assert response.content == Attributes().put(tag, vr, [value, 1.0]).encode()[8:]


@pytest.mark.parametrize(
    "charset, codec, name",
    [
        ("ISO_IR 100", "latin-1", "Äneas^Rüdiger"),
        ("ISO_IR 144", "iso8859_5", "Люкceмбypг"),
        ("GB18030", "gb18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 13", "shift_jis", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        ("ISO_IR 166", "tis_620", "นามสกุล"),
    ],
)
def test_text_becomes_utf8(standard, charset, codec, name):
    instance = plain(SpecificCharacterSet=charset)
    instance.codec = codec
    instance["PatientName"] = name
    body = metadata(standard, keep_on_standard(standard, instance))
    assert body["00080005"]["Value"] == ["ISO_IR 192"]
    assert body["00100010"]["Value"] == [dict(zip(("Alphabetic", "Ideographic"), name.split("=")))]


@pytest.mark.parametrize(
    "accept, query, headers",
    [
        (JSON + "; charset=iso-8859-1", "", {}),
        (JSON + "; charset=utf-8", "", {}),
        (JSON, "?charset=iso-8859-1", {}),
        (JSON, "?charset=ISO_IR+192", {}),
        (JSON, "", {"Accept-Charset": "iso-8859-1"}),
    ],
)
def test_answers_are_utf8_whatever_is_asked(standard, accept, query, headers):
    """2.6, D19: other character sets are ignored, never refused."""
    instance = stored(standard, SpecificCharacterSet="ISO_IR 192", PatientName="Äneas")
    response = expect.status(
        standard.get(path_of(instance, "/metadata") + query, accept, headers=headers), 200
    )
    assert response.headers["Content-Type"] == JSON
    assert "Äneas" in response.content.decode("utf-8")


def test_undecodable_bytes(standard):
    """6.1: U+FFFD."""
    instance = keep_on_standard(
        standard, plain(SpecificCharacterSet="ISO_IR 192").put(0x0008103E, "LO", b"a\xffb ")
    )
    assert metadata(standard, instance)["0008103E"]["Value"] == ["a\ufffdb"]


def test_un_of_a_known_element_gets_its_vr(standard):
    instance = keep_on_standard(standard, plain().put(0x0008103E, "UN", b"series"))
    assert metadata(standard, instance)["0008103E"] == {"vr": "LO", "Value": ["series"]}


def test_implicit_vr(standard):
    """6.2: VRs by the dictionary, also for "US or SS" by PixelRepresentation."""
    instance = plain(PixelRepresentation=1, InstanceNumber=3)
    instance.syntax = makers.IMPLICIT
    instance.put(0x00280106, "SS", [-5])
    body = metadata(standard, keep_on_standard(standard, instance))
    assert body["00280106"] == {"vr": "SS", "Value": [-5]} and body["00200013"] == {"vr": "IS", "Value": [3]}


def test_padding(standard):
    """6.2: trailing padding removed, leading blanks kept in ST, LT and UT."""
    instance = keep_on_standard(
        standard,
        plain(SeriesDescription=b"head    ").put(0x00081040, "LO", b"x ").put(0x00400280, "ST", b"  note  "),
    )
    body = metadata(standard, instance)
    assert body["0008103E"]["Value"] == ["head"] and body["00400280"]["Value"] == ["  note"]


def test_agrees_with_pydicom(standard):
    """Value by value, for all that is no bulk data and no rule of our own."""
    instance = keep_on_standard(standard, rich())
    expected = dicomjson.without_bulk(dicomjson.reference(instance.data))
    body = dicomjson.without_bulk(metadata(standard, instance))
    expected.pop("00080000", None)
    assert dicomjson.difference(expected, body) is None


@pytest.mark.parametrize("path", [path_of, series_path, study_path], ids=["instance", "series", "study"])
def test_xml(standard, path):
    """6.3: one document per part."""
    instance = keep_on_standard(standard, rich())
    response = standard.get(path(instance, "/metadata"), XML_PARTS)
    part = expect.parts(response, 1)[0]
    assert part.media_type == "application/dicom+xml"
    check_document(ElementTree.fromstring(part.body))


def test_bare_xml_of_one_instance(standard):
    instance = keep_on_standard(standard, rich())
    response = expect.status(standard.get(path_of(instance, "/metadata"), "application/dicom+xml"), 200)
    assert expect.media_type(response) == "application/dicom+xml"
    check_document(ElementTree.fromstring(response.content))


def check_document(model):
    assert model.tag == NATIVE + "NativeDicomModel"
    by_tag = {each.get("tag"): each for each in model.findall(NATIVE + "DicomAttribute")}
    name = by_tag["00100010"]
    assert name.get("vr") == "PN" and name.get("keyword") == "PatientName"
    person = name.find(NATIVE + "PersonName")
    assert person.get("number") == "1"
    assert person.find(f"{NATIVE}Alphabetic/{NATIVE}FamilyName").text == "Yamada"
    assert person.find(f"{NATIVE}Ideographic/{NATIVE}GivenName").text == "太郎"
    types = by_tag["00080008"].findall(NATIVE + "Value")
    assert [(each.get("number"), each.text) for each in types] == [
        ("1", "ORIGINAL"),
        ("2", None),
        ("3", "AXIAL"),
    ]
    private = by_tag["00230001"]
    assert private.get("privateCreator") == "ACME" and private.find(NATIVE + "Value").text == "private"
    assert base64.b64decode(by_tag["00230002"].find(NATIVE + "InlineBinary").text) == b"\1\2\3\4"
    items = by_tag["00081140"].findall(NATIVE + "Item")
    assert [each.get("number") for each in items] == ["1", "2"]


def test_xml_drops_characters_that_are_illegal(standard):
    instance = keep_on_standard(standard, plain().put(0x00104000, "LT", b"a\x0cb "))
    response = standard.get(path_of(instance, "/metadata"), "application/dicom+xml")
    values = {each.get("tag"): each for each in ElementTree.fromstring(response.content)}
    assert values["00104000"].find(NATIVE + "Value").text == "ab"


def test_pixel_data_is_a_link_whatever_its_size(standard):
    """3.1."""
    instance = keep_on_standard(standard, image(rows=2, columns=2))
    member = metadata(standard, instance)["7FE00010"]
    assert member == {"vr": "OB", "BulkDataURI": location(standard, instance, "/bulkdata/7FE00010")}
    compressed = keep_on_standard(standard, pixels.jpeg_baseline(SOPClassUID=CT))
    assert "BulkDataURI" in metadata(standard, compressed)["7FE00010"]


def test_unknown(standard):
    for path in (path_of, series_path, study_path):
        expect.problem(standard.get(path(Instance(), "/metadata"), JSON), 404)


def test_of_an_element_that_is_there_twice_the_last_one_counts(standard):
    """PS3.5 7.1 allows one; metadata, bulk data, frames and searches must at least speak of the same one."""
    first = pixels.native(rows=64, columns=64, StudyID="first")
    last = pixels.native(rows=64, columns=64)
    repeated = Attributes(StudyID="last", PatientName="Last").put(0x7FE00010, "OB", last.value("PixelData"))
    expect.status(standard.store([first.data + repeated.encode()]), 200)
    attributes = metadata(standard, first)
    assert dicomjson.first(attributes, "00200010") == "last"
    assert dicomjson.first(attributes, "00100010") == {"Alphabetic": "Last"}
    uri = attributes["7FE00010"]["BulkDataURI"].removeprefix(standard.base)
    for path in (uri, path_of(first, "/frames/1"), path_of(first, "/pixeldata")):
        assert expect.parts(standard.get(path, 'multipart/related; type="application/octet-stream"'), 1)[
            0
        ].body == (last.frames[0])
    assert len(expect.parts(standard.get(path_of(first, "/bulkdata"), None))) == 1
    for study_id, found in (("last", 1), ("first", 0)):
        query = f"/studies?StudyInstanceUID={first.study}&StudyID={study_id}"
        assert len(expect.status(standard.get(query, JSON), 200).json()) == found
