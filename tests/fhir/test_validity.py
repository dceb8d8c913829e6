"""What is written is exactly what the archive says, and the server's validator finds nothing wrong with it."""

import warnings

import pytest
import requests
from full_study import FullStudy, endpoint, patient
from images import make_image, new_uid
from processes import Cast
from updating_server import chosen_ids

DCM = "http://dicom.nema.org/resources/ontology/DCM"
SETTINGS = [({}, ""), ({"cast__identity": "conditional"}, ""), ({"cast__description_as_note": "true"}, ""),
            ({}, "client ids")]


def plain(resource):
    """Without what the server decides: id, version, time, its number of the request behind '#'."""
    meta = {key: value.split("#")[0] if key == "source" else value for key, value in resource["meta"].items()
            if key not in ("versionId", "lastUpdated")}
    return {**{key: value for key, value in resource.items() if key != "id"}, "meta": meta}


def complaints(fhir, resource):
    """What the server's own validator finds wrong."""
    reply = requests.post(f"{fhir.base}/{resource['resourceType']}/$validate", json=resource, timeout=60,
                          headers={"Content-Type": "application/fhir+json"})
    outcome = reply.json()
    assert outcome["resourceType"] == "OperationOutcome", outcome
    wrong = [issue for issue in outcome["issue"] if issue["severity"] in ("error", "fatal")]
    assert reply.ok or wrong, outcome
    return wrong


def assert_valid(fhir):
    """Every resource there is; how many."""
    written = [resource for found in fhir.content().values() for resource in found.values()]
    assert {resource["id"]: complaints(fhir, resource) for resource in written} == {resource["id"]: [] for resource in written}
    return len(written)


def reference(resource):
    return f"{resource['resourceType']}/{resource['id']}"


# Obligation: 23.12.validity
@pytest.mark.parametrize("settings, served", SETTINGS, ids=str, indirect=["served"])
def test_every_element_of_the_mapping_is_written_and_valid(binary, archive, fhir, served, tmp_path, settings):
    fhir.put({"resourceType": "Patient", "id": "other", "identifier": [{"system": "urn:other", "value": "1"}]})
    person = {"identifier": {"system": "urn:lakeside:mrn", "value": "LK-2207"}}
    for uid, subject in (("order", person), ("of-another", {"reference": "Patient/other"})):
        fhir.put({"resourceType": "ServiceRequest", "id": uid, "status": "active", "intent": "order",
                  "subject": subject, "identifier": [{"system": "urn:ris", "value": "552"}]})
    full, own = FullStudy(), f"{archive.base}/v2"
    archive.store(*full.files())
    cast = Cast(binary, archive.base, served, tmp_path / "state.db", **settings)
    cast.caught_up(archive.latest())
    cast.stop()
    assert cast.open_letters() == []
    # Beside those of the test itself.
    assert chosen_ids(fhir.content())[0] == (0 if served == fhir.base else 6)

    person, = [each for each in fhir.all("Patient").values() if each["id"] != "other"]
    address, = fhir.all("Endpoint").values()
    study, = fhir.all("ImagingStudy").values()
    assert plain(person) == patient(own)
    assert plain(address) == endpoint(own)
    expected = full.imaging_study(own, reference(person), reference(address))
    if "cast__description_as_note" in settings:
        expected["note"] = [{"text": "CT chest"}]
    assert plain(study) == expected
    observations = {each["identifier"][0]["value"]: each for each in fhir.all("Observation").values()}
    ids = {value: reference(each) for value, each in observations.items()}
    expected = full.observations(own, reference(person), reference(study), ids)
    assert {value: plain(each) for value, each in observations.items()} == expected
    assert assert_valid(fhir) == 7, "a patient, endpoint and study, three observations, and the patient of the other order"


