"""Several FHIR servers, and partitions: each study goes where the settings say, and an outage of one server is its own."""

import json
import re
import subprocess

import pytest
import requests
from faulty_server import CountingServer, FaultyServer
from fhir_server import eventually
from images import make_dose_report, make_image, new_uid
from partitioned_archive import PartitionedArchive
from processes import Cast


@pytest.fixture
def research(fhir):
    """The FHIR server under another address, which for the bridge is another server."""
    running = FaultyServer(fhir.base)
    yield running
    running.stop()


@pytest.fixture
def partitioned(archive):
    running = PartitionedArchive(archive.base)
    yield running
    running.stop()


def store(archive, partitioned, partition, **attributes):
    study = new_uid()
    partitioned.others[study] = partition
    archive.store(make_image(study, new_uid(), new_uid(), **attributes))
    return study


def bridge(binary, archive, partitioned, fhir, path, start=True, **settings):
    return Cast(binary, archive.base, fhir.base, path, start,
                **{"dicomweb__private_endpoint": f"{partitioned.root}/v2", "log__level": "info", **settings})


def positions(cast):
    return dict(cast.query("SELECT target, low FROM cast_target"))


def identifiers(resource):
    return {(each.get("system"), each["value"]) for each in resource["identifier"]}


def test_a_partition_goes_to_its_target_with_a_position_of_its_own(binary, archive, partitioned, fhir, research, tmp_path):
    cast = bridge(binary, archive, partitioned, fhir, tmp_path / "state.db", cast__partitions="north=research",
                  cast__partition_systems="north=urn:north:mrn",
                  **{"cast.targets.research.fhir.endpoint": research.base,
                     "cast.targets.research.cast.generate_observations": "false"})
    try:
        here = store(archive, partitioned, "Microsoft.Default", PatientID="P1")
        there = store(archive, partitioned, "north", PatientID="P1")
        nowhere = store(archive, partitioned, "south", PatientID="P1")
        latest = archive.latest()
        assert eventually(lambda: positions(cast) == {"default": latest, "research": latest}), positions(cast)
        assert fhir.study(here) and fhir.study(there) and fhir.study(nowhere) is None
        assert {value for patient in fhir.all("Patient").values() for value in identifiers(patient)} == \
            {("urn:lakeside:mrn", "P1"), ("urn:north:mrn", "P1")}
        # One server is away: the other one's studies do not wait.
        research.fault = "500"
        waiting = store(archive, partitioned, "north", PatientID="P2")
        going = store(archive, partitioned, "Microsoft.Default", PatientID="P2")
        latest = archive.latest()
        assert eventually(lambda: positions(cast)["default"] == latest)
        assert fhir.study(going) and fhir.study(waiting) is None
        assert positions(cast)["research"] < latest
        research.fault = ""
        assert eventually(lambda: positions(cast)["research"] == latest, 60)
        assert fhir.study(waiting)
    finally:
        cast.stop()


def test_dead_letters_and_status_are_of_a_target(binary, archive, partitioned, fhir, research, tmp_path):
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "state.db", start=False,
                dicomweb__private_endpoint=f"{partitioned.root}/v2", cast__partitions="north=research",
                **{"cast.targets.research.fhir.endpoint": research.base})
    cast.start("--listen", "127.0.0.1:0")
    try:
        base = re.match(r"listening on (\S+)", cast.process.stdout.readline()).group(1)
        bad = store(archive, partitioned, "north", PatientID="")
        latest = archive.latest()
        assert eventually(lambda: positions(cast) == {"default": latest, "research": latest})
        ask = lambda path: requests.get(base + path, timeout=10)  # noqa: E731
        assert ask("/cast/dead-letters").json()["deadLetters"] == []
        letter, = ask("/cast/dead-letters?target=research&state=open").json()["deadLetters"]
        assert (letter["study"], letter["partition"], letter["class"]) == (bad, "north", "dicom")
        assert ask("/cast/status").json()["targets"] == ["research"]
        assert ask("/cast/status?target=research").json()["deadLetters"]["dicom"] == 1
        assert ask("/cast/status?target=none").status_code == 404
        shown = cast.run("dead-letters", "list", "--target", "research").stdout
        assert json.loads(shown)["study"] == bad
        assert cast.run("dead-letters", "list").stdout == ""
    finally:
        cast.stop()


def check(cast, *arguments):
    """Exit status and findings."""
    done = subprocess.run(cast.command("--check", *arguments), capture_output=True, text=True, timeout=60)
    assert done.stdout and done.returncode != 2, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()[:-1]]


