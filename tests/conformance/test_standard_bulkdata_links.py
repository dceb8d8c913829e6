"""Every BulkDataURI that metadata names leads to its value: standard-face.md 3.1 and 3.4, over real and made files."""

import struct
import warnings

import pydicom
import pytest
from pydicom.encaps import generate_frames, generate_fragments

from support import dicomjson, expect, makers, multipart, pixels, samples
from support.cases import ANY_PARTS, CT, OCTET_PARTS, STORED, plain
from support.client import JSON, path_of
from support.makers import Attributes, Fragments

PIXEL_DATA = "7FE00010"
CELLS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8, "FL": 4, "FD": 8}


def links(attributes, where=""):
    """path -> (VR, BulkDataURI) of everything that is linked, at any depth."""
    found = {}
    for tag, member in attributes.items():
        if "BulkDataURI" in member:
            found[where + tag] = (member["vr"], member["BulkDataURI"])
        if member["vr"] == "SQ":
            for number, item in enumerate(member.get("Value", []), 1):
                found |= links(item, f"{where}{tag}/{number}/")
    return found


def bodies(response):
    expect.status(response, 200)
    if expect.media_type(response) == "multipart/related":
        return [part.body for part in multipart.decode(response)]
    return [response.content]


def element_at(dataset, path):
    """The element as it was read, and the data set that holds it."""
    *above, tag = path.split("/")
    for sequence, number in zip(above[::2], above[1::2]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dataset[int(sequence, 16)].value[int(number) - 1]
    return dataset.get_item(int(tag, 16)), dataset


def turned(value, unit):
    return b"".join(value[n : n + unit][::-1] for n in range(0, len(value), unit))


def value_by_pydicom(dataset, path, vr):
    """What the link must give, one bytes object a part."""
    element, holder = element_at(dataset, path)
    value = element.value
    if not isinstance(value, bytes):
        numbers = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
        return [struct.pack(f"<{len(numbers)}{'f' if vr == 'FL' else 'd'}", *numbers)]
    if getattr(element, "length", None) == 0xFFFFFFFF or getattr(element, "is_undefined_length", False):
        if path != PIXEL_DATA:
            return [b"".join(generate_fragments(value))]
        return list(generate_frames(value, number_of_frames=int(holder.get("NumberOfFrames", 1) or 1)))
    unit = CELLS.get(vr, 1)
    if path == PIXEL_DATA and vr == "OW":
        unit = max(unit, int(holder.get("BitsAllocated", 8)) // 8)
    return [value if dataset.original_encoding[1] else turned(value, unit)]


@pytest.mark.parametrize("path", samples.whole_files(), ids=samples.named)
def test_links_of_real_files(standard, path):
    data = samples.written(samples.with_new_identifiers(path, makers.new_uid))
    dataset = dicomjson.read(data)
    expect.status(standard.store_single(data), 200, 202)
    where = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}/instances/{dataset.SOPInstanceUID}"
    for link, (vr, uri) in links(standard.metadata(where)[0]).items():
        expected = value_by_pydicom(dataset, link, vr)
        assert bodies(standard.get(uri, ANY_PARTS + STORED)) == expected, link
        for accept in (None, "*/*"):
            got = bodies(standard.get(uri, accept))
            assert len(got) == len(expected), link
            if dataset.file_meta.TransferSyntaxUID != makers.RLE:
                assert got == expected, link


def deep(depth, leaves):
    """`leaves()` at every level down to that many sequences; path -> value beside it."""
    attributes, values = Attributes(), {}
    for tag, vr, value in leaves():
        attributes.put(tag, vr, value)
        values[f"{tag:08X}"] = value
    for _ in range(depth):
        outer = Attributes().put(0x00081140, "SQ", [Attributes(), attributes])
        values = {f"00081140/2/{path}": value for path, value in values.items()}
        for tag, vr, value in leaves():
            outer.put(tag, vr, value)
            values[f"{tag:08X}"] = value
        attributes = outer
    return attributes, values


def large_values():
    yield 0x00230010, "LO", b"ACME"
    yield 0x00231001, "OB", makers.random_bytes(1026)
    yield 0x00231002, "UN", makers.random_bytes(2000)
    yield 0x00189322, "FD", [float("nan"), makers.rng.random()]
    yield 0x00660016, "OF", makers.random_bytes(4000)
    yield 0x00281201, "OW", makers.random_bytes(2048)


def kept(standard, attributes, syntax):
    instance = plain(syntax=syntax)
    for tag, (vr, value) in attributes.elements.items():
        instance.put(tag, vr, value)
    if syntax == makers.DEFLATED:
        instance.deflated()
    response = standard.store([instance])
    expect.status(response, 200)
    return instance


@pytest.mark.parametrize("syntax", [makers.ELE, makers.IMPLICIT, makers.BIG_ENDIAN, makers.DEFLATED])
@pytest.mark.parametrize("depth", [1, 6, 7, 10, 60])
def test_links_of_deep_values(standard, syntax, depth):
    attributes, values = deep(depth, large_values)
    instance = kept(standard, attributes, syntax)
    found = links(standard.metadata(path_of(instance))[0])
    assert set(found) == {path for path in values if not path.endswith("00230010")}
    for path, (vr, uri) in found.items():
        value = values[path]
        if vr == "FD":
            value = struct.pack("<2d", *value)
        elif syntax == makers.BIG_ENDIAN:
            value = turned(value, CELLS.get(vr, 1))
        for accept in (None, OCTET_PARTS):
            assert bodies(standard.get(uri, accept)) == [value], path


def icon():
    yield 0x7FE00010, "OB", Fragments([makers.random_bytes(300), makers.random_bytes(2)])


@pytest.mark.parametrize("accept", [None, "*/*", ANY_PARTS, OCTET_PARTS + STORED, "image/jpeg"])
def test_compressed_icons(standard, accept):
    """2.4: compressed bulk data are the fragments of the frame, joined without item headers."""
    attributes, values = deep(10, icon)
    instance = pixels.describe(kept(standard, attributes, makers.JPEG_BASELINE), 8, 8)
    found = links(standard.metadata(path_of(instance))[0])
    assert set(found) == set(values)
    for path, (_, uri) in found.items():
        response = standard.get(uri, accept)
        assert bodies(response) == [b"".join(values[path])], path


@pytest.mark.parametrize("accept", ["application/octet-stream", OCTET_PARTS])
@pytest.mark.parametrize("syntax", [makers.J2K_LOSSLESS, makers.RLE])
def test_lossless_icons_as_octets(standard, syntax, accept):
    """9.2: a BulkDataURI answers to every Accept form; what cannot be decoded comes as stored, and says so."""
    attributes, values = deep(1, icon)
    instance = kept(standard, attributes, syntax)
    path = "00081140/2/" + PIXEL_DATA
    response = standard.get(path_of(instance, f"/bulkdata/{path}"), accept)
    assert bodies(response) == [b"".join(values[path])]
    part = response if accept == "application/octet-stream" else expect.parts(response, 1)[0]
    label = part.headers["content-type"]
    assert label == f"application/octet-stream; transfer-syntax={syntax}"
    if syntax == makers.J2K_LOSSLESS:
        everything = bodies(standard.get(path_of(instance, "/bulkdata"), OCTET_PARTS))
        assert everything == [b"".join(values[each]) for each in (path, PIXEL_DATA)]


def test_all_bulk_data_has_the_icon(standard):
    """3.4: every value that the metadata replaced by a link."""
    attributes, values = deep(1, icon)
    instance = kept(standard, attributes, makers.JPEG_BASELINE)
    response = standard.get(path_of(instance, "/bulkdata"), ANY_PARTS)
    assert bodies(response) == [b"".join(values[path]) for path in ("00081140/2/" + PIXEL_DATA, PIXEL_DATA)]
    expect.problem(standard.get(path_of(instance, f"/bulkdata/00081140/2/{PIXEL_DATA}"), "image/jls"), 406)
