"""Instance retrieval on /v2: dicomweb.md 11.3, WI-1 to WI-9."""

import pytest

from support import expect, makers, multipart, pixels, sets
from support.client import ANY_FRAMES, ANY_INSTANCE, ANY_STUDY, JSON, path_of, series_path, study_path
from support.makers import ELE, J2K_LOSSLESS, Instance, padded

SINGLE = "application/dicom"
FIXED = {
    "StudyInstanceUID": "2.25.24030185732148",
    "SeriesInstanceUID": "2.25.24030185732149",
    "SOPInstanceUID": "2.25.24030185732150",
    "SOPClassUID": "2.25.24030185732151",
    "PatientID": "2.25.24030185732152",
    "PatientName": "2.25.24030185732153",
}


@pytest.mark.parametrize(
    "make", [pixels.native, pixels.colour_j2k, Instance], ids=["ele", "j2k", "no pixels"]
)
def test_WI_01_a_as_stored(v2, make):
    instance = v2.keep(make())
    response = v2.get(path_of(instance), ANY_INSTANCE)
    expect.file(response, instance.data)
    assert multipart.parameter(response.headers["Content-Type"], "transfer-syntax") == instance.syntax


@pytest.mark.needs_pixel_work("decodes JPEG 2000")
@pytest.mark.parametrize("accept", [SINGLE, f"{SINGLE}; transfer-syntax={ELE}"], ids=["b", "c"])
def test_WI_01_bc_j2k_file_as_ele(v2, accept):
    instance = v2.keep(pixels.colour_j2k())
    response = expect.status(v2.get(path_of(instance), accept), 200)
    assert expect.media_type(response) == SINGLE
    sets.assert_decoded(pixels.parse(response.content), instance)


@pytest.mark.needs_pixel_work("encodes JPEG 2000")
def test_WI_01_d_ele_file_as_j2k(v2):
    array = pixels.colour_array()
    instance = v2.keep(pixels.colour_ele(array))
    response = expect.status(v2.get(path_of(instance), f"{SINGLE}; transfer-syntax={J2K_LOSSLESS}"), 200)
    assert multipart.parameter(response.headers["Content-Type"], "transfer-syntax") == J2K_LOSSLESS
    sets.assert_encoded(pixels.parse(response.content), instance, response.content, array)


@pytest.mark.until_pixel_work
@pytest.mark.parametrize(
    "make, syntax", [(pixels.colour_j2k, ELE), (pixels.colour_ele, J2K_LOSSLESS)], ids=["b", "d"]
)
def test_WI_01_is_refused_without_codec(v2, make, syntax):
    expect.text_error(v2.get(path_of(v2.keep(make())), f"{SINGLE}; transfer-syntax={syntax}"), 406)


def test_WI_01_explicit_ele_of_an_ele_file(v2):
    """5.2: equal to the stored syntax is verbatim, and ELE is the default."""
    instance = v2.keep(pixels.native())
    for accept in (SINGLE, f"{SINGLE}; transfer-syntax={ELE}", f'{SINGLE}; transfer-syntax="{ELE}"'):
        expect.file(v2.get(path_of(instance), accept), instance.data)


def test_WI_02_a_multipart_as_stored(v2):
    instance = v2.keep(pixels.colour_j2k())
    expect.same_files(v2.get(path_of(instance), ANY_STUDY), instance)


@pytest.mark.needs_pixel_work("decodes JPEG 2000")
@sets.AS_ELE
def test_WI_02_bc_multipart_as_ele(v2, accept):
    instance = v2.keep(pixels.colour_j2k())
    part = expect.parts(v2.get(path_of(instance), accept), 1)[0]
    assert part.content_type == f"application/dicom; transfer-syntax={ELE}"


@pytest.mark.parametrize(
    "accept",
    ['application/octet-stream; transfer-syntax="*"', f"{SINGLE}; transfer-syntax=1.2.840.10008.1.2.4.100"],
    ids=["a", "b"],
)
def test_WI_03_unacceptable_for_an_unknown_instance(v2, accept):
    expect.text_error(v2.get(path_of(Instance()), accept), 406)


def test_WI_04_mpeg2_as_ele(v2):
    instance = v2.keep(pixels.encapsulated(makers.MPEG2))
    expect.text_error(v2.get(path_of(instance), f"{SINGLE}; transfer-syntax={ELE}"), 406)


@pytest.mark.parametrize("make", [pixels.encapsulated, pixels.mislabelled], ids=["fragments", "native bytes"])
def test_WI_05_mpeg2_as_stored(v2, make):
    instance = v2.keep(make(makers.MPEG2))
    expect.file(v2.get(path_of(instance), ANY_INSTANCE), instance.data)