def test_a_check_looks_into_the_partitions_of_its_target(binary, archive, partitioned, fhir, research, tmp_path):
    cast = bridge(binary, archive, partitioned, fhir, tmp_path / "state.db", cast__partitions="north=research",
                  **{"cast.targets.research.fhir.endpoint": research.base})
    kept, gone = (store(archive, partitioned, "north") for _ in range(2))
    latest = archive.latest()
    assert eventually(lambda: positions(cast) == {"default": latest, "research": latest}), positions(cast)
    cast.stop()
    written = fhir.study(kept)
    assert check(cast, "--target", "research") == (0, [])
    marked = {"system": "urn:isocenter:partition:north", "value": kept}
    fhir.put({**written, "id": "shared", "meta": {"source": f"{archive.base}/v2"},
              "identifier": [*written["identifier"], marked]})
    archive.delete(gone)
    status, findings = check(cast, "--target", "research", "--repair")
    assert status == 0 and {(each["finding"], each["partition"], each["study"]) for each in findings} == \
        {("extra", "north", gone), ("extra", "north", kept)}
    assert list(fhir.all("ImagingStudy").values()) == [written], "a partition that is alone at its target marks nothing"


@pytest.mark.parametrize("before,after", [("north=research", "north=research,south=research"),
                                          ("north=research,south=research", "north=research")])
