"""Settings that change what the faces answer: standard-face.md 0.2, 3.1 and 4.3; dicomweb.md 4.5.3 and 13. Each
test starts a server of its own; the defaults are tested beside the resources."""

import base64
import json

import pytest

from support import expect, multipart, pixels
from support.cases import CT, DICOM_PARTS, OCTET_PARTS, STORED, image, keep_on_standard, plain
from support.client import ANY_INSTANCE, JSON, Face, path_of, series_path, study_path
from support.expect import WARNING_REASON
from support.makers import ELE, MPEG2, Attributes, sibling

pytestmark = [pytest.mark.own_process, pytest.mark.own_settings]

MIXED = 'multipart/related; type="application/dicom", image/png'


def found(face, query, path="/studies"):
    """PatientIDs of the rows that a search gives, sorted."""
    rows = expect.status(face.search(path, query), 200).json()
    return sorted(row["00100020"].get("Value", [""])[0] for row in rows)


# --- standard.strict_accept (D1, D2)


def test_strict_accept_wants_an_accept(configured):
    """D1: 406 on every resource that is negotiated; the parameter stands for the header."""
    face = configured("standard.strict_accept=true")
    instance = keep_on_standard(face, image())
    for path in (
        study_path(instance),
        series_path(instance),
        path_of(instance),
        path_of(instance, "/frames/1"),
        path_of(instance, "/bulkdata/7FE00010"),
        study_path(instance, "/metadata"),
        "/studies",
    ):
        expect.problem(face.get(path), 406)
        expect.status(face.get(path, "*/*"), 200)
    expect.status(face.get("/studies?accept=application/dicom%2Bjson"), 200)
    expect.problem(face.request("OPTIONS", "/"), 406)


def test_strict_accept_never_refuses_data(configured):
    """D17 holds here, too."""
    face = configured("standard.strict_accept=true")
    expect.status(face.store([image()], accept=None), 200)


def test_strict_accept_refuses_mixed_types(configured):
    """D2: 400 (18:8.7.5)."""
    face = configured("standard.strict_accept=true")
    instance = keep_on_standard(face, image())
    expect.problem(face.get(path_of(instance), MIXED), 400)
    expect.problem(face.get("/studies", f"{JSON}, image/png"), 400)
    expect.problem(face.get(path_of(instance, "/metadata"), f"{JSON}, text/html"), 400)
    expect.status(face.get(path_of(instance), f'{DICOM_PARTS}, multipart/related; type="*/*"'), 200)


# --- standard.strict_query (D8)


@pytest.mark.parametrize(
    "query, name",
    [
        ("nosuchparameter=1", "nosuchparameter"),
        ("Occupation=x", "Occupation"),
        ("PatientName=x&NoSuchKeyword=y", "NoSuchKeyword"),
    ],
)
def test_strict_query(configured, query, name):
    face = configured("standard.strict_query=true")
    problem = expect.problem(face.search("/studies", query), 400)
    assert problem["parameter"] == name
    expect.status(face.search("/studies", "PatientName=x&limit=3&includefield=NoSuchKeyword"), 200)
    assert expect.problem(face.get("/changefeed?cursor=0&offset=3"), 400)["parameter"] == "offset"


# --- standard.partial_retrieve (D6)


@pytest.mark.parametrize("path", [study_path, series_path], ids=["study", "series"])
def test_partial_retrieve_refused(configured, path):
    face = configured("standard.partial_retrieve=refuse")
    first = image()
    second = pixels.encapsulated(MPEG2, StudyInstanceUID=first.study, SeriesInstanceUID=first.series)
    keep_on_standard(face, first, second)
    problem = expect.problem(face.get(path(first), f"{DICOM_PARTS}; transfer-syntax={ELE}"), 406)
    assert f"{DICOM_PARTS}; transfer-syntax=*" in problem["available"]
    expect.same_files(face.get(path(first), DICOM_PARTS + STORED), first, second)
    expect.problem(face.get(path(first, "/pixeldata"), f"{OCTET_PARTS}; transfer-syntax={ELE}"), 406)


# --- standard.answer_gone (D7)


