"""Store of Part 10 files on /dicom-web: standard-face.md section 4."""

import json
import socket
import time
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from support import expect, makers, multipart, pixels
from support.cases import CT, DICOM_PARTS, STORED, image, location, plain
from support.client import JSON, Face, path_of, study_path
from support.expect import FAILED, OTHER_FAILURES, REFERENCED, RETRIEVE_URL
from support.makers import BIG_ENDIAN, IMPLICIT, Instance, new_uid, sibling

PARTS_TYPE = multipart.content_type("limit")


def post(standard, body, content_type=PARTS_TYPE, study=None, accept=JSON, **headers):
    return standard.request(
        "POST", standard.store_path(study), accept, {"Content-Type": content_type, **headers}, data=body
    )


def encoded(*instances, opening=b""):
    return multipart.encode([getattr(each, "data", each) for each in instances], "limit", opening)


def stored(response, *instances):
    """200 with one object: Retrieve URL and these instances."""
    expect.status(response, 200)
    assert response.headers["Content-Type"] == JSON, "a client compares the string"
    body = response.json()
    assert set(body) == {RETRIEVE_URL, REFERENCED}
    assert expect.stored_uids(response) == [each.sop for each in instances]
    return body


def other_reasons(response):
    found = expect.items(response, OTHER_FAILURES)
    assert all(set(item) == {expect.FAILURE_REASON} for item in found), "Failure Reason only"
    return [item[expect.FAILURE_REASON]["Value"][0] for item in found]


@pytest.mark.parametrize("study_in_path", [False, True], ids=["studies", "one study"])
def test_multipart(standard, study_in_path):
    first = image()
    second = sibling(first, SOPClassUID=CT)
    body = stored(
        post(standard, encoded(first, second), study=first.study if study_in_path else None), first, second
    )
    assert body[RETRIEVE_URL] == {"vr": "UR", "Value": [standard.base + study_path(first)]}
    for item, instance in zip(body[REFERENCED]["Value"], (first, second)):
        assert set(item) == {expect.SOP_CLASS, expect.SOP_INSTANCE, RETRIEVE_URL}
        assert item[RETRIEVE_URL]["Value"] == [location(standard, instance)]
        assert item[expect.SOP_CLASS]["Value"] == [CT]
    for instance in (first, second):
        assert expect.parts(standard.get(path_of(instance), DICOM_PARTS + STORED), 1)[0].body == instance.data


@pytest.mark.parametrize(
    "content_type",
    [
        "application/dicom",
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
        "Application/DICOM; charset=utf-8",
    ],
)
def test_single_part(standard, content_type):
    instance = image()
    stored(post(standard, instance.data, content_type), instance)


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/related; type="application/dicom"; boundary="limit"',
        "multipart/related; boundary=limit; type=application/dicom",
        "multipart/related; boundary=limit",
        'Multipart/Related; Type="Application/Dicom"; Boundary=limit; start="<a>"; charset=utf-8',
    ],
)
def test_parameters_of_the_content_type(standard, content_type):
    instance = image()
    stored(post(standard, encoded(instance), content_type), instance)


@pytest.mark.parametrize(
    "opening", [b"\r\n", b"  \r\n", b"This is a preamble.\r\n"], ids=["crlf", "blanks", "text"]
)
def test_before_the_first_boundary(standard, opening):
    instance = image()
    stored(post(standard, encoded(instance, opening=opening)), instance)


def test_part_headers_in_any_order_and_case(standard):
    instance = image()
    headers = {
        "content-LENGTH": str(len(instance.data)),
        "CONTENT-type": "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
        "Content-Location": "x",
    }
    stored(post(standard, multipart.encode([(headers, instance.data)], "limit")), instance)


def test_lf_only_line_ends(standard):
    instance = image()
    body = b"--limit\nContent-Type: application/dicom\n\n" + instance.data + b"\n--limit--\n"
    stored(post(standard, body), instance)


def test_chunked(standard):
    instance = image()
    body = encoded(instance)
    stored(post(standard, (body[start : start + 100] for start in range(0, len(body), 100))), instance)


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG_ENDIAN, "1.2.840.10008.1.2.4.999"])
def test_any_syntax_is_kept(standard, syntax):
    """4.1. The third one is unknown; its data set is read as explicit VR little endian."""
    instance = plain(syntax=syntax)
    stored(post(standard, encoded(instance)), instance)


