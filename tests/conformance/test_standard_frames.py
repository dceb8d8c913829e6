"""Frames and pixel data on /dicom-web: standard-face.md 2.4, 3.3 and 3.4."""

import numpy
import pydicom.pixels
import pytest

from support import expect, makers, pixels, samples
from support.cases import (
    ANY_PARTS,
    CT,
    DICOM_PARTS,
    OCTET_PARTS,
    STORED,
    ele_frame,
    image,
    keep_on_standard,
    location,
    message_type,
    plain,
)
from support.client import path_of, series_path, study_path
from support.makers import ELE, Instance

MEDIA_TYPES = [
    (makers.JPEG_BASELINE, "image/jpeg"),
    ("1.2.840.10008.1.2.4.51", "image/jpeg"),
    ("1.2.840.10008.1.2.4.57", "image/jpeg"),
    (makers.JPEG_LOSSLESS, "image/jpeg"),
    (makers.RLE, "image/dicom-rle"),
    (makers.JPEG_LS, "image/jls"),
    ("1.2.840.10008.1.2.4.81", "image/jls"),
    (makers.J2K_LOSSLESS, "image/jp2"),
    (makers.J2K, "image/jp2"),
    ("1.2.840.10008.1.2.4.92", "image/jpx"),
    ("1.2.840.10008.1.2.4.93", "image/jpx"),
    ("1.2.840.10008.1.2.4.201", "image/jphc"),
    ("1.2.840.10008.1.2.4.202", "image/jphc"),
    ("1.2.840.10008.1.2.4.203", "image/jphc"),
    ("1.2.840.10008.1.2.4.110", "image/jxl"),
    ("1.2.840.10008.1.2.4.111", "image/jxl"),
    ("1.2.840.10008.1.2.4.112", "image/jxl"),
]
STORED_SYNTAXES = pytest.mark.parametrize("syntax, media_type", MEDIA_TYPES)


def frames(standard, instance, numbers, accept=OCTET_PARTS + STORED, **options):
    return standard.get(path_of(instance, f"/frames/{numbers}"), accept, **options)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        OCTET_PARTS,
        OCTET_PARTS + STORED,
        OCTET_PARTS + '; transfer-syntax="*"',
        ANY_PARTS,
        ANY_PARTS + STORED,
        f"{OCTET_PARTS}; transfer-syntax={ELE}",
        "multipart/related; type=application/octet-stream; transfer-syntax=*",
        "multipart/related",
        "application/dicom, */*;q=0.2",
        "image/jpeg;q=0, " + OCTET_PARTS,
    ],
)
def test_accept_forms_give_native_frames(standard, accept):
    instance = keep_on_standard(standard, image(frames=3))
    response = frames(standard, instance, "1,3", accept)
    for part, number in zip(expect.parts(response, 2), (1, 3)):
        ele_frame(part, instance.frames[number - 1])
        assert part.headers["content-location"] == location(standard, instance, f"/frames/{number}")
    message_type(response, "application/octet-stream")


@STORED_SYNTAXES
@pytest.mark.parametrize(
    "accept", [OCTET_PARTS + STORED, ANY_PARTS, ANY_PARTS + STORED], ids=["octets *", "any", "any *"]
)
def test_stored_syntax_in_its_own_media_type(standard, syntax, media_type, accept):
    """2.4: for `*` the type of the table; 2.2: `type="*/*"` means any."""
    instance = keep_on_standard(standard, pixels.encapsulated(syntax, frames=2, SOPClassUID=CT))
    for part, body in zip(expect.parts(frames(standard, instance, "1,2", accept), 2), instance.frames):
        assert part.content_type == f"{media_type}; transfer-syntax={syntax}"
        assert part.body == body


@STORED_SYNTAXES
def test_stored_syntax_by_name(standard, syntax, media_type):
    instance = keep_on_standard(standard, pixels.encapsulated(syntax, SOPClassUID=CT))
    accept = f'multipart/related; type="{media_type}"; transfer-syntax={syntax}'
    part = expect.parts(frames(standard, instance, 1, accept), 1)[0]
    assert part.content_type == f"{media_type}; transfer-syntax={syntax}" and part.body == instance.frames[0]
    octets = expect.parts(frames(standard, instance, 1, f"{OCTET_PARTS}; transfer-syntax={syntax}"), 1)[0]
    assert (
        octets.content_type == f"application/octet-stream; transfer-syntax={syntax}"
        and octets.body == instance.frames[0]
    )


