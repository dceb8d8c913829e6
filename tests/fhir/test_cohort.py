"""Cohort queries over a real FHIR server and a real archive; the answer is compared with the generator's own."""

import json

import pydicom
import pytest
import requests
from cohort_data import AS_OF, OSTEOSARCOMA, QUESTION, SNOMED, SYSTEM, coding, images_of, make_population, truth
from cohort_run import ask, ask_saved, facts_of, load
from images import make_dose_report, make_image
from partitioned_archive import PartitionedArchive
from processes import Archive
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage, XRayRadiationDoseSRStorage


@pytest.fixture(scope="module")
def loaded(hapi, binary, tmp_path_factory):
    """200 patients, 80 of them with the disease in all its variants."""
    hapi.empty()
    archive = Archive(binary, tmp_path_factory.mktemp("cohort") / "data", f"fhir.endpoint={hapi.base}",
                      f"cast.patient_system_id={SYSTEM}", "dicomweb.endpoint=http://pacs.test/v2")
    population = make_population(200, 80)
    try:
        load(population, hapi.base, archive)
        yield population, hapi.base, archive.base, archive
    finally:
        archive.stop()


@pytest.fixture
def run(binary, loaded, tmp_path):
    _, fhir, archive, _ = loaded
    return lambda definition, *arguments: ask(binary, definition, tmp_path, fhir, archive, *arguments)


def answer_of(process):
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_the_founding_question_is_answered_as_the_generator_knows(run, loaded):
    wanted = truth(loaded[0])
    assert len(wanted) > 10 and sum(len(each["reports"]) for each in wanted.values()) > 5
    answer = answer_of(run(QUESTION))
    assert facts_of(answer["patients"]) == wanted
    assert [entry["patient"]["id"] for entry in answer["patients"]] == sorted(wanted)
    assert answer["total"] == {"patients": len(wanted), "studies": sum(len(each["studies"]) for each in wanted.values())}
    assert answer["asOf"] == AS_OF.isoformat() and answer["stats"]["fhirRequests"] < 20
    for entry in answer["patients"]:
        for study in entry["studies"]:
            assert "CT" in study["modalities"]
        assert [study["started"] for study in entry["studies"]] == sorted(study["started"] for study in entry["studies"])


def test_as_lines_and_as_a_list_of_studies(run, loaded):
    wanted = truth(loaded[0])
    process = run(QUESTION, "--ndjson")
    assert process.returncode == 0, process.stderr
    *patients, last = [json.loads(line) for line in process.stdout.splitlines()]
    assert facts_of(patients) == wanted and last["total"]["patients"] == len(wanted)
    studies = run(QUESTION, "--studies").stdout.split()
    assert sorted(studies) == sorted(uid for each in wanted.values() for uid in each["studies"])


def test_as_of_of_the_command_line_moves_the_window(run):
    ageless = {key: value for key, value in QUESTION.items() if key != "patient"}
    assert answer_of(run(ageless))["patients"]
    answer = answer_of(run(ageless, "--as-of", "1980-01-01"))
    assert answer["patients"] == [] and answer["asOf"] == "1980-01-01", "what was diagnosed later is in no span that ends then"


def test_imaging_can_be_the_condition_that_begins(run, loaded):
    """Nobody but the archive is asked who has a study, and only their patients are looked at."""
    patient = next(each for each in loaded[0] if each["studies"] and each["studies"][0]["in_fhir"])
    study = patient["studies"][0]
    definition = {"imaging": [{"as": "one", "match": {"AccessionNumber": study["accession"]}}]}
    answer = answer_of(run(definition))
    assert [entry["patient"]["id"] for entry in answer["patients"]] == [patient["id"]]
    assert answer["patients"][0]["studies"][0]["imagingStudy"] == f"ImagingStudy/{study['id']}"


def test_who_has_no_ct(run, loaded):
    definition = {**QUESTION, "imaging": [{"as": "ct", "match": {"Modality": "CT"}, "not": True}], "return": []}
    answer = answer_of(run(definition))
    wanted = sorted(key for key, each in truth(loaded[0]).items() if not each["studies"])
    assert wanted and [entry["patient"]["id"] for entry in answer["patients"]] == wanted


def test_two_fhir_patients_with_one_identity_are_an_error_entry(run, loaded, hapi):
    population = loaded[0]
    key = next(key for key, each in truth(population).items() if each["studies"])
    mrn = next(patient["mrn"] for patient in population if patient["id"] == key)
    twin = {"resourceType": "Patient", "id": "twin", "identifier": [{"system": "urn:lakeside:mrn", "value": mrn}]}
    hapi.put(twin)
    try:
        entries = {entry["patient"]["id"]: entry for entry in answer_of(run(QUESTION))["patients"]}
        assert "2 FHIR patients" in entries[key]["error"] and "studies" not in entries[key]
    finally:
        hapi.delete("Patient/twin")


