"""A FHIR server, or an archive, that is down, slow, refuses, or answers half: nothing is lost, nothing is done twice."""

import warnings

import pytest
from faulty_server import FaultyServer
from fhir_server import eventually
from images import make_image, new_uid
from processes import Cast

PASSING = ["refuse", "slow", "401", "403", "409", "412", "429", "500", "503", "lost", "cut", "short"]


@pytest.fixture
def faulty(fhir):
    server = FaultyServer(fhir.base)
    yield server
    server.stop()


@pytest.fixture
def patched(binary, tmp_path, archive, faulty):
    """The bridge, with the spoiling server in front of FHIR."""
    running = Cast(binary, archive.base, faulty.base, tmp_path / "faulty.db")
    yield running
    running.stop()


def store_studies(archive, count, patients=3):
    studies = {new_uid(): [] for _ in range(count)}
    for number, (study, instances) in enumerate(studies.items()):
        series = new_uid()
        for n in range(3):
            instances.append(new_uid())
            archive.store(make_image(study, series, instances[-1], PatientID=f"P{number % patients}", InstanceNumber=n + 1))
    return studies


def assert_complete(fhir, studies):
    found = fhir.all("ImagingStudy")
    assert len(found) == len(studies) and len(fhir.all("Endpoint")) == 1
    for study, instances in studies.items():
        series, = fhir.study(study)["series"]
        assert {instance["uid"] for instance in series["instance"]} == set(instances)


# Obligation: 23.12.no-loss.fhir
@pytest.mark.parametrize("fault", PASSING)
def test_an_outage_of_the_fhir_server_passes(fault, archive, faulty, patched, fhir):
    before = store_studies(archive, 2)
    patched.caught_up(archive.latest())
    faulty.fault = fault
    during = store_studies(archive, 4)
    assert eventually(lambda: faulty.spoiled >= 3), "the fault was met"
    faulty.fault = ""
    patched.caught_up(archive.latest(), 90)
    assert_complete(fhir, {**before, **during})
    assert len(fhir.all("Patient")) == 3 and patched.open_letters() == []
    patched.stop()
    written = fhir.content()
    patched.start("--from", "0")
    assert eventually(lambda: patched.low() == 0)
    patched.caught_up(archive.latest())
    assert fhir.content() == written, "what was written is what the archive says"


@pytest.mark.parametrize("fault", ["500", "lost", "cut", "409"])
def test_a_fhir_server_that_fails_every_third_time_loses_nothing(fault, archive, faulty, patched, fhir):
    faulty.fault, faulty.share = fault, 0.33
    studies = store_studies(archive, 6)
    assert eventually(lambda: faulty.spoiled >= 5, 90), "an open circuit asks after 2, 4, 8 ... seconds"
    faulty.fault = ""
    patched.caught_up(archive.latest(), 120)
    assert_complete(fhir, studies)
    assert patched.open_letters() == []


def test_an_answer_that_was_lost_is_not_applied_again(archive, faulty, patched, fhir):
    archive.store(make_image(new_uid(), new_uid(), new_uid()))
    patched.caught_up(archive.latest())
    faulty.fault, faulty.writes_only = "lost", True
    study = new_uid()
    archive.store(make_image(study, new_uid(), new_uid(), PatientID="other"))
    assert eventually(lambda: fhir.study(study)), "it arrived, the answer did not"
    faulty.fault = ""
    patched.caught_up(archive.latest(), 90)
    assert fhir.study(study)["meta"]["versionId"] == "1"
    assert len(fhir.all("Patient")) == 2 and patched.open_letters() == []


def test_an_answer_that_is_no_json_is_a_dead_letter_that_a_replay_resolves(archive, faulty, patched, fhir):
    first = store_studies(archive, 1)
    patched.caught_up(archive.latest())
    faulty.fault = "malformed"
    second = store_studies(archive, 1)
    patched.caught_up(archive.latest())
    (kind, study, _, _), = patched.open_letters()
    assert kind == "fhir" and study in second, "it was not lost"
    faulty.fault = ""
    assert patched.run("dead-letters", "replay", "--class", "fhir").returncode == 0
    assert eventually(lambda: patched.open_letters() == [])
    assert_complete(fhir, {**first, **second})


# Obligation: 23.12.no-loss.archive
def test_an_archive_that_is_away_is_waited_for(binary, tmp_path, archive, fhir):
    door = FaultyServer(archive.base)
    bridge = Cast(binary, door.base, fhir.base, tmp_path / "away.db")
    try:
        studies = store_studies(archive, 2)
        bridge.caught_up(archive.latest())
        for fault in ("refuse", "500", "cut", "malformed"):
            door.fault, door.spoiled = fault, 0
            studies.update(store_studies(archive, 2))
            assert eventually(lambda: door.spoiled >= 3)
            door.fault = ""
            bridge.caught_up(archive.latest(), 90)
        assert_complete(fhir, studies)
        assert bridge.open_letters() == []
    finally:
        bridge.stop()
        door.stop()


# Obligation: 23.12.isolation
def test_one_study_with_every_bad_value_delays_nobody(archive, cast, fhir):
    bad = new_uid()
    with warnings.catch_warnings(action="ignore"):
        archive.store(make_image(bad, new_uid(), new_uid(), PatientBirthDate="19", PatientSex="?", StudyDate="2024",
                                 StudyTime="99", TimezoneOffsetFromUTC="x", SeriesNumber="-3", InstanceNumber="-1",
                                 Modality="", StudyDescription=" ", AccessionNumber=" ", PatientName="^^^"))
    studies = store_studies(archive, 3)
    cast.caught_up(archive.latest())
    assert all(fhir.study(study) for study in studies)
    assert fhir.study(bad), cast.open_letters()
    assert {kind for kind, *_ in cast.open_letters()} <= {"validation"}
