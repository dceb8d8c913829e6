"""A FHIR server, or an archive, that is down, slow, refuses, or answers half: nothing is lost, nothing is done twice."""

import io
import warnings

import pydicom
import pytest
from faulty_server import FaultyServer
from fhir_server import eventually
from images import make_dose_report, make_image, new_uid, part10
from processes import Cast

PASSING = ["refuse", "slow", "401", "403|408", "404|405", "409", "412", "429", "500|502|503|504", "lost", "cut"]


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


def change_studies(archive, fhir, studies):
    """One study goes; another one loses an instance, gains one, and gets a dose report. `studies` follows."""
    gone, changed = list(studies)
    archive.delete(gone)
    del studies[gone]
    series = fhir.study(changed)["series"][0]["uid"]
    archive.delete(changed, series, studies[changed].pop())
    studies[changed] += [new_uid(), new_uid()]
    image, report = studies[changed][-2:]
    archive.store(make_image(changed, series, image, PatientID="P1", InstanceNumber=9),
                  make_dose_report(changed, new_uid(), report, new_uid(), PatientID="P1"))


def assert_complete(fhir, studies):
    found = fhir.all("ImagingStudy")
    assert len(found) == len(studies) and len(fhir.all("Endpoint")) == 1
    for study, instances in studies.items():
        listed = [instance["uid"] for series in fhir.study(study)["series"] for instance in series["instance"]]
        assert sorted(listed) == sorted(instances)


# Obligation: 23.12.no-loss.fhir
@pytest.mark.parametrize("fault", PASSING)
def test_an_outage_of_the_fhir_server_passes(fault, archive, faulty, patched, fhir):
    studies = store_studies(archive, 2)
    patched.caught_up(archive.latest())
    faulty.fault = fault
    change_studies(archive, fhir, studies)
    studies.update(store_studies(archive, 4))
    assert eventually(lambda: faulty.spoiled >= 3), "the fault was met"
    faulty.fault = ""
    patched.caught_up(archive.latest(), 90)
    assert_complete(fhir, studies)
    assert len(fhir.all("Patient")) == 3 and len(fhir.all("Observation")) == 2
    patched.stop()
    assert patched.open_letters() == [] and patched.low() == archive.latest()
    written = fhir.content()
    patched.start("--from", "0")
    assert eventually(lambda: patched.low() == 0)
    patched.caught_up(archive.latest())
    assert fhir.content() == written, "what was written is what the archive says"


# Obligation: 23.12.no-loss.fhir
@pytest.mark.parametrize("fault", ["500", "lost", "cut", "409"])
def test_a_fhir_server_that_fails_every_third_time_loses_nothing(fault, archive, faulty, patched, fhir):
    faulty.fault, faulty.share = fault, 0.33
    studies = store_studies(archive, 6)
    assert eventually(lambda: faulty.spoiled >= 5, 90), "an open circuit asks after 2, 4, 8 ... seconds"
    faulty.fault = ""
    patched.caught_up(archive.latest(), 120)
    assert_complete(fhir, studies)
    assert patched.open_letters() == []


# Obligation: 23.12.no-loss.fhir
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


@pytest.mark.parametrize("fault", ["malformed", "short"])
def test_an_answer_that_makes_no_sense_is_a_dead_letter_that_a_replay_resolves(fault, archive, faulty, patched, fhir):
    first = store_studies(archive, 1)
    patched.caught_up(archive.latest())
    faulty.fault = fault
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
        for fault in ("refuse|lost", "500|503|429", "401|403", "cut|malformed", "slow"):
            door.fault, door.spoiled = fault, 0
            studies.update(store_studies(archive, 2))
            assert eventually(lambda: door.spoiled >= 3), fault
            door.fault = ""
            bridge.caught_up(archive.latest(), 90)
        assert_complete(fhir, studies)
        assert bridge.open_letters() == [] and bridge.low() == archive.latest()
    finally:
        bridge.stop()
        door.stop()


