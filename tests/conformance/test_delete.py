"""Delete on /v2: dicomweb.md 11.5, DL-1 to DL-15."""

import pytest

from support import expect
from support.client import ANY_INSTANCE, ANY_STUDY, JSON, path_of, series_path, study_path
from support.makers import Instance, new_uid, sibling

BAD = "notAStudyInstanceUid"


def deleted(v2, path):
    response = expect.status(v2.delete(path), 204)
    assert response.content == b""


def gone(v2, *paths):
    for path in paths:
        accept = ANY_INSTANCE if "/instances/" in path else ANY_STUDY
        expect.text_error(v2.get(path, accept), 404)


def left(v2, path, count):
    expect.parts(v2.get(path, ANY_STUDY), count)


def all_paths(*instances):
    return [make(each) for each in instances for make in (path_of, series_path, study_path)]


def two_series(v2):
    first = Instance()
    return v2.keep(first, sibling(first, same_series=False))


@pytest.mark.parametrize(
    "path", [path_of, series_path, study_path], ids=["DL_01_instance", "DL_06_series", "DL_10_study"]
)
def test_the_only_one(v2, path):
    instance = v2.keep(Instance())
    deleted(v2, path(instance))
    gone(v2, *all_paths(instance))


@pytest.mark.parametrize(
    "path", [path_of, series_path, study_path], ids=["DL_02_instance", "DL_07_series", "DL_11_study"]
)
def test_twice(v2, path):
    instance = v2.keep(Instance())
    deleted(v2, path(instance))
    expect.text_error(v2.delete(path(instance)), 404)


def test_DL_03_one_of_two_instances(v2):
    first = Instance()
    v2.keep(first, sibling(first))
    deleted(v2, path_of(first))
    gone(v2, path_of(first))
    left(v2, series_path(first), 1)


def one_of_two_series(v2):
    first, second = two_series(v2)
    deleted(v2, path_of(first))
    gone(v2, series_path(first))
    left(v2, series_path(second), 1)
    left(v2, study_path(second), 1)


def test_DL_04_only_instance_of_one_series(v2):
    one_of_two_series(v2)


def test_DL_05_one_of_three_instances(v2):
    first = Instance()
    other = sibling(first, same_series=False)
    v2.keep(first, sibling(first), other)
    deleted(v2, path_of(first))
    left(v2, series_path(first), 1)
    left(v2, series_path(other), 1)
    left(v2, study_path(first), 2)


def test_DL_08_series_of_two_instances(v2):
    first = Instance()
    second = sibling(first)
    v2.keep(first, second)
    deleted(v2, series_path(first))
    gone(v2, *all_paths(first, second))


def test_DL_09_instance_of_one_of_two_series(v2):
    one_of_two_series(v2)


def test_DL_12_study_of_two_series(v2):
    first = Instance()
    files = [first, sibling(first), sibling(first, same_series=False)]
    v2.keep(*files)
    deleted(v2, study_path(first))
    gone(v2, *all_paths(*files))


def test_DL_13_study_that_is_no_uid(v2):
    expect.text_error(v2.delete(f"/studies/{BAD}"), 400)


@pytest.mark.parametrize("study", [BAD, "2.25.4"], ids=["a", "b"])
def test_DL_14_series_that_is_no_uid(v2, study):
    expect.text_error(v2.delete(f"/studies/{study}/series/{BAD}"), 400)


@pytest.mark.parametrize("study, series", [(BAD, BAD), ("2.25.4", "2.25.5")], ids=["a", "b"])
def test_DL_15_instance_that_is_no_uid(v2, study, series):
    expect.text_error(v2.delete(f"/studies/{study}/series/{series}/instances/{BAD}"), 400)


def test_deleted_at_once_for_metadata_and_search(face):
    instance = face.keep(Instance())
    deleted(face, study_path(instance))
    expect.status(face.get(path_of(instance, "/metadata"), JSON), 404)
    expect.status(face.search("/studies", {"StudyInstanceUID": instance.study}), 204)


def test_the_same_identifiers_can_be_stored_again(face):
    instance = face.keep(Instance())
    deleted(face, path_of(instance))
    face.keep(instance)
    expect.file(face.get(path_of(instance), ANY_INSTANCE), instance.data)


def test_other_study_is_not_touched(v2):
    first, other = v2.keep(Instance(), Instance())
    deleted(v2, study_path(first))
    left(v2, study_path(other), 1)


def test_series_under_another_study_is_not_found(v2):
    instance = v2.keep(Instance())
    expect.text_error(v2.delete(f"/studies/{new_uid()}/series/{instance.series}"), 404)
    left(v2, study_path(instance), 1)
