"""What a search on /dicom-web returns: standard-face.md 5.3, 5.5 and 5.6."""

import xml.etree.ElementTree as ElementTree

import pytest

from support import dicomjson, expect, makers, multipart, pixels
from support.cases import CT, XML_PARTS, image, keep_on_standard, plain
from support.client import JSON, path_of, series_path, study_path
from support.makers import Attributes, new_uid, sibling, word

STUDY_ROW = {
    "00080020",
    "00080030",
    "00080050",
    "00080061",
    "00080090",
    "00100010",
    "00100020",
    "00100030",
    "00100040",
    "0020000D",
    "00200010",
    "00201206",
    "00201208",
    "00081190",
    "00080056",
    "00080005",
}
SERIES_ROW = {"00080060", "0020000E", "00200011", "00201209", "00081190", "0020000D", "00080005"}
INSTANCE_ROW = {"00080016", "00080018", "00200013", "00081190", "0020000D", "0020000E", "00080005"}
LOWER_THAN_STUDY = {"00080060", "0020000E", "00200011", "00080016", "00080018", "00200013"}


def search(standard, path, query=""):
    response = expect.status(standard.get(f"{path}?{query}", JSON), 200)
    assert response.headers["Content-Type"] == JSON
    return response.json()


def row(standard, path, query=""):
    found = search(standard, path, query)
    assert len(found) == 1, f"{len(found)} rows"
    return found[0]


def columns(found, required):
    """The required attributes; nothing of a lower level. More attributes of the row's own levels are
    allowed."""
    assert not required - set(found), f"missing {sorted(required - set(found))}"
    if "0020000E" not in required:
        assert not LOWER_THAN_STUDY & set(found)


def test_study_row(standard):
    instance = keep_on_standard(
        standard, image(StudyDate="20200101", Modality="CT", PatientSex="F", StudyID="S1")
    )
    found = row(standard, "/studies", f"StudyInstanceUID={instance.study}")
    columns(found, STUDY_ROW)
    assert list(found) == sorted(found)
    assert found["00081190"] == {"vr": "UR", "Value": [standard.base + study_path(instance)]}
    assert found["00080061"] == {"vr": "CS", "Value": ["CT"]} and found["00080056"]["Value"] == ["ONLINE"]
    assert found["00201206"] == {"vr": "IS", "Value": [1]} and found["00201208"] == {"vr": "IS", "Value": [1]}
    assert found["00080005"]["Value"] == ["ISO_IR 192"]
    assert found["00080030"] == {"vr": "TM"} and found["00100030"] == {
        "vr": "DA"
    }, "always present, empty if no value"


def test_series_row(standard):
    instance = keep_on_standard(standard, image(Modality="CT", SeriesDescription="head"))
    found = row(standard, study_path(instance, "/series"))
    columns(found, SERIES_ROW)
    assert found["00081190"]["Value"] == [standard.base + series_path(instance)]
    assert found["00200011"] == {"vr": "IS"} and found["00201209"]["Value"] == [1]
    assert found["0008103E"]["Value"] == ["head"]


def test_instance_row(standard):
    instance = keep_on_standard(standard, image(InstanceNumber=4, frames=2))
    found = row(standard, series_path(instance, "/instances"))
    columns(found, INSTANCE_ROW)
    assert found["00081190"]["Value"] == [standard.base + path_of(instance)]
    assert (
        found["00280010"]["Value"] == [16]
        and found["00280008"]["Value"] == [2]
        and found["00280100"]["Value"] == [8]
    )


def test_rows_of_relational_searches(standard):
    """5.3: All Series adds the study row, All Instances study and series rows, Study's Instances the series
    row."""
    instance = keep_on_standard(standard, image(Modality="CT"))
    columns(row(standard, "/series", f"SeriesInstanceUID={instance.series}"), STUDY_ROW | SERIES_ROW)
    columns(
        row(standard, "/instances", f"SOPInstanceUID={instance.sop}"), STUDY_ROW | SERIES_ROW | INSTANCE_ROW
    )
    columns(row(standard, study_path(instance, "/instances")), SERIES_ROW | INSTANCE_ROW)


