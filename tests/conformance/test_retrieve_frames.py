"""Frames on /v2: dicomweb.md 11.3, WF-1 to WF-9, and 5.3."""

import numpy
import pytest

from support import expect, makers, multipart, pixels
from support.client import ANY_FRAME, ANY_FRAMES, path_of
from support.makers import ELE, J2K_LOSSLESS, Instance

OCTET_PARTS = 'multipart/related; type="application/octet-stream"'
JP2_PARTS = 'multipart/related; type="image/jp2"'
UNKNOWN = "/studies/2.25.1/series/2.25.2/instances/2.25.3"


def frames(v2, instance, numbers, accept=ANY_FRAMES):
    return v2.get(path_of(instance, f"/frames/{numbers}"), accept)


def assert_asserted_codestream(part, array):
    """5.4: the markers of the byte-exact conversion. The picture of the reference suite is not at hand, so
    the
    fixed fields are compared, and the pixels."""
    facts = pixels.codestream_facts(part)
    assert facts["rsiz"] == 0 and facts["order"] == 0 and facts["layers"] == 8 and facts["transform"] == 0
    assert (
        facts["levels"] == 5 and facts["block"] == (64, 64) and facts["style"] == 0 and facts["wavelet"] == 1
    )
    assert facts["guard_bits"] == 2 and facts["quantisation"] == 0
    assert facts["markers"] == [0xFF51, 0xFF52, 0xFF5C, 0xFF90]
    assert sorted(facts["tile_part_markers"]) == [0xFF53, 0xFF53, 0xFF5D, 0xFF5D]
    assert len(part) % 2 == 0
    assert numpy.array_equal(pixels.decode_image(part), array)


@pytest.mark.needs_pixel_work("decodes JPEG 2000")
@pytest.mark.parametrize("accept", [OCTET_PARTS, f"{OCTET_PARTS}; transfer-syntax={ELE}"], ids=["a", "b"])
def test_WF_01_ab_j2k_file_as_ele(v2, accept):
    instance = v2.keep(pixels.colour_j2k())
    part = expect.parts(frames(v2, instance, 1, accept), 1)[0]
    assert part.body == instance.array.tobytes()
    assert part.content_type == f"application/octet-stream; transfer-syntax={ELE}"


@pytest.mark.parametrize(
    "make", [pixels.native, pixels.colour_j2k, pixels.jpeg_baseline], ids=["ele", "j2k", "jpeg"]
)
def test_WF_01_c_any_file_as_stored(v2, make):
    instance = v2.keep(make())
    part = expect.parts(frames(v2, instance, 1), 1)[0]
    assert part.body == instance.frames[0]
    assert part.content_type == f"application/octet-stream; transfer-syntax={instance.syntax}"


@pytest.mark.needs_pixel_work("encodes JPEG 2000")
@pytest.mark.parametrize(
    "accept", [JP2_PARTS, f"{JP2_PARTS}; transfer-syntax={J2K_LOSSLESS}"], ids=["d", "e"]
)
def test_WF_01_de_ele_file_as_j2k(v2, accept):
    array = pixels.colour_array()
    instance = v2.keep(pixels.colour_ele(array))
    part = expect.parts(frames(v2, instance, 1, accept), 1)[0]
    assert part.content_type == f"image/jp2; transfer-syntax={J2K_LOSSLESS}"
    assert_asserted_codestream(part.body, array)


@pytest.mark.until_pixel_work
@pytest.mark.parametrize(
    "make, accept", [(pixels.colour_j2k, OCTET_PARTS), (pixels.colour_ele, JP2_PARTS)], ids=["a", "d"]
)
def test_WF_01_is_refused_without_codec(v2, make, accept):
    """2.4: transcoding that is not possible is a 406 with its reason."""
    expect.text_error(frames(v2, v2.keep(make()), 1, accept), 406)


@pytest.mark.parametrize("make", [pixels.encapsulated, pixels.mislabelled], ids=["fragments", "native bytes"])
def test_WF_02_hevc_as_stored(v2, make):
    """The rig says that the bytes may not follow the syntax; both containers are tried."""
    instance = v2.keep(make(makers.HEVC_MAIN10))
    part = expect.parts(frames(v2, instance, 1), 1)[0]
    assert part.body == instance.frames[0]
    assert part.transfer_syntax == makers.HEVC_MAIN10


def test_WF_03_any_type(v2):
    instance = v2.keep(pixels.colour_j2k())
    response = frames(v2, instance, 1, 'multipart/related; type="*/*"; transfer-syntax=*')
    part = expect.parts(response, 1)[0]
    assert part.body == instance.frames[0]
    assert part.media_type == "application/octet-stream"


