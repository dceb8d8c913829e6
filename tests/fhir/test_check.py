"""`isocenter cast --check` finds every deviation of FHIR from the archive, and `--repair` mends it, nothing else."""

import json
import subprocess

import pytest
import requests
from capped_archive import CappedArchive
from faulty_server import FaultyServer
from images import make_dose_report, make_image, new_uid


@pytest.fixture
def world(archive, cast, fhir):
    """Six studies of three patients, written; the bridge has stopped."""
    studies = [new_uid() for _ in range(6)]
    for number, study in enumerate(studies):
        series = new_uid()
        archive.store(*[make_image(study, series, new_uid(), PatientID=f"P{number % 3}",
                                   InstanceNumber=n + 1) for n in range(2)])
    cast.caught_up(archive.latest())
    cast.stop()
    return studies


def check(cast, *arguments):
    """Exit status, findings without study and remedy where they do not matter, totals."""
    done = subprocess.run(cast.command("--check", *arguments), capture_output=True, text=True, timeout=120)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines and done.returncode != 2, done.stderr
    return done.returncode, lines[:-1], lines[-1]


def brief(findings):
    return sorted((each["finding"], each["resource"], *each.get("elements", [])) for each in findings)


def assert_clean(cast):
    status, findings, totals = check(cast)
    assert (status, findings, totals["remaining"]) == (0, [], 0)


def reference(resource):
    return f"{resource['resourceType']}/{resource['id']}"


def test_what_the_bridge_wrote_is_clean(cast, fhir, world):
    before = fhir.content()
    status, findings, totals = check(cast)
    assert (status, findings) == (0, [])
    assert totals == {"studies": 6, "missing": 0, "different": 0, "extra": 0, "duplicate": 0, "unwritable": 0,
                      "undecided": 0, "unused": 0, "mended": 0, "remaining": 0}
    assert fhir.content() == before


def tampered(fhir, archive, studies):
    """One deviation of every kind; what is to be found."""
    missing = fhir.study(studies[0])
    fhir.delete(reference(missing))
    different = fhir.study(studies[1])
    del different["description"]
    different["started"] = "1999-01-01"
    fhir.put(different)
    patient = fhir.all("Patient")[fhir.study(studies[2])["subject"]["reference"].split("/")[1]]
    patient["gender"] = "unknown"
    fhir.put(patient)
    gone = new_uid()
    extra = fhir.put({**fhir.study(studies[3]), "id": "gone", "meta": {"source": f"{archive.base}/v2"},
                      "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{gone}"}]})
    lost = {**extra, "id": "lost", "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{gone}.2"}]}
    del lost["endpoint"]
    lost["series"] = [{"uid": "2.25.1", "modality": {"system": "http://dicom.nema.org/resources/ontology/DCM",
                                                     "code": "CT"}}]
    fhir.put(lost)
    spare = fhir.put({**fhir.study(studies[4]), "id": "zz-spare", "meta": {"source": f"{archive.base}/v2"}})
    return sorted([("missing", "ImagingStudy"), ("different", reference(different), "description", "started"),
                   ("different", reference(patient), "gender"), ("extra", "ImagingStudy/gone"),
                   ("extra", "ImagingStudy/lost"), ("duplicate", reference(spare))])


def foreign(fhir, studies):
    """Resources of others that lie beside ours: a patient, an observation, a study of which one series is ours."""
    fhir.put({"resourceType": "Patient", "id": "other", "identifier": [{"system": "urn:other", "value": "1"}]})
    fhir.put({"resourceType": "Observation", "id": "note", "status": "final", "code": {"text": "other"},
              "subject": {"reference": "Patient/other"},
              "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{studies[1]}"}]})
    fhir.put({"resourceType": "ImagingStudy", "id": "elsewhere", "status": "available",
              "subject": {"reference": "Patient/other"}, "numberOfSeries": 7,
              "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:2.25.999"}]})
    return {each: requests.get(f"{fhir.base}/{each}", timeout=30).content
            for each in ("Patient/other", "Observation/note", "ImagingStudy/elsewhere")}


