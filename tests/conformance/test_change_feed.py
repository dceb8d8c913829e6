"""Change feed on /v1 and /v2: dicomweb.md 11.6, CF-1 to CF-10, and section 8.

The rig says that feed scenarios run one after another and that older entries may exist: `feed` holds
everybody else.
"""

import time

import pytest

from support import expect, ticks
from support.client import path_of
from support.makers import Instance, sibling
from support.ticks import END_OF_TIME

pytestmark = pytest.mark.feed
FIELDS = {
    "sequence",
    "partitionName",
    "studyInstanceUid",
    "seriesInstanceUid",
    "sopInstanceUid",
    "action",
    "timestamp",
    "state",
}


def read(face, **params):
    response = expect.status(face.get("/changefeed", params=params), 200)
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    return response.json()


def latest(face, **params):
    return expect.status(face.get("/changefeed/latest", params=params), 200).json()


def check(entry, instance, action="Create", state="Current", metadata=True):
    assert entry["action"] == action and entry["state"] == state
    assert entry["partitionName"] == "Microsoft.Default"
    assert (entry["studyInstanceUid"], entry["seriesInstanceUid"], entry["sopInstanceUid"]) == (
        instance.study,
        instance.series,
        instance.sop,
    )
    ticks.parse(entry["timestamp"])
    assert set(entry) == FIELDS | ({"metadata"} if metadata else set())
    if metadata:
        assert entry["metadata"]["00080018"] == {"vr": "UI", "Value": [instance.sop]}


def sops(entries):
    return [entry["sopInstanceUid"] for entry in entries]


def series_of(face, count, pause=0.0):
    first = Instance()
    files = [first] + [sibling(first) for _ in range(count - 1)]
    for each in files:
        face.keep(each)
        time.sleep(pause)
    return files


def test_CF_01_sequence_window(v1):
    first = v1.keep(Instance())
    newest = latest(v1)
    check(newest, first)
    files = [first] + [sibling(first) for _ in range(9)]
    v1.keep(*files[1:])
    assert [entry["sequence"] for entry in read(v1)] == list(range(1, 11))
    window = read(v1, offset=newest["sequence"] - 1)
    assert sops(window) == [each.sop for each in files]
    for entry, instance in zip(window, files):
        check(entry, instance)
    sequences = [entry["sequence"] for entry in window]
    assert sequences == list(range(sequences[0], sequences[0] + 10)), "the sequence has gaps"


def test_CF_02_time_window(v2):
    files = series_of(v2, 3, pause=0.05)
    start, offset, entries = ticks.now_minus(300), 0, []
    while page := read(v2, startTime=start, limit=200, offset=offset):
        entries += page
        offset += len(page)
    own = [entry for entry in entries if entry["sopInstanceUid"] in {each.sop for each in files}]
    t1, t2, t3 = (entry["timestamp"] for entry in own)
    window = read(v2, startTime=t1, endTime=END_OF_TIME, limit=10)
    assert sops(window) == [each.sop for each in files]
    for entry, instance in zip(window, files):
        check(entry, instance)
    assert not set(sops(read(v2, endTime=t1, startTime=start, limit=200))) & {each.sop for each in files}
    assert read(v2, startTime=t2, offset=2) == []
    assert read(v2, startTime=ticks.later(t3, 1)) == []
    pages = [read(v2, startTime=t1, endTime=END_OF_TIME, limit=1, offset=n) for n in range(4)]
    assert [sops(page) for page in pages] == [[each.sop] for each in files] + [[]]
    pages = [read(v2, startTime=t1, endTime=t3, limit=1, offset=n) for n in range(3)]
    assert [sops(page) for page in pages] == [[files[0].sop], [files[1].sop], []]


def test_CF_03_store_delete_store(v2):
    instance = v2.keep(Instance())
    first = latest(v2)
    check(first, instance)
    expect.status(v2.delete(path_of(instance)), 204)
    check(latest(v2), instance, "Delete", "Deleted", metadata=False)
    v2.keep(instance)
    check(latest(v2), instance)
    window = read(v2, startTime=first["timestamp"])
    assert [(entry["action"], entry["state"]) for entry in window] == [
        ("Create", "Replaced"),
        ("Delete", "Replaced"),
        ("Create", "Current"),
    ]


def test_CF_04_without_metadata(v2):
    instance = v2.keep(Instance())
    newest = latest(v2, includeMetadata="False")
    check(newest, instance, metadata=False)
    window = read(v2, startTime=newest["timestamp"], includeMetadata="False")
    assert len(window) == 1
    check(window[0], instance, metadata=False)