def test_deletion_is_not_told(configured):
    """404 in the very words of what was never there."""
    face = configured("standard.answer_gone=false")
    instance, never = keep_on_standard(face, image()), image()
    expect.status(face.delete(study_path(instance)), 204)
    for path in (study_path, series_path, path_of):
        for resource in ("", "/metadata"):
            gone = expect.problem(face.get(path(instance, resource)), 404)
            absent = expect.problem(face.get(path(never, resource)), 404)
            assert gone["detail"] == absent["detail"]
        expect.problem(face.delete(path(instance)), 404)


# --- standard.unknown_matches (D10)


def test_unknown_values_match(configured):
    face = configured("standard.unknown_matches=true")
    keep_on_standard(
        face,
        plain(PatientID="known", PatientName="Doe^Jane", StudyDate="20240101", Modality="CT", StudyID="7"),
        plain(PatientID="other", PatientName="Roe^Rae", StudyDate="20230101", Modality="MR", StudyID="8"),
        plain(PatientID="empty", PatientName=b"", StudyDate=b"", Modality=b"", StudyID=b""),
        plain(PatientID="absent").remove("PatientName"),
    )
    for query in (
        "PatientName=doe*",
        "PatientName=doe&fuzzymatching=true",
        "StudyDate=20240101",
        "StudyDate=20231231-",
        "StudyDate=20231231-20240102&StudyTime=1000-1200",
        "ModalitiesInStudy=CT",
        "StudyID=7",
    ):
        assert found(face, query) == ["absent", "empty", "known"], query
    assert found(face, "PatientID=known") == ["known"]
    assert found(face, "PatientName=doe*&PatientID=other") == []


def test_items_with_unknown_values_are_shown(configured):
    """What makes a series match stands in its row."""
    face = configured("standard.unknown_matches=true")
    instance = plain(RequestAttributesSequence=[Attributes(ScheduledProcedureStepID="S1")])
    keep_on_standard(face, instance)
    sequence = "RequestAttributesSequence"
    query = f"{sequence}.ScheduledProcedureStepID=S1&{sequence}.RequestedProcedureID=R9"
    (row,) = face.get(f"/series?{query}", JSON).json()
    (item,) = row["00400275"]["Value"]
    assert item["00400009"]["Value"] == ["S1"]


# --- standard.duplicates (D18)


def changed(instance):
    return sibling(instance, SOPClassUID=CT, SOPInstanceUID=instance.sop, StudyDescription="changed")


def test_duplicates_kept(configured):
    """A success, and the stored one stays."""
    face = configured("standard.duplicates=keep")
    instance = keep_on_standard(face, image())
    response = expect.status(face.store([changed(instance)]), 200)
    assert expect.stored_uids(response) == [instance.sop] and "Location" not in response.headers
    assert expect.parts(face.get(path_of(instance), DICOM_PARTS + STORED), 1)[0].body == instance.data
    assert len(face.get("/changefeed?cursor=0").json()["entries"]) == 1


def test_duplicates_replaced(configured):
    """The new one takes its place everywhere at once; identical bytes change nothing."""
    face = configured("standard.duplicates=replace")
    instance = keep_on_standard(face, image())
    tag = face.get(path_of(instance, "/metadata"), JSON).headers["ETag"]
    other = changed(instance)
    for _ in range(2):
        response = expect.status(face.store([other]), 200)
        assert expect.stored_uids(response) == [instance.sop]
    assert expect.parts(face.get(path_of(instance), DICOM_PARTS + STORED), 1)[0].body == other.data
    metadata = expect.status(face.get(path_of(instance, "/metadata"), JSON), 200)
    assert metadata.headers["ETag"] != tag and metadata.json()[0]["00081030"]["Value"] == ["changed"]
    rows = expect.status(face.search("/instances", f"SOPInstanceUID={instance.sop}"), 200).json()
    assert len(rows) == 1 and rows[0]["00201208"]["Value"] == [1]
    entries = face.get("/changefeed?cursor=0").json()["entries"]
    assert [(each["action"], each["state"]) for each in entries] == [
        ("Create", "Replaced"),
        ("Create", "Current"),
    ]


