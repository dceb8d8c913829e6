"""Store of metadata with bulk data on /dicom-web: standard-face.md 4.2 and 6.2 (readers)."""

import base64
import io
import json

import numpy
import pytest
from PIL import Image

from support import expect, makers, multipart, pixels
from support.cases import CT, DICOM_PARTS, STORED, image
from support.client import JSON, path_of
from support.described import XML, Described, dataset, image_module, xml_of
from support.expect import OTHER_FAILURES
from support.makers import new_uid

def post(standard, datasets, *bulk, root_type=JSON):
    body = json.dumps(datasets).encode()
    parts = [({"Content-Type": root_type}, body)]
    parts += [({"Content-Type": kind, "Content-Location": uri}, value) for kind, uri, value in bulk]
    return standard.store(parts, root_type=root_type)


def received(standard, target):
    return pixels.parse(expect.parts(standard.get(path_of(target), DICOM_PARTS + STORED), 1)[0].body)


def test_single_part_json(standard):
    """4.1: data sets without external bulk data."""
    target, body = dataset()
    response = standard.store_single(json.dumps([body]), content_type=JSON)
    expect.status(response, 200)
    assert expect.stored_uids(response) == [target.sop]
    file = received(standard, target)
    assert str(file.PatientName) == "Roe^Ræ" and file.SpecificCharacterSet == "ISO_IR 192"
    assert (
        file.file_meta.MediaStorageSOPInstanceUID == target.sop
        and file.file_meta.MediaStorageSOPClassUID == CT
    )
    assert file.file_meta.TransferSyntaxUID == makers.ELE


def test_uncompressed_pixels(standard):
    pixel_bytes = makers.random_bytes(64)
    target, body = dataset(**image_module(8, 8, "bulk/1"))
    expect.status(post(standard, [body], ("application/octet-stream", "bulk/1", pixel_bytes)), 200)
    assert received(standard, target).PixelData == pixel_bytes


@pytest.mark.parametrize("kind", ["image/jpeg", f"image/jpeg; transfer-syntax={makers.JPEG_BASELINE}"])
def test_compressed_frames(standard, kind):
    """One part per frame with the same location; the syntax is the part's, else read from the stream."""
    made = pixels.jpeg_baseline(rows=16, columns=16, frames=2)
    target, body = dataset(**image_module(16, 16, "http://bulk.example/x"))
    body["00280008"] = {"vr": "IS", "Value": [2]}
    bulk = [(kind, "http://bulk.example/x", stream) for stream in made.frames]
    expect.status(post(standard, [body], *bulk), 200)
    file = received(standard, target)
    assert file.file_meta.TransferSyntaxUID == makers.JPEG_BASELINE
    parts = expect.parts(standard.get(path_of(target, "/frames/1,2"), 'multipart/related; type="*/*"'), 2)
    assert [part.body for part in parts] == made.frames


def frames_at(locations, number_of_frames=3):
    made = pixels.jpeg_baseline(rows=16, columns=16, frames=3)
    target, body = dataset(**image_module(16, 16, "http://bulk.example/x"))
    body["00280008"] = {"vr": "IS", "Value": [number_of_frames]}
    bulk = [("image/jpeg", "http://bulk.example/x" + end, made.frames[n]) for n, end in enumerate(locations)]
    return target, body, bulk, made.frames


def test_frames_by_number(standard):
    """4.2: `<uri>/frames/<n>`, in any order."""
    target, body, bulk, streams = frames_at(["/frames/3", "/frames/1", "/frames/2"])
    expect.status(post(standard, [body], *bulk), 200)
    parts = expect.parts(standard.get(path_of(target, "/frames/1,2,3"), 'multipart/related; type="*/*"'), 3)
    assert [part.body for part in parts] == [streams[1], streams[2], streams[0]]


@pytest.mark.parametrize(
    "locations, number_of_frames",
    [
        (["/frames/1", "/frames/3"], 3),
        (["/frames/1", "/frames/3"], 2),
        (["/frames/1", "/frames/2", "/frames/2"], 3),
        (["/frames/0", "/frames/1"], 2),
        (["/frames/1", "/frames/2x"], 2),
        (["/frames/1", ""], 2),
        (["/frames/1", "/frames/2"], 3),
        (["", ""], 3),
        (["", "", ""], 2),
    ],
)
def test_frames_that_do_not_add_up(standard, locations, number_of_frames):
    target, body, bulk, _ = frames_at(locations, number_of_frames)
    response = expect.status(post(standard, [body], *bulk), 409)
    assert (target.sop, 0xC000) in expect.failures(response)


