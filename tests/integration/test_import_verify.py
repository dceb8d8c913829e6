"""`isocenter import` and `isocenter verify`, by their output and exit codes: 0 all is well, 1 it is not, 2 they could not work."""

import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import struct
import tempfile

import pytest
from dicom_bytes import make_instance
from folders import IMAGES, alter, an_object, flip, import_files, run, verify
from running_server import RunningServer


def numbers(done):
    """stored, already there, refused, not DICOM, not reached, earlier, not readable, left out"""
    assert done.stdout, done.stderr
    return [int(number) for number in re.findall(r"\d+", done.stdout.splitlines()[0])]


def reported(work):
    return {line["file"].rsplit("/", 1)[-1]: line for line in map(json.loads, open(work / "report", encoding="utf-8"))}


def test_settings_count_in_an_import_into_a_folder(binary, tmp_path, files):
    data = ("--data", tmp_path / "data")
    small = import_files(binary, tmp_path, files, *data, "--set", "storage.max_instance_bytes=1000")
    assert small.returncode == 1 and numbers(small)[:4] == [0, 0, IMAGES + 1, 1]
    config = tmp_path / "isocenter.toml"
    config.write_text("[storage]\nmax_instance_bytes = 1000\n")
    configured = import_files(binary, tmp_path, files, *data, "--config", config)
    assert configured.returncode == 1 and numbers(configured)[2] == IMAGES + 1
    environment = os.environ | {"ISOCENTER_STANDARD_DUPLICATES": "keep"}
    assert numbers(import_files(binary, tmp_path, files, *data, env=environment))[:3] == [IMAGES, 0, 1]
    image = files / "0.dcm"
    image.write_bytes(image.read_bytes()[:-2] + b"\1\2")
    kept = import_files(binary, tmp_path, image, *data, env=environment)
    assert kept.returncode == 0 and numbers(kept)[:3] == [0, 1, 0]
    (tmp_path / "journal").unlink(missing_ok=True)
    refused = import_files(binary, tmp_path, image, *data)
    assert refused.returncode == 1 and numbers(refused)[:3] == [0, 0, 1]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--data", "data", "--set", "storage.no_such=1"], "storage.no_such"),
        (["--set", "storage.inline_limit=1"], "--data"),
        (["--data", "data", "--config", "no such file"], "no such file"),
    ],
)
def test_settings_that_an_import_cannot_take(binary, tmp_path, files, arguments, words):
    done = run(binary, "import", files, "--quiet", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "data").exists()


def test_verify_takes_its_folder_from_the_settings(binary, tmp_path, files):
    import_files(binary, tmp_path, files, "--data", tmp_path / "data")
    environment = os.environ | {"ISOCENTER_STORAGE_FOLDER": str(tmp_path / "data")}
    done = run(binary, "verify", "--quiet", env=environment)
    assert done.returncode == 0 and done.stdout.startswith(f"{IMAGES} records"), done.stderr
    elsewhere = run(binary, "verify", "--quiet", "--set", f"storage.folder={tmp_path}/none", env=environment)
    assert elsewhere.returncode == 2 and "none" in elsewhere.stderr


def check_first_and_second_run(binary, tmp_path, files, *target):
    first = import_files(binary, tmp_path, files, *target)
    assert first.returncode == 1 and numbers(first) == [IMAGES, 0, 1, 1, 0, 0, 0, 0]
    assert set(reported(tmp_path)) == {"cut.dcm", "notes.txt"}
    assert reported(tmp_path)["cut.dcm"]["result"] == "refused" and reported(tmp_path)["cut.dcm"]["reason"]
    (files / "cut.dcm").unlink()
    second = import_files(binary, tmp_path, files, *target)
    assert second.returncode == 0 and numbers(second) == [0, 0, 0, 0, 0, IMAGES + 1, 0, 0]
    assert "notes.txt" in reported(tmp_path), "the report of the first run is kept"
    assert not (tmp_path / "journal").exists()