@pytest.mark.parametrize(
    "syntax, media_type",
    [
        (makers.JPEG_BASELINE, "image/jpeg"),
        ("1.2.840.10008.1.2.4.51", "image/jpeg"),
        (makers.JPEG_LS, "image/jls"),
        (makers.J2K_LOSSLESS, "image/jp2"),
        (makers.RLE, "image/dicom-rle"),
        (makers.RLE, "image/x-dicom-rle"),
        (makers.JPEG_LS, "image/x-jls"),
        ("1.2.840.10008.1.2.4.202", "image/jphc"),
        (makers.JPEG_BASELINE, "image/*"),
        ("1.2.840.10008.1.2.4.51", "image/dicom+jpeg"),
    ],
)
def test_bare_media_type(standard, syntax, media_type):
    """2.2 step 3, 2.4 and the aliases of 2.1: lossy-only data are sent as stored, and .202 satisfies bare
    image/jphc."""
    instance = keep_on_standard(standard, pixels.encapsulated(syntax, SOPClassUID=CT))
    part = expect.parts(frames(standard, instance, 1, f'multipart/related; type="{media_type}"'), 1)[0]
    assert part.transfer_syntax == syntax and part.body == instance.frames[0]


RLE_SAMPLES = ["MR_small_RLE", "SC_rgb_rle", "SC_rgb_rle_2frame", "SC_rgb_rle_16bit_2frame", "SC_rgb_rle_32bit", "rtdose_rle"]


@pytest.mark.parametrize("name", RLE_SAMPLES)
def test_rle_is_decoded_as_by_another_toolkit(standard, name):
    """3.3: native frames of 8, 16 and 32 bits, grey and colour, equal pydicom's pixels."""
    dataset = samples.with_new_identifiers(samples.FOLDER / "test_files" / f"{name}.dcm", makers.new_uid)
    expect.status(standard.store([samples.written(dataset)]), 200, 202)
    path = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}/instances/{dataset.SOPInstanceUID}"
    decoded = list(pydicom.pixels.iter_pixels(dataset, raw=True))
    numbers = ",".join(str(number) for number in range(1, len(decoded) + 1))
    response = standard.get(f"{path}/frames/{numbers}", f"{OCTET_PARTS}; transfer-syntax={ELE}")
    for part, frame in zip(expect.parts(response, len(decoded)), decoded, strict=True):
        by_plane = frame.ndim == 3 and dataset.PlanarConfiguration == 1
        ele_frame(part, (numpy.moveaxis(frame, 2, 0) if by_plane else frame).tobytes())


def test_representations_of_bulk_data_have_tags_of_their_own(standard):
    """Decoded and stored frames share a media type; a cache must not take one for the other (RFC 9110 8.8.1)."""
    dataset = samples.with_new_identifiers(samples.FOLDER / "test_files" / "MR_small_RLE.dcm", makers.new_uid)
    expect.status(standard.store([samples.written(dataset)]), 200, 202)
    path = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}/instances/{dataset.SOPInstanceUID}"
    answers = [
        expect.status(standard.get(path + "/pixeldata", f"{OCTET_PARTS}; transfer-syntax={syntax}"), 200)
        for syntax in (ELE, makers.RLE)
    ]
    assert answers[0].content != answers[1].content
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


def test_htj2k_rpcl_satisfies_htj2k_lossless(standard):
    instance = keep_on_standard(standard, pixels.encapsulated("1.2.840.10008.1.2.4.202", SOPClassUID=CT))
    accept = 'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.201'
    assert (
        expect.parts(frames(standard, instance, 1, accept), 1)[0].transfer_syntax == "1.2.840.10008.1.2.4.202"
    )


@pytest.mark.parametrize(
    "accept",
    [
        "application/dicom",
        "text/html",
        'multipart/related; type="video/mp4"',
        'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.999',
    ],
)
def test_unacceptable(standard, accept):
    """406 with the list; clients probe with it, so it must not be another code."""
    instance = keep_on_standard(standard, image())
    problem = expect.problem(frames(standard, instance, 1, accept), 406)
    assert any("application/octet-stream" in each for each in problem["available"])


