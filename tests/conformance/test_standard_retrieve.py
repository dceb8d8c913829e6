"""Instances, series and studies on /dicom-web: standard-face.md 2.2, 2.3, 2.7, 3.2 and decisions D1-D6,
D15."""

import io
import zipfile

import pytest

from support import expect, makers, multipart, pixels
from support.cases import (
    ANY_PARTS,
    DICOM_PARTS,
    STORED,
    dicom_part,
    image,
    keep_on_standard,
    location,
    message_type,
    plain,
)
from support.client import path_of, series_path, study_path
from support.makers import ELE, J2K_LOSSLESS, Instance, sibling

ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
LEVELS = pytest.mark.parametrize(
    "path", [path_of, series_path, study_path], ids=["instance", "series", "study"]
)
STAR_FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
SETS = pytest.mark.parametrize("path", [series_path, study_path], ids=["series", "study"])


@LEVELS
@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        DICOM_PARTS,
        DICOM_PARTS + STORED,
        DICOM_PARTS + '; transfer-syntax="*"',
        "multipart/related",
        f"{DICOM_PARTS}; transfer-syntax={ELE}",
        "multipart/related;type=application/dicom",
        ANY_PARTS,
        "application/*",
        DICOM_PARTS + "; boundary=**",
        'Multipart/Related; Type="Application/DICOM"',
        DICOM_PARTS + " ; q=0.5",
        DICOM_PARTS + "; unknown=1",
        "not-a-range, " + DICOM_PARTS,
        "text/html, */*;q=0.1",
    ],
)
def test_accept_forms_give_the_stored_file(standard, path, accept):
    """2.1, 2.2: all of these select `application/dicom` in ELE, which is the stored syntax."""
    instance = keep_on_standard(standard, image())
    response = standard.get(path(instance), accept)
    dicom_part(expect.parts(response, 1)[0], instance)
    message_type(response, "application/dicom")


@LEVELS
def test_part_headers(standard, path):
    """2.7: Content-Type first, Content-Location of the instance, Content-Length when known."""
    instance = keep_on_standard(standard, image())
    part = expect.parts(standard.get(path(instance), DICOM_PARTS), 1)[0]
    assert list(part.headers)[0] == "content-type"
    assert part.content_type == f"application/dicom; transfer-syntax={ELE}"
    assert part.headers["content-location"] == location(standard, instance)
    assert int(part.headers.get("content-length", len(part.body))) == len(instance.data)


def test_spelling_of_the_part_header(standard):
    """9.1: an image loader finds `Content-Type:` by exact spelling."""
    instance = keep_on_standard(standard, image())
    assert (
        b"\r\nContent-Type: application/dicom" in standard.get(path_of(instance), DICOM_PARTS).content[:200]
    )


@pytest.mark.parametrize(
    "accept", ["application/dicom", f"application/dicom; transfer-syntax={ELE}", "application/dicom" + STORED]
)
def test_single_part_instance(standard, accept):
    instance = keep_on_standard(standard, image())
    response = standard.get(path_of(instance), accept)
    expect.file(response, instance.data)
    assert multipart.parameter(response.headers["Content-Type"], "transfer-syntax") == ELE


@SETS
@pytest.mark.parametrize(
    "accept",
    ["application/dicom", "image/png", "text/plain", DICOM_PARTS + "; q=0", "application/dicom+json"],
)
def test_unacceptable_for_sets(standard, path, accept):
    """2.3: single part is ignored for sets, 406 with the list if nothing else is left."""
    instance = keep_on_standard(standard, image())
    problem = expect.problem(standard.get(path(instance), accept), 406)
    assert any("application/dicom" in each for each in problem["available"])