@pytest.mark.parametrize("accept", ["image/png", "application/dicom", "not a range"])
def test_accept_never_refuses_data(standard, accept):
    """D17."""
    instance = image()
    stored(post(standard, encoded(instance), accept=accept), instance)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", JSON])
def test_accept_of_the_answer(standard, accept):
    instance = image()
    stored(post(standard, encoded(instance), accept=accept), instance)


def test_xml_answer(standard):
    response = expect.status(post(standard, encoded(image()), accept="application/dicom+xml"), 200)
    assert expect.media_type(response) == "application/dicom+xml"
    assert b"NativeDicomModel" in response.content and b'tag="00081199"' in response.content


def test_location_of_what_is_new(standard):
    """4.4: the instance if only one, else the one study."""
    single, first = image(), image()
    response = post(standard, encoded(single))
    assert response.headers["Location"] == response.headers["Content-Location"] == location(standard, single)
    response = post(standard, encoded(first, sibling(first, SOPClassUID=CT)))
    assert (
        response.headers["Location"]
        == response.headers["Content-Location"]
        == standard.base + study_path(first)
    )


def test_two_studies_have_no_common_url(standard):
    """4.5: Retrieve URL is empty then."""
    body = stored(post(standard, encoded(first := image(), second := image())), first, second)
    assert body[RETRIEVE_URL] == {"vr": "UR"}


def test_one_bad_among_good(standard):
    first = image()
    second = sibling(first, SOPClassUID=CT)
    response = expect.status(post(standard, encoded(first, b"junk", second)), 202)
    assert expect.stored_uids(response) == [first.sop, second.sop]
    assert FAILED not in response.json()
    assert other_reasons(response) == [0xC000]


def test_nothing_readable_stored(standard):
    response = expect.status(post(standard, encoded(b"junk", b"")), 409)
    assert response.headers["Content-Type"] == JSON
    assert other_reasons(response) == [0xC000, 0xC000]
    assert response.json()[RETRIEVE_URL] == {"vr": "UR"}


def test_truncated_file(standard):
    instance = image()
    response = expect.status(post(standard, instance.data[:-20], "application/dicom"), 409)
    reasons = other_reasons(response) + [reason for _, reason in expect.failures(response)]
    assert reasons == [0xC000]
    expect.problem(standard.get(path_of(instance), DICOM_PARTS), 404)


@pytest.mark.parametrize("missing", [8, 9], ids=["delimiter", "fragment"])
def test_encapsulated_pixel_data_cut_off(standard, missing):
    """What lacks only the last delimiter cannot be told from what lacks the other frames, too."""
    instance = pixels.encapsulated(makers.RLE)
    response = expect.status(post(standard, instance.data[:-missing], "application/dicom"), 409)
    reasons = other_reasons(response) + [reason for _, reason in expect.failures(response)]
    assert reasons == [0xC000]
    expect.problem(standard.get(path_of(instance), DICOM_PARTS), 404)


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID"])
def test_missing_sop_uids(standard, keyword):
    """4.5: failures without known UIDs go to Other Failures; 4.5's table gives A900 for a missing mandatory
    UID."""
    response = expect.status(post(standard, plain().remove(keyword).data, "application/dicom"), 409)
    assert FAILED not in response.json()
    assert other_reasons(response) == [0xA900]


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
def test_missing_study_or_series(standard, keyword):
    instance = plain().remove(keyword)
    response = expect.status(post(standard, instance.data, "application/dicom"), 409)
    assert expect.failures(response) == [(instance.sop, 0xA900)]
    assert set(expect.items(response, FAILED)[0]) == {
        expect.SOP_CLASS,
        expect.SOP_INSTANCE,
        expect.FAILURE_REASON,
    }


@pytest.mark.parametrize("uid", ["abc", "1.2.", "1" * 65])
def test_bad_study_uid_in_the_file(standard, uid):
    instance = plain().put(0x0020000D, "UI", uid.encode() + b"\0" * (len(uid) % 2))
    response = expect.status(post(standard, instance.data, "application/dicom"), 409)
    assert expect.failures(response) == [(instance.sop, 0xA900)]


def test_empty_patient_id_is_fine(standard):
    instance = plain(PatientID=b"")
    stored(post(standard, encoded(instance)), instance)


def test_other_defects_are_stored(standard):
    """4.3: `validate=off` by default."""
    instance = plain(StudyDate="never", Modality="far too long for a code string")
    stored(post(standard, encoded(instance)), instance)