def test_duplicates_replaced_within_one_request(configured):
    face = configured("standard.duplicates=replace")
    instance = image()
    other = changed(instance)
    expect.status(face.store([instance, other]), 200)
    assert expect.parts(face.get(path_of(instance), DICOM_PARTS + STORED), 1)[0].body == other.data


# --- standard.validate (4.3)


def test_invalid_values_are_told(configured):
    """Stored as they are, 202 and B007; what is valid has no warning."""
    face = configured("standard.validate=warn")
    bad, good = plain(StudyDate="never"), plain()
    response = expect.status(face.store([bad, good]), 202)
    assert expect.stored_uids(response) == [bad.sop, good.sop]
    first, second = expect.items(response, expect.REFERENCED)
    assert first[WARNING_REASON] == {"vr": "US", "Value": [0xB007]} and WARNING_REASON not in second
    assert expect.parts(face.get(path_of(bad), DICOM_PARTS + STORED), 1)[0].body == bad.data
    assert face.metadata(path_of(bad))[0]["00080020"]["Value"] == ["never"]


def test_log_of_invalid_values(spawn, http):
    """The attributes and the request, neither values nor UIDs."""
    server = spawn("--set", "standard.validate=warn").start()
    bad = plain(StudyDate="never")
    response = expect.status(Face(http, server.base + "/dicom-web", "dicom-web").store([bad]), 202)
    assert server.stop() == 0
    (line,) = [line for line in server.text().splitlines() if "stored_with_invalid_values" in line]
    event = json.loads(line)
    assert event["request_id"] == response.headers["X-Request-Id"] and "00080020" in event["attributes"]
    assert "never" not in line and bad.sop not in server.text() and bad.study not in server.text()


@pytest.mark.parametrize(
    "instance, warned",
    [
        (lambda: plain(Modality="far too long for a code string"), True),
        (lambda: plain(StudyDescription=["one", "two"]), True),
        (lambda: plain(RequestAttributesSequence=[Attributes(ScheduledProcedureStepStartDate="x")]), True),
        (lambda: plain().remove("PatientID"), True),
        (lambda: plain(PatientID=b""), False),
        (lambda: image(), False),
    ],
    ids=["value", "multiplicity", "nested", "no PatientID", "empty PatientID", "image"],
)
def test_what_is_told(configured, instance, warned):
    face = configured("standard.validate=warn")
    response = expect.status(face.store([instance()]), 202 if warned else 200)
    assert (WARNING_REASON in expect.items(response, expect.REFERENCED)[0]) == warned


# --- storage.inline_limit (3.1)


@pytest.mark.parametrize(
    "limit, size, linked", [(0, 2, True), (4000, 4000, False), (4000, 4002, True), (1024, 1024, False)]
)
def test_limit_of_inline_values(configured, limit, size, linked):
    face = configured(f"storage.inline_limit={limit}")
    value = bytes(range(250)) * 17
    instance = keep_on_standard(face, plain().put(0x00281201, "OW", value[:size]))
    element = face.metadata(path_of(instance))[0]["00281201"]
    if linked:
        body = expect.status(face.get(element["BulkDataURI"], "application/octet-stream"), 200).content
        assert body == value[:size]
    else:
        assert element == {"vr": "OW", "InlineBinary": base64.b64encode(value[:size]).decode()}
    assert multipart.decode(face.get(path_of(instance), DICOM_PARTS + STORED))[0].body == instance.data


def test_inline_limit_keeps_to_pixel_data(configured):
    """Pixel Data is linked whatever its size."""
    face = configured("storage.inline_limit=100000")
    instance = keep_on_standard(face, image())
    assert "BulkDataURI" in face.metadata(path_of(instance))[0]["7FE00010"]


# --- versioned.full_validation (dicomweb.md 4.5.3) and versioned.empty_search (13, row 20)


def with_bad_sequence():
    instance = plain(PatientBirthDate="19700101")
    instance["RequestAttributesSequence"] = [Attributes(PatientBirthDate="never", StudyDate="20240101")]
    return instance