def test_import_into_a_server(binary, tmp_path, files, server):
    check_first_and_second_run(binary, tmp_path, files, "--server", server.base)
    assert len(server.rows()) == IMAGES


def test_import_into_a_folder(binary, tmp_path, files):
    check_first_and_second_run(binary, tmp_path, files, "--data", tmp_path / "data")
    again = import_files(binary, tmp_path, files, "--data", tmp_path / "data")
    assert again.returncode == 0 and numbers(again) == [0, IMAGES, 0, 1, 0, 0, 0, 0]
    running = RunningServer(binary, tmp_path / "data")
    assert len(running.rows()) == IMAGES
    running.stop()


@pytest.fixture
def own_state(tmp_path):
    """Runs the program in an empty folder, with a state folder of the user's of its own."""
    (tmp_path / "here").mkdir()
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    yield lambda *command: run(*command, cwd=tmp_path / "here", env=environment)
    assert list((tmp_path / "here").iterdir()) == []


def names_below(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_import_of_good_files_leaves_nothing_behind(binary, tmp_path, files, own_state):
    (files / "cut.dcm").unlink()
    (files / "notes.txt").unlink()
    done = own_state(binary, "import", files, "--data", tmp_path / "data", "--quiet")
    assert done.returncode == 0 and numbers(done) == [IMAGES, 0, 0, 0, 0, 0, 0, 0]
    assert names_below(tmp_path / "data/imports") == [] and not (tmp_path / "state").exists()


def test_places_of_journal_and_report(binary, tmp_path, files, own_state):
    """Those that --help names: beside the data, or in the user's state folder, and for nobody else to read."""
    told = run(binary, "import", "--help").stdout
    assert "DATA/imports" in told and "XDG_STATE_HOME/isocenter/imports" in told
    done = own_state(binary, "import", files, "--data", tmp_path / "data", "--quiet")
    journal, report = sorted((tmp_path / "data/imports").iterdir(), reverse=True)
    assert journal.suffix == ".journal" and str(journal) in done.stdout and str(report) in done.stdout
    assert not (tmp_path / "state").exists()
    done = own_state(binary, "import", files, "--server", "http://127.0.0.1:9", "--quiet")
    places = list((tmp_path / "state/isocenter/imports").iterdir())
    assert len(places) == 2 and all(str(place) in done.stdout for place in places)
    assert all(place.stat().st_mode & 0o077 == 0 for place in [journal, report, journal.parent, *places, places[0].parent])


def test_an_import_into_another_target_skips_nothing(binary, tmp_path, files, server, own_state):
    assert own_state(binary, "import", files, "--data", tmp_path / "a", "--quiet").returncode == 1
    done = own_state(binary, "import", files, "--data", tmp_path / "b", "--quiet")
    assert numbers(done)[0] == IMAGES and numbers(done)[5] == 0
    done = own_state(binary, "import", files, "--server", server.base, "--quiet")
    assert numbers(done)[0] == IMAGES and numbers(done)[5] == 0
    again = own_state(binary, "import", files, "--server", server.base + "/", "--quiet")
    assert numbers(again)[5] == IMAGES + 1, "the same target, written otherwise"
    os.utime(files / "0.dcm", (1, 1))
    changed = own_state(binary, "import", files, "--server", server.base, "--quiet")
    assert numbers(changed)[:2] == [0, 1], "its bytes are on the server"
    assert numbers(changed)[5] == IMAGES


def test_a_named_journal_of_another_target_is_refused(binary, tmp_path, files):
    assert import_files(binary, tmp_path, files, "--data", tmp_path / "a").returncode == 1
    done = import_files(binary, tmp_path, files, "--data", tmp_path / "b")
    assert done.returncode == 2 and str(tmp_path / "a") in done.stderr and "journal" in done.stderr


def test_nothing_is_skipped_silently(binary, tmp_path, files):
    (files / "cut.dcm").unlink()
    os.mkfifo(files / "pipe")
    (files / "0.dcm").rename(files / ".0.dcm")
    (files / ".trash").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (files / "2.dcm").rename(tmp_path / "elsewhere/2.dcm")
    (files / "linked").symlink_to(tmp_path / "elsewhere")
    (files / "deep/loop").symlink_to(files)
    done = import_files(binary, tmp_path, files, "--data", tmp_path / "data")
    assert done.returncode == 0 and numbers(done) == [IMAGES, 0, 0, 1, 0, 0, 0, 3], done.stdout + done.stderr
    assert {name: line["result"] for name, line in reported(tmp_path).items()} == {
        "notes.txt": "not DICOM", "pipe": "left out", ".trash": "left out", "loop": "left out"
    }
    (files / "broken").symlink_to("nowhere")
    done = import_files(binary, tmp_path, files, "--data", tmp_path / "data")
    assert done.returncode == 1 and numbers(done)[6] == 1
    assert reported(tmp_path)["broken"] == {
        "file": str(files / "broken"), "result": "not readable", "reason": "the link leads nowhere"
    }


def test_files_and_folders_that_may_not_be_read_fail_the_import(binary, files):
    """As somebody who is not root, to whom nothing is closed."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        place.chmod(0o777)
        program = shutil.copy(binary, place)
        shutil.copytree(files, place / "files")
        (place / "files/0.dcm").chmod(0)
        (place / "files/deep").chmod(0)
        someone = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [program, "import", place / "files", "--data", place / "data", "--quiet"]
        done = run(*command, "--journal", place / "journal", "--report", place / "report", **someone)
        found = reported(place)
        (place / "files/deep").chmod(0o700)
    assert done.returncode == 1 and numbers(done)[6] == 2, done.stdout + done.stderr
    assert {name for name, line in found.items() if line["result"] == "not readable"} == {"0.dcm", "deep"}
    assert all("ermission" in found[name]["reason"] for name in ("0.dcm", "deep"))


def test_import_takes_the_address_of_a_face(binary, tmp_path, files, server):
    assert numbers(import_files(binary, tmp_path, files, "--server", server.root))[0] == IMAGES


def test_import_tells_what_was_there_and_why_the_rest_is_not(binary, tmp_path, files, server):
    assert numbers(import_files(binary, tmp_path, files, "--server", server.base))[:3] == [IMAGES, 0, 1]
    reason = reported(tmp_path)["cut.dcm"]["reason"]
    assert re.fullmatch("HTTP 409: failure reason C000H: [a-z].{10,}", reason), reason
    (tmp_path / "journal").unlink()
    assert numbers(import_files(binary, tmp_path, files, "--server", server.base))[:3] == [0, IMAGES, 1]


@pytest.mark.parametrize("face", ["/dicom-web", "/v1", "/v2"])
def test_import_counts_alike_through_every_face(binary, tmp_path, files, server, face):
    target = ("--server", server.base + face)
    first = import_files(binary, tmp_path, files, *target)
    assert first.returncode == 1 and numbers(first) == [IMAGES, 0, 1, 1, 0, 0, 0, 0]
    (tmp_path / "journal").unlink()
    second = import_files(binary, tmp_path, files, *target)
    assert second.returncode == 1 and numbers(second) == [0, IMAGES, 1, 1, 0, 0, 0, 0]
    assert set(reported(tmp_path)) == {"cut.dcm", "notes.txt"}


def test_import_without_a_server(binary, tmp_path, files):
    done = import_files(binary, tmp_path, files, "--server", "http://127.0.0.1:9")
    assert done.returncode == 1 and numbers(done) == [0, 0, 0, 1, IMAGES + 1, 0, 0, 0]
    assert all(line["reason"] for line in reported(tmp_path).values())


def test_import_of_nothing(binary, tmp_path):
    done = import_files(binary, tmp_path, tmp_path / "nowhere", "--data", tmp_path / "data")
    assert done.returncode == 2 and "nowhere" in done.stderr


@pytest.mark.parametrize("command", ["import", "verify"])
def test_folder_in_use_is_refused(binary, tmp_path, files, server, command):
    done = run(binary, command, *([files] if command == "import" else []), "--data", tmp_path / "data")
    assert done.returncode == 2 and "in use" in done.stderr


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


@pytest.mark.parametrize(
    "script, words",
    [
        ("UPDATE study SET patient_sex = 'F', patient_sex_fold = 'f'", ["study ", "a value of PatientSex that no object"]),
        ("UPDATE study SET patient_id = 'Q', patient_id_fold = 'q'", ["study ", "PatientID", "another one"]),
        ("UPDATE study SET patient_id = NULL, patient_id_fold = NULL", ["study ", "no PatientID, the objects have one"]),
        ("UPDATE series SET modality = 'PT', modality_fold = 'pt'", ["series ", "Modality", "another one"]),
        (
            "INSERT INTO series_request SELECT id, 1, 'S', 's', 'P', 'p' FROM series",
            ["series ", "a value of RequestAttributesSequence that no object"],
        ),
        (
            "UPDATE instance SET instance_number = '77', instance_number_sort = 77 WHERE id = 2",
            ["instance ", "InstanceNumber"],
        ),
    ],
)
def test_verify_finds_a_value_that_the_objects_do_not_have(binary, data, script, words):
    """The columns that searches use, changed so that the database does not contradict itself."""
    alter(data, script)
    done = verify(binary, data)
    assert done.returncode == 1 and " 1 problems" in done.stdout, done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("wrong_value"))
    assert all(word in line for word in words), line
    assert "Crash" not in done.stdout and "'" not in line, "no values of a patient"


def test_verify_of_an_object_that_would_be_refused_now(binary, data):
    """Such as those stored before files that end inside a sequence were refused."""
    path, uid = an_object(data)
    unended = struct.pack("<HH2sHI", 0xFFFA, 0xFFFA, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    path.write_bytes(path.read_bytes() + unended)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    alter(data, f"UPDATE instance SET sha256 = x'{digest}', size_bytes = {path.stat().st_size} WHERE id = 2")
    done = verify(binary, data)
    assert done.returncode == 1 and not done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("no_longer_accepted"))
    assert uid in line and "are those that were stored" in line and "can still be retrieved" in line


def test_verify_finds_a_record_that_does_not_know_of_a_wrong_label(binary, tmp_path):
    """Fragments under a label of native pixel data, stored before records had a word for it."""
    image = make_instance(random.Random(7), "2.25.1", "2.25.2", "2.25.3", 200)
    pixels = image.index(struct.pack("<HH2sH", 0x7FE0, 0x10, b"OW", 0))
    item = struct.Struct("<HHI")
    fragments = item.pack(0xFFFE, 0xE000, 0) + item.pack(0xFFFE, 0xE000, 4) + b"\xff\xd8\xff\xd9" + item.pack(0xFFFE, 0xE0DD, 0)
    header = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    (tmp_path / "image.dcm").write_bytes(image[:pixels] + header + fragments)
    assert import_files(binary, tmp_path, tmp_path / "image.dcm", "--data", tmp_path / "data").returncode == 0
    assert verify(binary, tmp_path / "data").returncode == 0
    with sqlite3.connect(tmp_path / "data/index.sqlite") as database:
        key, layout = database.execute("SELECT key, layout FROM document").fetchone()
        assert layout[1] & 16, "the flag of pixel data that contradict their label"
        older = layout[:1] + bytes([layout[1] & ~16]) + layout[2:]
        database.execute("UPDATE document SET layout = ? WHERE key = ?", (older, key))
    database.close()
    done = verify(binary, tmp_path / "data")
    assert done.returncode == 1 and " 1 problems" in done.stdout, done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("wrong_record"))
    assert "2.25.3" in line and "no word of pixel data that contradict the transfer syntax" in line


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
