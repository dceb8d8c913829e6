"""`isocenter import` and `isocenter verify`, by their output and exit codes: 0 all is well, 1 it is not, 2 they could not work."""

import json
import random
import re
import shutil
import sqlite3
import subprocess

import pytest
from dicom_bytes import make_instance, new_uid
from running_server import RunningServer

IMAGES = 6


def run(*command):
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=120)


def import_files(binary, work, *arguments):
    return run(binary, "import", *arguments, "--quiet", "--journal", work / "journal", "--report", work / "report")


def numbers(done):
    """stored, already there, refused, not DICOM, not reached, earlier"""
    assert done.stdout, done.stderr
    return [int(number) for number in re.findall(r"\d+", done.stdout.splitlines()[0])]


def reported(work):
    return {line["file"].rsplit("/", 1)[-1]: line for line in map(json.loads, open(work / "report", encoding="utf-8"))}


@pytest.fixture
def files(tmp_path):
    """IMAGES good images, one that is cut off, one text, in nested folders."""
    generator, folder = random.Random(7), tmp_path / "files"
    study = new_uid(generator)
    (folder / "deep" / "er").mkdir(parents=True)
    for number in range(IMAGES):
        place = folder / "deep" / "er" if number % 2 else folder
        data = make_instance(generator, study, f"{study}.1", new_uid(generator), 20_000)
        (place / f"{number}.dcm").write_bytes(data)
    (folder / "cut.dcm").write_bytes(data[:-5000])
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture
def server(binary, tmp_path):
    running = RunningServer(binary, tmp_path / "data")
    yield running
    running.kill()


def check_first_and_second_run(binary, tmp_path, files, *target):
    first = import_files(binary, tmp_path, files, *target)
    assert first.returncode == 1 and numbers(first) == [IMAGES, 0, 1, 1, 0, 0]
    assert set(reported(tmp_path)) == {"cut.dcm", "notes.txt"}
    assert reported(tmp_path)["cut.dcm"]["result"] == "refused" and reported(tmp_path)["cut.dcm"]["reason"]
    (files / "cut.dcm").unlink()
    second = import_files(binary, tmp_path, files, *target)
    assert second.returncode == 0 and numbers(second) == [0, 0, 0, 0, 0, IMAGES + 1]
    assert "notes.txt" in reported(tmp_path), "the report of the first run is kept"
    assert not (tmp_path / "journal").exists()


def test_import_into_a_server(binary, tmp_path, files, server):
    check_first_and_second_run(binary, tmp_path, files, "--server", server.base)
    assert len(server.rows()) == IMAGES


def test_import_into_a_folder(binary, tmp_path, files):
    check_first_and_second_run(binary, tmp_path, files, "--data", tmp_path / "data")
    again = import_files(binary, tmp_path, files, "--data", tmp_path / "data")
    assert again.returncode == 0 and numbers(again) == [0, IMAGES, 0, 1, 0, 0]
    running = RunningServer(binary, tmp_path / "data")
    assert len(running.rows()) == IMAGES
    running.stop()


def test_import_of_good_files_leaves_nothing_behind(binary, tmp_path, files):
    """With the default paths, which --help names, a complete import makes no file where it was started."""
    (files / "cut.dcm").unlink()
    (files / "notes.txt").unlink()
    place = tmp_path / "here"
    place.mkdir()
    command = [str(each) for each in (binary, "import", files, "--data", tmp_path / "data", "--quiet")]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and numbers(done) == [IMAGES, 0, 0, 0, 0, 0]
    assert list(place.iterdir()) == []
    told = run(binary, "import", "--help").stdout
    assert "isocenter-import.journal" in told and "isocenter-import-report.jsonl" in told


def test_import_takes_the_address_of_a_face(binary, tmp_path, files, server):
    assert numbers(import_files(binary, tmp_path, files, "--server", server.root))[0] == IMAGES


def test_import_without_a_server(binary, tmp_path, files):
    done = import_files(binary, tmp_path, files, "--server", "http://127.0.0.1:9")
    assert done.returncode == 1 and numbers(done) == [0, 0, 0, 1, IMAGES + 1, 0]
    assert all(line["reason"] for line in reported(tmp_path).values())


def test_import_of_nothing(binary, tmp_path):
    done = import_files(binary, tmp_path, tmp_path / "nowhere", "--data", tmp_path / "data")
    assert done.returncode == 2 and "nowhere" in done.stderr


@pytest.mark.parametrize("command", ["import", "verify"])
def test_folder_in_use_is_refused(binary, tmp_path, files, server, command):
    done = run(binary, command, *([files] if command == "import" else []), "--data", tmp_path / "data")
    assert done.returncode == 2 and "in use" in done.stderr