def test_lossy_is_never_made_from_another_lossy(standard):
    instance = keep_on_standard(standard, pixels.jpeg_baseline(SOPClassUID=CT))
    accept = f'multipart/related; type="image/jp2"; transfer-syntax={makers.J2K}'
    expect.problem(frames(standard, instance, 1, accept), 406)


@pytest.mark.parametrize(
    "accept, codec",
    [
        ("image/jls", "JPEG-LS"),
        ("image/jp2", "JPEG 2000"),
        ("image/dicom-rle", "RLE"),
        ("image/jpeg", "JPEG"),
    ],
)
@pytest.mark.until_pixel_work
def test_encoding_is_refused_with_a_reason(standard, accept, codec):
    instance = keep_on_standard(standard, image())
    assert expect.problem(frames(standard, instance, 1, f'multipart/related; type="{accept}"'), 406)[
        "detail"
    ], codec


@pytest.mark.needs_pixel_work("encodes losslessly")
@pytest.mark.parametrize("media_type, syntax", [("image/jp2", makers.J2K_LOSSLESS)])
def test_lossless_round_trip(standard, media_type, syntax):
    array = pixels.colour_array(64, 64)
    instance = keep_on_standard(standard, pixels.colour_ele(array, SOPClassUID=CT))
    part = expect.parts(frames(standard, instance, 1, f'multipart/related; type="{media_type}"'), 1)[0]
    assert part.transfer_syntax == syntax
    assert numpy.array_equal(pixels.decode_image(part.body), array)


@pytest.mark.needs_pixel_work("decodes JPEG 2000")
@pytest.mark.parametrize("accept", [None, OCTET_PARTS, f"{OCTET_PARTS}; transfer-syntax={ELE}"])
def test_lossless_data_are_decoded_by_default(standard, accept):
    instance = keep_on_standard(standard, pixels.colour_j2k(SOPClassUID=CT))
    ele_frame(expect.parts(frames(standard, instance, 1, accept), 1)[0], instance.array.tobytes())


@pytest.mark.parametrize("syntax", [makers.IMPLICIT, makers.BIG_ENDIAN])
def test_frames_of_old_syntaxes_are_labelled_ele(standard, syntax):
    """2.4: byte order turned."""
    instance = keep_on_standard(standard, pixels.native(frames=2, bits=16, syntax=syntax, SOPClassUID=CT))
    part = expect.parts(frames(standard, instance, 2), 1)[0]
    wanted = (
        numpy.frombuffer(instance.frames[1], ">u2" if syntax == makers.BIG_ENDIAN else "<u2")
        .astype("<u2")
        .tobytes()
    )
    ele_frame(part, wanted)


@pytest.mark.parametrize(
    "samples, bits, changes",
    [
        (3, 8, {"PlanarConfiguration": 1}),
        (3, 8, {"PhotometricInterpretation": "YBR_FULL"}),
        (1, 8, {"PhotometricInterpretation": "PALETTE COLOR"}),
        (1, 8, {"PhotometricInterpretation": "MONOCHROME1"}),
        (1, 16, {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}),
        (1, 32, {}),
    ],
    ids=["planar", "YBR", "palette", "MONOCHROME1", "12 bit signed", "32 bit"],
)
def test_native_frames_are_not_touched(standard, samples, bits, changes):
    """Section 11, syntaxes: equal bytes when the syntax is equal, whatever the image attributes say."""
    instance = pixels.with_pixels(plain(), frames=2, samples=samples, bits=bits).update(**changes)
    keep_on_standard(standard, instance)
    for part, body in zip(expect.parts(frames(standard, instance, "1,2"), 2), instance.frames):
        ele_frame(part, body)


def test_one_bit_frames_are_shifted(standard):
    """2.4: a single frame starts at bit 0 of byte 0 and its last byte is filled with 0."""
    instance = pixels.describe(plain(), rows=3, columns=5, frames=2)
    instance.update(BitsAllocated=1, BitsStored=1, HighBit=0)
    bits = numpy.array([makers.rng.randrange(2) for _ in range(30)], numpy.uint8)
    instance.put(0x7FE00010, "OB", numpy.packbits(bits, bitorder="little").tobytes())
    keep_on_standard(standard, instance)
    for number in (1, 2):
        body = expect.parts(frames(standard, instance, number), 1)[0].body
        assert body == numpy.packbits(bits[15 * (number - 1) : 15 * number], bitorder="little").tobytes()