def test_CF_05_no_file_path(v2):
    """`check` compares the set of fields; the scenario is named so that it is listed."""
    instance = v2.keep(Instance())
    newest = latest(v2, includeMetadata="False")
    assert newest["sopInstanceUid"] == instance.sop
    assert "filePath" not in newest
    assert "filePath" not in read(v2, startTime=newest["timestamp"], includeMetadata="False")[0]


@pytest.mark.parametrize(
    "start, end",
    [
        ("never", "2023-05-03T10:58:00Z"),
        ("2023-05-03T10:58:00Z", "never"),
        ("2023-05-03T10:58:00", "2023-05-03T10:59:00Z"),
        ("2023-05-03T10:58:00Z", "2023-05-03T10:59:00"),
        ("2023-05-03T10:58:00Z", "2023-05-03T10:58:00Z"),
        ("2023-05-03T10:59:00Z", "2023-05-03T10:58:00Z"),
    ],
    ids=["bad start", "bad end", "start without zone", "end without zone", "equal", "reversed"],
)
def test_CF_06_times_that_are_no_window(v2, start, end):
    expect.text_error(v2.get("/changefeed", params={"startTime": start, "endTime": end}), 400)


@pytest.mark.parametrize("limit", ["-1", "0", "blah"])
def test_CF_07_limit(v2, limit):
    expect.text_error(
        v2.get("/changefeed", params={"limit": limit, "offset": 0, "includeMetadata": "true"}), 400
    )


@pytest.mark.parametrize("offset", ["-1", "92233720368547758070", "blah"])
def test_CF_07_offset(v2, offset):
    expect.text_error(
        v2.get("/changefeed", params={"limit": 10, "offset": offset, "includeMetadata": "true"}), 400
    )


@pytest.mark.parametrize("include", ["0", "true-ish", "boolean"])
def test_CF_07_include_metadata(v2, include):
    expect.text_error(
        v2.get("/changefeed", params={"limit": 10, "offset": 0, "includeMetadata": include}), 400
    )


def test_CF_08_limit_of_v1(v1):
    expect.text_error(v1.get("/changefeed", params={"limit": 101}), 400)
    expect.status(v1.get("/changefeed", params={"limit": 100}), 200)


def test_CF_09_limit_of_v2(v2):
    expect.text_error(v2.get("/changefeed", params={"limit": 201}), 400)
    expect.status(v2.get("/changefeed", params={"limit": 200}), 200)


def test_CF_10_latest_include_metadata(v2):
    expect.text_error(v2.get("/changefeed/latest", params={"includeMetadata": "asdf"}), 400)


def test_newest_entry_by_offset(v2):
    """8.1: without gaps, `offset = newest sequence - 1` gives exactly the newest entry."""
    instance = v2.keep(Instance())
    newest = latest(v2)
    assert sops(read(v2, offset=newest["sequence"] - 1)) == [instance.sop]


def test_timestamp_survives_the_round_trip(v2):
    """8.1: 100 ns resolution; start is inclusive, end exclusive. `Z` and an empty parameter are accepted."""
    instance = v2.keep(Instance())
    entry = latest(v2)
    tick = ticks.parse(entry["timestamp"])
    assert sops(read(v2, startTime=entry["timestamp"])) == [instance.sop]
    assert sops(read(v2, startTime=ticks.render(tick).replace("+00:00", "Z"), endTime="")) == [instance.sop]
    assert read(v2, startTime=ticks.render(tick + 1)) == []
    assert sops(read(v2, startTime=ticks.render(tick - 1), endTime=ticks.render(tick + 1)))[-1:] == [
        instance.sop
    ]


def test_failed_store_gives_no_entry(face):
    face.keep(Instance())
    before = latest(face)["sequence"]
    expect.status(face.store_single(b"junk"), 409)
    assert latest(face)["sequence"] == before


def test_delete_of_a_study_gives_one_entry_per_instance(v2):
    files = series_of(v2, 3)
    before = latest(v2)["sequence"]
    expect.status(v2.delete(f"/studies/{files[0].study}"), 204)
    window = read(v2, offset=before)
    assert sorted(sops(window)) == sorted(each.sop for each in files)
    assert {(entry["action"], entry["state"]) for entry in window} == {("Delete", "Deleted")}


def test_accept_is_ignored(face):
    """2.2."""
    face.keep(Instance())
    response = expect.status(face.get("/changefeed/latest", "image/jpeg"), 200)
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
