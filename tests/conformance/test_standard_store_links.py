"""Links between metadata and bulk parts on /dicom-web: standard-face.md 4.2."""

import json

import pytest

from support import expect, makers, pixels
from support.cases import DICOM_PARTS, STORED
from support.client import JSON, path_of
from support.described import XML, dataset, image_module, xml_of


def received(standard, target):
    return pixels.parse(expect.parts(standard.get(path_of(target), DICOM_PARTS + STORED), 1)[0].body)


@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("below", [False, True], ids=["RFC 3986", "request URI as a folder"])
def test_relative_links(standard, pinned, below):
    """4.2: both resolved against the request URI; a sender may also mean what is below it."""
    pixel_bytes = makers.random_bytes(64)
    target, body = dataset(**image_module(8, 8, "bulk/1"))
    path = f"/studies/{target.study}" if pinned else "/studies"
    location = standard.base + (path if below else path.rpartition("/")[0]) + "/bulk/1"
    parts = [
        ({"Content-Type": JSON}, json.dumps([body]).encode()),
        ({"Content-Type": "application/octet-stream", "Content-Location": location}, pixel_bytes),
    ]
    expect.status(standard.store(parts, target.study if pinned else None, root_type=JSON), 200)
    assert received(standard, target).PixelData == pixel_bytes


@pytest.mark.parametrize("uri", ["", None])
def test_link_to_nothing(standard, uri):
    """4.2: as a link whose part is missing."""
    target, body = dataset(**image_module(8, 8, uri))
    response = expect.status(standard.store_single(json.dumps([body]), content_type=JSON), 409)
    assert expect.failures(response) == [(target.sop, 0xC000)]


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain; charset=utf-8"])
@pytest.mark.parametrize("form", ["JSON", "XML"])
def test_text_in_a_bulk_part(standard, form, kind):
    """4.2: text is UTF-8, and (0008,0005) says so whatever part it came in."""
    text = "ä ö"
    target, body = dataset()
    if form == "JSON":
        body |= {"00100010": {"vr": "PN"}, "0040A160": {"vr": "UT", "BulkDataURI": "u"}}
        root_type, described = JSON, json.dumps([body]).encode()
    else:
        link = '<DicomAttribute tag="0040A160" vr="UT"><BulkData uri="u"/></DicomAttribute>'
        root_type, described = XML, xml_of(target, link).replace("Ræ".encode(), b"Rae")
    parts = [
        ({"Content-Type": root_type}, described),
        ({"Content-Type": kind, "Content-Location": "u"}, text.encode()),
    ]
    expect.status(standard.store(parts, root_type=root_type), 200)
    file = received(standard, target)
    assert file.SpecificCharacterSet == "ISO_IR 192" and file.TextValue == text
