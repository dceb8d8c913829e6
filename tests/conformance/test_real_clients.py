"""pydicom's sample files through dicomweb-client: stored, read back, described and cut into frames.

Identifiers are replaced, since many samples share theirs; everything else is what the client sends.
"""

import io

import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.encaps import generate_frames

from support import expect, makers, samples
from support.cases import ANY_PARTS, DICOM_PARTS, STORED, keep_on_standard, plain
from support.client import JSON

SAMPLES = pytest.mark.parametrize("path", samples.whole_files(), ids=samples.named)
NEVER_SENT = (makers.IMPLICIT, makers.BIG_ENDIAN)
IRREGULAR = {
    "MR_truncated.dcm": "pixel data is shorter than the image",
    "SC_rgb_small_odd_big_endian.dcm": "8-bit pixels in OW: what the byte order means is not agreed",
}


class Kept:
    """Identifiers and bytes of a stored sample."""

    def __init__(self, dataset):
        self.study, self.series, self.sop = (
            dataset.StudyInstanceUID,
            dataset.SeriesInstanceUID,
            dataset.SOPInstanceUID,
        )
        self.data = samples.written(dataset)
        self.syntax = str(dataset.file_meta.TransferSyntaxUID)


@pytest.fixture(scope="module")
def client(standard):
    return DICOMwebClient(url=standard.base)


def store(client, path):
    dataset = samples.with_new_identifiers(path, makers.new_uid)
    answer = client.store_instances([dataset])
    assert not answer.get("FailedSOPSequence") and not answer.get("OtherFailuresSequence"), answer
    assert answer.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == dataset.SOPInstanceUID
    return Kept(dataset)


def url(kept, resource=""):
    return f"/studies/{kept.study}/series/{kept.series}/instances/{kept.sop}{resource}"


def identifiers(kept):
    return kept.study, kept.series, kept.sop


def same_json(sent, received):
    """Differences between two files as pydicom describes them."""
    left, right = samples.json_of(sent), samples.json_of(received)
    readable = {tag for tag in left if left[tag] is not None and right.get(tag) is not None}
    return samples.unexplained(*({tag: each[tag] for tag in readable} for each in (left, right)))


@SAMPLES
def test_bytes(standard, client, path):
    """Byte for byte; implicit VR and big endian never go over the wire of this face, so their data sets are
    compared."""
    kept = store(client, path)
    part = expect.parts(standard.get(url(kept), DICOM_PARTS + STORED), 1)[0]
    if kept.syntax not in NEVER_SENT:
        assert part.body == kept.data
        return
    assert part.transfer_syntax == makers.ELE
    sent, received = (pydicom.dcmread(io.BytesIO(data)) for data in (kept.data, part.body))
    # PS3.10 7.2: trailing padding has no meaning, and nothing that is written anew carries it.
    assert set(sent.keys()) - {0xFFFCFFFC} == set(received.keys())
    differences = same_json(kept.data, part.body)
    if kept.syntax == makers.BIG_ENDIAN and "PixelData" in sent:
        # pydicom's JSON has pixel data in the byte order of the file: the decoded pixels must be equal instead.
        differences = [each for each in differences if not each.startswith("/7FE00010:")]
        if path.name not in IRREGULAR:
            assert (sent.pixel_array == received.pixel_array).all()
    assert differences == []


def test_a_truncated_sample_is_refused(standard):
    path = next(path for path in samples.files() if path.name == samples.TRUNCATED)
    dataset = samples.with_new_identifiers(path, makers.new_uid)
    response = standard.request(
        "POST", "/studies", JSON, {"Content-Type": "application/dicom"}, data=samples.written(dataset)
    )
    assert response.status_code == 409


@SAMPLES
def test_client_reads_what_it_stored(client, path):
    """Without media types the client asks for ELE by default; lossy-only data come as stored (2.2, step 3).
    Other
    compressed files need a codec, so they are left to test_bytes."""
    kept = store(client, path)
    if kept.syntax != makers.ELE:
        pytest.skip("stored in another syntax than the client asks for")
    received = client.retrieve_instance(*identifiers(kept))
    assert received == pydicom.dcmread(io.BytesIO(kept.data))


@SAMPLES
def test_metadata(client, path):
    """Compared with pydicom's to_json_dict, but for the differences in `samples.DIFFERENCES`."""
    kept = store(client, path)
    actual = client.retrieve_instance_metadata(*identifiers(kept))
    assert actual["00080018"] == {"vr": "UI", "Value": [str(kept.sop)]}
    assert samples.unexplained(samples.json_of(kept.data), actual) == []


