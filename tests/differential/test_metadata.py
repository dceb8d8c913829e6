"""Our reader and DICOM JSON against pydicom and DCMTK, over every sample file of pydicom's wheel and, when the
environment names a folder in TEST_ISOCENTER_EXTRA_DATA, over the files there."""

import shutil
from pathlib import Path

import pytest

import corpus
import expected
from compare import differences, flatten

ALL_REFUSED = expected.REFUSED | expected.EXTRA_REFUSED
READABLE = [path for path in corpus.files() if corpus.name_of(path) not in ALL_REFUSED]


def ids(paths):
    return [corpus.name_of(path) for path in paths]


def unexplained(rows, path, found, used):
    left = {}
    for tag, pair in found.items():
        row = next((row for row in rows if row.covers(corpus.name_of(path), tag)), None)
        if row is None:
            left[tag] = tuple(str(side)[:120] for side in pair)
        else:
            used.add(row)
    return left


def compare_all(rows, theirs_of):
    """What no row explains, the rows that were not met, and how many files were compared."""
    left, used, compared = {}, set(), 0
    for path in READABLE:
        theirs = theirs_of(path)
        if theirs is None:
            continue
        compared += 1
        found = differences(flatten(corpus.our_json(path), path), flatten(theirs))
        rest = unexplained(rows, path, found, used)
        if rest:
            left[corpus.name_of(path)] = rest
    stale = [row for row in rows if row not in used and (corpus.EXTRA_DATA or not row.extra)]
    return left, stale, compared


def test_the_corpus_is_there():
    assert len(READABLE) > 150


def test_as_pydicom():
    left, stale, compared = compare_all(expected.PYDICOM, corpus.pydicom_json)
    assert left == {}
    assert stale == []
    assert compared == len(READABLE)


@pytest.mark.skipif(shutil.which("dcm2json") is None, reason="not run: dcm2json is not installed")
def test_as_dcmtk():
    left, stale, compared = compare_all(expected.DCMTK, corpus.dcmtk_json)
    assert left == {}
    assert stale == []
    assert compared > 100  # it refuses encapsulated pixel data and some character sets


@pytest.mark.parametrize("name", sorted(ALL_REFUSED))
def test_broken_files_are_refused(name):
    if name in expected.EXTRA_REFUSED and not corpus.EXTRA_DATA:
        pytest.skip("not run: TEST_ISOCENTER_EXTRA_DATA names no folder")
    folder = corpus.EXTRA_DATA if name in expected.EXTRA_REFUSED else corpus.WHEEL_DATA
    assert "error" in corpus.our_json(Path(folder) / name)


def test_extra_data():
    if not corpus.EXTRA_DATA:
        pytest.skip("not run: TEST_ISOCENTER_EXTRA_DATA names no folder")
    assert any(str(path).startswith(corpus.EXTRA_DATA) for path in READABLE)


@pytest.mark.parametrize("path", READABLE, ids=ids(READABLE))
def test_xml_round_trip_keeps_the_data_set(path):
    def comparable(data_set):
        out = flatten(data_set)
        # The document is UTF-8 and says so, and a name written in parts has no trailing '^'.
        return {tag: without_empty_parts(value) for tag, value in out.items() if not tag.endswith("00080005")}

    assert differences(comparable(corpus.our_json(path)), comparable(corpus.our_json(path, "--xml-round-trip"))) == {}


def without_empty_parts(value):
    vr, values = value
    if vr != "PN":
        return value
    names = []
    for name in values:
        groups = tuple((group, text.rstrip("^ ")) for group, text in name or () if text.rstrip("^ "))
        names.append(groups or None)
    return vr, [] if names == [None] else names