def test_other_study_than_in_the_path(standard):
    first, second = image(), image()
    response = expect.status(post(standard, encoded(first, second), study=first.study), 202)
    assert expect.stored_uids(response) == [first.sop]
    assert expect.failures(response) == [(second.sop, 0xA900)]
    assert response.json()[RETRIEVE_URL]["Value"] == [standard.base + study_path(first)]


def test_all_in_another_study(standard):
    instance = image()
    response = expect.status(post(standard, encoded(instance), study=new_uid()), 409)
    assert REFERENCED not in response.json() and response.json()[RETRIEVE_URL] == {"vr": "UR"}


def test_identical_duplicate_is_a_success(standard):
    """D18: identical bytes; nothing changes."""
    instance = image()
    stored(post(standard, encoded(instance)), instance)
    tag = standard.get(path_of(instance, "/metadata"), JSON).headers["ETag"]
    again = post(standard, encoded(instance))
    stored(again, instance)
    assert standard.get(path_of(instance, "/metadata"), JSON).headers["ETag"] == tag


def test_different_duplicate_is_a_failure(standard):
    instance = image()
    stored(post(standard, encoded(instance)), instance)
    other = Instance(
        SOPClassUID=CT,
        StudyInstanceUID=instance.study,
        SeriesInstanceUID=instance.series,
        SOPInstanceUID=instance.sop,
    )
    response = expect.status(post(standard, encoded(other)), 409)
    assert expect.failures(response) == [(instance.sop, 0x0111)]
    assert expect.parts(standard.get(path_of(instance), DICOM_PARTS), 1)[0].body == instance.data


@pytest.mark.parametrize(
    "content_type, body",
    [
        ('multipart/related; type="application/dicom"', b"--limit--\r\n"),
        (PARTS_TYPE, b""),
        (PARTS_TYPE, b"--limit--\r\n"),
        (PARTS_TYPE, b"no boundary at all"),
        ("application/dicom+json", b"[{"),
        ("application/dicom+xml", b"<NativeDicomModel>"),
    ],
    ids=["no boundary parameter", "empty", "no part", "no boundary line", "JSON syntax", "XML syntax"],
)
def test_body_that_cannot_be_read(standard, content_type, body):
    expect.problem(post(standard, body, content_type), 400)


def test_bad_study_in_the_path(standard):
    expect.problem(post(standard, encoded(image()), study="abc"), 400)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/json+dicom",
        "multipart/form-data; boundary=limit",
        'multipart/related; type="text/plain"; boundary=limit',
    ],
)
def test_content_type_of_the_request(standard, content_type):
    problem = expect.problem(post(standard, encoded(image()), content_type), 415)
    assert any("application/dicom" in each for each in problem["available"])


def test_content_coding_that_cannot_be_undone(standard):
    """1.3."""
    expect.problem(post(standard, encoded(image()), **{"Content-Encoding": "no-such-coding"}), 415)


def test_unknown_type_of_one_part(standard):
    """4.1: that part fails, the others are stored."""
    instance = image()
    body = multipart.encode([({"Content-Type": "text/plain"}, b"note"), instance.data], "limit")
    response = expect.status(post(standard, body), 202)
    assert expect.stored_uids(response) == [instance.sop]
    assert len(other_reasons(response)) == 1


def test_unknown_type_of_all_parts(standard):
    body = multipart.encode([({"Content-Type": "text/plain"}, b"note")], "limit")
    expect.problem(post(standard, body), 415)


def test_body_breaks_off_after_a_complete_part(standard):
    """4.4: complete parts are kept, 202 and an item in Other Failures."""
    first, second = image(), image()
    response = expect.status(post(standard, encoded(first, second)[:-200]), 202)
    assert expect.stored_uids(response) == [first.sop]
    assert len(other_reasons(response)) == 1


def test_long_answer(standard):
    """4.5: however many instances there are, each is told of; the answer is made while it is sent."""
    kept = [image() for _ in range(150)]
    response = expect.status(post(standard, encoded(*kept, *[b"no DICOM"] * 150)), 202)
    assert expect.stored_uids(response) == [each.sop for each in kept]
    assert other_reasons(response) == [0xC000] * 150
    assert set(response.json()) == {RETRIEVE_URL, REFERENCED, expect.OTHER_FAILURES}


BOUNDARY_LINES = pytest.mark.parametrize(
    "line", [b"\r\n--lim", b"\r\n--limit", b"\r\n--limit-", b"\r\n--limit\r"], ids=["name", "line", "hyphen", "CR"]
)


