"""What two patients, two studies or two archives have in common ends the same whatever comes first."""

import pytest
from images import make_dose_report, make_image, new_uid
from processes import Archive, Cast


def people(fhir):
    return {each["identifier"][0]["value"]: (each["name"][0]["family"], each.get("birthDate"))
            for each in fhir.all("Patient").values()}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1), (2, 1, 0)], ids=str)
def test_a_study_of_two_patients_tells_nobody_of_the_other(archive, cast, fhir, order):
    """The row of a study, by which searches find it, names the patient of one of its instances."""
    mixed, alone = new_uid(), new_uid()
    ada = {"PatientID": "A", "PatientName": "Ada", "PatientBirthDate": "19500101"}
    files = [make_image(mixed, new_uid(), new_uid(), StudyDate="20240101", InstanceCreationDate="20240201",
                        PatientID="B", PatientName="Bea", PatientBirthDate=None),
             make_image(mixed, new_uid(), new_uid(), StudyDate="20240101", InstanceCreationDate="20240101", **ada),
             make_image(alone, new_uid(), new_uid(), StudyDate="20200101", InstanceCreationDate="20200101", **ada)]
    for at in order:
        archive.store(files[at])
        cast.caught_up(archive.latest())
    known = people(fhir)
    assert known == {"A": ("Ada", "1950-01-01"), "B": ("Bea", None)}
    names = {f"Patient/{uid}": each["identifier"][0]["value"] for uid, each in fhir.all("Patient").items()}
    assert [names[fhir.study(uid)["subject"]["reference"]] for uid in (mixed, alone)] == ["B", "A"]


@pytest.mark.parametrize("later_first", [False, True])
def test_the_latest_study_decides_whatever_its_row_says(archive, cast, fhir, later_first):
    mixed, alone = new_uid(), new_uid()
    later = [make_image(mixed, new_uid(), new_uid(), StudyDate="20240101", InstanceCreationDate=created,
                        PatientID=patient, PatientName=name)
             for patient, name, created in (("B", "Bea", "20240101"), ("A", "Ada-Now", "20240201"),
                                            ("B", "Bea", "20240102"))]
    steps = [later, [make_image(alone, new_uid(), new_uid(), StudyDate="20200101", PatientID="A", PatientName="Ada-Then")]]
    for files in steps if later_first else reversed(steps):
        archive.store(*files)
        cast.caught_up(archive.latest())
    assert people(fhir)["A"][0] == "Ada-Now"


def test_the_issuer_tells_whose_studies_they_are(binary, archive, fhir, tmp_path):
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "issuer.db", cast__is_issuer_id_used="true")
    for issuer, date, name in (("L", "20230101", "New"), ("M", "20240101", "Other"), ("L", "20200101", "Old")):
        archive.store(make_image(new_uid(), new_uid(), new_uid(), PatientID="Z", IssuerOfPatientID=issuer, StudyDate=date,
                                 PatientName=name))
        cast.caught_up(archive.latest())
    cast.stop()
    assert {each["identifier"][0]["system"]: each["name"][0]["family"] for each in fhir.all("Patient").values()} == {
        "urn:isocenter:issuer:L": "New", "urn:isocenter:issuer:M": "Other"}


@pytest.fixture
def follow(binary, served, tmp_path):
    """Follows the whole feed of an archive to its end, as if nothing of it had been read yet."""
    def run(archive):
        cast = Cast(binary, archive.base, served, tmp_path / f"{new_uid()}.db")
        try:
            cast.caught_up(archive.latest())
        finally:
            cast.stop()
        assert cast.open_letters() == []
    return run


both_ways = pytest.mark.parametrize("served", ["server's ids", "client ids"], indirect=True)


@both_ways
def test_one_event_in_two_studies(archive, fhir, follow):
    """A scan reported under two accession numbers: each study has Observations of its own."""
    event, first, second = new_uid(), new_uid(), new_uid()
    for study in (first, second):
        archive.store(make_dose_report(study, new_uid(), new_uid(), event))
        follow(archive)
    written = fhir.content()
    assert len(written["Observation"]) == 4
    follow(archive)
    assert fhir.content() == written
    archive.delete(first)
    follow(archive)
    left = fhir.all("Observation").values()
    assert [each["identifier"][1]["value"] for each in left] == [f"urn:oid:{second}"] * 2


@both_ways
def test_two_archives_of_one_study(binary, archive, fhir, follow, tmp_path):
    """Who comes second adds what is missing; nobody takes away what the other wrote."""
    study = new_uid()
    files = [make_dose_report(study, new_uid(), new_uid(), new_uid()), make_image(study, new_uid(), new_uid())]
    other = Archive(binary, tmp_path / "other")
    try:
        for each in (archive, other):
            each.store(*files)
            follow(each)
        both = fhir.content()
        assert len(both["Observation"]) == 2 and len(fhir.study(study)["endpoint"]) == 2
        for each in (archive, other):
            follow(each)
        assert fhir.content() == both
        archive.delete(study)
        follow(archive)
        left = fhir.study(study)
        assert len(left["endpoint"]) == 1 and "series" not in left
        follow(other)
        assert len(fhir.study(study)["series"]) == 2 and len(fhir.all("Observation")) == 2
    finally:
        other.stop()


def test_a_dose_observation_of_another_tool_stays_in_place_of_ours(archive, cast, fhir):
    report, study = new_uid(), new_uid()
    fhir.put({"resourceType": "Patient", "id": "other", "identifier": [{"system": "urn:other", "value": "1"}]})
    fhir.put({"resourceType": "Observation", "id": "foreign-dose", "meta": {"source": "urn:dose-tool"}, "status": "final",
              "code": {"coding": [{"system": "http://loinc.org", "code": "73569-6"}]}, "subject": {"reference": "Patient/other"},
              "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{report}"}], "valueString": "by the tool"})
    before = fhir.all("Observation")
    archive.store(make_dose_report(study, new_uid(), report, new_uid()))
    cast.caught_up(archive.latest())
    assert cast.open_letters() == []
    after = fhir.all("Observation")
    assert after.pop("foreign-dose") == before["foreign-dose"]
    assert len(after) == 1, "the event"
