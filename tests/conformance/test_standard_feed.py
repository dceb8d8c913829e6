"""Change feed on /dicom-web: the entries of /v2, and a cursor with long poll."""

import shutil
import threading
import time

import pytest

from support import expect
from support.cases import keep_on_standard, plain
from support.client import Face, study_path

pytestmark = pytest.mark.feed


def page(standard, cursor, **params):
    body = expect.status(standard.get("/changefeed", params={"cursor": cursor, **params}), 200).json()
    assert set(body) == {"entries", "next"} and isinstance(body["next"], str)
    return body["entries"], body["next"]


def at_end(standard):
    """The cursor behind the newest entry."""
    cursor = "0"
    while True:
        entries, following = page(standard, cursor, limit=200)
        if not entries:
            return following
        assert following != cursor, "the cursor does not move"
        cursor = following


def sops(entries):
    return [entry["sopInstanceUid"] for entry in entries]


def test_cursor_neither_skips_nor_repeats(standard):
    cursor = at_end(standard)
    files = keep_on_standard(standard, *[plain() for _ in range(5)])
    seen = []
    while True:
        entries, cursor = page(standard, cursor, limit=2)
        if not entries:
            break
        assert len(entries) <= 2
        seen += entries
    assert sops(seen) == [each.sop for each in files]
    sequences = [entry["sequence"] for entry in seen]
    assert sequences == sorted(set(sequences))


def test_from_the_beginning(standard):
    """Cursor 0 starts with the oldest entry."""
    keep_on_standard(standard, plain())
    entries, _ = page(standard, "0", limit=1)
    assert entries[0]["sequence"] == 1


def test_same_cursor_same_answer(standard):
    cursor = at_end(standard)
    keep_on_standard(standard, plain(), plain())
    assert page(standard, cursor, limit=1) == page(standard, cursor, limit=1)


def test_same_entries_as_v2(standard, v2):
    cursor = at_end(standard)
    instance = keep_on_standard(standard, plain())
    (entry,), _ = page(standard, cursor)
    assert entry == v2.get("/changefeed/latest").json()
    expect.status(standard.delete(study_path(instance)), 204)
    (older, newer), _ = page(standard, cursor)
    assert [(each["action"], each["state"]) for each in (older, newer)] == [
        ("Create", "Deleted"),
        ("Delete", "Deleted"),
    ]
    assert "metadata" not in newer


def test_without_metadata(standard):
    cursor = at_end(standard)
    keep_on_standard(standard, plain())
    (entry,), _ = page(standard, cursor, includeMetadata="false")
    assert "metadata" not in entry


def test_long_poll_ends_with_the_next_entry(standard):
    cursor = at_end(standard)
    instance = plain()
    writer = threading.Timer(0.7, lambda: keep_on_standard(standard, instance))
    started = time.monotonic()
    writer.start()
    entries, _ = page(standard, cursor, wait=20)
    writer.join()
    assert sops(entries) == [instance.sop]
    assert 0.3 < time.monotonic() - started < 15


def test_long_poll_ends_empty(standard):
    cursor = at_end(standard)
    started = time.monotonic()
    entries, following = page(standard, cursor, wait=1)
    assert entries == [] and following == cursor
    assert 0.8 < time.monotonic() - started < 10


@pytest.mark.own_process
def test_cursor_of_an_archive_that_was_emptied(spawn, http, tmp_path):
    """A cursor never skips: one that stands behind no entry of this feed is refused, with what to do."""
    folder = tmp_path / "archive"

    def started():
        server = spawn(data=folder).start()
        return server, Face(http, f"{server.base}/dicom-web", "dicom-web")

    server, face = started()
    keep_on_standard(face, *[plain() for _ in range(3)])
    cursor = at_end(face)
    assert server.stop() == 0
    shutil.rmtree(folder)
    server, face = started()
    for count in range(5):
        for query in (f"cursor={cursor}", f"cursor={cursor}&wait=20"):
            problem = expect.problem(face.get("/changefeed?" + query), 410)
            assert problem["parameter"] == "cursor" and "cursor=0" in problem["detail"]
        assert len(page(face, "0")[0]) == count
        keep_on_standard(face, plain())
    known = at_end(face)
    assert server.stop() == 0
    server, face = started()
    assert page(face, known) == ([], known), "a restart changes no cursor"
    assert server.stop() == 0


@pytest.mark.parametrize(
    "query, name",
    [
        ("cursor=x", "cursor"),
        ("cursor=-1", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=0&limit=0", "limit"),
        ("cursor=0&limit=a", "limit"),
        ("cursor=0&wait=a", "wait"),
        ("cursor=0&wait=-1", "wait"),
        ("wait=1", "wait"),
    ],
)
def test_bad_parameter(standard, query, name):
    assert expect.problem(standard.get("/changefeed?" + query), 400)["parameter"] == name


@pytest.mark.parametrize(
    "query, names",
    [
        ("/changefeed?foo=1", ["foo"]),
        ("/changefeed?cursor=0&limit=1&offset=3&startTime=2024-01-01T00:00:00Z", ["offset", "startTime"]),
        ("/changefeed/latest?limit=1&includeMetadata=false", ["limit"]),
        ("/changefeed?limit=1&offset=0", []),
        ("/changefeed?cursor=0&limit=1&wait=0", []),
    ],
)
def test_unknown_parameters_are_told(standard, query, names):
    """D8."""
    keep_on_standard(standard, plain())
    response = expect.status(standard.get(query), 200)
    told = [text for text in response.headers.get("Warning", "").split(", ") if text]
    assert [text.split(": ", 1)[1] for text in told] == [
        f"{name} is not supported and was ignored" for name in names
    ]


def test_without_cursor_as_v2(standard, v2):
    keep_on_standard(standard, plain())
    newest = expect.status(standard.get("/changefeed/latest"), 200).json()
    assert newest == v2.get("/changefeed/latest").json()
    window = {"startTime": newest["timestamp"]}
    assert (
        standard.get("/changefeed", params=window).json()
        == v2.get("/changefeed", params=window).json()
        == [newest]
    )
    expect.problem(standard.get("/changefeed", params={"limit": 201}), 400)
