"""Stored studies appear in FHIR and follow the archive; every write was validated by the server."""

from faulty_server import CountingServer
from fhir_server import eventually
from images import make_image, new_uid
from processes import Cast


def uids(study):
    """series -> set of instances of an ImagingStudy."""
    return {series["uid"]: {instance["uid"] for instance in series.get("instance", [])}
            for series in study.get("series", [])}


def test_a_stored_study_appears_as_imaging_study_patient_and_endpoint(archive, cast, fhir):
    study, series, instances = new_uid(), new_uid(), [new_uid() for _ in range(3)]
    archive.store(*[make_image(study, series, uid, InstanceNumber=n + 1) for n, uid in enumerate(instances)])
    cast.caught_up(archive.latest())
    found = fhir.study(study)
    assert found, cast.open_letters()
    assert found["status"] == "available" and found["started"] == "2024-02-29T13:45:01+05:30"
    assert found["numberOfSeries"] == 1 and found["numberOfInstances"] == 3
    assert found["description"] == "CT chest"
    assert [m["code"] for m in found["modality"]] == ["CT"]
    assert uids(found) == {series: set(instances)}
    endpoint, = fhir.all("Endpoint").values()
    assert endpoint["address"] == f"{archive.base}/v2" and endpoint["status"] == "active"
    assert found["endpoint"][0]["reference"] == f"Endpoint/{endpoint['id']}"
    patient, = fhir.all("Patient").values()
    assert found["subject"]["reference"] == f"Patient/{patient['id']}"
    assert {"system": "urn:lakeside:mrn", "value": "LK-2207"}.items() <= patient["identifier"][0].items()
    assert patient["gender"] == "male" and patient["birthDate"] == "1961-04-12"
    name = patient["name"][0]
    assert name["family"] == "van Dijk" and name["given"] == ["Pieter", "Jan", "Maria"]
    assert cast.open_letters() == []


def test_an_instance_more_and_an_instance_less_are_followed(archive, cast, fhir):
    study, first, second = new_uid(), new_uid(), new_uid()
    kept, removed, added = new_uid(), new_uid(), new_uid()
    archive.store(make_image(study, first, kept), make_image(study, first, removed, InstanceNumber=2))
    cast.caught_up(archive.latest())
    archive.store(make_image(study, second, added, Modality="PT", SeriesNumber=2,
                             SOPClassUID="1.2.840.10008.5.1.4.1.1.128"))
    archive.delete(study, first, removed)
    cast.caught_up(archive.latest())
    found = fhir.study(study)
    assert uids(found) == {first: {kept}, second: {added}}
    assert [m["code"] for m in found["modality"]] == ["CT", "PT"]
    assert found["numberOfInstances"] == 2


def test_a_deleted_study_goes_and_comes_back_when_stored_again(archive, cast, fhir):
    study, series, instance = new_uid(), new_uid(), new_uid()
    archive.store(make_image(study, series, instance))
    cast.caught_up(archive.latest())
    assert fhir.study(study)
    archive.delete(study)
    cast.caught_up(archive.latest())
    assert fhir.study(study) is None
    assert len(fhir.all("Patient")) == 1, "patients are never deleted"
    archive.store(make_image(study, series, instance, StudyDescription="again"))
    cast.caught_up(archive.latest())
    assert fhir.study(study)["description"] == "again"
    assert cast.open_letters() == []


def test_an_endpoint_that_somebody_deleted_is_made_again(archive, cast, fhir):
    first, second = new_uid(), new_uid()
    archive.store(make_image(first, new_uid(), new_uid()))
    cast.caught_up(archive.latest())
    fhir.delete(f"ImagingStudy/{fhir.study(first)['id']}")
    endpoint, = fhir.all("Endpoint")
    fhir.delete(f"Endpoint/{endpoint}")
    archive.store(make_image(second, new_uid(), new_uid()))
    cast.caught_up(archive.latest())
    assert cast.open_letters() == []
    endpoint, = fhir.all("Endpoint")
    assert fhir.study(second)["endpoint"][0]["reference"] == f"Endpoint/{endpoint}"


def test_a_replay_from_0_changes_nothing(archive, cast, fhir):
    for number in range(5):
        study, series = new_uid(), new_uid()
        archive.store(*[make_image(study, series, new_uid(), PatientID=f"P{number % 2}", InstanceNumber=n + 1)
                        for n in range(3)])
    cast.caught_up(archive.latest())
    before = fhir.content()
    assert len(before["ImagingStudy"]) == 5 and len(before["Patient"]) == 2 and len(before["Endpoint"]) == 1
    cast.stop()
    cast.start("--from", "0")
    assert eventually(lambda: cast.low() == 0), "the position goes back, so that a crash during a replay repeats it"
    cast.caught_up(archive.latest())
    cast.stop()
    assert fhir.content() == before, "versions included"


def test_a_study_without_patient_id_is_a_dead_letter_and_delays_nobody(archive, cast, fhir):
    bad, good, series, instance = new_uid(), new_uid(), new_uid(), new_uid()
    archive.store(make_image(bad, series, instance, PatientID=""), make_image(good, new_uid(), new_uid()))
    cast.caught_up(archive.latest())
    assert fhir.study(good) and fhir.study(bad) is None
    assert [(letter[0], letter[1]) for letter in cast.open_letters()] == [("dicom", bad)]


def test_killed_at_once_it_goes_on_where_it_was(archive, cast, fhir):
    studies = [new_uid() for _ in range(10)]
    for study in studies:
        archive.store(make_image(study, new_uid(), new_uid()))
        cast.kill()
        cast.start()
    cast.caught_up(archive.latest(), 90)
    assert all(fhir.study(study) for study in studies)
    assert len(fhir.all("ImagingStudy")) == 10 and len(fhir.all("Patient")) == 1 and len(fhir.all("Endpoint")) == 1


# Obligation: 23.12.coalescing
def test_instances_stored_within_the_settling_time_are_one_bundle(binary, archive, fhir, tmp_path):
    counting = CountingServer(fhir.base)
    cast = Cast(binary, archive.base, counting.base, tmp_path / "state.db", cast__settle_ms=3000, cast__settle_max_ms=60000)
    try:
        study, series = new_uid(), new_uid()
        archive.store(*[make_image(study, series, new_uid(), InstanceNumber=n + 1) for n in range(20)])
        cast.caught_up(archive.latest())
        assert fhir.study(study)["numberOfInstances"] == 20 and fhir.study(study)["meta"]["versionId"] == "1"
        assert counting.bundles == 1
    finally:
        cast.stop()
        counting.stop()
