"""Whole objects of RLE Lossless as Explicit VR Little Endian, compared with pydicom: standard-face.md 2.3, dicomweb.md 5.4."""

import io
import struct
import zipfile

import numpy
import pydicom
import pytest

from support import expect, makers, pixels, samples
from support.cases import ANY_PARTS, CT, DICOM_PARTS, STORED
from support.client import JSON
from support.makers import ELE, RLE, Instance

NAMES = [
    "MR_small_RLE",
    "SC_rgb_rle",
    "SC_rgb_rle_16bit",
    "SC_rgb_rle_16bit_2frame",
    "SC_rgb_rle_2frame",
    "SC_rgb_rle_32bit",
    "SC_rgb_rle_32bit_2frame",
    "rtdose_rle",
    "rtdose_rle_1frame",
]
SINGLE = f"application/dicom; transfer-syntax={ELE}"
FACES = pytest.mark.parametrize("name", ["v1", "v2", "standard"])


def sample(name):
    return samples.with_new_identifiers(samples.FOLDER / "test_files" / f"{name}.dcm", makers.new_uid)


def kept(face, dataset):
    return kept_bytes(face, dataset, samples.written(dataset))


def kept_bytes(face, dataset, data):
    expect.status(face.store([data]), 200, 202)
    study = f"/studies/{dataset.StudyInstanceUID}"
    series = f"{study}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}", series, study


def native_bytes(dataset):
    by_plane = dataset.SamplesPerPixel > 1 and dataset.PlanarConfiguration == 1
    frames = pydicom.pixels.iter_pixels(dataset, raw=True)
    return b"".join((numpy.moveaxis(each, 2, 0) if by_plane else each).tobytes() for each in frames)


def is_decoded(data, sent):
    """The same data set but for its pixels; Lossy Image Compression and all other elements as they were."""
    received = pydicom.dcmread(io.BytesIO(data))
    assert received.file_meta.TransferSyntaxUID == ELE
    assert received.file_meta.MediaStorageSOPInstanceUID == sent.SOPInstanceUID
    expected = native_bytes(sent)
    assert received.PixelData == expected + b"\0" * (len(expected) % 2)
    assert received["PixelData"].VR == ("OW" if sent.BitsAllocated > 8 else "OB")
    assert not received["PixelData"].is_undefined_length
    left, right = (pydicom.Dataset({tag: each for tag, each in one.items()}) for one in (sent, received))
    for one in (left, right):
        del one.PixelData
        one.pop("DataSetTrailingPadding", None)  # without meaning (PS3.10 7.2): rewritten objects have none
        one.pop("ExtendedOffsetTable", None)
        one.pop("ExtendedOffsetTableLengths", None)
    assert left == right


@FACES
@pytest.mark.parametrize("sample_name", NAMES)
def test_one_instance(request, name, sample_name):
    face = request.getfixturevalue(name)
    dataset = sample(sample_name)
    instance, series, study = kept(face, dataset)
    is_decoded(expect.status(face.get(instance, SINGLE), 200).content, dataset)
    for path in (instance, series, study):
        part = expect.parts(face.get(path, f"{DICOM_PARTS}; transfer-syntax={ELE}"), 1)[0]
        assert part.content_type == f"application/dicom; transfer-syntax={ELE}"
        is_decoded(part.body, dataset)


@pytest.mark.parametrize("accept", [None, "*/*", DICOM_PARTS, ANY_PARTS])
def test_uncompressed_is_the_default(standard, accept):
    """2.2: the default syntax of application/dicom is ELE."""
    dataset = sample("MR_small_RLE")
    for path in kept(standard, dataset):
        part = expect.parts(standard.get(path, accept), 1)[0]
        assert part.transfer_syntax == ELE
        is_decoded(part.body, dataset)


def test_wado_uri(standard):
    """1.2: no transferSyntax means ELE."""
    dataset = sample("SC_rgb_rle_2frame")
    kept(standard, dataset)
    query = {
        "requestType": "WADO",
        "studyUID": dataset.StudyInstanceUID,
        "seriesUID": dataset.SeriesInstanceUID,
        "objectUID": dataset.SOPInstanceUID,
        "contentType": "application/dicom",
    }
    for more in ({}, {"transferSyntax": ELE}):
        is_decoded(expect.status(standard.get("/wado", params=query | more), 200).content, dataset)


def test_series_of_mixed_syntaxes(standard):
    first = sample("MR_small_RLE")
    other = pixels.native(SOPClassUID=CT, StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID)
    second = sample("SC_rgb_rle_16bit_2frame")
    second.StudyInstanceUID, second.SeriesInstanceUID = first.StudyInstanceUID, first.SeriesInstanceUID
    _, series, study = kept(standard, first)
    kept(standard, second)
    expect.status(standard.store([other]), 200)
    for path in (series, study):
        parts = expect.parts(standard.get(path, f"{DICOM_PARTS}; transfer-syntax={ELE}"), 3)
        bodies = {part.headers["content-location"].rsplit("/", 1)[1]: part.body for part in parts}
        is_decoded(bodies[first.SOPInstanceUID], first)
        is_decoded(bodies[second.SOPInstanceUID], second)
        assert bodies[other.sop] == other.data