def test_float_pixel_data(standard):
    """3.3: octet-stream, little endian."""
    values = numpy.array([makers.rng.random() for _ in range(16)], "<f4").tobytes()
    instance = pixels.describe(plain(), rows=4, columns=4).put(0x7FE00008, "OF", values)
    instance.update(BitsAllocated=32)
    keep_on_standard(standard, instance)
    ele_frame(expect.parts(frames(standard, instance, 1), 1)[0], values)


@pytest.mark.parametrize(
    "numbers, order", [("1", [1]), ("3,1,2", [3, 1, 2]), ("1%2C2", [1, 2]), ("2,2", [2, 2])]
)
def test_order_and_repeats(standard, numbers, order):
    instance = keep_on_standard(standard, image(frames=3))
    assert [part.body for part in expect.parts(frames(standard, instance, numbers))] == [
        instance.frames[n - 1] for n in order
    ]


@pytest.mark.parametrize(
    "numbers", ["0", "-1", "a", "1,,2", "1,", "+1", "1.0", "1,%202", "99999999999999999999"]
)
def test_list_that_is_none(standard, numbers):
    """3.3: 400. The last one is a positive integer too large to be a frame number: 400 or 404 are both
    defensible."""
    instance = keep_on_standard(standard, image(frames=3))
    problem = expect.problem(frames(standard, instance, numbers), *((400, 404) if len(numbers) > 10 else (400,)))
    assert problem["status"] == 404 or problem["parameter"] == "frames"


@pytest.mark.parametrize("numbers", ["4", "1,4"])
def test_frame_beyond_the_last(standard, numbers):
    instance = keep_on_standard(standard, image(frames=3))
    expect.problem(frames(standard, instance, numbers), 404)


def test_no_pixel_data(standard):
    instance = keep_on_standard(standard, plain())
    expect.problem(frames(standard, instance, 1), 404)
    expect.problem(standard.get(path_of(instance, "/pixeldata"), ANY_PARTS), 404)


def test_unknown_instance(standard):
    expect.problem(frames(standard, Instance(), 1), 404)


def test_single_part(standard):
    instance = keep_on_standard(standard, image(frames=3))
    response = expect.status(frames(standard, instance, 2, "application/octet-stream"), 200)
    assert expect.media_type(response) == "application/octet-stream"
    assert response.content == instance.frames[1]
    expect.problem(frames(standard, instance, "1,2", "application/octet-stream"), 406)


def test_single_part_image(standard):
    instance = keep_on_standard(standard, pixels.jpeg_baseline(SOPClassUID=CT))
    response = expect.status(frames(standard, instance, 1, "image/jpeg"), 200)
    assert expect.media_type(response) == "image/jpeg" and response.content == instance.frames[0]


def test_video_is_one_frame(standard):
    """3.3: frame 1 gives the whole stream, other numbers 406."""
    instance = pixels.describe(plain(), 16, 16, frames=5)
    instance.syntax, stream = makers.MPEG2, makers.random_bytes(400)
    instance.put(0x7FE00010, "OB", makers.Fragments([stream]))
    keep_on_standard(standard, instance)
    assert expect.parts(frames(standard, instance, 1), 1)[0].body == stream
    expect.problem(frames(standard, instance, 2), 406)


@pytest.mark.parametrize("path", [path_of, series_path, study_path], ids=["instance", "series", "study"])
def test_pixel_data_resource(standard, path):
    """3.4: one part with the whole native value."""
    instance = keep_on_standard(standard, image(frames=3))
    part = expect.parts(standard.get(path(instance, "/pixeldata"), OCTET_PARTS), 1)[0]
    ele_frame(part, b"".join(instance.frames))


