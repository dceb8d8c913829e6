"""What a store on /dicom-web keeps when some of it is bad, and what it says: standard-face.md 4.3 to 4.5."""

import gzip
import json
import re
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from support import expect, multipart
from support.cases import image, plain
from support.client import JSON, Face, path_of
from support.described import XML, Described, dataset, xml_of
from support.expect import OTHER_FAILURES, REFERENCED
from support.makers import sibling

PARTS_TYPE = multipart.content_type("limit")


def post(standard, body, content_type=PARTS_TYPE, **headers):
    return standard.request("POST", "/studies", JSON, {"Content-Type": content_type, **headers}, data=body)


def post_json(standard, *datasets):
    return standard.store_single(json.dumps(datasets), content_type=JSON)


def encoded(*instances):
    return multipart.encode([getattr(each, "data", each) for each in instances], "limit")


def other_reasons(response):
    return [item[expect.FAILURE_REASON]["Value"][0] for item in expect.items(response, OTHER_FAILURES)]


GROUP = 64
"""Instances that are committed together: the ones below are more, so that some are stored before the bad end."""


def many():
    first = plain()
    return [first, *(sibling(first, StudyInstanceUID=first.study) for _ in range(GROUP + 5))]


def kept_but_for_one(standard, response, instances, reason=0xC000):
    expect.status(response, 202)
    assert expect.stored_uids(response) == [each.sop for each in instances]
    assert other_reasons(response) == [reason]
    found = standard.get(f"/studies/{instances[0].study}/instances?limit=200", JSON).json()
    assert len(found) == len(instances)


BAD_PARTS = {
    "ill-formed header line": b"Content-Type application dicom\r\n\r\nx",
    "huge header line": b"Content-Type: " + b"a" * 100_000 + b"\r\n\r\nx",
    "broken XML": b"Content-Type: application/dicom+xml\r\n\r\n<x",
    "broken JSON": b"Content-Type: application/dicom+json\r\n\r\n[{",
    "JSON that is no DICOM": b"Content-Type: application/dicom+json\r\n\r\n3",
    "no metadata": b"Content-Type: application/dicom+json\r\n\r\n[]",
    "bulk data alone": b"Content-Type: application/octet-stream\r\nContent-Location: x\r\n\r\nx",
}


@pytest.mark.parametrize("part", BAD_PARTS.values(), ids=BAD_PARTS)
@pytest.mark.parametrize("last", [True, False], ids=["last", "in the middle"])
def test_one_bad_part_spoils_no_other(standard, part, last):
    """4.3: neither those committed before it, nor those that wait for it."""
    instances = many()
    behind = [] if last else [plain()]
    body = encoded(*instances).removesuffix(b"--\r\n") + b"\r\n" + part + b"\r\n" + encoded(*behind)
    response = post(standard, body)
    expect.status(response, 202)
    assert expect.stored_uids(response) == [each.sop for each in instances + behind]
    assert other_reasons(response) == [0xC000]
    for each in (instances[0], instances[-1], *behind):
        expect.file(standard.get(path_of(each), "application/dicom"), each.data)


@pytest.mark.parametrize("part", BAD_PARTS.values(), ids=BAD_PARTS)
def test_nothing_but_a_bad_part(standard, part):
    """4.4: not readable at all."""
    expect.problem(post(standard, b"--limit\r\n" + part + b"\r\n--limit--\r\n"), 400)


def test_framing_breaks_after_complete_parts(standard):
    instances = many()
    body = encoded(*instances).removesuffix(b"--\r\n") + b"  x\r\n"
    kept_but_for_one(standard, post(standard, body), instances)


@pytest.mark.parametrize("flaw", ["cut", "noise at the end", "noise in the middle"])
def test_gzip_breaks_after_complete_parts(standard, flaw):
    instances = many()
    packed = gzip.compress(encoded(*instances).removesuffix(b"--\r\n"), 0)
    tail = {"cut": b"", "noise at the end": bytes(8), "noise in the middle": b"\xff" * 200_000}[flaw]
    headers = {"Content-Encoding": "gzip"}
    kept_but_for_one(standard, post(standard, packed[:-8] + tail, **headers), instances)