def test_keys_of_the_archive_may_be_tags_and_paths(cohorts, loaded):
    patient = next(each for each in loaded[0] if each["studies"])
    study, series, item = "2.25.7799", "2.25.7799.1", pydicom.Dataset()
    item.RequestedProcedureID = "RP-7799"
    loaded[3].store(make_image(study, series, f"{series}.1", PatientID=patient["mrn"], PatientBirthDate=None,
                               RequestAttributesSequence=[item]))
    try:
        for match in ({"RequestAttributesSequence.RequestedProcedureID": "RP-7799"}, {"00080060": "CT", "00400275.00401001": "RP-*"}):
            answer = cohorts("POST", json={"imaging": [{"as": "ct", "match": match}]}).json()
            assert [entry["patient"]["id"] for entry in answer["patients"]] == [patient["id"]]
            assert [each["studyInstanceUid"] for each in answer["patients"][0]["studies"]] == [study]
    finally:
        loaded[3].delete(study)
    problem = cohorts("POST", "", 400, json={"imaging": [{"as": "a", "match": {"KVP": "120"}}]}).json()
    assert problem["detail"].startswith("/imaging/0/match/KVP: ")


def test_documents_inside_a_study_are_listed_with_it(run, cohorts, loaded, binary, tmp_path):
    """By the index of the server and by QIDO-RS, of the one study that has any. Those among other objects of Modality OT only where
    SOPClassUID is matched, which /v2 does not."""
    patient = next(each for each in loaded[0] if each["studies"])
    study, mine = "2.25.7798", {"PatientID": patient["mrn"], "PatientBirthDate": None}
    loaded[3].store(make_image(study, f"{study}.1", f"{study}.1.1", **mine),
                    make_dose_report(study, f"{study}.2", f"{study}.2.1", f"{study}.9", **mine),
                    make_image(study, f"{study}.3", f"{study}.3.1", **mine, SOPClassUID=EncapsulatedPDFStorage, Modality="DOC",
                               DocumentTitle="Findings"),
                    make_image(study, f"{study}.4", f"{study}.4.1", **mine, SOPClassUID=EncapsulatedPDFStorage, Modality="OT",
                               DocumentTitle="Scan"),
                    make_image(study, f"{study}.4", f"{study}.4.2", **mine, SOPClassUID=SecondaryCaptureImageStorage, Modality="OT"))
    both = {study, patient["studies"][0]["uid"]}
    definition = {"imaging": [{"as": "both", "match": {"StudyInstanceUID": ",".join(both)}}]}
    try:
        over_dicom_web = ask(binary, definition, tmp_path, loaded[1], None, "--dicomweb", f"{loaded[2]}/dicom-web")
        answers = cohorts("POST", json=definition).json(), answer_of(over_dicom_web), answer_of(run(definition))
    finally:
        loaded[3].delete(study)
    for number, answer in enumerate(answers):
        scan = {f"{study}.4.1": EncapsulatedPDFStorage} if number < 2 else {}
        for found in answer["patients"][0]["studies"]:
            documents = {each["sopInstanceUid"]: each for each in found["documents"]}
            if found["studyInstanceUid"] != study:
                assert not documents
                continue
            assert {uid: each["sopClassUid"] for uid, each in documents.items()} == {
                f"{study}.2.1": XRayRadiationDoseSRStorage, f"{study}.3.1": EncapsulatedPDFStorage, **scan}
            assert [each["title"] for each in found["documents"]] == [
                "X-Ray Radiation Dose Report", "Findings", *(["Scan"] if scan else [])]
            for series, document in zip((2, 3, 4), found["documents"]):
                place = f"/series/{study}.{series}/instances/{study}.{series}.1"
                assert document["retrieveUrl"] == found["retrieveUrl"] + place
        assert {found["studyInstanceUid"] for found in answer["patients"][0]["studies"]} == both
    assert answers[2]["stats"]["archiveRequests"] < 20