def test_a_check_mends_what_was_written_when_partitions_were_marked_otherwise(binary, archive, partitioned, fhir, research,
                                                                              tmp_path, before, after):
    settings = {"cast.targets.research.fhir.endpoint": research.base}
    cast = bridge(binary, archive, partitioned, fhir, tmp_path / "state.db", cast__partitions=before, **settings)
    study = store(archive, partitioned, "north")
    archive.store(make_dose_report(study, new_uid(), new_uid(), new_uid()))
    latest = archive.latest()
    assert eventually(lambda: positions(cast) == {"default": latest, "research": latest}), positions(cast)
    cast.stop()
    written = {*fhir.all("ImagingStudy"), *fhir.all("Observation")}
    assert len(written) == 3
    cast = bridge(binary, archive, partitioned, fhir, tmp_path / "state.db", start=False, cast__partitions=after, **settings)
    status, findings = check(cast, "--target", "research", "--repair")
    assert status == 0 and all(each.get("mended") for each in findings), json.dumps(findings)
    for kind, count in (("ImagingStudy", 1), ("Observation", 2)):
        left = fhir.all(kind)
        assert len(left) == count and not written & set(left)
        marked = ("urn:isocenter:partition:north", study)
        assert [marked in identifiers(each) for each in left.values()] == ["south" in after] * count
    assert check(cast, "--target", "research") == (0, [])


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_two_targets_of_one_server_are_refused(binary, archive, fhir, tmp_path, arguments):
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "state.db", start=False,
                **{"cast.targets.research.fhir.endpoint": f"{fhir.base.replace('http://', 'HTTP://')}/"})
    done = subprocess.run(cast.command(*arguments), capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "default and research have the same fhir.endpoint" in done.stderr, done.stderr
    served = subprocess.run([binary, "serve", "--port", "0", "--data", str(tmp_path / "other"),
                             *[word for key in ("dicomweb.endpoint", "fhir.endpoint", "cast.targets.research.fhir.endpoint")
                               for word in ("--set", f"{key}={cast.settings[key]}")]],
                            capture_output=True, text=True, timeout=30)
    assert served.returncode != 0 and "default and research" in served.stderr, served.stderr


def test_a_check_leaves_partitions_alone_that_do_not_go_to_its_target(binary, archive, partitioned, fhir, tmp_path):
    cast = bridge(binary, archive, partitioned, fhir, tmp_path / "state.db", cast__partitions="north=default")
    study = store(archive, partitioned, "north")
    cast.caught_up(archive.latest())
    cast.stop()
    written = fhir.study(study)
    ours, uid = {"source": f"{archive.base}/v2"}, {"system": "urn:dicom:uid", "value": f"urn:oid:{study}"}
    west = {"system": "urn:isocenter:partition:west", "value": study}
    fhir.put({**written, "id": "west", "meta": ours, "identifier": [uid, west]})
    fhir.put({**written, "id": "unmarked", "meta": ours, "identifier": [uid]})
    status, findings = check(cast, "--repair")
    assert status == 0 and {(each["finding"], each["partition"]) for each in findings} == \
        {("undecided", "west"), ("extra", "Microsoft.Default")}
    assert set(fhir.all("ImagingStudy")) == {written["id"], "west"}


def test_partitions_of_one_target_are_told_apart(binary, archive, partitioned, fhir, tmp_path):
    cast = bridge(binary, archive, partitioned, fhir, tmp_path / "state.db", cast__partitions="north=default")
    try:
        here = store(archive, partitioned, "Microsoft.Default")
        there = store(archive, partitioned, "north")
        cast.caught_up(archive.latest())
        assert ("urn:isocenter:partition:north", there) in identifiers(fhir.study(there))
        assert "urn:isocenter:partition" not in json.dumps(fhir.study(here))
        cast.stop()
        done = subprocess.run(cast.command("--check"), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and json.loads(done.stdout)["studies"] == 2, done.stdout
        fhir.delete(f"ImagingStudy/{fhir.study(there)['id']}")
        done = subprocess.run(cast.command("--check", "--partition", "north", "--repair"), capture_output=True, text=True,
                              timeout=60)
        findings = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 0 and findings[0]["partition"] == "north" and findings[0]["mended"], done.stdout
        assert fhir.study(there)
    finally:
        cast.stop()


@pytest.mark.parametrize("latest", ["Microsoft.Default", "north"])
def test_the_patient_of_two_partitions_is_that_of_the_latest_study(binary, archive, partitioned, fhir, tmp_path, latest):
    cast = bridge(binary, archive, partitioned, fhir, tmp_path / "state.db", cast__partitions="north=default,south=default")
    try:
        for partition in ("Microsoft.Default", "north"):
            date, name = ("20240101", "New^Name") if partition == latest else ("20200101", "Old^Name")
            store(archive, partitioned, partition, PatientID="P1", StudyDate=date, PatientName=name)
        cast.caught_up(archive.latest())
        assert cast.open_letters() == [], "nothing was stored into south yet"
        patient, = fhir.all("Patient").values()
        assert patient["name"][0]["family"] == "New"
        cast.stop()
        assert check(cast) == (0, [])
    finally:
        cast.stop()


def test_a_backfill_is_of_the_target_that_is_named(binary, archive, partitioned, fhir, research, tmp_path):
    studies = [store(archive, partitioned, partition) for partition in ("Microsoft.Default", "north")]
    settings = {"dicomweb__private_endpoint": f"{partitioned.root}/v2", "cast__partitions": "north=research",
                "cast.targets.research.fhir.endpoint": research.base}
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "state.db", **settings)
    latest = archive.latest()
    assert eventually(lambda: positions(cast) == {"default": latest, "research": latest})
    cast.stop()
    for study in studies:
        fhir.delete(f"ImagingStudy/{fhir.study(study)['id']}")
    cast.start("--backfill", "--target", "research")
    try:
        assert "backfill done" in cast.process.stdout.readline()
        assert fhir.study(studies[1]) and fhir.study(studies[0]) is None
    finally:
        cast.stop()


@pytest.mark.parametrize("setting", ["cast.targets.default.fhir.endpoint=http://x", "cast.targets.a.fhir.endpoin=http://x",
                                     "cast.targets.a.server.port=1", "cast.partitions=north=nowhere",
                                     "cast.partitions=north", "cast.targets.a.cast.workers=none"])
def test_what_is_set_wrongly_is_refused(binary, archive, fhir, tmp_path, setting):
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "state.db", start=False)
    done = subprocess.run([*cast.command(), "--set", setting], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and setting.split("=")[0].split(".")[-1] in done.stderr


def test_studies_may_share_a_transaction(binary, archive, fhir, tmp_path):
    counting = CountingServer(fhir.base)
    studies = [new_uid() for _ in range(24)]
    for number, study in enumerate(studies):
        archive.store(make_image(study, new_uid(), new_uid(), PatientID=f"P{number}"))
    cast = Cast(binary, archive.base, counting.base, tmp_path / "state.db", cast__studies_per_bundle=6,
                cast__workers=1)
    try:
        cast.caught_up(archive.latest())
        assert all(fhir.study(study) for study in studies)
        assert len(fhir.all("Patient")) == 24 and len(fhir.all("Endpoint")) == 1
        assert counting.bundles <= 10, "four of six studies, and those that met the new Endpoint alone"
        assert cast.open_letters() == []
    finally:
        cast.stop()
        counting.stop()