def test_values_that_are_no_dates_times_or_numbers_come_back_as_they_are(standard):
    """5.3: a row has the value that is there, however it is written; D10: it is no absent one. Old forms of
    dates and times are found by their meaning (5.4)."""
    instance = keep_on_standard(
        standard,
        plain(
            StudyDate=b"2024.01.31",
            StudyTime=b"10:10:10",
            PatientBirthDate=b"1950",
            SeriesDate=b"20240231",
            SeriesNumber=b"99999999999 ",
        ),
    )
    study = f"StudyInstanceUID={instance.study}"
    written = {"00080020": "2024.01.31", "00080030": "10:10:10", "00100030": "1950"}
    found = row(standard, "/studies", study)
    assert {tag: found[tag].get("Value") for tag in written} == {tag: [text] for tag, text in written.items()}
    series = row(standard, study_path(instance, "/series"), "includefield=SeriesDate")
    assert series["00200011"]["Value"] == [99999999999] and series["00080021"]["Value"] == ["20240231"]
    row(standard, "/studies", f"{study}&StudyDate=20240131&StudyTime=1000-1030")
    row(standard, "/series", f"{study}&SeriesNumber=99999999999")
    for absent in ("StudyDate", "PatientBirthDate"):
        assert search(standard, "/studies", f"{study}&{absent}=%22%22&emptyvaluematching=true") == []
    assert search(standard, "/studies", f"{study}&PatientBirthDate=19000101-20300101") == []


@pytest.mark.parametrize("query", ["", "&includefield=TimezoneOffsetFromUTC", "&includefield=all"])
def test_zones_of_studies_and_series(standard, query):
    """standard-face.md 5.3: TimezoneOffsetFromUTC is there when it is known, each level's own."""
    eastern = keep_on_standard(standard, image(TimezoneOffsetFromUTC="+0100"))
    western = keep_on_standard(standard, plain(StudyInstanceUID=eastern.study, TimezoneOffsetFromUTC="-0500"))
    unknown = keep_on_standard(standard, plain(StudyInstanceUID=eastern.study))
    found = row(standard, "/studies", f"StudyInstanceUID={eastern.study}{query}")
    assert found["00080201"] == {"vr": "SH", "Value": ["-0500"]}
    for instance, zone in ((eastern, "+0100"), (western, "-0500")):
        found = row(standard, "/series", f"SeriesInstanceUID={instance.series}{query}")
        assert found["00080201"] == {"vr": "SH", "Value": [zone]}
        found = row(standard, "/instances", f"SOPInstanceUID={instance.sop}{query}")
        assert found["00080201"] == {"vr": "SH", "Value": [zone]}
    found = row(standard, "/series", f"SeriesInstanceUID={unknown.series}{query}")
    assert not found.get("00080201", {}).get("Value")


def test_request_attributes_of_a_series(standard):
    item = Attributes(ScheduledProcedureStepID="SPS")
    instance = keep_on_standard(standard, plain(RequestAttributesSequence=[item]))
    (found,) = row(standard, study_path(instance, "/series"))["00400275"]["Value"]
    assert found["00400009"]["Value"] == ["SPS"] and found["00401001"] == {
        "vr": "SH"
    }, "both IDs are required inside"


def test_counts_are_of_the_whole_entity(standard):
    """5.3: not only the matching instances."""
    first = plain(Modality="CT")
    keep_on_standard(
        standard,
        first,
        sibling(first, SOPClassUID=CT, Modality="CT"),
        sibling(first, same_series=False, SOPClassUID=CT, Modality="MR"),
    )
    found = row(standard, "/studies", f"StudyInstanceUID={first.study}&ModalitiesInStudy=MR")
    assert found["00201206"]["Value"] == [2] and found["00201208"]["Value"] == [3]
    assert sorted(found["00080061"]["Value"]) == ["CT", "MR"]
    assert row(standard, study_path(first, "/series"), "Modality=CT")["00201209"]["Value"] == [2]


def test_matched_and_included_attributes_come_back(standard):
    """5.3: all match and include attributes of the row's own levels, also those without value."""
    instance = keep_on_standard(standard, plain(StudyDescription="text"))
    found = row(
        standard,
        "/studies",
        f"StudyInstanceUID={instance.study}&StudyDescription=*&includefield=PatientComments,00081080",
    )
    assert found["00081030"]["Value"] == ["text"]
    assert found["00081080"] == {"vr": "LO"} and found["00104000"] == {"vr": "LT"}


