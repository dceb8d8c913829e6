"""WADO-URI for application/dicom: standard-face.md 1.2."""

import pytest

from support import expect, makers, pixels
from support.cases import image, keep_on_standard, plain
from support.makers import ELE, Instance, new_uid

PATHS = pytest.mark.parametrize("path", ["", "/wado"], ids=["base", "alias"])


def query(instance, **changes):
    values = {
        "requestType": "WADO",
        "studyUID": instance.study,
        "seriesUID": instance.series,
        "objectUID": instance.sop,
        "contentType": "application/dicom",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def ask(standard, instance, path="/wado", accept=None, **changes):
    return standard.get(path, accept, params=query(instance, **changes))


@PATHS
def test_file(standard, path):
    instance = keep_on_standard(standard, image())
    response = ask(standard, instance, path)
    expect.file(response, instance.data)
    assert response.headers["Content-Type"] == "application/dicom", "no transfer-syntax parameter here"
    assert "Content-Location" in response.headers


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/dicom", 'multipart/related; type="application/octet-stream"; transfer-syntax="*"'],
)
def test_accept_of_viewers_is_ignored_when_it_names_nothing(standard, accept):
    instance = keep_on_standard(standard, image())
    expect.file(ask(standard, instance, accept=accept), instance.data)


@pytest.mark.parametrize(
    "changes, name",
    [
        ({"requestType": None}, "requestType"),
        ({"requestType": "wado"}, "requestType"),
        ({"studyUID": None}, "studyUID"),
        ({"seriesUID": None}, "seriesUID"),
        ({"objectUID": None}, "objectUID"),
        ({"contentType": "application/dicom; transfer-syntax=*"}, "contentType"),
        ({"transferSyntax": "ele"}, "transferSyntax"),
        ({"anonymize": "yes"}, "anonymize"),
        ({"transferSyntax": f"{ELE},{makers.JPEG_LS}"}, "transferSyntax"),
        ({"transferSyntax": [ELE, makers.JPEG_LS]}, "transferSyntax"),
        ({"windowCenter": "40", "windowWidth": "400"}, "windowCenter"),
        ({"windowWidth": "400"}, "windowWidth"),
        ({"studyUID": "1.2.x"}, "studyUID"),
        ({"presentationUID": "1.2.3", "contentType": "image/jpeg"}, "presentationUID"),
        ({"windowCenter": "40", "contentType": "image/jpeg"}, "windowCenter"),
        ({"frameNumber": "2", "contentType": "image/jpeg"}, "frameNumber"),
        ({"frameNumber": "1"}, "frameNumber"),
        ({"region": "0.5,0,0.2,1", "contentType": "image/jpeg"}, "region"),
    ],
    ids=str,
)
def test_bad_request(standard, changes, name):
    """1.2; the answer names the parameter (1.4)."""
    instance = keep_on_standard(standard, image())
    assert expect.problem(ask(standard, instance, **changes), 400)["parameter"] == name


@pytest.mark.parametrize("number", ["0", "3", "-1", "a", "", "1,2", ["1", "2"]], ids=str)
@pytest.mark.parametrize("content_type", ["application/dicom", "image/jpeg"])
def test_frame_number_must_be_one_of_the_frames(standard, number, content_type):
    instance = keep_on_standard(standard, image(frames=2))
    response = ask(standard, instance, frameNumber=number, contentType=content_type)
    assert expect.problem(response, 400)["parameter"] == "frameNumber"


def test_frame_number_of_an_object(standard):
    instance = keep_on_standard(standard, image(frames=2))
    expect.file(ask(standard, instance, frameNumber="2"), instance.data)


@pytest.mark.parametrize("name", ["studyUID", "seriesUID", "objectUID"])
def test_all_three_identifiers_must_fit(standard, name):
    instance = keep_on_standard(standard, image())
    expect.problem(ask(standard, instance, **{name: new_uid()}), 404)


def test_unknown_object(standard):
    expect.problem(ask(standard, Instance()), 404)


@pytest.mark.parametrize("syntax", ["*", makers.MPEG2])
def test_as_stored(standard, syntax):
    instance = keep_on_standard(standard, pixels.encapsulated(makers.MPEG2))
    expect.file(ask(standard, instance, transferSyntax=syntax), instance.data)


def test_lossy_only_data_come_as_stored(standard):
    instance = keep_on_standard(standard, pixels.encapsulated(makers.MPEG2))
    expect.file(ask(standard, instance), instance.data)


def test_syntax_that_cannot_be_produced(standard):
    instance = keep_on_standard(standard, image())
    expect.problem(ask(standard, instance, transferSyntax="1.2.840.10008.1.2.4.100"), 406)


@pytest.mark.needs_pixel_work("renders")
def test_default_is_jpeg(standard):
    instance = keep_on_standard(standard, image())
    response = expect.status(ask(standard, instance, contentType=None), 200)
    assert response.headers["Content-Type"] == "image/jpeg"


@pytest.mark.until_pixel_work
def test_rendering_is_refused_with_a_reason(standard):
    instance = keep_on_standard(standard, image())
    assert expect.problem(ask(standard, instance, contentType="image/jpeg"), 406)["detail"]


def test_deleted_object(standard):
    """1.2: 410; D7."""
    instance = keep_on_standard(standard, plain())
    expect.status(standard.delete(f"/studies/{instance.study}"), 204)
    expect.problem(ask(standard, instance), 410)