# Obligation: 23.12.validity
def test_of_a_study_that_says_next_to_nothing_what_is_written_is_valid(archive, cast, fhir):
    study, series, instance = new_uid(), new_uid(), new_uid()
    with warnings.catch_warnings(action="ignore"):
        archive.store(make_image(study, series, instance, Modality=None, PatientName=None, PatientSex=None,
                                 PatientBirthDate="1961", StudyDate="202402", StudyTime=None, StudyDescription=None,
                                 TimezoneOffsetFromUTC=None, SeriesNumber="-1", SeriesDescription=None,
                                 AccessionNumber=None))
    cast.caught_up(archive.latest())
    assert [(kind, uid, tag) for kind, uid, _, tag in cast.open_letters()] == [("validation", study, "00200011")]
    found, own = fhir.study(study), f"{archive.base}/v2"
    unknown = [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    at = [{"reference": reference(each)} for each in fhir.all("Endpoint").values()]
    person, = fhir.all("Patient").values()
    sop_class = {"system": "urn:ietf:rfc:3986", "code": "urn:oid:1.2.840.10008.5.1.4.1.1.2"}
    assert plain(found) == {
        "resourceType": "ImagingStudy", "meta": {"source": own}, "status": "available", "started": "2024-02",
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study}"}],
        "subject": {"reference": reference(person)}, "endpoint": at, "numberOfSeries": 1, "numberOfInstances": 1,
        "series": [{"uid": series, "modality": {"extension": unknown}, "numberOfInstances": 1, "endpoint": at,
                    "instance": [{"uid": instance, "sopClass": sop_class, "number": 1}]}]}
    assert plain(person) == {"resourceType": "Patient", "meta": {"source": own}, "birthDate": "1961",
                             "identifier": [{"system": "urn:lakeside:mrn", "value": "LK-2207"}]}
    assert assert_valid(fhir) == 3


def test_values_that_fhir_does_not_know_cost_no_study(archive, cast, fhir):
    """Modalities newer than FHIR R4, those of nobody, and control characters: what FHIR has no place for is noted."""
    shown, noted = {}, {}
    for number, (values, coding, tags) in enumerate([
            ({"Modality": "CTPROTOCOL"}, {"code": "CTPROTOCOL"}, []), ({"Modality": "POS"}, {"code": "POS"}, []),
            ({"Modality": "DF"}, {"system": DCM, "code": "DF"}, []), ({"Modality": "ZZ"}, {"code": "ZZ"}, ["00080060"]),
            ({"Modality": "ct"}, {"system": DCM, "code": "CT"}, ["00080060"]),
            ({"SeriesDescription": "a\x0cb\x01", "PatientName": "A\x0cB^C\x1f", "StudyDescription": "\x0c",
              "AccessionNumber": "5\x0151"}, {"system": DCM, "code": "CT"}, ["00080050"])]):
        study = new_uid()
        with warnings.catch_warnings(action="ignore"):
            archive.store(make_image(study, new_uid(), new_uid(), PatientID=str(number), **values))
        shown[study], noted[study] = coding, tags
    cast.caught_up(archive.latest())
    assert {uid: fhir.study(uid)["modality"] for uid in shown} == {uid: [coding] for uid, coding in shown.items()}
    letters = cast.open_letters()
    assert {kind for kind, *_ in letters} == {"validation"}
    assert {uid: [tag for _, of, _, tag in letters if of == uid] for uid in noted} == noted
    last = fhir.study(study)
    assert last["series"][0]["description"] == "a b" and "description" not in last and len(last["identifier"]) == 1
    assert_valid(fhir)


def test_the_validator_finds_what_is_wrong(archive, cast, fhir):
    """So that its silence about the others says something."""
    study = new_uid()
    archive.store(make_image(study, new_uid(), new_uid()))
    cast.caught_up(archive.latest())
    found = fhir.study(study)
    assert complaints(fhir, found) == []
    for spoiled in ({**found, "status": "elsewhere"}, {key: value for key, value in found.items() if key != "subject"},
                    {**found, "series": [{**found["series"][0], "uid": "not an id"}]},
                    {**found, "series": [{key: value for key, value in found["series"][0].items() if key != "modality"}]}):
        assert complaints(fhir, spoiled), spoiled