# Obligation: 23.12.no-loss.archive
def test_an_archive_that_goes_while_as_much_is_read_as_may_be_is_waited_for(binary, tmp_path, archive, fhir):
    """The feed is readable, the studies are not; then nothing is, for a while."""
    door = FaultyServer(archive.base)
    door.fault, door.only = "refuse", "/metadata"
    bridge = Cast(binary, door.base, fhir.base, tmp_path / "full.db", cast__read_ahead=100)
    try:
        study, series, instances = new_uid(), new_uid(), [new_uid() for _ in range(210)]
        archive.store(*[make_image(study, series, uid, InstanceNumber=n + 1) for n, uid in enumerate(instances)])
        assert eventually(lambda: door.spoiled >= 2)
        door.only = ""
        assert eventually(lambda: door.spoiled >= 4)
        door.fault = ""
        bridge.caught_up(archive.latest(), 90)
        assert_complete(fhir, {study: instances})
        assert bridge.open_letters() == []
    finally:
        bridge.stop()
        door.stop()


def bad_values(study, report):
    """Files with every kind of value that is left out (fhir-sync.md 20 rows 15 and 26, 7.6, 23.6)."""
    yield make_image(study, new_uid(), new_uid(), PatientID="BAD", PatientBirthDate="19", PatientSex="?",
                     StudyDate="20241399", StudyTime="99", TimezoneOffsetFromUTC="x", SeriesDate="x", SeriesNumber="-3",
                     InstanceNumber="-1", Modality="", StudyDescription=" ", AccessionNumber=" ", PatientName="^^^")
    dose = pydicom.dcmread(io.BytesIO(make_dose_report(study, new_uid(), report, new_uid(), PatientID="BAD")))
    total, acquisition = dose.ContentSequence
    total.ContentSequence[0].MeasuredValueSequence[0].NumericValue = None
    acquisition.ContentSequence[1].ContentSequence[0].ValueType = "TEXT"
    yield part10(dose)


# Obligation: 23.12.isolation
def test_studies_with_every_kind_of_trouble_delay_nobody(binary, archive, faulty, fhir, tmp_path):
    """One worker, so that it would show if a study waited in it."""
    values, nameless, ambiguous, failing = [new_uid() for _ in range(4)]
    for twin in ("first", "second"):
        fhir.put({"resourceType": "Patient", "id": twin, "identifier": [{"system": "urn:lakeside:mrn", "value": "TWIN"}]})
    faulty.fault, faulty.only = "500", failing
    cast = Cast(binary, archive.base, faulty.base, tmp_path / "isolation.db", cast__workers=1)
    try:
        report = new_uid()
        with warnings.catch_warnings(action="ignore"):
            archive.store(make_image(failing, new_uid(), new_uid(), PatientID="LATER"), *bad_values(values, report),
                          make_image(nameless, new_uid(), new_uid(), PatientID=""),
                          make_image(ambiguous, new_uid(), new_uid(), PatientID="TWIN"))
        good = store_studies(archive, 3)
        expected = sorted([("validation", values), ("dicom", nameless), ("fhir", ambiguous)])
        assert eventually(lambda: all(fhir.study(study) for study in good))
        assert eventually(lambda: sorted((kind, study) for kind, study, *_ in cast.open_letters()) == expected), cast.open_letters()
        # Studies of one page of the feed are ready at one moment and go by their UIDs: this one may be the last.
        assert eventually(lambda: faulty.spoiled > 0)
        assert fhir.study(failing) is None and cast.low() == 0, "the first of the feed still waits"
        assert fhir.study(values), "without what is bad"
        summary, event = sorted(fhir.all("Observation").values(), key=lambda each: f"urn:oid:{report}" not in str(each["identifier"]))
        assert "component" not in summary and "component" not in event
        faulty.fault = ""
        cast.caught_up(archive.latest())
        assert fhir.study(failing)
        assert sorted((kind, study) for kind, study, *_ in cast.open_letters()) == expected
        assert len(fhir.all("ImagingStudy")) == 5
    finally:
        cast.stop()
