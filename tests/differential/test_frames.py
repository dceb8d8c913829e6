"""Our frame table against pydicom's cutting of encapsulated pixel data, and plain arithmetic for native data."""

import pydicom
import pydicom.encaps
import pytest

import corpus
import expected


def describes_frames(data_set) -> bool:
    """Whether it says what a frame is: without sizes, or with a bad number of frames, there is nothing to check."""
    frames = str(data_set.get("NumberOfFrames", None) or 1)
    return "TransferSyntaxUID" in data_set.file_meta and "Rows" in data_set and frames.isdigit()


def with_pixels():
    for path in corpus.files():
        if corpus.name_of(path) in expected.REFUSED | expected.EXTRA_REFUSED:
            continue
        data_set = pydicom.dcmread(path)
        if "PixelData" in data_set and data_set.PixelData and describes_frames(data_set):
            yield path


PATHS = list(with_pixels())


def is_encapsulated(data_set) -> bool:
    syntax = data_set.file_meta.TransferSyntaxUID
    if syntax.is_transfer_syntax:
        return syntax.is_encapsulated
    return data_set.PixelData.startswith(b"\xfe\xff\x00\xe0")  # newer than pydicom's table


def our_frames(path):
    data = corpus.content(path)
    return [b"".join(data[at : at + size] for at, size in frame["ranges"]) for frame in corpus.layout(path)["frames"]]


@pytest.mark.parametrize("path", PATHS, ids=[corpus.name_of(path) for path in PATHS])
def test_frames(path):
    data_set = pydicom.dcmread(path)
    count = int(data_set.get("NumberOfFrames", None) or 1)
    table = corpus.layout(path)
    if is_encapsulated(data_set):
        assert table["kind"] == "encapsulated"
        theirs = list(pydicom.encaps.generate_frames(data_set.PixelData, number_of_frames=count))
        assert our_frames(path) == theirs
        return
    assert table["kind"] == "native"
    bits = data_set.Rows * data_set.Columns * data_set.SamplesPerPixel * data_set.BitsAllocated
    if data_set.get("PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits * 2 // 3
    ours = our_frames(path)
    assert len(ours) == count
    for number, frame in enumerate(ours):
        first, last = number * bits, (number + 1) * bits
        assert table["frames"][number]["bitOffset"] == first % 8
        assert frame == data_set.PixelData[first // 8 : (last + 7) // 8]