def test_image_attributes_are_read_from_the_stream(standard):
    """4.2: they may be missing for image/jpeg."""
    made = pixels.jpeg_baseline(rows=24, columns=40)
    target, body = dataset(**{"7FE00010": {"vr": "OB", "BulkDataURI": "b"}})
    expect.status(post(standard, [body], ("image/jpeg", "b", made.frames[0])), 200)
    file = received(standard, target)
    assert (file.Rows, file.Columns, file.SamplesPerPixel, file.BitsAllocated) == (24, 40, 1, 8)


KEPT_UNCHANGED = [
    ("image/jxl", "1.2.840.10008.1.2.4.110"),
    ("image/jxl", "1.2.840.10008.1.2.4.111"),
    ("video/mpeg", makers.MPEG2),
    ("video/mp4", "1.2.840.10008.1.2.4.102"),
    ("video/H265", makers.HEVC_MAIN10),
]


@pytest.mark.parametrize("kind, syntax", KEPT_UNCHANGED)
def test_streams_that_are_kept_unchanged(standard, kind, syntax):
    """4.2; what cannot be read from the stream is said by the part."""
    stream = makers.random_bytes(600)
    target, body = dataset(**image_module(16, 16, "b"))
    expect.status(post(standard, [body], (f"{kind}; transfer-syntax={syntax}", "b", stream)), 200)
    assert received(standard, target).file_meta.TransferSyntaxUID == syntax
    part = expect.parts(standard.get(path_of(target, "/frames/1"), f'multipart/related; type="{kind}"{STORED}'), 1)[0]
    assert part.body == stream


@pytest.mark.parametrize(
    "kind",
    [
        "image/jxl",
        "video/mpeg",
        "video/mp4",
        "video/H265",
        f"image/jpeg; transfer-syntax={makers.ELE}",
        f"video/mp4; transfer-syntax={makers.ELE}",
        "application/octet-stream; transfer-syntax=1.2.3",
    ],
)
def test_bulk_type_without_known_syntax(standard, kind):
    """4.5: C122; the instance fails, others do not."""
    target, body = dataset(**image_module(16, 16, "b"))
    other, good = dataset()
    stream = makers.random_bytes(600)
    response = expect.status(post(standard, [body, good], (kind, "b", stream)), 202)
    assert expect.failures(response) == [(target.sop, 0xC122)]
    assert expect.stored_uids(response) == [other.sop]
    assert OTHER_FAILURES not in response.json()


GREY = numpy.arange(15 * 24, dtype=numpy.uint8).reshape(15, 24)
COLOUR = numpy.dstack([GREY, GREY[::-1], 255 - GREY])
PICTURES = {
    "grey PNG": ("PNG", GREY, GREY),
    "16 bit PNG": ("PNG", GREY.astype(numpy.uint16) * 257, GREY.astype(numpy.uint16) * 257),
    "PNG": ("PNG", COLOUR, COLOUR),
    "PNG with alpha": ("PNG", numpy.dstack([COLOUR, GREY]), COLOUR),
    "GIF": ("GIF", GREY, numpy.dstack([GREY] * 3)),
}


def linked_pixels():
    return {"7FE00010": {"vr": "OB", "BulkDataURI": "b"}}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_become_pixels(standard, name):
    """4.2: GIF and PNG are transformed; one channel is MONOCHROME2, alpha is dropped."""
    kind, picture, expected = PICTURES[name]
    target, body = dataset(**linked_pixels())
    stream = pixels.encode_image(picture, kind)
    expect.status(post(standard, [body], (f"image/{kind.lower()}", "b", stream)), 200)
    file = received(standard, target)
    assert file.file_meta.TransferSyntaxUID == makers.ELE
    assert file.PhotometricInterpretation == ("MONOCHROME2" if expected.ndim == 2 else "RGB")
    assert file.BitsStored == expected.itemsize * 8 and file["PixelData"].VR == ("OW" if file.BitsStored > 8 else "OB")
    assert numpy.array_equal(file.pixel_array, expected)


