"""`isocenter verify --remove-unreferenced` and `--rewrite-rows`: what they change, tell and leave."""

import random
import re
import sqlite3

import pytest
from dicom_bytes import make_instance
from folders import alter, an_object, flip, import_files, verify


def test_verify_removes_objects_without_a_record_when_told(binary, data):
    path, _ = an_object(data)
    sizes = {}
    for number in range(3):
        orphan = path.with_name(f"{number:032x}")
        orphan.write_bytes(b"x" * (1000 + number))
        sizes[f"{path.parent.name}/{orphan.name}"] = 1000 + number
    # In the removal queue: the janitor's, not ours.
    queued = path.with_name("f" * 32)
    queued.write_bytes(b"queued")
    alter(data, f"INSERT INTO removal (blob, due) VALUES ('{path.parent.name}/{queued.name}', 0)")
    before = {each for each in (data / "objects").rglob("*") if each.is_file()}
    done = verify(binary, data)
    assert done.returncode == 0 and " 3 objects without a record (kept" in done.stdout
    assert {each for each in (data / "objects").rglob("*") if each.is_file()} == before
    done = verify(binary, data, "--remove-unreferenced")
    assert done.returncode == 0 and "\n3 objects removed, 3003 bytes\n" in done.stdout, done.stdout + done.stderr
    told = dict(re.findall(r"^removed: object (\S+): (\d+) bytes$", done.stdout, re.MULTILINE))
    assert told == {key: str(size) for key, size in sizes.items()}
    left = {each for each in (data / "objects").rglob("*") if each.is_file()}
    assert before - left == {data / "objects" / key for key in sizes} and queued in left
    done = verify(binary, data)
    assert done.returncode == 0 and " 0 problems, 0 objects without a record" in done.stdout


def test_objects_are_all_that_is_left_of_a_lost_index(binary, data):
    alter(data, "DELETE FROM instance; UPDATE data_partition SET studies = 0, series = 0, instances = 0, bytes = 0")
    before = {each for each in (data / "objects").rglob("*") if each.is_file()}
    done = verify(binary, data, "--remove-unreferenced")
    assert done.returncode == 2 and "lost" in done.stderr, done.stdout + done.stderr
    assert {each for each in (data / "objects").rglob("*") if each.is_file()} == before


def cut_index_entry(data):
    """Leaves the second record out of the index of objects."""
    schema = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX instance_blob ON instance (blob){}' " \
        "WHERE name = 'instance_blob'"
    alter(data, schema.format(" WHERE id <> 2"))
    alter(data, "REINDEX instance_blob")
    alter(data, schema.format(""))


def lose_an_object(data):
    an_object(data)[0].unlink()


@pytest.mark.parametrize("damage, finding", [(cut_index_entry, "index_inconsistent"), (lose_an_object, "missing_object")])
def test_nothing_is_removed_where_it_may_be_needed(binary, data, damage, finding):
    """By a lookup that finds no record, or as the newer version of what a restored index still refers to."""
    path, _ = an_object(data)
    path.with_name("0" * 32).write_bytes(b"x")
    damage(data)
    before = {each for each in (data / "objects").rglob("*") if each.is_file()}
    done = verify(binary, data, "--remove-unreferenced")
    assert done.returncode == 2 and "no object is removed" in done.stderr, done.stdout + done.stderr
    assert f"{finding}: " in done.stdout and "removed: " not in done.stdout
    assert {each for each in (data / "objects").rglob("*") if each.is_file()} == before


@pytest.mark.parametrize("option", ["--remove-unreferenced", "--rewrite-rows"])
def test_nothing_is_mended_below_a_server(binary, tmp_path, files, server, option):
    assert import_files(binary, tmp_path, files, "--server", server.base).returncode == 1
    objects = tmp_path / "data/objects"
    orphan = objects / "00" / ("0" * 32)
    orphan.write_bytes(b"x")
    done = verify(binary, tmp_path / "data", option)
    assert done.returncode == 2 and "in use" in done.stderr and orphan.exists()


def rows_of(data):
    with sqlite3.connect(data / "index.sqlite") as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables
                if table != "sqlite_stat1"}
    database.close()
    return rows


def test_verify_writes_wrong_rows_anew_when_told(binary, data):
    """As an older build left them: without the date that it could not read, and a name it filed otherwise."""
    clean = rows_of(data)
    alter(data, """
        UPDATE study SET patient_id = NULL, patient_id_fold = NULL, patient_sex = 'F', patient_sex_fold = 'f';
        UPDATE series SET modality = 'PT', modality_fold = 'pt';
        INSERT INTO series_request SELECT id, 1, 'S', 's', 'P', 'p' FROM series;
        UPDATE instance SET instance_number = '77', instance_number_sort = 77 WHERE id = 2""")
    done = verify(binary, data)
    assert done.returncode == 1 and " 5 problems" in done.stdout and rows_of(data) != clean
    done = verify(binary, data, "--rewrite-rows")
    assert done.returncode == 0 and "\n3 rows rewritten\n" in done.stdout, done.stdout + done.stderr
    told = dict(re.findall(r"^rewritten: (study|series|instance) \S+: (.+)$", done.stdout, re.MULTILINE))
    assert told == {"study": "PatientID, PatientSex", "series": "Modality, RequestAttributesSequence",
                    "instance": "InstanceNumber"}
    assert "Crash" not in done.stdout, "no values of a patient"
    assert rows_of(data) == clean
    done = verify(binary, data)
    assert done.returncode == 0 and " 0 problems" in done.stdout


def test_dates_that_an_older_build_left_out_are_found_again(binary, tmp_path):
    image = make_instance(random.Random(7), "2.25.1", "2.25.2", "2.25.3", 200)
    assert image.count(b"20240131") == 1
    (tmp_path / "image.dcm").write_bytes(image.replace(b"DA\x08\x0020240131", b"DA\x0a\x002024.01.31"))
    assert import_files(binary, tmp_path, tmp_path / "image.dcm", "--data", tmp_path / "data").returncode == 0
    clean = rows_of(tmp_path / "data")
    alter(tmp_path / "data", "UPDATE study SET study_date = NULL, study_date_sort = NULL")
    done = verify(binary, tmp_path / "data")
    assert done.returncode == 1 and "no StudyDate, the objects have one" in done.stdout, done.stdout
    done = verify(binary, tmp_path / "data", "--rewrite-rows")
    assert done.returncode == 0 and "rewritten: study 2.25.1: StudyDate\n" in done.stdout, done.stdout + done.stderr
    assert rows_of(tmp_path / "data") == clean
    assert verify(binary, tmp_path / "data").returncode == 0


def test_rewriting_leaves_damage_as_it_is(binary, data):
    path, _ = an_object(data)
    flip(path)
    alter(data, "UPDATE study SET patient_id = NULL, patient_id_fold = NULL")
    before = rows_of(data)
    done = verify(binary, data, "--rewrite-rows")
    assert done.returncode == 1 and "wrong_digest" in done.stdout and "\n0 rows rewritten\n" in done.stdout
    assert rows_of(data) == before