def test_whoever_the_search_parameter_patient_finds_is_a_patient_of_the_resource(cohorts, loaded, hapi):
    """Of types that call their patients otherwise, or have several."""
    one, other = (each["id"] for each in loaded[0][:2])
    first, second = ({"reference": f"Patient/{each}"} for each in (one, other))
    made = [
        {"resourceType": "Task", "status": "requested", "intent": "order", "for": first},
        {"resourceType": "Appointment", "status": "booked", "start": "2026-01-01T10:00:00Z", "end": "2026-01-01T11:00:00Z",
         "participant": [{"actor": each, "status": "accepted"} for each in (first, second)]},
        {"resourceType": "Account", "status": "active", "subject": [second]},
        {"resourceType": "Provenance", "target": [first], "recorded": "2026-01-01T00:00:00Z", "agent": [{"who": second}]}]
    wanted = {"Task": [one], "Appointment": sorted([one, other]), "Account": [other], "Provenance": [one]}
    for resource in made:
        hapi.put({**resource, "id": "about"})
    try:
        for kind, patients in wanted.items():
            both = {"patient": {"search": f"_id={one},{other}"}}
            search = {"as": "x", "search": kind + (f"?status={made[0]['status']}" if kind == "Task" else "")}
            answer = cohorts("POST", json={"clinical": [search]}).json()
            assert [entry["patient"]["id"] for entry in answer["patients"]] == patients, kind
            assert all(entry["hits"] == {"x": [f"{kind}/about"]} for entry in answer["patients"])
            answer = cohorts("POST", json={**both, "clinical": [{**search, "not": True}]}).json()
            assert {entry["patient"]["id"] for entry in answer["patients"]} == {one, other} - {*patients}, kind
            answer = cohorts("POST", json={**both, "return": [search]}).json()
            assert [entry["patient"]["id"] for entry in answer["patients"] if entry["resources"]["x"]] == patients, kind
    finally:
        for kind in ("Provenance", "Task", "Appointment", "Account"):
            hapi.delete(f"{kind}/about")
    for place in ("clinical", "return"):
        problem = cohorts("POST", "", 400, json={place: [{"as": "m", "search": "Medication"}]}).json()
        assert problem["detail"].startswith(f"/{place}/0/search: Medication has no search parameter patient")


def test_a_partition_that_is_not_there_is_told(run, cohorts, loaded, binary, tmp_path):
    """By the server, and by the command line of an archive that names its partitions."""
    def of(partition):
        return {"imaging": [{"as": "any", "match": {"StudyDate": "19000101-20991231"}, "partition": partition}]}

    problem = cohorts("POST", "", 400, json=of("nope")).json()
    assert problem["detail"] == "/imaging/0/partition: the archive has no partition nope"
    wanted = cohorts("POST", json=of("Microsoft.Default")).json()["total"]
    assert wanted["studies"] > 0
    partitioned = PartitionedArchive(loaded[2])
    try:
        asked = (tmp_path, loaded[1], None, "--dicomweb", f"{partitioned.root}/v1")
        process = ask(binary, of("nope"), *asked)
        assert process.returncode == 2 and "/imaging/0/partition: the archive has no partition nope" in process.stderr
        partitioned.others["2.25.1"] = "nope"
        assert answer_of(ask(binary, of("nope"), *asked))["total"]["studies"] == 0
    finally:
        partitioned.stop()


def test_a_definition_names_the_fhir_server_that_is_asked(run, loaded, binary, hapi, tmp_path):
    """Whatever needs fhir.endpoint fails here, whatever is of the target does not."""
    population, fhir, _, _ = loaded
    named, away = "cast.targets.research.fhir.endpoint", "http://127.0.0.1:9/fhir"
    wanted, question = truth(population), {**QUESTION, "target": "research"}
    process = ask(binary, question, tmp_path, away, loaded[2], "--set", f"{named}={fhir}")
    assert process.returncode == 0, process.stderr
    assert facts_of(json.loads(process.stdout)["patients"]) == wanted
    process = run({**QUESTION, "target": "nowhere"})
    assert process.returncode == 2 and "/target: " in process.stderr
    assert facts_of(answer_of(run({**QUESTION, "target": "default"}))["patients"]) == wanted
    archive = Archive(binary, tmp_path / "data", f"fhir.endpoint={away}", f"{named}={fhir}",
                      "dicomweb.endpoint=http://pacs.test/v2")
    try:
        cohorts = Service(archive.base)
        page = cohorts("POST", "?limit=1", json=question).json()
        assert page["total"]["patients"] == len(wanted)
        assert len(cohorts("POST", f"?limit=1&cursor={page['next']}", json=question).json()["patients"]) == 1
        assert cohorts("POST", "/osteosarcoma-ct/freeze", 201).json()["group"].startswith("Group/")
        assert len(cohorts("GET", "/osteosarcoma-ct?frozen=true").json()["patients"]) == len(wanted)
        cohorts("POST", "", 503, json=QUESTION)
        assert len(cohorts("GET", "/osteosarcoma-ct?frozen=true").json()["patients"]) == len(wanted), "kept"
        assert hapi.all("Group")
        cohorts("DELETE", "/osteosarcoma-ct", 204)
        assert not hapi.all("Group"), "the server that had it was asked"
    finally:
        archive.stop()


