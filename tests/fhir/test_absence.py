"""What stands before the archive says "not found" of everything when it has lost the way to it: nothing may be deleted then."""

import subprocess
import time

import pytest
from faulty_server import FaultyServer
from fhir_server import eventually
from images import make_image, new_uid
from processes import Cast


@pytest.fixture
def door(archive):
    server = FaultyServer(archive.base)
    yield server
    server.stop()


@pytest.fixture
def behind(binary, tmp_path, door, fhir):
    """A bridge that reaches the archive through the door; not started."""
    running = Cast(binary, door.base, fhir.base, tmp_path / "behind.db", start=False)
    yield running
    running.stop()


@pytest.fixture
def studies(archive, behind):
    """Written, and the bridge follows."""
    made = {new_uid(): new_uid() for _ in range(4)}
    for number, (study, series) in enumerate(made.items()):
        archive.store(make_image(study, series, new_uid(), PatientID=f"NF{number}"))
    behind.start()
    behind.caught_up(archive.latest())
    return made


@pytest.mark.parametrize("only", ["/metadata", "/studies", ""])
def test_not_found_deletes_nothing_and_a_deletion_still_does(only, archive, door, behind, fhir, studies):
    door.fault, door.only, door.spoiled = "404", only, 0
    for number, (study, series) in enumerate(studies.items()):
        archive.store(make_image(study, series, new_uid(), PatientID=f"NF{number}", InstanceNumber=2))
    assert eventually(lambda: door.spoiled >= 3)
    time.sleep(2)
    assert all(fhir.study(study) for study in studies)
    door.fault = ""
    gone = next(iter(studies))
    archive.delete(gone)
    behind.caught_up(archive.latest(), 90)
    assert fhir.study(gone) is None
    assert all(fhir.study(study)["numberOfInstances"] == 2 for study in studies if study != gone)
    assert behind.open_letters() == []


def test_a_backfill_waits_for_a_search_that_is_not_found(archive, door, behind, fhir, studies):
    behind.stop()
    fhir.empty()
    door.fault, door.only = "404", "/studies?"
    behind.start("--backfill")
    assert eventually(lambda: door.spoiled >= 2)
    assert behind.backfill(), "nothing is done"
    door.fault = ""
    assert eventually(lambda: not behind.backfill(), 60)
    assert all(fhir.study(study) for study in studies)


def repaired(behind, *arguments):
    return subprocess.run(behind.command("--check", "--repair", *arguments), capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("only", ["", "/studies", "/changefeed"])
def test_a_repair_ends_where_the_archive_is_not_found(only, door, behind, fhir, studies):
    behind.stop()
    door.fault, door.only = "404", only
    done = repaired(behind)
    assert done.returncode == 2 and "404" in done.stderr, done.stdout
    assert len(fhir.all("ImagingStudy")) == 4


def test_a_repair_removes_everything_only_when_told_so(archive, behind, fhir, studies):
    behind.stop()
    archive.delete(*list(studies)[:1])
    assert repaired(behind).returncode == 0 and len(fhir.all("ImagingStudy")) == 3
    for study in list(studies)[1:]:
        archive.delete(study)
    done = repaired(behind)
    assert done.returncode == 2 and "--archive-is-empty" in done.stderr
    assert len(fhir.all("ImagingStudy")) == 3
    assert repaired(behind, "--archive-is-empty").returncode == 0
    assert fhir.all("ImagingStudy") == {}