def test_full_validation_fails_instances_on_v1(configured):
    face = configured("versioned.full_validation=true", face="v1")
    response = expect.status(face.store_single(with_bad_sequence().data), 409)
    assert [reason for _, reason in expect.failures(response)] == [43264]
    comments = expect.comments(expect.items(response, expect.FAILED)[0])
    assert len(comments) == 1 and comments[0].startswith("DICOM100: (0040,0275) - ")
    expect.status(face.store_single(plain(PatientSex="not a code").data), 409)
    expect.status(face.store_single(plain().data), 200)


def test_full_validation_drops_sequences_on_v2(configured):
    face = configured("versioned.full_validation=true", face="v2")
    instance = with_bad_sequence()
    response = expect.status(face.store_single(instance.data), 202)
    comments = expect.comments(expect.items(response, expect.REFERENCED)[0])
    assert len(comments) == 1 and comments[0].startswith("DICOM100: (0040,0275) - ")
    metadata = face.metadata(path_of(instance))[0]
    assert "00400275" not in metadata and metadata["00100030"]["Value"] == ["19700101"]
    expect.file(face.get(path_of(instance), ANY_INSTANCE), instance.data)


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_empty_search_as_an_empty_list(configured, name):
    face = configured("versioned.empty_search=200", face=name)
    response = expect.status(face.search("/studies", "PatientID=nobody"), 200)
    assert expect.media_type(response) == JSON and response.json() == []


# --- limits (1.3, 4.4, 4.5)


def test_instance_over_the_limit(configured):
    """A700H for it alone; the others are stored."""
    small, large = plain(), image(rows=64, columns=64)
    face = configured(f"storage.max_instance_bytes={len(small.data) + 100}")
    response = expect.status(face.store([large, small]), 202)
    assert expect.stored_uids(response) == [small.sop]
    reasons = [each[expect.FAILURE_REASON]["Value"][0] for each in expect.items(response, expect.OTHER_FAILURES)]
    assert reasons == [0xA700]


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_body_over_the_limit(configured, chunked):
    face = configured("server.max_body_bytes=1000")
    instance = image(rows=64, columns=64)
    body = iter([instance.data]) if chunked else instance.data
    expect.problem(face.store_single(body), 413)
    expect.problem(face.get(path_of(instance), DICOM_PARTS), 404)


# --- addresses in links (2.7)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "pacs.example"},
        {"Forwarded": "for=192.0.2.1;proto=https;host=pacs.example"},
    ],
    ids=["X-Forwarded", "Forwarded"],
)
@pytest.mark.parametrize("trusted", [True, False])
def test_addresses_behind_a_proxy(configured, headers, trusted):
    """The headers of a trusted proxy count, those of anybody else do not."""
    face = configured(f"server.trusted_proxies={'127.0.0.1' if trusted else '192.0.2.9'}")
    instance = keep_on_standard(face, plain())
    rows = face.search("/studies", f"StudyInstanceUID={instance.study}", headers=headers).json()
    base = "https://pacs.example/dicom-web" if trusted else face.base
    assert rows[0]["00081190"]["Value"] == [base + study_path(instance)]


# --- wrong values


@pytest.mark.parametrize(
    "key, value, allowed",
    [
        ("standard.strict_accept", "yes", "true or false"),
        ("standard.strict_query", "1", "true or false"),
        ("standard.partial_retrieve", "206", "give, refuse"),
        ("standard.answer_gone", "410", "true or false"),
        ("standard.unknown_matches", "", "true or false"),
        ("standard.duplicates", "overwrite", "refuse, keep, replace"),
        ("standard.validate", "strict", "off, warn"),
        ("storage.inline_limit", "1048577", "0 to 1048576"),
        ("versioned.full_validation", "on", "true or false"),
        ("versioned.empty_search", "404", "204, 200"),
    ],
)
def test_wrong_value_is_refused(spawn, key, value, allowed):
    """At the start, with name and what is allowed."""
    server = spawn("--set", f"{key}={value}").launch()
    assert server.wait() != 0
    assert server.base is None and key in server.text() and allowed in server.text(), server.text()