def test_studies_are_told_where_fhir_has_them(loaded, binary, hapi, tmp_path):
    """Of a server that is told its public address only; by the command line from its folder as well."""
    patient = next(each for each in loaded[0] if any("CT" in study["modalities"] for study in each["studies"]))
    study = next(each["uid"] for each in patient["studies"] if "CT" in each["modalities"])
    folder, public = tmp_path / "data", "server.public_url=https://pacs.test/images/"
    settings = (f"fhir.endpoint={hapi.base}", f"cast.patient_system_id={SYSTEM}", public, "log.level=error")
    question = {"name": "told", "imaging": [{"as": "ct", "match": {"StudyInstanceUID": study}}]}
    archive = Archive(binary, folder, *settings)
    try:
        archive.store(*images_of(patient))
        told = Service(archive.base)("POST", json=question).json()["patients"][0]["studies"][0]["retrieveUrl"]
        assert told == f"https://pacs.test/images/dicom-web/studies/{study}"
    finally:
        archive.stop()
    process = ask_saved(binary, "told", "--data", str(folder), *[word for each in settings for word in ("--set", each)])
    assert answer_of(process)["patients"][0]["studies"][0]["retrieveUrl"] == told


@pytest.mark.parametrize("change, place", [
    ({"clinical": [{"as": "a", "search": "http://evil.test/Condition"}]}, "/clinical/0/search"),
    ({"patients": {}}, "/patients"),
    ({"return": [{"as": "r", "search": "DiagnosticReport", "of": "mr"}]}, "/return/0/of")])
def test_errors_name_the_place(run, change, place):
    process = run({**QUESTION, **change})
    assert process.returncode == 2 and process.stdout == ""
    assert place + ": " in process.stderr


def test_a_search_that_the_server_refuses_names_the_criterion(run):
    process = run({"clinical": [{"as": "a", "search": "Condition?colour=green"}]})
    assert process.returncode == 1 and "/clinical/0: " in process.stderr and "colour" in process.stderr


def test_a_fhir_server_that_is_away(binary, tmp_path):
    process = ask(binary, QUESTION, tmp_path, "http://127.0.0.1:9/fhir", "http://127.0.0.1:9")
    assert process.returncode == 1 and process.stdout == "" and process.stderr


class Service:
    """The resources of a server."""

    def __init__(self, base):
        self.base = f"{base}/cohorts"

    def __call__(self, method, path="", status=200, accept="application/json", **arguments):
        reply = requests.request(method, self.base + path, timeout=60, headers={"Accept": accept}, **arguments)
        assert reply.status_code == status, reply.text
        return reply


@pytest.fixture
def cohorts(loaded):
    return Service(loaded[2])


def test_the_server_answers_saves_lists_and_forgets(cohorts, loaded):
    wanted = truth(loaded[0])
    answer = cohorts("POST", json=QUESTION).json()
    assert facts_of(answer["patients"]) == wanted and answer["total"]["patients"] == len(wanted)
    assert answer["patients"][0]["hits"]["diagnosis"]
    for study in (study for entry in answer["patients"] for study in entry["studies"]):
        assert study["retrieveUrl"] == f"http://pacs.test/v2/studies/{study['studyInstanceUid']}"
    assert [saved["name"] for saved in cohorts("GET").json()["cohorts"]] == ["osteosarcoma-ct"]
    assert facts_of(cohorts("GET", "/osteosarcoma-ct").json()["patients"]) == wanted
    assert cohorts("GET", "/osteosarcoma-ct?asOf=1980-01-01").json()["patients"] == []
    *patients, last = [json.loads(line) for line in
                       cohorts("GET", "/osteosarcoma-ct", accept="application/x-ndjson").text.splitlines()]
    assert facts_of(patients) == wanted and last["total"] == answer["total"]
    cohorts("DELETE", "/osteosarcoma-ct", 204)
    cohorts("GET", "/osteosarcoma-ct", 404)
    cohorts("DELETE", "/osteosarcoma-ct", 404)
    assert cohorts("GET").json() == {"cohorts": []}