def test_stored_form_is_untouched(standard):
    dataset = sample("SC_rgb_rle")
    data = samples.written(dataset)
    instance, _, study = kept(standard, dataset)
    for accept in ("application/dicom" + STORED, f"application/dicom; transfer-syntax={RLE}"):
        expect.file(standard.get(instance, accept), data)
    with zipfile.ZipFile(io.BytesIO(standard.get(study, "application/zip").content)) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [data]


def test_representations_have_tags_of_their_own(standard):
    instance, *_ = kept(standard, sample("MR_small_RLE"))
    answers = [standard.get(instance, f"application/dicom; transfer-syntax={syntax}") for syntax in (ELE, RLE)]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


@FACES
def test_rle_under_a_native_label(request, name):
    """Fragments say by their header what they are, and leave under that name, or decoded."""
    face = request.getfixturevalue(name)
    dataset = sample("SC_rgb_rle_16bit_2frame")
    path, *_ = kept_bytes(face, dataset, samples.written(dataset).replace(RLE.encode(), ELE.encode(), 1))
    is_decoded(expect.status(face.get(path, SINGLE), 200).content, dataset)
    part = expect.parts(face.get(path, DICOM_PARTS + STORED), 1)[0]
    assert part.content_type == f"application/dicom; transfer-syntax={RLE}"
    assert pixels.parse(part.body).file_meta.TransferSyntaxUID == RLE
    assert pixels.received_frames(part.body) == pixels.received_frames(samples.written(dataset))


def test_pixels_that_are_no_rle(standard):
    """Known before the first byte: by default as stored, 406 when decoded pixels are insisted on."""
    instance = pixels.encapsulated(RLE, SOPClassUID=CT)
    expect.status(standard.store([instance]), 200)
    path = f"/studies/{instance.study}/series/{instance.series}/instances/{instance.sop}"
    assert expect.parts(standard.get(path), 1)[0].body == instance.data
    problem = expect.problem(standard.get(path, SINGLE), 406)
    assert all(ELE not in each.split("=") for each in problem["available"])
    series = f"/studies/{instance.study}/series/{instance.series}"
    (row,) = standard.search(series + "/instances", "includefield=AvailableTransferSyntaxUID", accept=JSON).json()
    assert row["00083002"]["Value"] == [RLE]


def rle(plane):
    """One segment of one literal run."""
    run = bytes([len(plane) - 1]) + plane
    return struct.pack("<16L", 1, 64, *[0] * 14) + run + b"\0" * (len(run) % 2)


@pytest.mark.parametrize("rows, columns", [(3, 5), (1, 3), (2, 8), (5, 13)])
def test_one_bit_frames_are_joined(standard, rows, columns):
    """PS3.5 8.1.1: in native pixel data the next frame begins with the next bit."""
    count, size = 5, rows * columns
    instance = pixels.describe(Instance(RLE, SOPClassUID=CT), rows, columns, count)
    instance.update(BitsAllocated=1, BitsStored=1, HighBit=0)
    bits = numpy.array([makers.rng.randrange(2) for _ in range(count * size)], numpy.uint8)
    # What fills the last byte of a frame has no meaning.
    packed = [
        numpy.packbits([*bits[n * size : (n + 1) * size], *[1] * (-size % 8)], bitorder="little").tobytes()
        for n in range(count)
    ]
    instance.put(0x7FE00010, "OB", makers.Fragments([rle(each) for each in packed]))
    expect.status(standard.store([instance]), 200)
    path = f"/studies/{instance.study}/series/{instance.series}/instances/{instance.sop}"
    received = pixels.parse(expect.status(standard.get(path, SINGLE), 200).content)
    expected = numpy.packbits(bits, bitorder="little").tobytes()
    assert received.PixelData == expected + b"\0" * (len(expected) % 2)


def test_pixels_that_no_element_can_hold(standard):
    """2.2 step 3: the uncompressed value would not fit, so the default is the stored syntax."""
    instance = pixels.describe(Instance(RLE, SOPClassUID=CT), 65535, 65535, frames=2)
    instance.put(0x7FE00010, "OB", makers.Fragments([rle(b"a"), rle(b"b")]))
    expect.status(standard.store([instance]), 200)
    path = f"/studies/{instance.study}/series/{instance.series}/instances/{instance.sop}"
    for accept in (None, "application/dicom", DICOM_PARTS):
        response = expect.status(standard.get(path, accept), 200)
        assert instance.data in response.content
    expect.problem(standard.get(path, SINGLE), 406)


def test_available_transfer_syntaxes(standard):
    """5.3: stored syntax first, then ELE; and both can be had."""
    dataset = sample("MR_small_RLE")
    instance, series, _ = kept(standard, dataset)
    (row,) = standard.search(series + "/instances", "includefield=AvailableTransferSyntaxUID", accept=JSON).json()
    assert row["00083002"]["Value"] == [RLE, ELE]
    for syntax in (RLE, ELE):
        response = expect.status(standard.get(instance, f"application/dicom; transfer-syntax={syntax}"), 200)
        assert pixels.parse(response.content).file_meta.TransferSyntaxUID == syntax
