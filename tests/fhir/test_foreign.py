"""Resources of others are as they were after whatever the archive did, but for what the bridge may add."""

import subprocess

import pytest
from fhir_server import eventually
from foreign_content import endpoint, imaging_study, patient, patient_of_the_archive, raw, read, strangers, wrongs
from images import make_dose_report, make_image, new_uid
from processes import Cast


class World:
    """What others wrote before the bridge began, and how to tell whether it is still that."""

    def __init__(self, fhir, archive, keeps_patients):
        self.fhir, self.archive, self.keeps_patients = fhir, archive, keeps_patients
        self.study, self.series, self.shown = new_uid(), new_uid(), new_uid()
        self.untouched = strangers(f"{archive.base}/v2", self.study)
        self.theirs = patient(), imaging_study(self.study, self.shown), endpoint("adopted", f"{archive.base}/v2")
        for resource in (self.theirs[0], *self.untouched, *self.theirs[1:]):
            fhir.put(resource)
        self.bytes = [raw(fhir, resource) for resource in self.untouched]
        self.patient_bytes = raw(fhir, self.theirs[0])
        self.before = [read(fhir, resource) for resource in self.theirs]

    def check(self, gender):
        """`gender` is what the archive says last; the study as it is now."""
        for resource, before in zip(self.untouched, self.bytes):
            assert raw(self.fhir, resource) == before
        person, study, address = [read(self.fhir, resource) for resource in self.theirs]
        if self.keeps_patients:
            assert raw(self.fhir, self.theirs[0]) == self.patient_bytes
        else:
            assert person == patient_of_the_archive(self.before[0], gender)
        assert wrongs(self.before[1], study) == []
        identifier = {"system": "urn:ietf:rfc:3986", "value": f"{self.archive.base}/v2"}
        assert address == {**self.before[2], "identifier": [identifier]}, "adopted: our identifier and nothing else"
        assert len(self.fhir.all("Patient")) == 3 and len(self.fhir.all("Endpoint")) == 3
        return study


# Obligation: 23.12.foreign
@pytest.mark.parametrize("patients", ["fill", "keep"])
def test_what_others_wrote_stays_through_creates_updates_deletes_and_stores_again(binary, archive, fhir, tmp_path, patients):
    world = World(fhir, archive, patients == "keep")
    study, series, reports = world.study, world.series, new_uid()
    first, second, report, event = [new_uid() for _ in range(4)]
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "foreign.db", cast__foreign_patient=patients)

    def follow(gender):
        cast.caught_up(archive.latest())
        assert {kind for kind, *_ in cast.open_letters()} <= {"validation"}, "the study keeps its own subject"
        return world.check(gender)

    def ours(found):
        return {each["uid"]: [instance["uid"] for instance in each["instance"]] for each in found["series"]
                if each["uid"] != world.shown}

    try:
        archive.store(make_image(study, series, first), make_image(study, world.shown, new_uid(), SeriesNumber=3),
                      make_dose_report(study, reports, report, event))
        found = follow("male")
        assert ours(found) == {series: [first], reports: [report]}
        assert {"reference": "ServiceRequest/order"} in found["basedOn"]
        assert [each["code"] for each in found["modality"]] == ["CT", "MR", "SR"], "CT was there"
        assert len(fhir.all("Observation")) == 5, "three of others, two of ours"

        # Created later: this instance decides where the two disagree.
        archive.store(make_image(study, series, second, InstanceNumber=2, InstanceCreationDate="20250101",
                                 PatientSex="F", StudyDescription="other", StudyDate="20200202"))
        assert ours(follow("female"))[series] == [first, second]

        archive.delete(study, series, second)
        archive.store(make_image(study, series, second, InstanceNumber=7, Modality="PT"))
        assert ours(follow("male"))[series] == [first, second]

        archive.delete(study)
        found = follow("male")
        assert found["series"] == world.before[1]["series"] and found["endpoint"] == world.before[1]["endpoint"]
        assert len(fhir.all("Observation")) == 3

        archive.store(make_image(study, series, first, PatientSex="F"))
        assert ours(follow("female")) == {series: [first]}
        archive.delete(study)
        assert ours(follow("female")) == {}

        cast.stop()
        before = fhir.content()
        done = subprocess.run(cast.command("--check", "--repair", "--prune-patients"), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert fhir.content() == before, "versions included"
    finally:
        cast.stop()


def test_a_former_patient_of_others_is_as_the_remaining_studies_say(archive, cast, fhir):
    """A study of Ada was stored as Bea's by mistake: her name and sex do not stay Bea's."""
    number = {"system": "urn:lakeside:mrn", "value": "B"}
    fhir.put({"resourceType": "Patient", "id": "bea", "identifier": [number], "gender": "female",
              "name": [{"use": "usual", "family": "Beck", "given": ["Bea"]}], "birthDate": "1970-01-01"})
    right, wrong = new_uid(), new_uid()
    bea = {"PatientID": "B", "PatientName": "Beck^Bea", "PatientSex": "F"}
    ada = {"PatientName": "Alm^Ada", "PatientSex": "M", "StudyDate": "20250101"}
    archive.store(make_image(right, new_uid(), new_uid(), **bea))
    cast.caught_up(archive.latest())
    before = read(fhir, {"resourceType": "Patient", "id": "bea"})
    assert (before["gender"], before["name"][0]["family"]) == ("female", "Beck")
    archive.store(make_image(wrong, new_uid(), new_uid(), PatientID="B", **ada))
    cast.caught_up(archive.latest())
    assert read(fhir, {"resourceType": "Patient", "id": "bea"})["gender"] == "male", "the latest study decides"
    archive.delete(wrong)
    archive.store(make_image(wrong, new_uid(), new_uid(), PatientID="A", **ada))
    cast.caught_up(archive.latest())
    after = read(fhir, {"resourceType": "Patient", "id": "bea"})
    assert (after["gender"], after["name"][0]["family"], after["birthDate"]) == ("female", "Beck", "1970-01-01")
    assert fhir.study(wrong)["subject"] != {"reference": "Patient/bea"}


def test_several_patients_of_others_with_one_identity_stay_and_the_study_waits(archive, cast, fhir):
    """Nobody knows which is meant: nothing is written, and once one has left the study follows."""
    twins = [{**patient(), "id": name} for name in ("theirs", "twin")]
    for twin in twins:
        fhir.put(twin)
    before = [raw(fhir, twin) for twin in twins]
    study = new_uid()
    archive.store(make_image(study, new_uid(), new_uid()))
    cast.caught_up(archive.latest())
    assert [(kind, uid) for kind, uid, *_ in cast.open_letters()] == [("fhir", study)]
    assert fhir.study(study) is None and [raw(fhir, twin) for twin in twins] == before
    fhir.delete("Patient/twin")
    assert cast.run("dead-letters", "replay", "--class", "fhir").returncode == 0
    assert eventually(lambda: cast.open_letters() == [])
    assert fhir.study(study)["subject"] == {"reference": "Patient/theirs"}