def test_every_kind_is_found_mended_and_gone(archive, cast, fhir, world):
    others = foreign(fhir, world)
    good = fhir.study(world[5])
    expected = tampered(fhir, archive, world)
    before = fhir.content()
    status, findings, totals = check(cast)
    assert status == 1
    assert brief(findings) == expected
    assert {each["finding"]: each["study"] for each in findings}["missing"] == world[0]
    assert totals["remaining"] == len(expected) and totals["mended"] == 0 and totals["studies"] == 6
    dry_status, dry, _ = check(cast, "--repair", "--dry-run")
    assert dry_status == 1 and brief(dry) == expected
    assert {each["resource"]: each["remedy"] for each in dry}["ImagingStudy/gone"] == "delete"
    assert fhir.content() == before, "nothing was written so far"

    status, findings, totals = check(cast, "--repair")
    assert status == 0 and brief(findings) == expected
    assert totals["remaining"] == 0 and totals["mended"] == len(expected)
    assert all(each["mended"] for each in findings)
    assert_clean(cast)
    after = fhir.all("ImagingStudy")
    assert not {"gone", "lost", "zz-spare"} & set(after)
    assert fhir.study(world[0])["numberOfInstances"] == 2
    assert fhir.study(world[1])["description"] == "CT chest"
    assert fhir.study(world[5]) == good, "what was right is not written again"
    assert {each: requests.get(f"{fhir.base}/{each}", timeout=30).content for each in others} == others


def dose_study(archive, image=True):
    """UIDs of a study and of its dose report."""
    study, report = new_uid(), new_uid()
    if image:
        archive.store(make_image(study, new_uid(), new_uid()))
    archive.store(make_dose_report(study, new_uid(), report, new_uid()))
    return study, report


def test_observations_whose_report_is_gone_are_found_and_removed(archive, cast, fhir):
    study, report = dose_study(archive)
    kept, _ = dose_study(archive)
    cast.caught_up(archive.latest())
    cast.stop()
    series, = [each["uid"] for each in fhir.study(study)["series"] if each["modality"]["code"] == "SR"]
    archive.delete(study, series, report)
    status, findings, _ = check(cast)
    assert status == 1 and [each["remedy"] for each in findings if each["finding"] == "extra"] == ["delete"] * 2
    assert check(cast, "--repair")[0] == 0
    left = fhir.all("Observation").values()
    assert {each["identifier"][1]["value"] for each in left} == {f"urn:oid:{kept}"} and len(left) == 2
    assert_clean(cast)


def test_observations_that_no_study_leads_to_are_found_and_only_ours_removed(archive, cast, fhir, world):
    study, _ = dose_study(archive)
    cast.start()
    cast.caught_up(archive.latest())
    cast.stop()
    written = fhir.all("Observation")
    summary, = (each for each in written.values() if "hasMember" in each)
    ours, gone = {"source": f"{archive.base}/v2"}, f"urn:oid:{new_uid()}"
    bare = {key: value for key, value in summary.items() if key not in ("partOf", "focus", "hasMember", "meta")}

    def identifiers(of_study, system="urn:dicom:uid"):
        return [{"system": system, "value": f"urn:oid:{new_uid()}"}, {"system": "urn:dicom:uid", "value": of_study}]

    event = fhir.put({**bare, "id": "event", "meta": ours, "identifier": identifiers(gone)})
    fhir.put({**bare, "id": "summary", "meta": ours, "identifier": identifiers(gone),
              "hasMember": [{"reference": reference(event)}]})
    fhir.put({**bare, "id": "unnamed", "meta": ours, "identifier": identifiers(gone)[:1]})
    fhir.put({**bare, "id": "marked", "meta": ours, "identifier": [
        *identifiers(gone), {"system": "urn:isocenter:partition:north", "value": gone[8:]}]})
    for number, (name, change) in enumerate({"source": {"meta": {"source": "https://other.example"}},
                                             "nobody": {"meta": {"tag": [{"system": "urn:other", "code": "new"}]}},
                                             "system": {}, "code": {"code": {"text": "other"}}}.items()):
        kind = "urn:other" if name == "system" else "urn:dicom:uid"
        fhir.put({**bare, "id": f"other-{name}", "meta": ours, "identifier": identifiers(f"{gone}.{number}", kind), **change})
    before = fhir.all("Observation")
    expected = [("extra", "Observation/event"), ("extra", "Observation/summary"), ("extra", "Observation/unnamed"),
                ("undecided", "Observation/marked")]
    status, findings, totals = check(cast)
    assert status == 1 and brief(findings) == expected and totals["studies"] == 7
    assert fhir.all("Observation") == before
    status, findings, totals = check(cast, "--repair")
    assert status == 0 and brief(findings) == expected and totals["mended"] == 3
    assert fhir.all("Observation") == {key: value for key, value in before.items()
                                       if key not in ("event", "summary", "unnamed")}
    assert check(cast)[0] == 0 and fhir.study(study)


