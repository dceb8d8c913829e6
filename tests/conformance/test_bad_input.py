"""Hostile and broken bytes: a clear answer, nothing half stored, and nobody else notices. Section 4 of both texts."""

import socket
import struct
import threading
from urllib.parse import urlsplit

import pytest

from support import expect, multipart
from support.cases import STORED, image, plain
from support.client import JSON, path_of
from support.makers import ELE, Attributes, Instance, rng, sibling

UNDEFINED = b"\xff\xff\xff\xff"
SEQUENCE = struct.pack("<HH", 0x0040, 0x0275) + b"SQ\0\0"
ITEM = struct.pack("<HH", 0xFFFE, 0xE000)
ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def beside_a_good_one(standard, bad):
    """Sends the bytes between two good files of one request. The good ones are kept, the bad one is named as failed."""
    first = image()
    last = sibling(first, SOPClassUID=first.sop_class)
    response = expect.status(standard.store([first, bad, last]), 202)
    assert expect.stored_uids(response) == [first.sop, last.sop], response.text[:400]
    failed = expect.items(response, expect.FAILED) + expect.items(response, expect.OTHER_FAILURES)
    assert len(failed) == 1 and failed[0][expect.FAILURE_REASON]["Value"][0] > 0, response.text[:400]
    for each in (first, last):
        expect.file(standard.get(path_of(each), "application/dicom" + STORED), each.data)
    return failed[0]


def with_tail(tail):
    """A good head of a file, then these bytes as its next elements."""
    return plain().data + tail


def long_element(group, number, vr, length, value):
    return struct.pack("<HH", group, number) + vr + b"\0\0" + struct.pack("<I", length) + value


def nested(depth, undefined):
    if undefined:
        head = (SEQUENCE + UNDEFINED + ITEM + UNDEFINED) * depth
        return head + (ITEM_END + SEQUENCE_END) * depth
    body = b""
    for _ in range(depth):
        body = SEQUENCE + struct.pack("<I", len(body) + 8) + ITEM + struct.pack("<I", len(body)) + body
    return body


@pytest.mark.parametrize("share", [0.02, 0.2, 0.33, 0.5, 0.75, 0.9, 0.999])
def test_file_is_cut_off(standard, share):
    """The last element is the pixel data, so no cut leaves a whole file."""
    data = image(Rows=64, Columns=64).data
    beside_a_good_one(standard, data[: int(len(data) * share)])


@pytest.mark.parametrize(
    "tail",
    [
        long_element(0x0040, 0xA730, b"UN", 0xFFFFFFFE, b"abcd"),
        long_element(0x7FE0, 0x0010, b"OB", 0x7FFFFFFF, b"abcd"),
        long_element(0x7FE0, 0x0010, b"OB", 0xFFFFFFFE, b""),
        struct.pack("<HH", 0x0040, 0x0254) + b"LO" + struct.pack("<H", 0xFFFE) + b"ab",
        SEQUENCE + struct.pack("<I", 8) + ITEM + struct.pack("<I", 0x7FFFFFFE),
        SEQUENCE + struct.pack("<I", 0x7FFFFFF0) + ITEM + struct.pack("<I", 0),
        long_element(0x7FE0, 0x0010, b"OB", 0xFFFFFFFF, ITEM + struct.pack("<I", 0x7FFFFFFE)),
        long_element(0x7FE0, 0x0010, b"OB", 0xFFFFFFFF, b"this is no item"),
        struct.pack("<HH", 0x0040, 0x0254) + b"\x01\x02" + struct.pack("<H", 2) + b"ab",
    ],
)
def test_length_lies(standard, tail):
    beside_a_good_one(standard, with_tail(tail))


@pytest.mark.parametrize("undefined", [True, False], ids=["undefined length", "defined length"])
def test_ten_thousand_sequences_deep(standard, undefined):
    beside_a_good_one(standard, with_tail(nested(10_000, undefined)))


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.parametrize("value", [None, b"", b"1.2.x ", b"../../etc/passwd", b"1" * 66, b"1.2\0\0.3 "])
def test_uid_is_missing_or_none(standard, keyword, value):
    instance = plain()
    if value is None:
        instance.remove(keyword)
    else:
        instance[keyword] = value
    beside_a_good_one(standard, instance.data)


def test_the_same_uid_twice_in_one_request(standard):
    """4.4: two different files under one UID: the first is kept, the second fails."""
    first = image()
    second = sibling(first, SOPInstanceUID=first.sop, SOPClassUID=first.sop_class, InstanceNumber="7")
    response = expect.status(standard.store([first, second]), 202)
    assert expect.stored_uids(response) == [first.sop]
    expect.file(standard.get(path_of(first), "application/dicom" + STORED), first.data)


@pytest.mark.parametrize(
    "tail",
    [
        SEQUENCE + UNDEFINED + ITEM + UNDEFINED + SEQUENCE_END,
        SEQUENCE + struct.pack("<I", 8) + SEQUENCE_END,
        Attributes(PatientName="Twice").encode(),
    ],
    ids=["item without delimiter", "only a delimiter", "element twice"],
)
def test_small_faults_are_read_over(standard, tail):
    """A delimiter before another one and a repeated element lose nothing: the file is kept as it came."""
    instance = plain()
    data = instance.data + tail
    expect.status(standard.store([data]), 200)
    expect.file(standard.get(path_of(instance), "application/dicom" + STORED), data)
    assert len(standard.metadata(path_of(instance))) == 1