@pytest.fixture
def data(binary, tmp_path, files):
    """A folder with IMAGES images, in which verify finds nothing."""
    import_files(binary, tmp_path, files, "--data", tmp_path / "data")
    done = verify(binary, tmp_path / "data")
    assert done.returncode == 0 and f"{IMAGES} records" in done.stdout and " 0 problems" in done.stdout
    return tmp_path / "data"


def verify(binary, data):
    return run(binary, "verify", "--quiet", "--data", data)


def alter(data, script):
    with sqlite3.connect(data / "index.sqlite") as database:
        database.executescript(script)
    database.close()


def an_object(data):
    """The second record's object and UID."""
    with sqlite3.connect(data / "index.sqlite") as database:
        blob, uid = database.execute("SELECT blob, uid FROM instance WHERE id = 2").fetchone()
    database.close()
    return next(path for path in data.rglob(blob.rsplit("/", 1)[-1] + "*") if path.is_file()), uid


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage, kind, words",
    [
        (flip, "wrong_digest", "not those that were stored"),
        (lambda path: path.unlink(), "missing_object", "missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "wrong_size", "bytes instead of"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "wrong_size", "bytes instead of"),
        (lambda path: path.write_bytes(b""), "wrong_size", "0 bytes instead of"),
    ],
    ids=["flipped bit", "deleted", "truncated", "longer", "empty"],
)
def test_verify_finds_a_damaged_object(binary, data, damage, kind, words):
    path, uid = an_object(data)
    damage(path)
    done = verify(binary, data)
    assert done.returncode == 1 and " 1 problems" in done.stdout, done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith(kind))
    assert uid in line and words in line


@pytest.mark.parametrize(
    "script, words",
    [
        ("UPDATE instance SET sha256 = zeroblob(32) WHERE id = 2", "wrong_digest"),
        ("UPDATE instance SET size_bytes = 5 WHERE id = 2", "wrong_size"),
        ("UPDATE instance SET transfer_syntax = '1.2.840.10008.1.2' WHERE id = 2", "another transfer syntax"),
        ("UPDATE instance SET sop_class_uid = '1.2.3' WHERE id = 2", "another SOP class"),
        ("UPDATE instance SET uid = '1.2.3' WHERE id = 2", "other UIDs"),
        ("UPDATE series SET uid = '1.2.3'", "other UIDs"),
        ("UPDATE study SET patient_name = 'Some^Body'", "patient_name contradicts"),
        ("UPDATE study SET study_date_sort = '19990101'", "study_date contradicts"),
        ("UPDATE series SET modality = 'CT'", "modality contradicts"),
        ("DELETE FROM document WHERE key = (SELECT document_key FROM instance WHERE id = 2)", "without a document"),
        ("DELETE FROM instance WHERE id = 2", "unreferenced_object"),
        ("DELETE FROM change WHERE sequence = 2", "change feed"),
        ("UPDATE data_partition SET instances = 99", "partitions whose totals"),
    ],
)
def test_verify_finds_an_altered_row(binary, data, script, words):
    alter(data, script)
    done = verify(binary, data)
    assert done.returncode == 1 and words in done.stdout, done.stdout + done.stderr


def test_verify_forgives_an_object_without_a_record(binary, data):
    path, _ = an_object(data)
    shutil.copy(path, path.with_name(("0" if path.name[0] != "0" else "1") + path.name[1:]))
    done = verify(binary, data)
    assert done.returncode == 0 and "1 objects without a record" in done.stdout, done.stdout + done.stderr


def test_verify_of_a_lost_index(binary, data):
    for part in data.glob("index.sqlite*"):
        part.unlink()
    done = verify(binary, data)
    assert done.returncode == 2 and "no index" in done.stderr, done.stdout + done.stderr
    assert not list(data.glob("index.sqlite*")), "looking must not make anything"


def test_verify_of_an_index_without_records(binary, data):
    alter(data, "DELETE FROM instance")
    done = verify(binary, data)
    assert done.returncode == 1 and "objects without a record" in done.stdout, done.stdout + done.stderr


def test_verify_of_no_folder(binary, tmp_path):
    done = verify(binary, tmp_path / "nowhere")
    assert done.returncode == 2 and "nowhere" in done.stderr
    assert not (tmp_path / "nowhere").exists(), "looking must not make anything"


def test_verify_of_a_database_that_is_none(binary, data):
    for extra in ("-wal", "-shm"):
        (data / f"index.sqlite{extra}").unlink(missing_ok=True)
    (data / "index.sqlite").write_bytes(b"this is no database " * 500)
    done = verify(binary, data)
    assert done.returncode == 2 and done.stderr.startswith("isocenter: ")
