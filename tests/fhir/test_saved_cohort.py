"""What a server has saved: the command line runs it, and a frozen one is a Group in FHIR."""

import json
import threading

import pytest
import requests
from cohort_data import OTHER_DISEASE, QUESTION, SNOMED, SYSTEM, coding, images_of, make_population, truth
from cohort_run import ask_saved, facts_of, load
from faulty_server import FaultyServer
from fhir_server import eventually
from processes import Archive

NAME = QUESTION["name"]
IMAGING = {"name": "with-ct", "imaging": [{"as": "ct", "match": {"Modality": "CT"}}]}


def save(base, definition, status=200):
    assert requests.post(f"{base}/cohorts", json=definition, timeout=60).status_code == status


@pytest.fixture(scope="module")
def saved(hapi, binary, tmp_path_factory):
    """A server with two saved cohorts, and its data folder."""
    hapi.empty()
    folder = tmp_path_factory.mktemp("saved") / "data"
    archive = Archive(binary, folder, f"fhir.endpoint={hapi.base}", f"cast.patient_system_id={SYSTEM}",
                      "dicomweb.endpoint=http://pacs.test/v2")
    population = make_population(120, 60)
    try:
        load(population, hapi.base, archive)
        save(archive.base, QUESTION)
        yield population, archive.base, folder
    finally:
        archive.stop()


def settings(hapi, folder):
    return ["--data", str(folder), "--fhir", hapi.base, "--set", f"cast.patient_system_id={SYSTEM}", "--set", "log.level=error"]


def test_a_running_server_answers_for_the_command_line(binary, saved):
    population, base, _ = saved
    wanted = truth(population)
    assert len(wanted) > 5
    process = ask_saved(binary, NAME, "--server", base)
    assert process.returncode == 0, process.stderr
    answer = json.loads(process.stdout)
    assert facts_of(answer["patients"]) == wanted and answer["name"] == NAME and answer["asOf"] == QUESTION["asOf"]
    assert answer["total"]["patients"] == len(wanted) and answer["stats"]["fhirRequests"] > 0
    *patients, last = [json.loads(line) for line in ask_saved(binary, NAME, "--server", base, "--ndjson").stdout.splitlines()]
    assert facts_of(patients) == wanted and last["total"] == answer["total"]
    studies = ask_saved(binary, NAME, "--server", base, "--studies").stdout.split()
    assert sorted(studies) == sorted(uid for each in wanted.values() for uid in each["studies"])
    moved = json.loads(ask_saved(binary, NAME, "--server", base, "--as-of", "1980-01-01").stdout)
    assert moved["patients"] == [] and moved["asOf"] == "1980-01-01"


def test_a_saved_cohort_is_read_from_the_folder_of_a_running_server(binary, saved, hapi):
    population, base, folder = saved
    process = ask_saved(binary, NAME, *settings(hapi, folder), "--dicomweb", f"{base}/v2")
    assert process.returncode == 0, process.stderr
    assert facts_of(json.loads(process.stdout)["patients"]) == truth(population)
    process = ask_saved(binary, NAME, *settings(hapi, folder))
    assert process.returncode == 1 and process.stdout == ""
    assert "in use by another isocenter process" in process.stderr and "--server" in process.stderr


def test_the_folder_answers_by_itself_when_no_server_runs(binary, saved, hapi, tmp_path):
    """A FHIR server that is away when the cohort is saved does not keep it from being saved."""
    patient = next(each for each in saved[0] if any("CT" in study["modalities"] for study in each["studies"]))
    archive = Archive(binary, tmp_path / "data", "fhir.endpoint=http://127.0.0.1:9/fhir", "dicomweb.endpoint=http://pacs.test/v2")
    archive.store(*images_of(patient))
    save(archive.base, IMAGING, 503)
    archive.stop()
    process = ask_saved(binary, IMAGING["name"], *settings(hapi, tmp_path / "data"))
    assert process.returncode == 0, process.stderr
    (entry,) = json.loads(process.stdout)["patients"]
    assert entry["patient"]["id"] == patient["id"]
    assert {study["studyInstanceUid"] for study in entry["studies"]} == {
        study["uid"] for study in patient["studies"] if "CT" in study["modalities"]}


@pytest.mark.parametrize("arguments, told", [
    (["nobody", "--server", "{base}"], "no cohort of that name"),
    (["nobody", "--data", "{folder}"], "no cohort of that name in"),
    (["nobody.json"], "there is no file nobody.json"),
    (["./no/file.json"], "cannot read"),
    (["./no/file.json", "--server", "{base}"], "the name of a saved cohort"),
    ([NAME, "--server", "pacs.test"], "an address"),
    ([NAME, "--server", "{base}", "--as-of", "yesterday"], "asOf")])