@pytest.mark.parametrize(
    "tail",
    [SEQUENCE + UNDEFINED + ITEM + UNDEFINED, SEQUENCE + UNDEFINED + ITEM + struct.pack("<I", 0)],
    ids=["open item", "open sequence"],
)
def test_sequences_that_never_end_are_refused(standard, tail):
    """No reader can tell how much of them was cut off."""
    beside_a_good_one(standard, plain().data + tail)


@pytest.mark.parametrize("syntax", ["1.2.3", "nonsense", "1.2.840.10008.1.2.1.99"])
def test_transfer_syntax_that_the_bytes_do_not_follow(standard, syntax):
    """Unknown, no UID; the last says deflated, and the bytes are not."""
    instance = Instance(syntax=syntax)
    response = expect.status(standard.store([image(), instance]), 200, 202)
    if instance.sop in expect.stored_uids(response):
        received = standard.get(path_of(instance), "application/dicom" + STORED)
        expect.file(received, instance.data)


def test_a_file_that_names_no_transfer_syntax_leaves_with_the_one_it_has(standard):
    """standard-face.md 2.7: always with `transfer-syntax`. Its data set stays as it is."""
    instance = Instance(syntax="")
    expect.status(standard.store([instance]), 200)
    received = expect.status(standard.get(path_of(instance), "application/dicom" + STORED), 200)
    assert received.headers["Content-Type"] == f"application/dicom; transfer-syntax={ELE}"
    assert ELE.encode() in received.content[:400]
    end_of_meta = 144 + int.from_bytes(instance.data[140:144], "little")
    assert received.content.endswith(instance.data[end_of_meta:])


@pytest.mark.parametrize(
    "content_type, body",
    [
        (multipart.content_type("one"), multipart.encode([b"x"], "other")),
        (multipart.content_type("x" * 5000), multipart.encode([b"x"], "x" * 5000)),
        ('multipart/related; type="application/dicom"; boundary=""', b"--\r\n\r\nx\r\n----\r\n"),
        ('multipart/related; type="application/dicom"; boundary="', b"--\r\n\r\nx\r\n----\r\n"),
        (multipart.content_type("one"), b"--one\r\n" + b"X-Header: y\r\n" * 100_000 + b"\r\nx\r\n--one--\r\n"),
        (multipart.content_type("one"), b"--one\r\n" + b"x" * 1_000_000),
        (multipart.content_type("one"), b"\r\n--one" * 10_000),
        (multipart.content_type("one"), rng.randbytes(100_000)),
    ],
    ids=["another", "long", "empty", "open quote", "endless headers", "endless header", "only boundaries", "noise"],
)
def test_framing_is_broken(standard, content_type, body):
    response = standard.request("POST", "/studies", JSON, {"Content-Type": content_type}, data=body)
    # 415 where it is the Content-Type that cannot be read.
    expect.status(response, 400, 415)
    assert response.text.strip(), "the refusal gives no reason"


def cut_connection(base, data, announced):
    """Announces more than it sends, and goes away."""
    address = urlsplit(base)
    head = (
        f"POST {address.path}/studies HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/dicom\r\n"
        f"Content-Length: {announced}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode() + data)


def test_client_goes_away_in_the_middle(standard):
    instance = image()
    for share in (0.1, 0.5, 0.999):
        cut_connection(standard.base, instance.data[: int(len(instance.data) * share)], len(instance.data))
    expect.status(standard.get(path_of(instance), "application/dicom" + STORED), 404)
    expect.status(standard.store([instance]), 200)


def test_bad_requests_do_not_disturb_good_ones(standard):
    """Four clients send noise while this one stores and reads."""
    stop, problems = threading.Event(), []
    whole = image(Rows=64, Columns=64).data
    noise = [whole[:-100], with_tail(nested(10_000, True)), with_tail(SEQUENCE + b"\x08\0\0\0" + ITEM), rng.randbytes(50_000)]

    def annoy(data):
        while not stop.is_set():
            response = standard.store([data, data])
            if response.status_code != 409:
                problems.append(f"{response.status_code}: {response.text[:200]}")
                return

    annoyers = [threading.Thread(target=annoy, args=(data,)) for data in noise]
    for annoyer in annoyers:
        annoyer.start()
    try:
        for _ in range(25):
            instance = image()
            expect.status(standard.store([instance]), 200)
            expect.file(standard.get(path_of(instance), "application/dicom" + STORED), instance.data)
    finally:
        stop.set()
        for annoyer in annoyers:
            annoyer.join()
    assert not problems, problems


@pytest.mark.parametrize("name", ["v1", "v2", "standard"])
def test_a_wrong_type_is_refused_before_the_body_is_asked_for(request, name):
    """RFC 9110 10.1.1: who waits for 100 Continue learns by its head alone that the body is not wanted."""
    base = request.getfixturevalue(name).base
    address = urlsplit(base)
    head = (
        f"POST {address.path}/studies HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: text/html\r\n"
        "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 415"
