"""The profile `cast-compatible`: an entry of the feed is a transaction, with the content that older bridges wrote."""

import pytest
from faulty_server import FaultyServer
from fhir_server import eventually, running_hapi
from images import make_dose_report, make_image, new_uid
from processes import Cast
from test_check import brief, check, reference
from test_embedded import Embedded


@pytest.fixture(scope="module")
def hapi(tmp_path_factory):
    """One that takes what it gets: a validating server refuses codings whose system is no URI."""
    with running_hapi(tmp_path_factory.mktemp("hapi") / "log", JAVA_OPTS="-Dfhir.expunge=true") as server:
        yield server


@pytest.fixture
def classic(binary, tmp_path, archive, fhir):
    running = Cast(binary, archive.base, fhir.base, tmp_path / "classic.db", cast__profile="cast-compatible")
    yield running
    running.stop()


def instances(study):
    return {series["uid"]: {instance["uid"] for instance in series["instance"]} for series in study.get("series", [])}


def test_an_instance_is_written_as_older_bridges_did(archive, classic, fhir):
    study, series, instance = new_uid(), new_uid(), new_uid()
    archive.store(make_image(study, series, instance))
    classic.caught_up(archive.latest())
    assert classic.open_letters() == []
    found = fhir.study(study)
    assert found["status"] == "available" and found["started"] == "2024-02-29T13:45:01+05:30"
    assert found["note"] == [{"text": "CT chest"}]
    assert found["series"] == [{
        "uid": series, "number": 1, "modality": {"system": "DCM", "code": "CT"}, "description": "axial",
        "instance": [{"uid": instance, "sopClass": {"code": "1.2.840.10008.5.1.4.1.1.2"}, "number": 1}]}]
    assert not {"description", "numberOfSeries", "numberOfInstances", "modality"} & found.keys()
    assert [i["value"] for i in found["identifier"]] == [f"urn:oid:{study}", "551"]
    endpoint, = fhir.all("Endpoint").values()
    assert endpoint["name"] == f"DICOM WADO-RS endpoint {archive.base}/v2" and "identifier" not in endpoint
    assert found["endpoint"] == [{"reference": f"Endpoint/{endpoint['id']}"}]
    patient, = fhir.all("Patient").values()
    assert found["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert patient["gender"] == "male" and patient["birthDate"] == "1961-04-12"
    assert patient["name"] == [{"use": "usual", "family": "van Dijk", "given": ["Pieter", "Jan", "Maria"],
                                "prefix": ["Dr."], "suffix": ["PhD"]}]


def test_every_entry_is_a_transaction_of_its_own(archive, classic, fhir):
    study, series, uids = new_uid(), new_uid(), [new_uid() for _ in range(5)]
    archive.store(*[make_image(study, series, uid, InstanceNumber=n + 1) for n, uid in enumerate(uids)])
    classic.caught_up(archive.latest())
    found = fhir.study(study)
    assert instances(found) == {series: set(uids)}
    assert [instance["uid"] for instance in found["series"][0]["instance"]] == uids, "in the order of the feed"
    assert found["meta"]["versionId"] == "5"
    assert len(fhir.all("Patient")) == 1 and len(fhir.all("Endpoint")) == 1


def test_what_the_last_entry_says_of_a_patient_stands(archive, classic, fhir):
    for day, name in ((1, "First"), (2, "Second")):
        archive.store(make_image(new_uid(), new_uid(), new_uid(), PatientName=name, PatientBirthDate=f"196104{day:02}",
                                 StudyDate=f"202402{30 - day}"))
    classic.caught_up(archive.latest())
    patient, = fhir.all("Patient").values()
    assert patient["name"][0]["family"] == "Second"
    assert patient["birthDate"] == "1961-04-01", "of a known patient it is never touched"


def test_instances_and_series_go_with_their_entries(archive, classic, fhir):
    study, first, second = new_uid(), new_uid(), new_uid()
    kept, gone, other = new_uid(), new_uid(), new_uid()
    archive.store(make_image(study, first, kept), make_image(study, first, gone), make_image(study, second, other))
    classic.caught_up(archive.latest())
    archive.delete(study, first, gone)
    archive.delete(study, second)
    classic.caught_up(archive.latest())
    assert instances(fhir.study(study)) == {first: {kept}}
    archive.delete(study)
    classic.caught_up(archive.latest())
    left = fhir.study(study)
    # HAPI appends the request's id to meta.source, so the study does not count as ours (fhir-sync 10, row 6).
    assert left is None or "series" not in left
    assert len(fhir.all("Patient")) == 1
    archive.store(make_image(study, first, kept))
    classic.caught_up(archive.latest())
    assert instances(fhir.study(study)) == {first: {kept}}
    assert classic.open_letters() == []


def test_a_dose_report_becomes_observations_that_go_with_any_instance(archive, classic, fhir):
    study, images, reports, instance = new_uid(), new_uid(), new_uid(), new_uid()
    archive.store(make_image(study, images, instance), make_dose_report(study, reports, new_uid(), new_uid()))
    classic.caught_up(archive.latest())
    assert classic.open_letters() == []
    patient, = fhir.all("Patient")
    found, = fhir.all("ImagingStudy")
    by_code = {each["code"]["coding"][0]["code"]: each for each in fhir.all("Observation").values()}
    summary, event = by_code.pop("73569-6"), by_code.pop("113852")
    assert by_code == {}
    assert summary["partOf"] == [{"reference": f"ImagingStudy/{found}"}] and "partOf" not in event
    for each in (summary, event):
        assert each["status"] == "preliminary" and each["subject"] == {"reference": f"Patient/{patient}"}
        assert each["identifier"][0] == {"system": "urn:dicom:uid", "value": f"urn:oid:{study}"}
    assert [component["code"]["text"] for component in event["component"]] == ["Mean CTDIvol"]
    assert summary["component"][0]["valueQuantity"] == {
        "value": 412.5, "unit": "mGy.cm", "system": "http://unitsofmeasure.org", "code": "mGy.cm"}
    assert len(summary["component"]) == 2, "values of events come again in the summary"
    archive.delete(study, images, instance)
    classic.caught_up(archive.latest())
    assert fhir.all("Observation") == {} and fhir.study(study)


def test_a_bad_entry_is_a_dead_letter_and_a_replay_takes_the_study_as_it_is(archive, classic, fhir):
    study, series, bad, good = new_uid(), new_uid(), new_uid(), new_uid()
    archive.store(make_image(study, series, bad, PatientID=""), make_image(study, series, good))
    classic.caught_up(archive.latest())
    assert instances(fhir.study(study)) == {series: {good}}
    assert [(kind, uid, tag) for kind, uid, _, tag in classic.open_letters()] == [("dicom", study, "00100020")]
    archive.delete(study, series, bad)
    classic.caught_up(archive.latest())
    assert len(classic.open_letters()) == 1, "another entry's success says nothing of this one"
    assert classic.run("dead-letters", "replay", "--class", "dicom").returncode == 0
    assert eventually(lambda: classic.open_letters() == [])
    assert instances(fhir.study(study)) == {series: {good}}


def test_killed_at_once_it_goes_on_where_it_was(archive, classic, fhir):
    studies = [new_uid() for _ in range(6)]
    for study in studies:
        archive.store(make_image(study, new_uid(), new_uid()))
        classic.kill()
        classic.start()
    classic.caught_up(archive.latest(), 90)
    assert all(fhir.study(study) for study in studies)
    assert len(fhir.all("ImagingStudy")) == 6 and len(fhir.all("Patient")) == 1 and len(fhir.all("Endpoint")) == 1


@pytest.mark.parametrize("fault", ["500", "409", "429", "lost", "cut"])
def test_a_fhir_server_that_fails_every_third_time_loses_no_instance(fault, binary, tmp_path, archive, fhir):
    faulty = FaultyServer(fhir.base)
    cast = Cast(binary, archive.base, faulty.base, tmp_path / "classic.db", cast__profile="cast-compatible")
    try:
        faulty.fault, faulty.share = fault, 0.33
        studies = {new_uid(): [new_uid() for _ in range(4)] for _ in range(2)}
        for study, uids in studies.items():
            series = new_uid()
            archive.store(*[make_image(study, series, uid) for uid in uids])
        assert eventually(lambda: faulty.spoiled >= 4)
        faulty.fault = ""
        cast.caught_up(archive.latest(), 120)
        assert len(fhir.all("ImagingStudy")) == 2 and len(fhir.all("Patient")) == 1 and len(fhir.all("Endpoint")) == 1
        for study, uids in studies.items():
            series, = fhir.study(study)["series"]
            assert [instance["uid"] for instance in series["instance"]] == uids, "each once, in the order of the feed"
        assert cast.open_letters() == []
    finally:
        cast.stop()
        faulty.stop()


def test_the_server_has_the_profile_too_with_the_same_content(binary, tmp_path, fhir):
    embedded = Embedded(binary, tmp_path / "data", fhir.base, cast__profile="cast-compatible",
                        cast__patient_system_id="urn:lakeside:mrn")
    try:
        study, series = new_uid(), new_uid()
        embedded.store(*[make_image(study, series, new_uid(), InstanceNumber=n + 1) for n in range(3)])
        embedded.caught_up()
        before = fhir.content()
        found, = before["ImagingStudy"].values()
        assert found["meta"]["versionId"] == "3" and found["note"] == [{"text": "CT chest"}]
        cast = Cast(binary, embedded.base, fhir.base, tmp_path / "classic.db", cast__profile="cast-compatible",
                    dicomweb__endpoint="http://pacs.test/v2", dicomweb__private_endpoint=f"{embedded.base}/v2")
        cast.caught_up(embedded.latest())
        cast.stop()
        assert fhir.content() == before, "applied again, entries change nothing"
        embedded.delete(study)
        embedded.caught_up()
        assert embedded.letters() == []
    finally:
        embedded.stop()


def test_the_other_profile_takes_the_studies_over(binary, tmp_path, archive, classic, fhir):
    study, series, uids = new_uid(), new_uid(), [new_uid(), new_uid()]
    archive.store(*[make_image(study, series, uid) for uid in uids])
    classic.caught_up(archive.latest())
    classic.stop()
    before = fhir.content()
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "isocenter.db")
    try:
        cast.caught_up(archive.latest())
        after = fhir.content()
        assert {kind: after[kind].keys() for kind in after} == {kind: before[kind].keys() for kind in before}
        found = fhir.study(study)
        assert found["description"] == "CT chest" and found["numberOfInstances"] == 2
        assert [m["system"] for m in found["modality"]] == ["http://dicom.nema.org/resources/ontology/DCM"]
        assert instances(found) == {series: set(uids)}
        assert cast.open_letters() == []
    finally:
        cast.stop()