def test_what_is_not_there_or_wrong_is_said(binary, saved, arguments, told):
    words = [word.format(base=saved[1], folder=saved[2]) for word in arguments]
    process = ask_saved(binary, *words, *([] if "--server" in words else ["--set", "log.level=error"]))
    assert process.returncode == 2 and process.stdout == "" and told in process.stderr, process.stderr


def test_a_server_that_is_away(binary):
    process = ask_saved(binary, NAME, "--server", "http://127.0.0.1:9")
    assert process.returncode == 1 and "does not answer" in process.stderr


def call(base, method, path="", status=200, timeout=60, **arguments):
    reply = requests.request(method, f"{base}/cohorts{path}", headers={"Accept": "application/json"}, timeout=timeout, **arguments)
    assert reply.status_code == status, reply.text
    return reply


def members_of(group):
    return {member["entity"]["reference"] for member in group.get("member", [])}


def test_a_frozen_cohort_is_a_group_and_goes_with_it(saved, hapi):
    population, base, _ = saved
    named = {**QUESTION, "name": "grouped"}
    wanted = {f"Patient/{key}" for key in truth(population)}
    call(base, "POST", json=named)
    frozen = call(base, "POST", "/grouped/freeze", 201).json()
    (identity, group), = hapi.all("Group").items()
    assert frozen["group"] == f"Group/{identity}" and members_of(group) == wanted and group["quantity"] == len(wanted)
    assert group["type"] == "person" and group["actual"] is True and group["name"] == "grouped"
    gone = sorted(truth(population))[0]
    diagnoses = [each for each in hapi.all("Condition").values() if each["subject"]["reference"] == f"Patient/{gone}"]
    for each in diagnoses:
        hapi.put({**each, "code": coding(SNOMED, OTHER_DISEASE)})
    try:
        again = call(base, "POST", "/grouped/freeze", 201).json()
        assert again.get("group") == frozen["group"], again
        assert members_of(hapi.all("Group")[identity]) == wanted - {f"Patient/{gone}"}
    finally:
        for each in diagnoses:
            hapi.put(each)
    call(base, "POST", data=json.dumps(dict(reversed(named.items())), indent=4))
    assert identity in hapi.all("Group"), "blanks and the order of members are no other definition"
    call(base, "GET", "/grouped?frozen=true")
    call(base, "POST", json={**named, "patient": {"age": {"gt": 50}}})
    assert not hapi.all("Group"), "another definition ends what was frozen"
    call(base, "POST", "/grouped/freeze", 201)
    assert len(hapi.all("Group")) == 1
    call(base, "DELETE", "/grouped", 204)
    assert not hapi.all("Group")


def test_a_fhir_server_without_groups_does_not_keep_from_freezing(binary, saved, hapi, tmp_path):
    door = FaultyServer(hapi.base)
    archive = Archive(binary, tmp_path / "data", f"fhir.endpoint={door.base}", "dicomweb.endpoint=http://pacs.test/v2")
    door.only, name = "/Group", f"/{NAME}"
    try:
        call(archive.base, "POST", json=QUESTION)
        door.fault = "403"
        assert "403" in call(archive.base, "POST", f"{name}/freeze", 201).json()["groupError"]
        assert len(call(archive.base, "GET", f"{name}?frozen=true").json()["patients"]) == len(truth(saved[0]))
        call(archive.base, "DELETE", name, 204)
        door.fault = ""
        call(archive.base, "POST", json=QUESTION)
        assert "group" in call(archive.base, "POST", f"{name}/freeze", 201).json()
        door.fault = "503"
        assert "503" in call(archive.base, "POST", f"{name}/freeze", 201).json()["groupError"]
        assert "Retry-After" in call(archive.base, "DELETE", name, 503).headers, "nobody else would remove the Group"
        door.fault = ""
        call(archive.base, "DELETE", name, 204)
        assert not hapi.all("Group")
    finally:
        archive.stop()
        door.stop()


def test_what_is_saved_is_listed_and_forgotten_while_questions_hang(binary, hapi, tmp_path):
    door = FaultyServer(hapi.base)
    archive = Archive(binary, tmp_path / "data", f"fhir.endpoint={door.base}", "dicomweb.endpoint=http://pacs.test/v2",
                      "cohort.threads=1")
    try:
        call(archive.base, "POST", json=QUESTION)
        door.fault, door.only = "hang", "/Condition"
        threading.Thread(target=requests.get, args=[f"{archive.base}/cohorts/{NAME}"], daemon=True).start()
        assert eventually(lambda: door.spoiled)
        assert len(call(archive.base, "GET", timeout=5).json()["cohorts"]) == 1
        call(archive.base, "DELETE", f"/{NAME}", 204, timeout=5)
    finally:
        door.stop()
        archive.stop()
