"""Delete on /dicom-web: standard-face.md section 8 and decision D7."""

import pytest

from support import expect
from support.cases import CT, DICOM_PARTS, keep_on_standard, plain
from support.client import JSON, path_of, series_path, study_path
from support.makers import Attributes, Instance, sibling

LEVELS = pytest.mark.parametrize(
    "path", [path_of, series_path, study_path], ids=["instance", "series", "study"]
)


def two_instances(standard):
    first = plain()
    return keep_on_standard(standard, first, sibling(first, SOPClassUID=CT))


@LEVELS
def test_deleted_is_gone(standard, path):
    instance = keep_on_standard(standard, plain())
    response = expect.status(standard.delete(path(instance)), 204)
    assert response.content == b""
    for resource in ("", "/metadata"):
        expect.problem(standard.get(path_of(instance, resource), None), 410)
    expect.problem(standard.delete(path(instance)), 410)


@pytest.mark.parametrize("resource", ["/frames/1", "/pixeldata", "/bulkdata/7FE00010", "/rendered"])
def test_resources_below_a_deleted_instance(standard, resource):
    instance = keep_on_standard(standard, plain())
    expect.status(standard.delete(path_of(instance)), 204)
    expect.problem(standard.get(path_of(instance, resource), None), 410)


@LEVELS
def test_never_stored(standard, path):
    expect.problem(standard.delete(path(plain())), 404)


@pytest.mark.parametrize(
    "path, name",
    [
        ("/studies/abc", "study"),
        ("/studies/1.2/series/abc", "series"),
        ("/studies/1.2/series/1.3/instances/abc", "instance"),
    ],
)
def test_bad_uid(standard, path, name):
    assert expect.problem(standard.delete(path), 400)["parameter"] == name


def test_others_stay(standard):
    first, second = two_instances(standard)
    expect.status(standard.delete(path_of(first)), 204)
    parts = expect.parts(standard.get(series_path(first), DICOM_PARTS), 1)
    assert parts[0].body == second.data
    found = expect.status(standard.get(f"/studies?StudyInstanceUID={first.study}", JSON), 200).json()
    assert found[0]["00201208"]["Value"] == [1]


def test_series_of_two(standard):
    first, second = two_instances(standard)
    expect.status(standard.delete(series_path(first)), 204)
    for each in (first, second):
        expect.problem(standard.get(path_of(each), DICOM_PARTS), 410)


def test_stored_again_after_delete(standard):
    instance = keep_on_standard(standard, plain())
    expect.status(standard.delete(study_path(instance)), 204)
    keep_on_standard(standard, instance)
    expect.parts(standard.get(path_of(instance), DICOM_PARTS), 1)


def test_effective_on_the_other_faces(standard, v2):
    instance = keep_on_standard(standard, plain())
    expect.status(standard.delete(study_path(instance)), 204)
    expect.status(v2.get(path_of(instance, "/metadata"), JSON), 404)


def row_of(standard, path):
    (row,) = expect.status(standard.get(path, JSON), 200).json()
    return row


def test_rows_are_those_of_what_is_left(standard):
    """5.3 shows the latest stored value, so one that only a deleted instance had is shown and found no more."""
    first = plain(PatientName="First", StudyDescription="first", Modality="CT", SeriesDescription="A")
    wrong = sibling(
        first,
        SOPClassUID=CT,
        PatientName="Wrong^Name",
        Modality="CT",
        SeriesDescription="B",
        AccessionNumber="W1",
        RequestAttributesSequence=[Attributes(RequestedProcedureID="P9")],
    )
    other = sibling(first, same_series=False, SOPClassUID=CT, PatientName="Other", Modality="SR")
    keep_on_standard(standard, first, wrong, other)
    study = f"/studies?StudyInstanceUID={first.study}"
    assert row_of(standard, study)["00080061"]["Value"] == ["CT", "SR"]

    expect.status(standard.delete(path_of(other)), 204)
    row = row_of(standard, study)
    assert row["00080061"]["Value"] == ["CT"]
    assert row["00100010"]["Value"] == [{"Alphabetic": "Wrong^Name"}]
    assert (row["00201206"]["Value"], row["00201208"]["Value"]) == ([1], [2])

    expect.status(standard.delete(path_of(wrong)), 204)
    row = row_of(standard, study + "&includefield=StudyDescription")
    assert row["00100010"]["Value"] == [{"Alphabetic": "First"}]
    assert row["00081030"]["Value"] == ["first"]
    assert "Value" not in row["00080050"]
    series = row_of(standard, f"/studies/{first.study}/series?includefield=SeriesDescription")
    assert series["0008103E"]["Value"] == ["A"]
    assert "00400275" not in series or "Value" not in series["00400275"]
    for query in ("PatientName=Wrong*", "AccessionNumber=W1", "ModalitiesInStudy=SR"):
        assert expect.status(standard.get(f"{study}&{query}", JSON), 200).json() == []
    assert row_of(standard, study + "&PatientName=First")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_rows_of_the_other_faces_too(request, version):
    """dicomweb.md 14.4: recomputed from what is left."""
    face = request.getfixturevalue(version)
    first = Instance(StudyDescription="first")
    second = sibling(first, StudyDescription="second", AccessionNumber="W1")
    face.keep(first, second)
    expect.status(face.delete(path_of(second)), 204)
    query = f"/studies?StudyInstanceUID={first.study}&includefield=StudyDescription&includefield=AccessionNumber"
    row = row_of(face, query)
    assert row["00081030"]["Value"] == ["first"]
    assert "00080050" not in row
    expect.status(face.get(f"/studies?StudyInstanceUID={first.study}&AccessionNumber=W1", JSON), 204)