def test_WF_04_hevc_as_j2k(v2):
    instance = v2.keep(pixels.encapsulated(makers.HEVC_MAIN10))
    expect.text_error(frames(v2, instance, 1, f"{OCTET_PARTS}; transfer-syntax={J2K_LOSSLESS}"), 406)


def test_WF_05_two_of_three_frames(v2):
    instance = v2.keep(pixels.native(frames=3))
    response = expect.status(frames(v2, instance, "1,2"), 200)
    assert expect.media_type(response) == "multipart/related"
    assert [part.body for part in expect.parts(response)] == instance.frames[:2]


def test_WF_06_single_part(v2):
    instance = v2.keep(pixels.native(frames=3))
    response = expect.status(frames(v2, instance, 1, ANY_FRAME), 200)
    assert expect.media_type(response) == "application/octet-stream"
    assert multipart.parameter(response.headers["Content-Type"], "transfer-syntax") == ELE
    assert response.content == instance.frames[0]


def test_WF_07_frame_beyond_the_last(v2):
    instance = v2.keep(pixels.native(frames=2))
    expect.text_error(frames(v2, instance, 4), 404)


@pytest.mark.parametrize("numbers", ["0", "-1", "1,-1", "0,1"], ids=["a", "b", "c", "d"])
def test_WF_08_frame_numbers_below_one(v2, numbers):
    expect.text_error(v2.get(f"{UNKNOWN}/frames/{numbers}", ANY_FRAMES), 400)


def test_WF_09_tiles_of_a_whole_slide_image(v2):
    instance = v2.keep(pixels.jpeg_baseline(frames=6))
    part = expect.parts(frames(v2, instance, 1), 1)[0]
    assert part.body == instance.frames[0]


@pytest.mark.parametrize("numbers", ["a", "1,,2", "1,", "1.5", "%20"])
def test_frame_list_that_is_no_list_of_integers(v2, numbers):
    expect.status(v2.get(f"{UNKNOWN}/frames/{numbers}", ANY_FRAMES), 400)


def test_order_and_repeats(v2):
    """5.3: one part per list item in the order asked; 1.2: the comma may be encoded."""
    instance = v2.keep(pixels.native(frames=3))
    found = expect.parts(frames(v2, instance, "3%2C1,3,2"), 4)
    assert [part.body for part in found] == [instance.frames[n] for n in (2, 0, 2, 1)]


def test_several_frames_in_single_part_form(v2):
    instance = v2.keep(pixels.native(frames=3))
    expect.text_error(frames(v2, instance, "1,2", ANY_FRAME), 400)


def test_good_and_missing_frames_together(v2):
    """5.3: any number above NumberOfFrames is a 404, and nothing is sent."""
    instance = v2.keep(pixels.native(frames=2))
    expect.text_error(frames(v2, instance, "1,3"), 404)


def test_instance_without_pixel_data(v2):
    instance = v2.keep(Instance())
    expect.text_error(frames(v2, instance, 1), 404)


def test_unknown_instance(v2):
    expect.text_error(v2.get(f"{UNKNOWN}/frames/1", ANY_FRAMES), 404)


@pytest.mark.parametrize("accept", ["application/dicom", "text/html"])
def test_accept_that_no_frame_satisfies(v2, accept):
    """2.1: the check of Accept comes before existence."""
    expect.text_error(v2.get(f"{UNKNOWN}/frames/1", accept), 406)


def test_frame_of_several_fragments(v2):
    instance = v2.keep(pixels.encapsulated(makers.HEVC_MAIN10, fragments_per_frame=3))
    assert expect.parts(frames(v2, instance, 1), 1)[0].body == instance.frames[0]


def test_16_bit_frames(v2):
    instance = v2.keep(pixels.native(frames=4, bits=16))
    assert [part.body for part in expect.parts(frames(v2, instance, "2,4"), 2)] == [
        instance.frames[1],
        instance.frames[3],
    ]


def test_frames_beyond_the_end_of_the_pixel_data(v2):
    """5.3: there is no such frame in what was stored."""
    instance = pixels.native(frames=3)
    instance.put(0x7FE00010, "OB", b"".join(instance.frames)[:-100])
    v2.keep(instance)
    assert expect.parts(frames(v2, instance, 2), 1)[0].body == instance.frames[1]
    for numbers in ("3", "1,3"):
        expect.text_error(frames(v2, instance, numbers), 404)