def test_pixel_data_resource_of_fragments(standard):
    """2.4: one part per frame of compressed pixel data."""
    instance = keep_on_standard(standard, pixels.encapsulated(makers.JPEG_BASELINE, frames=3, SOPClassUID=CT))
    parts = expect.parts(standard.get(path_of(instance, "/pixeldata"), OCTET_PARTS + STORED), 3)
    assert [part.body for part in parts] == instance.frames


def test_frame_in_two_fragments(standard):
    instance = keep_on_standard(
        standard, pixels.encapsulated(makers.J2K, fragments_per_frame=2, SOPClassUID=CT)
    )
    assert expect.parts(frames(standard, instance, 1), 1)[0].body == instance.frames[0]


@pytest.mark.parametrize("resource", ["/rendered", "/frames/1/rendered", "/thumbnail"])
@pytest.mark.until_pixel_work
def test_rendering_is_refused_with_a_reason(standard, resource):
    instance = keep_on_standard(standard, image())
    assert expect.problem(standard.get(path_of(instance, resource), "image/jpeg"), 406)["detail"]


def short_image(frames=3, missing=100):
    """Native pixel data that end before the last frame does."""
    instance = pixels.native(frames=frames, rows=16, columns=16, SOPClassUID=CT)
    return instance.put(0x7FE00010, "OB", b"".join(instance.frames)[:-missing])


def test_frames_beyond_the_end_of_the_pixel_data(standard):
    """3.3: what is there is given; what is not is 404, and nothing is sent before that is known."""
    instance = keep_on_standard(standard, short_image())
    for numbers, wanted in (("1", [0]), ("2,1", [1, 0])):
        parts = expect.parts(standard.get(path_of(instance, f"/frames/{numbers}"), OCTET_PARTS), len(wanted))
        assert [part.body for part in parts] == [instance.frames[n] for n in wanted]
    for numbers, accept in (("3", OCTET_PARTS), ("1,3", OCTET_PARTS), ("3", "application/octet-stream")):
        problem = expect.problem(standard.get(path_of(instance, f"/frames/{numbers}"), accept), 404)
        assert "2 of 3" in problem["detail"]
    body = expect.parts(standard.get(path_of(instance, "/pixeldata"), OCTET_PARTS), 1)[0].body
    assert body == instance.value("PixelData")


def in_fragments(instance, frames):
    instance.put(0x7FE00010, "OB", makers.Fragments([each + b"\0" * (len(each) % 2) for each in frames]))
    return instance


def test_encapsulated_uncompressed(standard):
    """2.3, 2.4: frames are labelled ELE and have no pad byte; the object is ELE by default, and stored when named."""
    instance = pixels.native(frames=3, rows=5, columns=5, SOPClassUID=CT)
    instance.syntax = "1.2.840.10008.1.2.1.98"
    keep_on_standard(standard, in_fragments(instance, instance.frames))
    for accept in (None, OCTET_PARTS + STORED, f"{OCTET_PARTS}; transfer-syntax={ELE}"):
        for part, frame in zip(expect.parts(frames(standard, instance, "2,3", accept), 2), instance.frames[1:]):
            ele_frame(part, frame)
    received = pixels.parse(expect.parts(standard.get(path_of(instance)), 1)[0].body)
    assert received.file_meta.TransferSyntaxUID == ELE
    assert received.PixelData == b"".join(instance.frames) + b"\0"
    named = f"application/dicom; transfer-syntax={instance.syntax}"
    expect.file(standard.get(path_of(instance), named), instance.data)


def test_encapsulated_uncompressed_with_shared_colours(standard):
    """Native frames of YBR_FULL_422 have two samples for each pixel (PS3.3 C.7.6.3.1.2), in fragments too."""
    instance = pixels.describe(Instance("1.2.840.10008.1.2.1.98", SOPClassUID=CT), 3, 4, 2, samples=3)
    instance.update(PhotometricInterpretation="YBR_FULL_422")
    instance.frames = [makers.random_bytes(24) for _ in range(2)]
    keep_on_standard(standard, in_fragments(instance, instance.frames))
    for part, frame in zip(expect.parts(frames(standard, instance, "1,2"), 2), instance.frames):
        ele_frame(part, frame)
    received = pixels.parse(expect.parts(standard.get(path_of(instance)), 1)[0].body)
    assert received.file_meta.TransferSyntaxUID == ELE
    assert received.PixelData == b"".join(instance.frames)