def test_names_of_an_older_configuration_work(binary, tmp_path, archive, fhir):
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "classic.db", **{"Cast:Profile": "cast-compatible"})
    try:
        study = new_uid()
        archive.store(make_image(study, new_uid(), new_uid()))
        cast.caught_up(archive.latest())
        assert fhir.study(study)["note"] == [{"text": "CT chest"}]
    finally:
        cast.stop()


def test_a_check_finds_and_mends_what_is_missing_or_too_much(archive, classic, fhir):
    whole, partly, nowhere, deleted = (new_uid() for _ in range(4))
    for number, study in enumerate((whole, partly, nowhere, deleted)):
        series = new_uid()
        archive.store(*[make_image(study, series, new_uid(), PatientID=f"P{number}", InstanceNumber=n + 1)
                        for n in range(2)])
    archive.store(make_dose_report(whole, new_uid(), new_uid(), new_uid()))
    classic.caught_up(archive.latest())
    classic.stop()
    assert check(classic)[:2] == (0, [])
    good = fhir.study(whole)
    tampered = fhir.study(partly)
    complete = instances(tampered)
    del tampered["series"][0]["instance"][0]
    tampered["series"].append({"uid": new_uid(), "instance": [{"uid": new_uid(), "sopClass": {"code": "1.2"}}]})
    fhir.put(tampered)
    fhir.delete(reference(fhir.study(nowhere)))
    archive.delete(deleted)
    extra = fhir.study(deleted)
    fhir.put({**good, "id": "other", "meta": {"source": "https://other.example"},
              "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{new_uid()}"}]})
    before = fhir.content()
    expected = sorted([("missing", "ImagingStudy"), ("different", reference(tampered), "series"),
                       ("extra", reference(extra), "series")])
    status, findings, totals = check(classic)
    assert status == 1 and brief(findings) == expected and totals["studies"] == 3
    assert fhir.content() == before
    status, findings, totals = check(classic, "--repair")
    assert status == 0 and brief(findings) == expected and totals["mended"] == 3
    assert instances(fhir.study(partly)) == complete and fhir.study(nowhere)
    assert "series" not in fhir.study(deleted), "this server appends to the source, which keeps the empty study"
    assert fhir.study(whole) == good and "other" in fhir.all("ImagingStudy")
    assert check(classic)[:2] == (0, [])


def test_a_check_is_refused_where_partitions_share_the_target(archive, classic):
    classic.settings["cast.partitions"] = "north=default"
    done = classic.run("--check", *[word for key, value in classic.settings.items() if key != "cast.state_path"
                                    for word in ("--set", f"{key}={value}")])
    assert done.returncode == 2 and "partitions" in done.stderr and done.stdout == ""