@pytest.mark.parametrize(
    "syntax, label",
    [(makers.IMPLICIT, ELE), (ELE, makers.IMPLICIT)],
    ids=["implicit as explicit", "explicit as implicit"],
)
@pytest.mark.parametrize("accept", [ANY_INSTANCE, SINGLE], ids=["star", "default"])
def test_a_wrong_label_does_not_leave(v2, syntax, label, accept):
    """5.2: every part names the syntax that it is in, and so does the file."""
    instance = pixels.native(bits=16, syntax=syntax, label=label)
    expect.status(v2.store_single(instance.data), 200, 202)
    response = expect.status(v2.get(path_of(instance), accept), 200)
    assert response.headers["Content-Type"] == f"application/dicom; transfer-syntax={ELE}"
    received = pixels.parse(response.content)
    assert pixels.encoding_of(response.content) == received.file_meta.TransferSyntaxUID == ELE
    assert received.PixelData == b"".join(instance.frames)


def test_WI_06_unknown(v2):
    expect.text_error(v2.get(path_of(Instance()), ANY_INSTANCE), 404)


def test_WI_07_no_pixel_data(v2):
    instance = v2.keep(Instance())
    expect.file(v2.get(path_of(instance), ANY_INSTANCE), instance.data)


@pytest.mark.parametrize("in_url, in_file", [(1, 1), (0, 1), (1, 0), (5, 1)], ids=["a", "b", "c", "d"])
def test_WI_08_padding_of_the_study_uid(v2, in_url, in_file):
    uid = makers.odd_uid()
    instance = Instance(StudyInstanceUID=padded(uid) if in_file else uid)
    v2.keep(instance)
    path = path_of(instance).replace(uid, uid + "%20" * in_url)
    expect.file(v2.get(path, ANY_INSTANCE), instance.data)


def test_WI_09_fixed_identifiers_kept_for_ever(v2):
    makers.rng.seed("the same pixels in every run")
    instance = pixels.native(**FIXED)
    expect.status(v2.store_single(instance.data), 200, 409)
    expect.status(v2.get(path_of(instance), ANY_INSTANCE), 200)
    expect.status(v2.get(path_of(instance, "/metadata"), JSON), 200)
    expect.status(v2.get(path_of(instance, "/frames/1"), ANY_FRAMES), 200)


@pytest.mark.parametrize(
    "accept", ["*/*", 'multipart/related; type="*/*"', 'multipart/related; type="*/*"; transfer-syntax=*']
)
def test_any_type_is_answered_as_multipart(v2, accept):
    """5.1: `*/*` on an instance is multipart in the stored syntax."""
    instance = v2.keep(pixels.colour_j2k())
    expect.same_files(v2.get(path_of(instance), accept), instance)


def test_explicit_star_beats_others_of_equal_quality(v2):
    """5.1, selection step 3."""
    instance = v2.keep(pixels.encapsulated(makers.MPEG2))
    accept = f"{SINGLE}; transfer-syntax={ELE}, {SINGLE}; transfer-syntax=*"
    expect.file(v2.get(path_of(instance), accept), instance.data)


def test_hierarchy_must_fit(v2):
    """5.2: an instance under another series is not found."""
    first, second = v2.keep(Instance(), Instance())
    path = f"/studies/{first.study}/series/{second.series}/instances/{first.sop}"
    expect.text_error(v2.get(path, ANY_INSTANCE), 404)


ORIGINAL = {"msdicom-request-original": "True"}


def test_original_is_the_only_version_of_what_was_never_updated(v2):
    """5.2, 11.7."""
    instance = v2.keep(Instance())
    expect.file(v2.get(path_of(instance), ANY_INSTANCE, headers=ORIGINAL), instance.data)
    for path in (study_path, series_path):
        expect.same_files(v2.get(path(instance), ANY_STUDY, headers=ORIGINAL), instance)
    for path in (study_path, series_path, path_of):
        assert v2.metadata(path(instance), headers=ORIGINAL) == v2.metadata(path(instance))


def test_original_of_what_was_deleted(v2):
    """11.7: neither version is left."""
    instance = v2.keep(Instance())
    expect.status(v2.delete(path_of(instance)), 204)
    expect.text_error(v2.get(path_of(instance), ANY_INSTANCE, headers=ORIGINAL), 404)
    expect.text_error(v2.get(path_of(instance, "/metadata"), JSON, headers=ORIGINAL), 404)
