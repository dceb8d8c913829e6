"""The scenarios that series (WS) and study (WT) retrieval share; they differ in the path only."""

import pytest

from support import expect, makers, pixels
from support.client import ANY_STUDY
from support.makers import ELE, J2K_LOSSLESS, Instance, sibling

DICOM_PARTS = 'multipart/related; type="application/dicom"'
AS_ELE = pytest.mark.parametrize(
    "accept", [DICOM_PARTS, f"{DICOM_PARTS}; transfer-syntax={ELE}"], ids=["b", "c"]
)
UNACCEPTABLE = pytest.mark.parametrize(
    "accept",
    [
        'application/dicom; transfer-syntax="*"',
        'multipart/related; type="application/octet-stream"; transfer-syntax="*"',
        f'{DICOM_PARTS}; transfer-syntax="1.2.840.10008.1.2.4.100"',
    ],
    ids=["a", "b", "c"],
)


def one_as_stored(v2, path):
    instance = v2.keep(pixels.colour_j2k())
    response = expect.status(v2.get(path(instance), ANY_STUDY), 200)
    assert expect.media_type(response) == "multipart/related"
    expect.same_files(response, instance)


def one_as_ele(v2, path, accept):
    """Rows b and c: the stored J2K file comes decoded."""
    instance = v2.keep(pixels.colour_j2k())
    received = pixels.parse(expect.parts(v2.get(path(instance), accept), 1)[0].body)
    assert_decoded(received, instance)


def one_as_j2k(v2, path):
    """Row d: the stored ELE file comes encoded."""
    array = pixels.colour_array()
    instance = v2.keep(pixels.colour_ele(array))
    response = v2.get(path(instance), f"{DICOM_PARTS}; transfer-syntax={J2K_LOSSLESS}")
    part = expect.parts(response, 1)[0]
    assert part.transfer_syntax == J2K_LOSSLESS
    assert_encoded(pixels.parse(part.body), instance, part.body, array)


def assert_decoded(received, instance):
    """5.4, conversion 1, compared as in 11.1."""
    sent = pixels.parse(instance.data)
    assert received.file_meta.TransferSyntaxUID == ELE
    assert received.PhotometricInterpretation == "RGB"
    assert received.PixelData == instance.array.tobytes()
    assert_same_elements(received, sent)


def assert_encoded(received, instance, data, array):
    """5.4, conversion 2: pixels equal, the label as the reference writes it."""
    assert received.file_meta.TransferSyntaxUID == J2K_LOSSLESS
    assert received.PhotometricInterpretation == "YBR_RCT"
    assert (pixels.decode_image(pixels.received_frames(data)[0]) == array).all()
    assert_same_elements(received, pixels.parse(instance.data))


def assert_same_elements(received, sent):
    """No element of data set or file meta is added or removed; all but the pixel attributes keep their
    value."""
    changing = {0x7FE00010, 0x00280004, 0x00280006}
    assert sorted(received.keys()) == sorted(sent.keys())
    assert all(received[tag].value == sent[tag].value for tag in sent.keys() if tag not in changing)
    assert sorted(received.file_meta.keys()) == sorted(sent.file_meta.keys())
    for tag in (0x00020002, 0x00020003):
        assert received.file_meta[tag].value == sent.file_meta[tag].value


def unacceptable(v2, path, accept):
    """Unknown UIDs: Accept is checked before existence."""
    expect.text_error(v2.get(path(Instance()), accept), 406)


def two_of_three(v2, path, outside):
    """`outside` makes the file that the path does not cover."""
    first = Instance()
    second, third = sibling(first), outside(first)
    v2.keep(first, second, third)
    expect.same_files(v2.get(path(first), ANY_STUDY), first, second)


def mixed_pair(v2):
    """An ELE and an MPEG2 file in one series."""
    first = pixels.native()
    second = pixels.encapsulated(makers.MPEG2, StudyInstanceUID=first.study, SeriesInstanceUID=first.series)
    v2.keep(first, second)
    return first, second


def mixed_as_ele(v2, path):
    first, _ = mixed_pair(v2)
    expect.text_error(v2.get(path(first), f"{DICOM_PARTS}; transfer-syntax={ELE}"), 406)


def mixed_as_stored(v2, path):
    first, second = mixed_pair(v2)
    return expect.same_files(v2.get(path(first), ANY_STUDY), first, second), first, second


def unknown(v2, path):
    expect.text_error(v2.get(path(Instance()), ANY_STUDY), 404)


def without_pixels(v2, path):
    instance = v2.keep(Instance())
    expect.same_files(v2.get(path(instance), ANY_STUDY), instance)
