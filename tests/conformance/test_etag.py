"""Conditional metadata requests on /v2: dicomweb.md 11.3, WE-1 to WE-13."""

import pytest

from support import dicomjson, expect
from support.client import JSON, path_of, series_path, study_path
from support.makers import Instance, sibling

SETS = pytest.mark.parametrize("path", [study_path, series_path], ids=["study", "series"])


def fetch(v2, path, tag=None):
    headers = {} if tag is None else {"If-None-Match": tag}
    return v2.get(path + "/metadata", JSON, headers=headers)


def full(response, *instances):
    """200 with these instances and an ETag, which is returned."""
    expect.status(response, 200)
    assert sorted(dicomjson.instance_uids(response.json())) == sorted(each.sop for each in instances)
    assert response.headers["ETag"]
    return response.headers["ETag"]


def not_modified(response):
    expect.status(response, 304)
    assert response.content == b""
    assert response.headers.get("Content-Length", "0") == "0"


def pair(v2):
    first = Instance()
    return v2.keep(first, sibling(first))


def match(v2, path, *instances):
    not_modified(fetch(v2, path, full(fetch(v2, path), *instances)))


def mismatch(v2, path, *instances):
    full(fetch(v2, path, "1" + full(fetch(v2, path), *instances)), *instances)


def test_WE_01_study_matches(v2):
    files = pair(v2)
    match(v2, study_path(files[0]), *files)


def test_WE_02_study_mismatch(v2):
    files = pair(v2)
    mismatch(v2, study_path(files[0]), *files)


def test_WE_03_study_without_condition(v2):
    files = pair(v2)
    full(fetch(v2, study_path(files[0])), *files)


def grown(v2, path):
    first = v2.keep(Instance())
    old = full(fetch(v2, path(first)), first)
    second = v2.keep(sibling(first))
    assert full(fetch(v2, path(first), old), first, second) != old


def shrunk(v2, path):
    first, second = pair(v2)
    old = full(fetch(v2, path(first)), first, second)
    expect.status(v2.delete(path_of(second)), 204)
    assert full(fetch(v2, path(first), old), first) != old


def test_WE_04_study_grows(v2):
    grown(v2, study_path)


def test_WE_05_study_shrinks(v2):
    shrunk(v2, study_path)


def test_WE_06_series_matches(v2):
    files = pair(v2)
    match(v2, series_path(files[0]), *files)


def test_WE_07_series_mismatch(v2):
    files = pair(v2)
    mismatch(v2, series_path(files[0]), *files)


def test_WE_08_series_without_condition(v2):
    files = pair(v2)
    full(fetch(v2, series_path(files[0])), *files)


def test_WE_09_series_grows(v2):
    grown(v2, series_path)


def test_WE_10_series_shrinks(v2):
    shrunk(v2, series_path)


def test_WE_11_instance_matches(v2):
    instance = v2.keep(Instance())
    match(v2, path_of(instance), instance)


def test_WE_12_instance_mismatch(v2):
    instance = v2.keep(Instance())
    mismatch(v2, path_of(instance), instance)


def test_WE_13_instance_without_condition(v2):
    instance = v2.keep(Instance())
    full(fetch(v2, path_of(instance)), instance)


@SETS
def test_forms_of_the_condition(v2, path):
    """Section 13, row 7: quoted, bare, weak, lists and `*` are accepted."""
    instance = v2.keep(Instance())
    bare = full(fetch(v2, path(instance)), instance).strip('"')
    for condition in (f'"{bare}"', bare, f'W/"{bare}"', f'"other", "{bare}"', "*"):
        not_modified(fetch(v2, path(instance), condition))
    full(fetch(v2, path(instance), '"other", "another"'), instance)