def test_order_of_parts(standard):
    """Section 3: Series Number, Series UID, Instance Number, SOP Instance UID."""
    first = plain(SeriesNumber=2, InstanceNumber=1)
    files = [
        first,
        plain(StudyInstanceUID=first.study, SeriesNumber=1, InstanceNumber=3),
        sibling(first, SOPClassUID=makers.CT_IMAGE, SeriesNumber=2, InstanceNumber=10),
        sibling(first, SOPClassUID=makers.CT_IMAGE, SeriesNumber=2, InstanceNumber=9),
    ]
    keep_on_standard(standard, *files)
    parts = expect.parts(standard.get(study_path(first), DICOM_PARTS), 4)
    assert [part.body for part in parts] == [files[n].data for n in (1, 0, 3, 2)]


@pytest.mark.parametrize(
    "syntax", [J2K_LOSSLESS, makers.JPEG_BASELINE, makers.HEVC_MAIN10, makers.RLE, makers.MPEG2]
)
def test_any_syntax_as_stored(standard, syntax):
    instance = keep_on_standard(standard, pixels.encapsulated(syntax, frames=2))
    for accept in (DICOM_PARTS + STORED, f"{DICOM_PARTS}; transfer-syntax={syntax}"):
        dicom_part(expect.parts(standard.get(path_of(instance), accept), 1)[0], instance)


def test_deflated_is_inflated_unless_asked_for(standard):
    """2.3: deflated is an additional syntax, sent for `*` or when named."""
    plainly = image()
    wanted = plainly.encode()
    instance = keep_on_standard(standard, plainly.deflated())
    for accept in (None, DICOM_PARTS, f"{DICOM_PARTS}; transfer-syntax={ELE}"):
        part = expect.parts(standard.get(path_of(instance), accept), 1)[0]
        assert part.transfer_syntax == ELE and part.body.endswith(wanted)
    for accept in (DICOM_PARTS + STORED, f"{DICOM_PARTS}; transfer-syntax={makers.DEFLATED}"):
        dicom_part(expect.parts(standard.get(path_of(instance), accept), 1)[0], instance)


def test_encapsulated_uncompressed_as_stored(standard):
    """2.3: sent for `*` or when named; the form without fragments is not made of frames of another size than described."""
    instance = keep_on_standard(standard, pixels.encapsulated(ENCAPSULATED_UNCOMPRESSED))
    for accept in (DICOM_PARTS + STORED, f"{DICOM_PARTS}; transfer-syntax={ENCAPSULATED_UNCOMPRESSED}"):
        dicom_part(expect.parts(standard.get(path_of(instance), accept), 1)[0], instance)
    problem = expect.problem(standard.get(path_of(instance), f"{DICOM_PARTS}; transfer-syntax={ELE}"), 406)
    assert any(ENCAPSULATED_UNCOMPRESSED in offer for offer in problem["available"])


@pytest.mark.parametrize(
    "accept",
    [
        f"{DICOM_PARTS}; transfer-syntax=1.2.840.10008.1.2.4.100",
        f"application/dicom; transfer-syntax={makers.IMPLICIT}",
    ],
)
def test_syntax_that_cannot_be_produced(standard, accept):
    """D4; 2.3: implicit VR is never sent."""
    instance = keep_on_standard(standard, image())
    expect.problem(standard.get(path_of(instance), accept), 406)


def test_parameter_repeated_in_one_range(standard):
    """2.1: `*` wins over the UID."""
    instance = keep_on_standard(standard, pixels.encapsulated(makers.HEVC_MAIN10))
    accept = f'{DICOM_PARTS}; transfer-syntax="{makers.JPEG_LS}"; transfer-syntax="*"'
    dicom_part(expect.parts(standard.get(path_of(instance), accept), 1)[0], instance)


def test_accept_parameter_wins_over_the_header(standard):
    """D3."""
    instance = keep_on_standard(standard, image())
    response = standard.get(path_of(instance) + "?accept=application%2Fdicom", "image/png")
    expect.file(response, instance.data)


def test_accept_header_is_the_second_choice(standard):
    instance = keep_on_standard(standard, image())
    expect.file(standard.get(path_of(instance) + "?accept=text%2Fcss", "application/dicom"), instance.data)