def test_pages_of_a_run_tell_of_the_same_patients(cohorts, loaded, hapi):
    wanted = sorted(truth(loaded[0]))
    unnamed = {key: value for key, value in QUESTION.items() if key != "name"}
    page = cohorts("POST", "?limit=5", json=unnamed).json()
    seen = [entry["patient"]["id"] for entry in page["patients"]]
    hapi.put({"resourceType": "Condition", "id": "later", "code": coding(SNOMED, OSTEOSARCOMA), "onsetDateTime": "2026-01-01",
              "subject": {"reference": f"Patient/{older_and_well(loaded[0])}"}})
    try:
        while "next" in page:
            page = cohorts("POST", f"?limit=5&cursor={page['next']}", json=unnamed).json()
            assert page["total"]["patients"] == len(wanted)
            seen += [entry["patient"]["id"] for entry in page["patients"]]
    finally:
        hapi.delete("Condition/later")
    assert seen == wanted
    cohorts("POST", "?cursor=00-5", 410, json=unnamed)
    cohorts("POST", "?cursor=5", 400, json=unnamed)
    assert cohorts("GET").json() == {"cohorts": []}, "without a name nothing is saved"


def test_a_cursor_belongs_to_the_definition_that_ran(cohorts):
    one, other = {"name": "one", "patient": {"age": {"ge": 0}}}, {"name": "other", "clinical": [{"as": "c", "search": "Condition"}]}
    try:
        cursor = cohorts("POST", "?limit=2", json=one).json()["next"]
        cohorts("POST", "?limit=2", json=other)
        for method, path, arguments in (("GET", "/other", {}), ("GET", "/other/studies", {}), ("POST", "", {"json": other})):
            problem = cohorts(method, f"{path}?cursor={cursor}", 400, **arguments).json()
            assert problem["detail"] == "cursor belongs to a run of another definition"
        cohorts("GET", f"/other?cursor={cursor}", 400, accept="application/x-ndjson")
        cohorts("POST", "/one/freeze", 201)
        cohorts("GET", f"/one?frozen=true&cursor={cursor}", 400)
        for path in (f"/one?cursor={cursor}", f"/one?cursor={cohorts('GET', '/one?frozen=true&limit=2').json()['next']}"):
            assert len(cohorts("GET", f"{path}&limit=3").json()["patients"]) == 3
        cohorts("POST", "", json={**one, "patient": {"age": {"ge": 1}}})
        cohorts("GET", f"/one?cursor={cursor}", 400)
    finally:
        for name in ("one", "other"):
            cohorts("DELETE", f"/{name}", 204)


def older_and_well(population):
    """A patient older than 45 who is not in the cohort."""
    wanted = truth(population)
    return next(each["id"] for each in population if each["id"] not in wanted and each["birth"][:4] < "1975" and each["birth"])


def test_a_frozen_cohort_stays_as_it_was(cohorts, loaded, hapi):
    wanted = truth(loaded[0])
    cohorts("POST", json=QUESTION)
    cohorts("GET", "/osteosarcoma-ct?frozen=true", 404)
    frozen = cohorts("POST", "/osteosarcoma-ct/freeze", 201).json()
    assert frozen["total"]["patients"] == len(wanted)
    added = older_and_well(loaded[0])
    hapi.put({"resourceType": "Condition", "id": "later", "code": coding(SNOMED, OSTEOSARCOMA), "onsetDateTime": "2026-01-01",
              "subject": {"reference": f"Patient/{added}"}})
    try:
        now = cohorts("GET", "/osteosarcoma-ct").json()
        assert {entry["patient"]["id"] for entry in now["patients"]} == {*wanted, added}
        assert facts_of(cohorts("GET", "/osteosarcoma-ct?frozen=true").json()["patients"]) == wanted
        studies = cohorts("GET", "/osteosarcoma-ct/studies?frozen=true", accept="text/plain").text.split()
        assert sorted(studies) == sorted(uid for each in wanted.values() for uid in each["studies"])
        listed = cohorts("GET", "/osteosarcoma-ct/studies?frozen=true").json()
        assert [each["studyInstanceUid"] for each in listed] == studies
        assert {each["partitionName"] for each in listed} == {"Microsoft.Default"}
    finally:
        hapi.delete("Condition/later")
        cohorts("DELETE", "/osteosarcoma-ct", 204)


def test_the_server_says_what_is_wrong(cohorts):
    problem = cohorts("POST", "", 400, json={"clinical": [{"as": "a", "search": "Condition?code"}]}).json()
    assert problem["detail"].startswith("/clinical/0/search: ")
    problem = cohorts("POST", "", 424, json={"clinical": [{"as": "a", "search": "Condition?colour=green"}]}).json()
    assert problem["detail"].startswith("/clinical/0: ") and "colour" in problem["detail"]
    cohorts("GET", "/osteosarcoma-ct?limit=0", 400)
    cohorts("POST", "/nobody/freeze", 404)