def stored_frames(kept):
    """Frames as stored; native ones in little endian; None when the file has none that can be cut without a
    decoder."""
    dataset = pydicom.dcmread(io.BytesIO(kept.data))
    if "PixelData" not in dataset or dataset.get("Rows") is None:
        return None
    try:
        count = int(dataset.get("NumberOfFrames", 1) or 1)
    except ValueError:
        return None  # "1A"
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return list(generate_frames(dataset.PixelData, number_of_frames=count))
    bits = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated
    if dataset.PhotometricInterpretation == "YBR_FULL_422":
        bits = bits * 2 // 3
    if bits % 8:
        return None
    size, value = bits // 8, dataset.PixelData
    if kept.syntax == makers.BIG_ENDIAN:
        width = dataset.BitsAllocated // 8
        value = (
            b"".join(value[n : n + width][::-1] for n in range(0, len(value), width)) if width > 1 else value
        )
    return [value[n * size : (n + 1) * size] for n in range(count)]


@SAMPLES
def test_frames(standard, client, path):
    """The first and the last frame; a request for any type gives the stored bytes (2.2)."""
    if path.name in IRREGULAR:
        pytest.skip(IRREGULAR[path.name])
    kept = store(client, path)
    frames = stored_frames(kept)
    if frames is None:
        pytest.skip("no pixel data, or frames that do not end on a byte")
    numbers = sorted({1, len(frames)})
    parts = expect.parts(
        standard.get(url(kept, "/frames/" + ",".join(map(str, numbers))), ANY_PARTS), len(numbers)
    )
    for number, part in zip(numbers, parts):
        assert part.body == frames[number - 1]
        assert part.transfer_syntax == (
            makers.ELE if kept.syntax in NEVER_SENT + (makers.DEFLATED,) else kept.syntax
        )


def test_client_reads_frames(client):
    kept = store(client, samples.FOLDER / "test_files" / "CT_small.dcm")
    assert client.retrieve_instance_frames(*identifiers(kept), frame_numbers=[1]) == [
        pydicom.dcmread(io.BytesIO(kept.data)).PixelData
    ]


def test_client_reads_bulk_data(client):
    kept = store(client, samples.FOLDER / "test_files" / "CT_small.dcm")
    uri = client.retrieve_instance_metadata(*identifiers(kept))["7FE00010"]["BulkDataURI"]
    assert client.retrieve_bulkdata(uri) == [pydicom.dcmread(io.BytesIO(kept.data)).PixelData]


def test_client_searches_and_pages(standard, client):
    """It pages by `offset` until a page is empty, and sends `+` for blanks."""
    patient = makers.word() + " B"
    made = [plain(PatientID=patient) for _ in range(3)]
    keep_on_standard(standard, *made)
    found = client.search_for_studies(
        search_filters={"PatientID": patient}, fields=["StudyDescription"], get_remaining=True, limit=2
    )
    assert sorted(each["0020000D"]["Value"][0] for each in found) == sorted(each.study for each in made)
    assert client.search_for_instances(search_filters={"SOPInstanceUID": made[0].sop})[0]["00080018"][
        "Value"
    ] == [made[0].sop]


def test_client_reads_a_series(standard, client):
    made = [plain()]
    made += [makers.sibling(made[0], SOPClassUID=makers.CT_IMAGE) for _ in range(2)]
    keep_on_standard(standard, *made)
    found = client.retrieve_series(made[0].study, made[0].series)
    assert sorted(each.SOPInstanceUID for each in found) == sorted(each.sop for each in made)


def test_client_deletes(standard, client):
    instance = keep_on_standard(standard, plain())
    client.delete_instance(instance.study, instance.series, instance.sop)
    expect.status(standard.get(f"/studies/{instance.study}/metadata", JSON), 404, 410)


def test_large_request_is_chunked_by_the_client(standard):
    """Above `chunk_size` the client sends chunks."""
    client = DICOMwebClient(url=standard.base, chunk_size=50_000)
    kept = store(client, samples.FOLDER / "test_files" / "examples_palette.dcm")
    assert len(kept.data) > 50_000
    assert expect.parts(standard.get(url(kept), DICOM_PARTS + STORED), 1)[0].body == kept.data