@pytest.mark.parametrize(
    "includes",
    [
        "includefield=00081030%2C00080060",
        "includefield=00081030&includefield=00080060",
        "includefield=StudyDescription,Modality",
    ],
)
def test_include_list_forms(standard, includes):
    """A lower level is skipped on study rows, and served on series rows."""
    instance = keep_on_standard(standard, plain(StudyDescription="text", Modality="CT"))
    study = row(standard, "/studies", f"StudyInstanceUID={instance.study}&{includes}")
    assert study["00081030"]["Value"] == ["text"] and "00080060" not in study
    series = row(standard, "/series", f"SeriesInstanceUID={instance.series}&{includes}")
    assert series["00081030"]["Value"] == ["text"] and series["00080060"]["Value"] == ["CT"]


@pytest.mark.parametrize(
    "query", ["includefield=all", "includefield=all,PatientID", "includefield=NoSuchKeyword"]
)
def test_all_and_unknown_includes(standard, query):
    instance = keep_on_standard(standard, plain(StudyDescription="text"))
    found = row(standard, "/studies", f"StudyInstanceUID={instance.study}&{query}")
    assert STUDY_ROW <= set(found)
    assert ("00081030" in found) == ("all" in query)


def test_all_on_instance_rows_is_the_whole_metadata(standard):
    instance = keep_on_standard(
        standard, image(PatientComments="note").put(0x00230010, "LO", b"ACME").put(0x00231001, "LO", b"v1")
    )
    found = row(standard, series_path(instance, "/instances"), "includefield=all")
    metadata = standard.metadata(path_of(instance))[0]
    assert {tag: found.get(tag) for tag in metadata} == metadata


def test_all_has_whole_sequences(standard):
    """5.3: the request attributes as well, of which the index keeps two IDs of the items that have one."""
    items = [
        Attributes(
            ScheduledProcedureStepID="S1", RequestedProcedureID="P1", RequestedProcedureDescription="head"
        ),
        Attributes(RequestedProcedureDescription="neck"),
    ]
    instance = keep_on_standard(standard, plain(RequestAttributesSequence=items))
    stored = standard.metadata(path_of(instance))[0]["00400275"]
    for path in ("/instances", study_path(instance, "/instances"), series_path(instance, "/instances")):
        query = f"SOPInstanceUID={instance.sop}&includefield=all"
        assert row(standard, path, query)["00400275"] == stored
    xml = standard.get(f"/instances?SOPInstanceUID={instance.sop}&includefield=all", XML_PARTS)
    assert b"neck" in expect.status(xml, 200).content


def test_all_values_are_shown(standard):
    """C.2.2.3: also those that an object has too many of, of which the first is compared."""
    values = {
        "StudyDescription": "one\\two",
        "PatientID": f"{word()}\\second",
        "ReferringPhysicianName": "Dr^A\\Dr^B=x",
        "InstitutionName": "here\\\\there",
    }
    instance = keep_on_standard(standard, plain(**values))
    by_first = f"PatientID={values['PatientID'].partition(chr(92))[0]}&StudyDescription=o*e"
    for path in ("/series", "/instances"):
        query = f"{by_first}&ReferringPhysicianName=dr^a&InstitutionName=here&includefield=InstitutionName"
        found = row(standard, path, query)
        assert found["00081030"]["Value"] == ["one", "two"]
        assert found["00100020"]["Value"] == values["PatientID"].split("\\")
        assert found["00080090"]["Value"] == [
            {"Alphabetic": "Dr^A"},
            {"Alphabetic": "Dr^B", "Ideographic": "x"},
        ]
        assert found["00080080"]["Value"] == ["here", None, "there"]
    assert search(standard, "/studies", f"StudyInstanceUID={instance.study}&StudyDescription=one*two") == []