@BOUNDARY_LINES
def test_body_breaks_off_inside_a_boundary_line(standard, line):
    """4.4: the part before it is complete."""
    instance = image()
    body = encoded(instance).removesuffix(b"\r\n--limit--\r\n") + line
    response = expect.status(post(standard, body), 202)
    assert expect.stored_uids(response) == [instance.sop]
    assert other_reasons(response) == [0xC000]
    expect.file(standard.get(path_of(instance), "application/dicom"), instance.data)


@pytest.mark.parametrize(
    "rest",
    [b"", b"Content-Ty", b"Content-Type: application/dicom\r\n", b"Content-Type: application/dicom\r\n\r\n"],
    ids=["boundary line", "header name", "header line", "empty line"],
)
def test_body_breaks_off_between_parts(standard, rest):
    """4.4: after a boundary line another part was to come."""
    instance = image()
    body = encoded(instance).removesuffix(b"--\r\n") + b"\r\n" + rest
    response = expect.status(post(standard, body), 202)
    assert expect.stored_uids(response) == [instance.sop]
    assert other_reasons(response) == [0xC000]


@pytest.mark.parametrize("rest", [b"", b"Content-Type: application/dicom\r\n"], ids=["boundary line", "header"])
def test_body_breaks_off_before_any_part(standard, rest):
    """4.4: no part, so nothing is readable."""
    expect.problem(post(standard, b"--limit\r\n" + rest), 400)


def half_sent(base, body, announced):
    """A connection on which this much of a multipart store has been sent."""
    address = urlsplit(base)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    head = (
        f"POST {address.path}/studies HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: {JSON}\r\n"
        f"Content-Type: {PARTS_TYPE}\r\nContent-Length: {announced}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


def answer_on(connection):
    answer = HTTPResponse(connection)
    answer.begin()
    return answer.status, json.loads(answer.read())


def wait_for(standard, instance):
    deadline = time.monotonic() + 30
    while standard.get(path_of(instance, "/metadata"), JSON).status_code != 200:
        assert time.monotonic() < deadline, "the complete part was not kept"
        time.sleep(0.02)


def test_connection_closes_after_a_complete_part(standard):
    """4.4: nobody is left to be answered, and the part is kept all the same."""
    first, second = image(), image()
    body = encoded(first, second)
    half_sent(standard.base, body[:-200], len(body)).close()
    wait_for(standard, first)
    expect.problem(standard.get(path_of(second), DICOM_PARTS), 404)


def test_connection_closes_inside_a_boundary_line(standard):
    instance = image()
    body = encoded(instance)
    half_sent(standard.base, body.removesuffix(b"--\r\n"), len(body)).close()
    wait_for(standard, instance)


def test_client_ends_its_side_after_a_complete_part(standard):
    first, second = image(), image()
    body = encoded(first, second)
    with half_sent(standard.base, body[:-200], len(body)) as connection:
        connection.shutdown(socket.SHUT_WR)
        status, module = answer_on(connection)
    assert status == 202
    assert [item[expect.SOP_INSTANCE]["Value"][0] for item in module[REFERENCED]["Value"]] == [first.sop]
    assert module[OTHER_FAILURES]["Value"] == [{expect.FAILURE_REASON: {"vr": "US", "Value": [0xC000]}}]


@pytest.mark.own_process
def test_client_stalls_after_a_complete_part(spawn, http):
    """4.4 if a part is complete; else the time-out is all there is to tell."""
    server = spawn("--set", "server.body_timeout_ms=300").start()
    standard = Face(http, server.base + "/dicom-web", "dicom-web")
    first, second = image(), image()
    body = encoded(first, second)
    with half_sent(standard.base, body[:-200], len(body)) as connection:
        status, module = answer_on(connection)
    assert status == 202 and len(module[OTHER_FAILURES]["Value"]) == 1
    wait_for(standard, first)
    with half_sent(standard.base, encoded(second)[:-200], len(body)) as connection:
        status, _ = answer_on(connection)
    assert status == 408
    expect.problem(standard.get(path_of(second), DICOM_PARTS), 404)
    server.stop()


def test_preamble_is_zeroed(standard):
    instance = image()
    stored(post(standard, b"MZ" + b"\x90" * 126 + instance.data[128:], "application/dicom"), instance)
    assert expect.parts(standard.get(path_of(instance), DICOM_PARTS), 1)[0].body == instance.data


def test_faces_share_their_data(standard, v2):
    instance = image()
    stored(post(standard, encoded(instance)), instance)
    expect.file(v2.get(path_of(instance), 'application/dicom; transfer-syntax="*"'), instance.data)