def test_accept_parameter_that_mixes_dicom_and_rendered_types(standard):
    """D2: 400 for the parameter; in the header the ranges that do not fit are ignored."""
    instance = keep_on_standard(standard, image())
    query = "?accept=application%2Fdicom%2Bjson,image%2Fjpeg"
    for path in (path_of(instance), path_of(instance, "/metadata"), "/studies"):
        assert expect.problem(standard.get(path + query, None), 400)["parameter"] == "accept"
    expect.file(standard.get(path_of(instance), "image/jpeg, application/dicom"), instance.data)


def test_several_accept_lines_and_parameters_are_one_list(standard):
    """2.1."""
    instance = keep_on_standard(standard, image())
    query = "?accept=text%2Fcss&accept=application%2Fdicom"
    expect.file(standard.get(path_of(instance) + query, None), instance.data)


def test_names_of_parameters_are_case_sensitive(standard):
    """2.1: `Accept=` is another, unsupported parameter, and ignored (1.3: 400 is for supported ones)."""
    instance = keep_on_standard(standard, image())
    expect.file(standard.get(path_of(instance) + "?Accept=image%2Fpng", "application/dicom"), instance.data)


def test_quality_decides(standard):
    instance = keep_on_standard(standard, image())
    expect.file(
        standard.get(path_of(instance), DICOM_PARTS + "; q=0.2, application/dicom; q=0.9"), instance.data
    )
    expect.parts(standard.get(path_of(instance), DICOM_PARTS + "; q=0.9, application/dicom; q=0.2"), 1)


def test_quality_zero_excludes(standard):
    """2.1."""
    instance = keep_on_standard(standard, image())
    expect.file(standard.get(path_of(instance), DICOM_PARTS + "; q=0, application/dicom; q=0.1"), instance.data)
    expect.problem(standard.get(path_of(instance), "application/dicom; q=0"), 406)


@pytest.mark.parametrize("accept", ["%2A%2F%2A", "application%2F%2A", "multipart%2Frelated;type=%22%2A%2F%2A%22"])
def test_wildcards_in_the_accept_parameter(standard, accept):
    """D5."""
    instance = keep_on_standard(standard, image())
    response = standard.get(f"{path_of(instance)}?accept={accept}", "text/css")
    dicom_part(expect.parts(response, 1)[0], instance)


@pytest.mark.parametrize("syntax", [makers.IMPLICIT, makers.BIG_ENDIAN])
@pytest.mark.parametrize("suffix", ["", STORED], ids=["default", "star"])
def test_implicit_and_big_endian_are_converted(standard, syntax, suffix):
    """D15: never on the wire, not even for `*`. No codec is needed; 16-bit pixels change their byte order."""
    instance = pixels.native(bits=16, syntax=syntax, SOPClassUID=makers.CT_IMAGE)
    keep_on_standard(standard, instance)
    part = expect.parts(standard.get(path_of(instance), DICOM_PARTS + suffix), 1)[0]
    assert part.transfer_syntax == ELE
    received, sent = pixels.parse(part.body), pixels.parse(instance.data)
    assert received.file_meta.TransferSyntaxUID == ELE
    assert (received.pixel_array == sent.pixel_array).all()
    assert received.PatientName == sent.PatientName and received.SOPInstanceUID == sent.SOPInstanceUID


MISLABELLED = pytest.mark.parametrize(
    "syntax, label",
    [(makers.IMPLICIT, ELE), (ELE, makers.IMPLICIT), (makers.BIG_ENDIAN, ELE), (ELE, makers.BIG_ENDIAN)],
    ids=["implicit as explicit", "explicit as implicit", "big as little", "little as big"],
)