@pytest.mark.parametrize(
    "make, listed",
    [
        (image, [makers.ELE]),
        (lambda: image(syntax=makers.IMPLICIT), [makers.ELE]),
        (lambda: image(syntax=makers.BIG_ENDIAN), [makers.ELE]),
        (lambda: image().deflated(), [makers.DEFLATED, makers.ELE]),
        (lambda: pixels.encapsulated(makers.J2K_LOSSLESS), [makers.J2K_LOSSLESS]),
        (lambda: pixels.encapsulated(makers.JPEG_BASELINE), [makers.JPEG_BASELINE]),
    ],
    ids=["explicit", "implicit", "big endian", "deflated", "lossless", "lossy"],
)
def test_available_transfer_syntaxes(standard, make, listed):
    """5.3: on instance rows when included; the stored syntax comes first, and each one can be had."""
    instance = keep_on_standard(standard, make())
    found = row(standard, series_path(instance, "/instances"), "includefield=AvailableTransferSyntaxUID")
    assert found["00083002"] == {"vr": "UI", "Value": listed}
    for each in listed:
        response = standard.get(path_of(instance), f"application/dicom; transfer-syntax={each}")
        assert dicomjson.read(expect.status(response, 200).content).file_meta.TransferSyntaxUID == each


def test_sequence_reduced_to_the_items_that_match(standard):
    items = [
        Attributes(ScheduledProcedureStepID="S1", RequestedProcedureID="P1"),
        Attributes(ScheduledProcedureStepID="S2", RequestedProcedureID="P2"),
    ]
    instance = keep_on_standard(standard, plain(RequestAttributesSequence=items))
    found = row(
        standard, study_path(instance, "/series"), "RequestAttributesSequence.ScheduledProcedureStepID=S2"
    )
    assert [each["00400009"]["Value"] for each in found["00400275"]["Value"]] == [["S2"]]


@pytest.mark.parametrize("path", ["/studies", "/series", "/instances"])
def test_no_match_is_an_empty_array(standard, path):
    """CP-2473: 200 and `[]`."""
    assert search(standard, path, f"PatientID={new_uid()}") == []


@pytest.mark.parametrize("resource", ["/series", "/instances", "/series/2.25.7/instances"])
def test_unknown_study(standard, resource):
    """D20."""
    assert search(standard, f"/studies/{new_uid()}{resource}") == []