def test_an_archive_that_heeds_no_offset_ends_the_check_and_loses_nothing(archive, cast, fhir, world):
    capped = CappedArchive(archive.base, 2)
    try:
        cast.settings["dicomweb.private_endpoint"] = f"{capped.root}/v2"
        fhir.delete(reference(fhir.study(world[0])))
        before = fhir.content()
        done = subprocess.run(cast.command("--check", "--repair"), capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "heeds no offset" in done.stderr and done.stdout == ""
        assert fhir.content() == before
        # Pages that are small, but are pages.
        capped.heeds_offset = True
        assert check(cast, "--repair")[0] == 0 and fhir.study(world[0])
    finally:
        capped.stop()


def test_a_duplicate_that_others_refer_to_is_marked(archive, cast, fhir, world):
    spare = fhir.put({**fhir.study(world[0]), "id": "zz-spare", "meta": {"source": f"{archive.base}/v2"}})
    fhir.put({"resourceType": "Observation", "id": "reading", "status": "final", "code": {"text": "other"},
              "derivedFrom": [{"reference": reference(spare)}]})
    status, findings, _ = check(cast, "--repair")
    assert status == 0 and brief(findings) == [("duplicate", "ImagingStudy/zz-spare")]
    left = fhir.all("ImagingStudy")["zz-spare"]
    assert left["status"] == "entered-in-error" and "series" not in left
    assert_clean(cast)


def test_a_duplicate_patient_goes_once_the_studies_have_left_it(archive, cast, fhir, world):
    """The smaller id is the one that is used, so that the studies have to move."""
    used = fhir.study(world[0])["subject"]["reference"].split("/")[1]
    fhir.put({**fhir.all("Patient")[used], "id": "-first", "meta": {"source": f"{archive.base}/v2"}})
    status, findings, _ = check(cast)
    assert status == 1 and ("duplicate", f"Patient/{used}") in brief(findings)
    status, findings, _ = check(cast, "--repair")
    assert status == 0, findings
    assert used not in fhir.all("Patient")
    assert fhir.study(world[0])["subject"]["reference"] == "Patient/-first"
    assert_clean(cast)


def test_patients_to_whom_nothing_refers_are_told_and_pruned_only_when_asked(archive, cast, fhir, world):
    lonely, read = (fhir.study(world[n])["subject"]["reference"] for n in (0, 1))
    for study in (world[0], world[3], world[1], world[4]):
        archive.delete(study)
    fhir.put({"resourceType": "Condition", "id": "old", "subject": {"reference": read}, "code": {"text": "other"}})
    foreign(fhir, world)
    assert check(cast, "--repair")[0] == 0
    status, findings, totals = check(cast, "--repair")
    assert (status, brief(findings)) == (0, [("unused", lonely)])
    assert lonely.split("/")[1] in fhir.all("Patient")
    status, findings, totals = check(cast, "--repair", "--prune-patients")
    assert status == 0 and [each["mended"] for each in findings] == [True]
    assert lonely.split("/")[1] not in fhir.all("Patient")
    assert {read.split("/")[1], "other"} <= set(fhir.all("Patient"))
    assert_clean(cast)


def test_a_study_that_cannot_be_written_is_told(archive, cast, fhir, world):
    bad = new_uid()
    archive.store(make_image(bad, new_uid(), new_uid(), PatientID=""))
    status, findings, totals = check(cast, "--repair")
    assert status == 1 and totals["unwritable"] == totals["remaining"] == 1
    assert findings[0]["study"] == bad and "PatientID" in findings[0]["text"]


def test_filters_choose_the_studies(archive, cast, fhir, world):
    for study in (world[0], world[1]):
        fhir.delete(reference(fhir.study(study)))
    status, findings, totals = check(cast, "--patient-id", "P1", "--date", "20240229", "--modality", "CT")
    assert status == 1 and totals["studies"] == 2
    assert [each["study"] for each in findings] == [world[1]]
    assert check(cast, "--patient-id", "P2")[0] == 0


def test_a_server_that_is_away_is_no_finding(archive, cast, fhir, world):
    faulty = FaultyServer(fhir.base)
    try:
        cast.settings["fhir.endpoint"] = faulty.base
        faulty.fault = "500"
        done = subprocess.run(cast.command("--check"), capture_output=True, text=True, timeout=120)
        assert done.returncode == 2 and done.stdout == "" and "not complete" in done.stderr
    finally:
        faulty.stop()


@pytest.mark.parametrize("arguments", [["--repair"], ["--check", "--backfill"], ["--check", "--from", "0"],
                                       ["--check", "--prune-patients"], ["--check", "--date", "yesterday"],
                                       ["--check", "--repair", "--prune-patients", "--modality", "CT"]])
def test_what_does_not_go_together_is_refused(cast, arguments):
    done = cast.run(*arguments)
    assert done.returncode == 2 and "--" in done.stderr and done.stdout == ""


def test_a_series_of_two_archives_loses_only_what_a_deletion_named(archive, cast, fhir):
    study, series, kept, removed, theirs = (new_uid() for _ in range(5))
    archive.store(make_image(study, series, kept), make_image(study, series, removed, InstanceNumber=2))
    cast.caught_up(archive.latest())
    endpoint, = fhir.all("Endpoint").values()
    fhir.put({**endpoint, "id": "other", "address": "https://other.example", "name": "other",
              "identifier": [{"system": "urn:ietf:rfc:3986", "value": "https://other.example"}],
              "meta": {"source": "https://other.example"}})
    found = fhir.study(study)
    shared = found["series"][0]
    shared["endpoint"].append({"reference": "Endpoint/other"})
    shared["instance"].append({**shared["instance"][0], "uid": theirs})
    fhir.put(found)
    archive.delete(study, series, removed)
    cast.caught_up(archive.latest())
    assert {each["uid"] for each in fhir.study(study)["series"][0]["instance"]} == {kept, theirs}
    cast.stop()
    status, findings, _ = check(cast)
    assert status == 0 and [(each["finding"], each["text"]) for each in findings] == \
        [("undecided", "lists 1 instances in series of several archives that this one has not")]


def test_an_order_with_the_accession_number_is_referred_to(archive, cast, fhir):
    fhir.put({"resourceType": "Patient", "id": "other", "identifier": [{"system": "urn:other", "value": "1"}]})
    order = {"resourceType": "ServiceRequest", "id": "order", "status": "active", "intent": "order",
             "subject": {"identifier": {"system": "urn:lakeside:mrn", "value": "LK-2207"}},
             "identifier": [{"system": "urn:ris", "value": "551"}]}
    fhir.put(order)
    fhir.put({**order, "id": "of-another", "subject": {"reference": "Patient/other"}})
    study = new_uid()
    archive.store(make_image(study, new_uid(), new_uid()))
    cast.caught_up(archive.latest())
    assert fhir.study(study)["basedOn"] == [{"reference": "ServiceRequest/order"}]
    fhir.put({**order, "id": "second"})
    cast.stop()
    status, findings, _ = check(cast, "--repair")
    assert status == 0 and brief(findings) == [("different", reference(fhir.study(study)), "basedOn")]
    assert fhir.study(study)["basedOn"][0]["identifier"]["value"] == "551", "several: nobody knows which"
    assert_clean(cast)