@pytest.mark.parametrize("described", [None, 3])
def test_pictures_of_several_frames(standard, described):
    """The frames of an animation, and parts of one location in their order; what was said of the pixels gives way."""
    frames = [Image.fromarray((COLOUR // (n + 1)) & 0xC0) for n in range(2)]
    animation = io.BytesIO()
    frames[0].save(animation, "GIF", save_all=True, append_images=frames[1:])
    said = image_module(1, 1, "b") | ({"00280008": {"vr": "IS", "Value": [described]}} if described else {})
    target, body = dataset(**said)
    still = pixels.encode_image(COLOUR, "PNG")
    bulk = [("image/gif", "b", animation.getvalue()), (f"image/png; transfer-syntax={makers.JPEG_LS}", "b", still)]
    expect.status(post(standard, [body], *bulk), 200)
    file = received(standard, target)
    assert file.NumberOfFrames == 3
    assert numpy.array_equal(file.pixel_array, [*map(numpy.array, frames), COLOUR])


@pytest.mark.parametrize(
    "frames, bulk",
    [
        (None, [("image/png", "b", b"no picture")]),
        (None, [("image/gif", "b", b"GIF89a")]),
        (2, [("image/png", "b", pixels.encode_image(GREY, "PNG"))]),
        (None, [("image/png", "b", pixels.encode_image(each, "PNG")) for each in (GREY, COLOUR)]),
    ],
    ids=["PNG", "GIF", "number of frames", "two kinds"],
)
def test_pictures_that_are_none(standard, frames, bulk):
    target, body = dataset(**linked_pixels())
    if frames:
        body["00280008"] = {"vr": "IS", "Value": [frames]}
    assert expect.failures(expect.status(post(standard, [body], *bulk), 409)) == [(target.sop, 0xC000)]


# What libjxl 0.7 made of a ramp of 40 rows and 24 columns, without loss.
JPEG_XL = bytes.fromhex(
    "ff0a0904088a0b0108020100fc004b2837d61fbc5350304541810d19638cf1620cc6c5e03de906c718630c630c461883f71e02c80380c7"
    "b9377e1e1537a2de2298a4dc712467a7caf7dd00477200"
)


def test_jpeg_xl_says_what_it_is(standard):
    """4.2: syntax and image attributes are read from the stream, which is kept unchanged."""
    target, body = dataset(**linked_pixels())
    expect.status(post(standard, [body], ("image/jxl", "b", JPEG_XL)), 200)
    file = received(standard, target)
    assert file.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.110"
    assert (file.Rows, file.Columns, file.SamplesPerPixel, file.BitsStored) == (40, 24, 1, 8)
    part = expect.parts(standard.get(path_of(target, "/frames/1"), 'multipart/related; type="image/jxl"'), 1)[0]
    assert part.body == JPEG_XL


# What FFmpeg and x264 wrote: 48 x 64 and 50 x 64 pixels, up to the end of the sequence header.
VIDEOS = {
    "video/mpeg": (makers.MPEG2, 48, "000001b304003023ffffe000000001b5148a000100000000"),
    "video/mp4": ("1.2.840.10008.1.2.4.102", 50, "000000016764000aacd94427e221000003000100000300320f1225960000000168eb"),
}


@pytest.mark.parametrize("kind", VIDEOS)
def test_video_says_what_it_is(standard, kind):
    """4.2: the syntax is read from the stream."""
    syntax, rows, stream = VIDEOS[kind]
    target, body = dataset(**linked_pixels(), **{"00280008": {"vr": "IS", "Value": [5]}})
    expect.status(post(standard, [body], (kind, "b", bytes.fromhex(stream))), 200)
    file = received(standard, target)
    assert file.file_meta.TransferSyntaxUID == syntax
    assert (file.Rows, file.Columns, file.NumberOfFrames) == (rows, 64, 5)
    assert file.PhotometricInterpretation == "YBR_PARTIAL_420"


def test_order_of_parts_is_free(standard):
    value = makers.random_bytes(64)
    target, body = dataset(**image_module(8, 8, "b"))
    parts = [
        ({"Content-Type": "application/octet-stream", "Content-Location": "b"}, value),
        ({"Content-Type": JSON}, json.dumps([body]).encode()),
    ]
    expect.status(standard.store(parts, root_type=JSON), 200)
    assert received(standard, target).PixelData == value


def test_inline_binary(standard):
    value = makers.random_bytes(20)
    target, body = dataset(**{"00420011": {"vr": "OB", "InlineBinary": base64.b64encode(value).decode()}})
    expect.status(post(standard, [body]), 200)
    assert received(standard, target)[0x00420011].value == value


DOCUMENT_TYPES = [
    "application/pdf",
    "text/xml",
    "application/xml",
    "application/json",
    "application/zip",
    "application/msword",
    "application/sla",
    "model/stl",
    "audio/mpeg",
]


@pytest.mark.parametrize("root_type", [JSON, XML])
@pytest.mark.parametrize("kind", DOCUMENT_TYPES)
def test_encapsulated_document(standard, kind, root_type):
    """4.2: the part has the type of the document, whatever that is. A location tells it from metadata in one of
    their general names."""
    value = b"<ClinicalDocument/>"
    target, body = dataset(
        **{
            "00420011": {"vr": "OB", "BulkDataURI": "doc"},
            "00420012": {"vr": "LO", "Value": [kind]},
        }
    )
    if root_type == XML:
        target = Described()
        body = xml_of(
            target,
            '<DicomAttribute tag="00420011" vr="OB"><BulkData uri="doc"/></DicomAttribute>'
            f'<DicomAttribute tag="00420012" vr="LO"><Value number="1">{kind}</Value></DicomAttribute>',
        )
    else:
        body = json.dumps([body]).encode()
    part = ({"Content-Type": kind, "Content-Location": "doc"}, value)
    expect.status(standard.store([({"Content-Type": root_type}, body), part], root_type=root_type), 200)
    assert received(standard, target)[0x00420011].value.startswith(value)
    response = expect.status(standard.get(path_of(target, "/bulkdata/00420011"), "*/*"), 200)
    assert expect.media_type(response) == kind and response.content.startswith(value)


@pytest.mark.parametrize("kind, name", [("application/json", "json"), ("text/xml", "xml")])
def test_metadata_in_a_general_name_with_a_location(standard, kind, name):
    """4.2: the request says that they are metadata."""
    target, body = dataset()
    text = json.dumps([body]).encode() if name == "json" else xml_of(target)
    parts = [({"Content-Type": kind, "Content-Location": "here"}, text)]
    expect.status(standard.store(parts, root_type=kind), 200)


def test_unknown_type_among_files(standard):
    """4.1: with files there are no elements that a part could be the value of."""
    instance = image()
    part = ({"Content-Type": "application/zip", "Content-Location": "x"}, b"PK")
    assert other_reasons(expect.status(standard.store([part, instance]), 202)) == [0xC000]
    expect.problem(standard.store([part]), 415)


def test_several_data_sets(standard):
    (first, one), (second, two) = dataset(), dataset()
    response = expect.status(post(standard, [one, two]), 200)
    assert expect.stored_uids(response) == [first.sop, second.sop]


def test_missing_bulk_part(standard):
    """The instance fails with C000H, others do not."""
    target, body = dataset(**image_module(8, 8, "missing"))
    other, good = dataset()
    response = expect.status(post(standard, [body, good]), 202)
    assert expect.failures(response) == [(target.sop, 0xC000)]
    assert expect.stored_uids(response) == [other.sop]


def test_bulk_part_nobody_refers_to(standard):
    target, body = dataset()
    response = expect.status(post(standard, [body], ("application/octet-stream", "stray", b"xx")), 202)
    assert expect.stored_uids(response) == [target.sop]
    assert other_reasons(response) == [0xC000]


def post_cut(standard, parts, cut):
    body = multipart.encode(parts, "limit")[:-cut]
    return standard.request(
        "POST", "/studies", JSON, {"Content-Type": multipart.content_type("limit", JSON)}, data=body
    )


def other_reasons(response):
    return [item[expect.FAILURE_REASON]["Value"][0] for item in expect.items(response, OTHER_FAILURES)]


def test_body_breaks_off_in_bulk_data(standard):
    """4.4: a bulk part that is not whole is none, so the object that names it lacks it."""
    target, body = dataset(**image_module(8, 8, "b"))
    other, good = dataset()
    parts = [
        ({"Content-Type": JSON}, json.dumps([body, good]).encode()),
        ({"Content-Type": "application/octet-stream", "Content-Location": "b"}, makers.random_bytes(64)),
    ]
    response = expect.status(post_cut(standard, parts, 20), 202)
    assert expect.failures(response) == [(target.sop, 0xC000)]
    assert expect.stored_uids(response) == [other.sop]
    assert other_reasons(response) == [0xC000]


def test_body_breaks_off_in_metadata(standard):
    """4.4: what stood before is kept."""
    _, body = dataset()
    instance = image()
    parts = [({"Content-Type": multipart.DICOM}, instance.data), ({"Content-Type": JSON}, json.dumps([body]).encode())]
    response = expect.status(post_cut(standard, parts, 20), 202)
    assert expect.stored_uids(response) == [instance.sop]
    assert other_reasons(response) == [0xC000]


@pytest.mark.parametrize(
    "change",
    [
        {"00280030": {"vr": "DS", "Value": ["0.5", 0.25]}},
        {"00200013": {"vr": "IS", "Value": ["7"]}},
        {"InstanceNumber": {"vr": "IS", "Value": [7]}},
        {"0020000d": None},
        {"00081030": {"vr": "LO"}},
        {"00081030": {"vr": "LO", "Value": []}},
        {"00189219": {"vr": "FD", "Value": ["NaN"]}},
        {"00189219": {"vr": "FD", "Value": ["-Infinity"]}},
        {"00720083": {"vr": "UV", "Value": [str(2**63)]}},
        {"00080008": {"vr": "CS", "Value": ["A", None, "B"]}},
        {"00081140": {"vr": "SQ", "Value": [{}]}},
    ],
    ids=str,
)
def test_forms_that_readers_take(standard, change):
    """6.2. `0020000d` stands for a key in lower case."""
    target, body = dataset()
    if "0020000d" in change:
        body["0020000d"] = body.pop("0020000D")
    else:
        body.update(change)
    response = expect.status(post(standard, [body]), 200)
    assert expect.stored_uids(response) == [target.sop]


def test_duplicate_key(standard):
    _, body = dataset()
    text = json.dumps([body]).replace('"00100020"', '"00100020": {"vr": "LO"}, "00100020"', 1)
    expect.problem(standard.store_single(text, content_type=JSON), 400)


def test_one_object_instead_of_an_array(standard):
    """4.1 says array; the standard's DICOM JSON Model allows nothing else for several data sets. Either 200
    or 400 is accepted."""
    _, body = dataset()
    response = standard.store_single(json.dumps(body), content_type=JSON)
    assert response.status_code in (200, 400), response.text[:300]


def test_unknown_vr_of_a_known_attribute(standard):
    """6.2: the dictionary tells it."""
    target, body = dataset(**{"00100030": {"vr": "ZZ", "Value": ["20000101"]}})
    expect.status(post(standard, [body]), 200)
    assert received(standard, target).PatientBirthDate == "20000101"


def test_group_2_inside_the_data_set(standard):
    """4.5: B006, elements discarded."""
    target, body = dataset(**{"00020010": {"vr": "UI", "Value": ["1.2.3"]}})
    response = expect.status(post(standard, [body]), 202)
    item = expect.items(response, expect.REFERENCED)[0]
    assert item[expect.WARNING_REASON]["Value"] == [0xB006]
    assert received(standard, target).file_meta.TransferSyntaxUID == makers.ELE


def test_xml_single_part(standard):
    target = Described()
    response = expect.status(standard.store_single(xml_of(target), content_type=XML), 200)
    assert expect.stored_uids(response) == [target.sop]
    assert str(received(standard, target).PatientName) == "Roe^Ræ"


def test_xml_with_bulk_data(standard):
    target, value = Described(), makers.random_bytes(2000)
    document = xml_of(target, '<DicomAttribute tag="00420011" vr="OB"><BulkData uri="b1"/></DicomAttribute>')
    parts = [
        ({"Content-Type": XML}, document),
        ({"Content-Type": "application/octet-stream", "Content-Location": "b1"}, value),
    ]
    expect.status(standard.store(parts, root_type=XML), 200)
    assert received(standard, target)[0x00420011].value == value


@pytest.mark.parametrize("keep", ["namespace", "none"])
def test_xml_with_and_without_namespace(standard, keep):
    """6.3: readers also take elements without namespace."""
    target = Described()
    document = xml_of(target)
    if keep == "none":
        document = document.replace(b' xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM"', b"")
    expect.status(standard.store_single(document, content_type=XML), 200)


def test_pinned_study(standard):
    _, body = dataset()
    response = standard.request(
        "POST", f"/studies/{new_uid()}", JSON, {"Content-Type": JSON}, data=json.dumps([body])
    )
    expect.status(response, 409)
    assert [reason for _, reason in expect.failures(response)] == [0xA900]
    assert multipart.DICOM not in response.headers["Content-Type"].split(";")