def send_chunks(standard, *pieces):
    """The answer to a chunked store of these bytes, with which the connection stays open."""
    address = urlsplit(standard.base)
    head = (
        f"POST {address.path}/studies HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: {JSON}\r\n"
        f"Content-Type: {PARTS_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode() + b"".join(pieces))
        answer = HTTPResponse(connection)
        answer.begin()
        return answer.status, json.loads(answer.read())


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def check_module(answer, instances, reason):
    status, module = answer
    assert status == 202
    assert len(module[REFERENCED]["Value"]) == len(instances)
    assert module[OTHER_FAILURES]["Value"] == [{expect.FAILURE_REASON: {"vr": "US", "Value": [reason]}}]


def test_chunks_break_after_complete_parts(standard):
    instances = many()
    body = encoded(*instances).removesuffix(b"--\r\n")
    check_module(send_chunks(standard, chunk(body), b"zz\r\n"), instances, 0xC000)


@pytest.mark.own_process
def test_limits_are_met_after_complete_parts(spawn, http):
    """4.4: what came within them is kept, A700H for the rest."""
    server = spawn(
        *("--set", "server.max_body_bytes=3000000", "--set", "server.request_memory_bytes=1500000")
    ).start()
    standard = Face(http, server.base + "/dicom-web", "dicom-web")
    instances = many()
    body = encoded(*instances).removesuffix(b"--\r\n") + b"\r\nContent-Type: application/dicom\r\n\r\n"
    too_large = plain().data + bytes(3_000_001 - len(body))
    check_module(send_chunks(standard, chunk(body), chunk(too_large)[:-2]), instances, 0xA700)
    instances = many()
    body = encoded(*instances).removesuffix(b"--\r\n") + b"\r\n"
    text = b"Content-Type: application/dicom+json\r\n\r\n[" + b" " * 2_000_000 + b"]\r\n--limit--\r\n"
    kept_but_for_one(standard, post(standard, body + text), instances, 0xA700)
    server.stop()


def warnings(response):
    return [each.strip() for each in response.headers.get("Warning", "").split(", 299 ")]


def test_why_instances_are_refused(standard):
    """4.5 has but codes; 10.5.3.2 of the standard offers Warning. The first few are told, without values."""
    good, named = image(), image(PatientName="Doe^Zebra")
    response = expect.status(post(standard, encoded(good, named.data[:-20], b"no DICOM")), 202)
    part_two, part_three = warnings(response)
    assert re.fullmatch(r"299 [^ :]+: part 2: .{10,}", part_two)
    assert re.fullmatch(r"[^ :]+: part 3: .*DICOM.*", part_three)
    assert "Zebra" not in part_two and named.sop not in part_two
    assert not post(standard, encoded(image())).headers.get("Warning")
    alone = expect.status(post(standard, named.data[:-20], "application/dicom"), 409)
    assert re.fullmatch(r"299 [^ :]+: (?!part ).{10,}", alone.headers["Warning"])
    many_bad = expect.status(post(standard, encoded(*[b"no DICOM"] * 500)), 409)
    assert len(warnings(many_bad)) < 20 and "more" in warnings(many_bad)[-1]


BAD_ATTRIBUTES = [
    {"00280010": {"vr": "US", "Value": ["x"]}},
    {"00280010": {"vr": "US", "Value": [65536]}},
    {"00420011": {"vr": "OB", "InlineBinary": "!!"}},
    {"00081140": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [{}]}}]}},
    {"00081140": "x"},
    {"no keyword": {"vr": "LO"}},
]


@pytest.mark.parametrize("change", BAD_ATTRIBUTES, ids=str)
def test_one_bad_data_set_spoils_no_other(standard, change):
    """4.3. That it could not be understood is known together with its UIDs: (0008,1198)."""
    (first, one), (target, bad), (last, three) = dataset(), dataset(**change), dataset()
    response = expect.status(post_json(standard, one, bad, three), 202)
    assert expect.stored_uids(response) == [first.sop, last.sop]
    assert expect.failures(response) == [(target.sop, 0xC000)]
    expect.status(standard.get(path_of(last), "application/dicom"), 200)
    assert ": data set 2: " in response.headers["Warning"], "4.5: which one and why"
    alone = expect.status(post_json(standard, bad), 409)
    assert expect.failures(alone) == [(target.sop, 0xC000)]


@pytest.mark.parametrize("bad", [3, None, {"00280010": {"vr": "US", "Value": ["x"]}}], ids=str)
def test_one_data_set_that_nobody_can_name(standard, bad):
    """4.5: without UIDs it belongs to (0008,119A)."""
    target, good = dataset()
    response = expect.status(post_json(standard, bad, good), 202)
    assert expect.stored_uids(response) == [target.sop]
    assert other_reasons(response) == [0xC000]


BAD_XML = {
    "value": '<DicomAttribute tag="00280010" vr="US"><Value number="1">x</Value></DicomAttribute>',
    "base64": '<DicomAttribute tag="00420011" vr="OB"><InlineBinary>!!</InlineBinary></DicomAttribute>',
    "number": '<DicomAttribute tag="00080008" vr="CS"><Value number="0">x</Value></DicomAttribute>',
    "no tag": '<DicomAttribute vr="US"/>',
}


@pytest.mark.parametrize("more", BAD_XML.values(), ids=BAD_XML)
def test_one_bad_document_spoils_no_other(standard, more):
    """4.3."""
    first, target, last = Described(), Described(), Described()
    documents = [xml_of(first), xml_of(target, more), xml_of(last)]
    response = standard.store([({"Content-Type": XML}, each) for each in documents], root_type=XML)
    expect.status(response, 202)
    assert expect.stored_uids(response) == [first.sop, last.sop]
    assert expect.failures(response) == [(target.sop, 0xC000)]
    alone = expect.status(standard.store_single(documents[1], content_type=XML), 409)
    assert expect.failures(alone) == [(target.sop, 0xC000)]


@pytest.mark.parametrize("document", [b"<NativeDicomModel><x>", b"<Other/>", b""], ids=["ill-formed", "other root", "empty"])
def test_one_unreadable_document_spoils_no_other(standard, document):
    first, last = Described(), Described()
    documents = [xml_of(first), document, xml_of(last)]
    response = standard.store([({"Content-Type": XML}, each) for each in documents], root_type=XML)
    expect.status(response, 202)
    assert expect.stored_uids(response) == [first.sop, last.sop]
    assert other_reasons(response) == [0xC000]
    expect.problem(standard.store_single(document, content_type=XML), 400)