def test_fragments_under_an_uncompressed_label(standard):
    """2.4: a part says what it is; the file meta of what is stored is wrong, that of what is sent is not."""
    instance = pixels.jpeg_baseline(frames=2, label=ELE, SOPClassUID=CT)
    expect.status(standard.store([instance]), 200)
    for accept in (None, OCTET_PARTS + STORED, OCTET_PARTS):
        part = expect.parts(frames(standard, instance, 2, accept), 1)[0]
        assert part.transfer_syntax == makers.JPEG_BASELINE and part.body == instance.frames[1]
    expect.problem(frames(standard, instance, 2, f"{OCTET_PARTS}; transfer-syntax={ELE}"), 406)
    part = expect.parts(standard.get(path_of(instance), DICOM_PARTS + STORED), 1)[0]
    assert part.transfer_syntax == makers.JPEG_BASELINE
    assert pixels.parse(part.body).file_meta.TransferSyntaxUID == makers.JPEG_BASELINE
    assert pixels.received_frames(part.body) == instance.frames
    uri = path_of(instance, "/bulkdata/7FE00010")
    assert [each.body for each in expect.parts(standard.get(uri, ANY_PARTS), 2)] == instance.frames


def test_fragments_of_nobody_knows_what(standard):
    instance = pixels.encapsulated(makers.RLE, label=ELE, SOPClassUID=CT)
    expect.status(standard.store([instance]), 200)
    for accept in (None, ANY_PARTS, OCTET_PARTS + STORED, OCTET_PARTS, "image/dicom-rle"):
        assert "fragments" in expect.problem(frames(standard, instance, 1, accept), 406)["detail"]
    expect.file(standard.get(path_of(instance), "application/dicom" + STORED), instance.data)
    response = expect.status(standard.get(path_of(instance, "/bulkdata/7FE00010"), "*/*"), 200)
    assert response.content == instance.frames[0]


def test_native_pixels_under_a_compressed_label(standard):
    instance = pixels.mislabelled(makers.JPEG_LS, frames=2, SOPClassUID=CT)
    expect.status(standard.store([instance]), 200)
    for accept in (None, ANY_PARTS, OCTET_PARTS + STORED, f"{OCTET_PARTS}; transfer-syntax={ELE}"):
        ele_frame(expect.parts(frames(standard, instance, 2, accept), 1)[0], instance.frames[1])
    expect.problem(frames(standard, instance, 1, "image/jls"), 406)
    for accept in (None, DICOM_PARTS + STORED, f"{DICOM_PARTS}; transfer-syntax={ELE}"):
        part = expect.parts(standard.get(path_of(instance), accept), 1)[0]
        assert part.transfer_syntax == ELE
        assert pixels.parse(part.body).file_meta.TransferSyntaxUID == ELE
        assert pixels.received_frames(part.body) == instance.frames
    named = f"{DICOM_PARTS}; transfer-syntax={makers.JPEG_LS}"
    expect.problem(standard.get(path_of(instance), named), 406)


@pytest.mark.parametrize("syntax", [makers.JPEG_BASELINE, makers.RLE])
def test_more_frames_than_fragments(standard, syntax):
    """3.3: no frame is what another one is part of; the whole stream is bulk data."""
    instance = pixels.encapsulated(syntax, frames=2, SOPClassUID=CT).update(NumberOfFrames=3)
    keep_on_standard(standard, instance)
    for number in (1, 3):
        assert "3 of them lie in 2" in expect.problem(frames(standard, instance, number), 406)["detail"]
    part = expect.parts(standard.get(path_of(instance, "/pixeldata"), ANY_PARTS), 1)[0]
    assert part.body == b"".join(instance.frames)


def test_pixel_data_without_fragments(standard):
    instance = pixels.encapsulated(makers.JPEG_BASELINE, SOPClassUID=CT)
    keep_on_standard(standard, in_fragments(instance, []))
    expect.problem(frames(standard, instance, 1), 404)


def test_frames_without_a_description_of_the_pixels(standard):
    instance = pixels.native(SOPClassUID=CT).remove("Rows")
    keep_on_standard(standard, instance)
    expect.problem(standard.get(path_of(instance, "/frames/1"), OCTET_PARTS), 404)