@MISLABELLED
@pytest.mark.parametrize("suffix", ["", STORED, f"; transfer-syntax={ELE}"], ids=["default", "star", "ele"])
@pytest.mark.parametrize("form", [DICOM_PARTS, "application/dicom"], ids=["parts", "single"])
def test_a_wrong_label_does_not_leave(standard, syntax, label, suffix, form):
    """D15, 3.2: a data set that is not encoded as its file meta says is stored, and what is given is encoded as
    its label says."""
    instance = pixels.native(bits=16, syntax=syntax, label=label, SOPClassUID=makers.CT_IMAGE)
    keep_on_standard(standard, instance)
    response = expect.status(standard.get(path_of(instance), form + suffix), 200)
    body = expect.parts(response, 1)[0].body if form == DICOM_PARTS else response.content
    assert pixels.encoding_of(body) == ELE
    received = pixels.parse(body)
    assert received.file_meta.TransferSyntaxUID == ELE
    assert (received.pixel_array == pixels.parse(relabelled(instance).data).pixel_array).all()
    assert received.SOPInstanceUID == instance.sop


def relabelled(instance):
    """The same instance with a true label."""
    copy = Instance(instance.syntax)
    copy.elements = dict(instance.elements)
    return copy


def test_a_wrong_label_around_compressed_pixels(standard):
    """The data set is rewritten, the stream stays as it is."""
    instance = pixels.jpeg_baseline(frames=2)
    (pixel_data,) = [value for tag, (vr, value) in instance.elements.items() if tag == 0x7FE00010]
    items = Instance().put(0x7FE00010, "OB", pixel_data).encode()
    items = items[items.index(b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff") + 12 :]
    head = Instance(makers.IMPLICIT, label=makers.JPEG_BASELINE)
    head.elements = {tag: element for tag, element in instance.elements.items() if tag != 0x7FE00010}
    data = head.data + b"\xe0\x7f\x10\0\xff\xff\xff\xff" + items
    expect.status(standard.store([data]), 200)
    for accept in ("application/dicom", f"application/dicom; transfer-syntax={makers.JPEG_BASELINE}"):
        body = expect.status(standard.get(path_of(instance), accept), 200).content
        assert body.endswith(instance.encode())
        assert pixels.parse(body).file_meta.TransferSyntaxUID == makers.JPEG_BASELINE
    parts = expect.parts(standard.get(path_of(instance) + "/frames/1,2", STAR_FRAMES), 2)
    assert [part.body for part in parts] == instance.frames


def test_a_wrong_label_by_uri_and_in_a_zip(standard):
    instance = keep_on_standard(
        standard, pixels.native(syntax=makers.IMPLICIT, label=ELE, SOPClassUID=makers.CT_IMAGE)
    )
    query = f"requestType=WADO&studyUID={instance.study}&seriesUID={instance.series}&objectUID={instance.sop}"
    bodies = [
        expect.status(standard.get(f"?{query}&contentType=application/dicom{syntax}", None), 200).content
        for syntax in ("", "&transferSyntax=*")
    ]
    archive = expect.status(standard.get(study_path(instance), "application/zip"), 200).content
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        bodies += [files.read(name) for name in files.namelist()]
    assert len(bodies) == 3
    for body in bodies:
        assert pixels.encoding_of(body) == pixels.parse(body).file_meta.TransferSyntaxUID == ELE


def mixed_series(standard):
    first = image()
    other = pixels.encapsulated(makers.MPEG2, StudyInstanceUID=first.study, SeriesInstanceUID=first.series)
    keep_on_standard(standard, first, other)
    return first, other


@SETS
def test_partial_answer(standard, path):
    """D6: what can be given comes with 206 and a count of the rest; nobody decodes the MPEG-2 file."""
    first, _ = mixed_series(standard)
    response = expect.status(standard.get(path(first), f"{DICOM_PARTS}; transfer-syntax={ELE}"), 206)
    assert [part.body for part in multipart.decode(response)] == [first.data]
    assert (
        response.headers["Warning"].startswith("299 ")
        and "1 of 2 instances were left out" in response.headers["Warning"]
    )


@SETS
def test_partial_answers_have_tags_of_their_own(standard, path):
    """As many instances of the same set are given and left out, but not the same ones."""
    first, other = mixed_series(standard)
    answers = [
        expect.status(standard.get(path(first), f"{DICOM_PARTS}; transfer-syntax={syntax}"), 206)
        for syntax in (ELE, makers.MPEG2)
    ]
    assert [multipart.decode(answer)[0].body for answer in answers] == [first.data, other.data]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


@SETS
def test_lossy_only_data_come_as_stored_by_default(standard, path):
    """2.2, step 3: no named syntax, so each part is chosen for itself."""
    first, other = mixed_series(standard)
    expect.same_files(standard.get(path(first), DICOM_PARTS), first, other)


@pytest.mark.needs_pixel_work("decodes JPEG 2000")
def test_lossless_data_are_decoded_by_default(standard):
    instance = keep_on_standard(standard, pixels.colour_j2k(SOPClassUID=makers.CT_IMAGE))
    part = expect.parts(standard.get(path_of(instance), DICOM_PARTS), 1)[0]
    assert part.transfer_syntax == ELE
    assert pixels.parse(part.body).PixelData == instance.array.tobytes()


@pytest.mark.until_pixel_work
def test_named_syntax_without_codec_is_refused(standard):
    instance = keep_on_standard(standard, pixels.colour_j2k(SOPClassUID=makers.CT_IMAGE))
    problem = expect.problem(standard.get(path_of(instance), f"{DICOM_PARTS}; transfer-syntax={ELE}"), 406)
    assert problem["detail"]
    assert any(J2K_LOSSLESS in each for each in problem["available"])


@SETS
def test_zip_download(standard, path):
    """Extension of 2.3: one entry `{series}/{instance}.dcm`."""
    first = image()
    files = [first, sibling(first), sibling(first, same_series=False)]
    keep_on_standard(standard, *files)
    response = expect.status(standard.get(path(first), "application/zip"), 200)
    assert expect.media_type(response) == "application/zip"
    wanted = files[:2] if path is series_path else files
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"{each.series}/{each.sop}.dcm": each.data for each in wanted
        }


@LEVELS
def test_unknown(standard, path):
    expect.problem(standard.get(path(Instance()), DICOM_PARTS), 404)


@pytest.mark.parametrize(
    "path, name",
    [
        ("/studies/1.2.a", "study"),
        ("/studies/" + "1" * 65, "study"),
        ("/studies/1.2/series/x", "series"),
        ("/studies/1.2/series/1.3/instances/x", "instance"),
        ("/studies/-1/metadata", "study"),
        ("/studies/-1/series", "study"),
    ],
)
def test_path_uid_that_is_none(standard, path, name):
    """Section 3: 1-64 of digits and dots, else 400, which names the part of the path (1.4)."""
    assert expect.problem(standard.get(path), 400)["parameter"] == name


def test_path_without_a_resource(standard):
    expect.problem(standard.get("/studies/1.2/metadata%20"), 404)


def test_instance_under_another_series(standard):
    first, second = keep_on_standard(standard, plain(), plain())
    path = f"/studies/{first.study}/series/{second.series}/instances/{first.sop}"
    expect.problem(standard.get(path, DICOM_PARTS), 404)


def test_trailing_slash_and_case_of_literals(standard):
    """1: literals are case-sensitive, a trailing slash is tolerated."""
    instance = keep_on_standard(standard, plain())
    expect.parts(standard.get(path_of(instance) + "/", DICOM_PARTS), 1)
    expect.problem(standard.get(path_of(instance).replace("studies", "Studies"), DICOM_PARTS), 404)


def test_vary(standard):
    instance = keep_on_standard(standard, plain())
    vary = {
        each.strip().lower()
        for each in standard.get(path_of(instance), DICOM_PARTS).headers["Vary"].split(",")
    }
    assert vary == {"accept", "accept-encoding", "origin"}