def test_bad_uid_in_the_path(standard):
    expect.problem(standard.get("/studies/abc/series", JSON), 400)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", JSON, "application/*"])
def test_accept(standard, accept):
    response = expect.status(standard.get(f"/studies?PatientID={new_uid()}", accept), 200)
    assert response.headers["Content-Type"] == JSON


@pytest.mark.parametrize("accept", ["application/dicom", "text/html"])
def test_unacceptable(standard, accept):
    expect.problem(standard.get("/studies", accept), 406)


@pytest.mark.parametrize("count", [0, 2])
def test_xml(standard, count):
    """5.6: one document per match; without a match only the closing boundary."""
    patient = word()
    for _ in range(count):
        keep_on_standard(standard, plain(PatientID=patient))
    parts = expect.parts(standard.get(f"/studies?PatientID={patient}", XML_PARTS), count)
    for part in parts:
        assert part.media_type == "application/dicom+xml" and "content-location" not in part.headers
        assert ElementTree.fromstring(part.body).tag.endswith("NativeDicomModel")


def test_xml_around_a_boundary_that_was_stored(standard):
    """2.7: nobody can know the boundary of an answer beforehand."""
    patient = word()
    keep_on_standard(standard, plain(PatientID=patient))
    path = f"/studies?PatientID={patient}&includefield=PatientComments"
    boundary = multipart.parameter(standard.get(path, XML_PARTS).headers["Content-Type"], "boundary")
    keep_on_standard(standard, plain(PatientID=patient, PatientComments=f"a\r\n--{boundary}\r\n\r\nb"))
    response = standard.get(path, XML_PARTS)
    assert any(boundary.encode() in part.body for part in expect.parts(response, 2))
    own = multipart.parameter(response.headers["Content-Type"], "boundary")
    assert response.content.count(own.encode()) == 3


def several(standard, count):
    patient = word()
    made = [plain(PatientID=patient) for _ in range(count)]
    keep_on_standard(standard, *made)
    return made, patient


def test_paging_and_remaining(standard):
    """5.5: newest first, an exact number of what is left."""
    made, patient = several(standard, 5)
    newest_first = [each.study for each in reversed(made)]
    seen = []
    for offset, remaining in ((0, 3), (2, 1), (4, 0)):
        response = expect.status(
            standard.get(f"/studies?PatientID={patient}&limit=2&offset={offset}", JSON), 200
        )
        seen += [dicomjson.first(each, "0020000D") for each in response.json()]
        if remaining:
            assert (
                f"There are {remaining} additional results that can be requested"
                in response.headers["Warning"]
            )
            assert response.headers["Warning"].startswith("299 ")
        else:
            assert "Warning" not in response.headers
    assert seen == newest_first
    assert search(standard, "/studies", f"PatientID={patient}&offset=5") == []


def test_limits(standard):
    """`limit=0` is legal, a limit above the server's maximum is cut, not refused."""
    _, patient = several(standard, 2)
    assert search(standard, "/studies", f"PatientID={patient}&limit=0") == []
    assert len(search(standard, "/studies", f"PatientID={patient}&limit=4000000000")) == 2


def test_order_inside_a_study(standard):
    """5.5: series by Series Number, instances by Series Number and Instance Number."""
    first = plain(SeriesNumber=10, InstanceNumber=2)
    others = [
        sibling(first, SOPClassUID=CT, SeriesNumber=10, InstanceNumber=1),
        sibling(first, False, SOPClassUID=CT, SeriesNumber=9, InstanceNumber=30),
    ]
    keep_on_standard(standard, first, *others)
    assert [each["00200011"]["Value"] for each in search(standard, study_path(first, "/series"))] == [
        [9],
        [10],
    ]
    assert dicomjson.instance_uids(search(standard, study_path(first, "/instances"))) == [
        others[1].sop,
        others[0].sop,
        first.sop,
    ]


def test_latest_value_of_a_study(standard):
    first = plain(StudyDescription="old")
    keep_on_standard(standard, first, sibling(first, SOPClassUID=CT, StudyDescription="new"))
    assert row(standard, "/studies", f"StudyInstanceUID={first.study}&includefield=StudyDescription")[
        "00081030"
    ]["Value"] == ["new"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060",
        "PatientName=*doe*",
        "ModalitiesInStudy=US,CT",
        "StudyDate=19700102-20191231&limit=101&offset=0&fuzzymatching=true&includefield=00081030%2C00080060",
    ],
)
def test_queries_of_viewers(standard, query):
    """9.1."""
    search(standard, "/studies", query)


def test_query_of_a_slide_reader(standard):
    """9.1, wsidicom."""
    first = image(Modality="SM")
    second = sibling(first, False, SOPClassUID=CT, Modality="SM")
    keep_on_standard(standard, first, second)
    query = f"SOPClassUID={CT}&SeriesInstanceUID={first.series},{second.series}&Modality=SM&includefield=AvailableTransferSyntaxUID"
    assert len(search(standard, study_path(first, "/instances"), query)) == 2


def test_deleted_study_is_not_found(standard):
    instance = keep_on_standard(standard, plain())
    expect.status(standard.delete(study_path(instance)), 204)
    assert search(standard, "/studies", f"StudyInstanceUID={instance.study}") == []


@pytest.mark.parametrize("accept", [JSON, XML_PARTS])
def test_long_answers(standard, accept):
    """More rows with whole documents than the server holds at once; each is complete and in its place."""
    first = plain(PatientID=word())
    files = [first, *(sibling(first, SOPClassUID=CT, PatientComments=f"note {n}") for n in range(1, 130))]
    expect.status(standard.store(files), 200)
    query = f"/instances?PatientID={first.value('PatientID')}&includefield=all&offset=5"
    response = expect.status(standard.get(query, accept), 200)
    newest_first = [each.sop for each in reversed(files)][5:]
    if accept == XML_PARTS:
        values = [
            ElementTree.fromstring(part.body).findtext(".//{*}DicomAttribute[@tag='00080018']/{*}Value")
            for part in expect.parts(response)
        ]
        assert values == newest_first
        return
    assert dicomjson.instance_uids(response.json()) == newest_first
    notes = [dicomjson.first(found, "00104000") for found in response.json()[:-1]]
    assert notes == [f"note {n}" for n in range(124, 0, -1)]
