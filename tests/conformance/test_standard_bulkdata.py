"""Bulk data on /dicom-web: standard-face.md 3.1 and 3.4."""

import pytest

from support import expect, makers, pixels
from support.cases import ANY_PARTS, CT, OCTET_PARTS, STORED, image, keep_on_standard, location, plain
from support.client import JSON, path_of, series_path, study_path
from support.makers import Attributes

PDF = b"%PDF-1.4\n" + b"x" * 2001
ACCEPTS = pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "application/octet-stream",
        OCTET_PARTS,
        ANY_PARTS,
        OCTET_PARTS + STORED,
        "application/pdf, " + OCTET_PARTS,
    ],
)


def linked(standard, instance):
    """tag path -> BulkDataURI of everything that the metadata replaces by a link."""
    body = expect.status(standard.get(path_of(instance, "/metadata"), JSON), 200).json()[0]
    found = {}

    def walk(attributes, where):
        for tag, member in attributes.items():
            if "BulkDataURI" in member:
                found[where + tag] = member["BulkDataURI"]
            if member["vr"] == "SQ":
                for number, item in enumerate(member.get("Value", []), 1):
                    walk(item, f"{where}{tag}/{number}/")

    walk(body, "")
    return found


def body_of(response):
    """The value, from a single-part or a multipart answer."""
    expect.status(response, 200)
    if expect.media_type(response) == "multipart/related":
        return expect.parts(response, 1)[0].body
    return response.content


def nested():
    """A large private value, a nested icon and a nested large value."""
    icon = pixels.describe(Attributes(), 8, 8).put(0x7FE00010, "OB", makers.random_bytes(64))
    instance = image()
    instance.put(0x00880200, "SQ", [icon])
    instance.put(0x00230010, "LO", b"ACME").put(0x00231001, "OB", makers.random_bytes(1026))
    instance.put(
        0x00081140, "SQ", [Attributes(), Attributes().put(0x00231001, "UN", makers.random_bytes(2000))]
    )
    return instance


def test_what_is_linked(standard):
    """3.1: above 1 024 bytes at any depth; 1 024 and less inline. A nested icon's Pixel Data is "other" and
    inline when small."""
    instance = nested()
    instance.put(0x00231002, "OB", makers.random_bytes(1024))
    links = linked(standard, keep_on_standard(standard, instance))
    assert links == {
        path: location(standard, instance, f"/bulkdata/{path}")
        for path in ("7FE00010", "00231001", "00081140/2/00231001")
    }


@ACCEPTS
def test_every_link_answers_every_accept(standard, accept):
    instance = keep_on_standard(standard, nested())
    values = {
        "7FE00010": instance.frames[0],
        "00231001": instance.elements[0x00231001][1],
        "00081140/2/00231001": instance.elements[0x00081140][1][1].elements[0x00231001][1],
    }
    for path, uri in linked(standard, instance).items():
        assert body_of(standard.get(uri, accept)) == values[path]


@pytest.mark.parametrize("accept", [None, "*/*", "application/octet-stream"])
def test_single_part_form(standard, accept):
    instance = keep_on_standard(standard, image())
    response = expect.status(standard.get(path_of(instance, "/bulkdata/7FE00010"), accept), 200)
    assert expect.media_type(response) == "application/octet-stream"


def test_part_headers(standard):
    instance = keep_on_standard(standard, image())
    part = expect.parts(standard.get(path_of(instance, "/bulkdata/7FE00010"), OCTET_PARTS), 1)[0]
    assert part.content_type == f"application/octet-stream; transfer-syntax={makers.ELE}"
    assert part.headers["content-location"] == location(standard, instance, "/bulkdata/7FE00010")


def encapsulated_pdf():
    return plain(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", MIMETypeOfEncapsulatedDocument="application/pdf"
    ).put(0x00420011, "OB", PDF + b"\0" * (len(PDF) % 2))


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/pdf", 'multipart/related; type="application/pdf"', "application/*"]
)
def test_document_has_its_own_type(standard, accept):
    instance = keep_on_standard(standard, encapsulated_pdf())
    uri = linked(standard, instance)["00420011"]
    response = expect.status(standard.get(uri, accept), 200)
    multipart = accept and accept.startswith("multipart")
    part_type = expect.parts(response, 1)[0].media_type if multipart else expect.media_type(response)
    assert part_type == "application/pdf"
    assert body_of(response).startswith(PDF)


@pytest.mark.parametrize(
    "accept, part_type",
    [
        (ANY_PARTS, "application/pdf"),
        ('multipart/related; type="application/pdf"', "application/pdf"),
        (OCTET_PARTS, "application/octet-stream"),
    ],
)
def test_documents_among_all_bulk_data(standard, accept, part_type):
    """3.4: as they are given one by one; the multipart is labelled by its first part (RFC 2387 3.1)."""
    instance = keep_on_standard(standard, encapsulated_pdf())
    response = expect.status(standard.get(path_of(instance, "/bulkdata"), accept), 200)
    part = expect.parts(response, 1)[0]
    assert part.media_type == part_type and part.body.startswith(PDF)
    assert f'type="{part_type}"' in response.headers["Content-Type"]


@pytest.mark.parametrize(
    "kind, attached, sandboxed",
    [
        ("text/html", True, True),
        ("text/xml", True, True),
        ("image/svg+xml", True, True),
        ("application/zip", True, True),
        ("image/png", False, True),
        ("application/pdf", False, False),
    ],
)
def test_a_document_is_no_page_of_the_archive(standard, kind, attached, sandboxed):
    """What was stored acts in no browser as a page of this origin; pictures and PDF may still be looked at, the
    latter not in a sandbox, where no browser shows it."""
    page = b"<html><script>alert(document.domain)</script></html>"
    instance = plain(MIMETypeOfEncapsulatedDocument=kind).put(0x00420011, "OB", page)
    keep_on_standard(standard, instance)
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    def check(response):
        assert ("attachment" in response.headers.get("Content-Disposition", "")) == attached
        assert ("sandbox" in response.headers["Content-Security-Policy"].split(";")) == sandboxed
        assert response.headers["X-Content-Type-Options"] == "nosniff"

    found = expect.status(standard.get(path_of(instance, "/bulkdata/00420011"), accept), 200)
    assert expect.media_type(found) == kind
    check(found)
    headers = {"If-None-Match": found.headers["ETag"]}
    check(expect.status(standard.get(path_of(instance, "/bulkdata/00420011"), accept, headers=headers), 304))


@pytest.mark.parametrize("resource", ["/bulkdata", "/bulkdata/7FE00010", "/pixeldata"])
def test_bulk_data_stand_in_a_sandbox(standard, resource):
    instance = keep_on_standard(standard, image())
    response = expect.status(standard.get(path_of(instance, resource), None), 200)
    assert response.headers["Content-Security-Policy"].startswith("sandbox;")
    assert response.headers["Content-Disposition"] == "attachment"


def test_small_document_is_still_a_link(standard):
    instance = plain(MIMETypeOfEncapsulatedDocument="application/pdf").put(0x00420011, "OB", b"%PDF")
    assert set(linked(standard, keep_on_standard(standard, instance))) == {"00420011"}


def test_waveform_data(standard):
    """3.1: (5400,0100) > (5400,1010) always is a link."""
    item = Attributes().put(0x54001004, "US", 16).put(0x54001010, "OW", b"\1\2\3\4")
    instance = keep_on_standard(standard, plain().put(0x54000100, "SQ", [item]))
    links = linked(standard, instance)
    assert set(links) == {"54000100/1/54001010"}
    assert body_of(standard.get(links["54000100/1/54001010"])) == b"\1\2\3\4"


def test_compressed_pixel_data_one_part_per_frame(standard):
    """2.4, 3.4: image types for encapsulated pixel data, the same location for all frames."""
    instance = keep_on_standard(standard, pixels.encapsulated(makers.JPEG_BASELINE, frames=3, SOPClassUID=CT))
    uri = linked(standard, instance)["7FE00010"]
    parts = expect.parts(standard.get(uri, ANY_PARTS), 3)
    assert [part.body for part in parts] == instance.frames
    assert {part.content_type for part in parts} == {f"image/jpeg; transfer-syntax={makers.JPEG_BASELINE}"}
    assert {part.headers["content-location"] for part in parts} == {uri}


@pytest.mark.parametrize("path", [path_of, series_path, study_path], ids=["instance", "series", "study"])
@pytest.mark.parametrize(
    "resource, accept",
    [("/bulkdata", OCTET_PARTS), ("", OCTET_PARTS)],
    ids=["bulkdata", "octets of the object"],
)
def test_all_bulk_data(standard, path, resource, accept):
    """3.4; 2.3: `multipart/related; type="application/octet-stream"` on an object equals its /bulkdata."""
    instance = keep_on_standard(standard, nested())
    parts = expect.parts(standard.get(path(instance, resource), accept), 3)
    assert {part.headers["content-location"] for part in parts} == set(linked(standard, instance).values())


def test_big_endian_values_are_turned(standard):
    """3.4: O* values in little endian whatever the stored byte order."""
    instance = pixels.native(bits=16, syntax=makers.BIG_ENDIAN, SOPClassUID=CT)
    keep_on_standard(standard, instance)
    raw = instance.frames[0]
    swapped = bytes(byte for pair in zip(raw[1::2], raw[::2]) for byte in pair)
    assert body_of(standard.get(path_of(instance, "/bulkdata/7FE00010"))) == swapped


@pytest.mark.parametrize("path", ["00100010", "7FE00011", "00880200/9/7FE00010", "x", "00880200/0/7FE00010"])
def test_link_that_leads_nowhere(standard, path):
    """Absent or not bulk data: 404; a path that is none: 400 or 404, the standard is silent on opaque
    URIs."""
    instance = keep_on_standard(standard, image())
    expect.problem(standard.get(path_of(instance, f"/bulkdata/{path}")), 400, 404)


def test_nothing_to_give(standard):
    instance = keep_on_standard(standard, plain())
    expect.problem(standard.get(path_of(instance, "/bulkdata/7FE00010")), 404)


def test_unacceptable(standard):
    instance = keep_on_standard(standard, image())
    expect.problem(standard.get(path_of(instance, "/bulkdata/7FE00010"), "text/html"), 406)
