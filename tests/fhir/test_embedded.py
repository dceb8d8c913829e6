"""The bridge inside of the server: one setting, woken by commits."""

import subprocess
import time
from urllib.parse import urlsplit

import pytest
import requests
from fhir_server import eventually, free_port
from forwarder import Forwarder
from images import make_image, new_uid
from processes import Archive, Cast


class Embedded(Archive):
    def __init__(self, binary, folder, fhir, **settings):
        named = {"fhir.endpoint": fhir, "dicomweb.endpoint": "http://pacs.test/v2", "cast.settle_ms": "200",
                 **{key.replace("__", "."): value for key, value in settings.items()}}
        super().__init__(binary, folder, *[f"{key}={value}" for key, value in named.items()])

    def status(self):
        return requests.get(f"{self.base}/cast/status", timeout=10).json()

    def letters(self, query=""):
        return requests.get(f"{self.base}/cast/dead-letters{query}", timeout=10).json()["deadLetters"]

    def caught_up(self, seconds=60):
        latest = self.latest()
        assert eventually(lambda: self.status()["position"] >= latest, seconds), self.status()

    def health(self):
        reply = requests.get(f"{self.base}/health/check", timeout=10)
        return reply.status_code, reply.json()

    def metric(self, name):
        text = requests.get(f"{self.base}/metrics", timeout=10).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture
def embedded(binary, tmp_path, fhir):
    running = Embedded(binary, tmp_path / "data", fhir.base)
    yield running
    running.stop()


def test_a_stored_study_appears_changes_and_goes(embedded, fhir):
    study, series, first, second = new_uid(), new_uid(), new_uid(), new_uid()
    embedded.store(make_image(study, series, first))
    assert eventually(lambda: fhir.study(study))
    endpoint, = fhir.all("Endpoint").values()
    assert endpoint["address"] == "http://pacs.test/v2"
    embedded.store(make_image(study, series, second, InstanceNumber=2))
    assert eventually(lambda: fhir.study(study)["numberOfInstances"] == 2)
    embedded.delete(study)
    assert eventually(lambda: fhir.study(study) is None)
    embedded.caught_up()
    assert embedded.letters() == []


def test_the_content_does_not_depend_on_where_the_bridge_runs(binary, tmp_path, fhir, embedded):
    """What `isocenter cast` would write is there already: it changes nothing."""
    for number in range(3):
        study, series = new_uid(), new_uid()
        embedded.store(*[make_image(study, series, new_uid(), PatientID=f"P{number % 2}", InstanceNumber=n + 1)
                         for n in range(2)])
    embedded.caught_up()
    before = fhir.content()
    assert len(before["ImagingStudy"]) == 3
    cast = Cast(binary, embedded.base, fhir.base, tmp_path / "cast-state.db",
                cast__patient_system_id="", dicomweb__endpoint="http://pacs.test/v2",
                dicomweb__private_endpoint=f"{embedded.base}/v2")
    cast.caught_up(embedded.latest())
    cast.stop()
    assert fhir.content() == before, "versions included"


# Obligation: 23.12.no-loss.fhir
def test_a_fhir_server_that_is_absent_is_waited_for(binary, tmp_path, fhir):
    port = free_port()
    archive = Embedded(binary, tmp_path / "data", f"http://127.0.0.1:{port}/fhir")
    try:
        study = new_uid()
        archive.store(make_image(study, new_uid(), new_uid()))
        assert eventually(lambda: archive.status()["circuit"]["fhir"] == "open")
        code, health = archive.health()
        assert code == 200 and health["overallStatus"] == "Degraded"
        assert health["details"][-1]["name"] == "CastHealthCheck"
        assert requests.get(f"{archive.base}/health/ready", timeout=10).status_code == 200
        found = requests.get(f"{archive.base}/dicom-web/studies", timeout=10).json()
        assert len(found) == 1, "the archive works on"
        target = urlsplit(fhir.base)
        forward = Forwarder(port, target.hostname, target.port)
        try:
            assert eventually(lambda: fhir.study(study), 90)
            archive.caught_up()
            assert archive.letters() == [], "an outage makes no dead letter"
            code, health = archive.health()
            assert code == 200 and health["overallStatus"] == "Healthy"
        finally:
            forward.stop()
    finally:
        archive.stop()


def test_it_goes_on_where_it_was_after_a_restart(binary, tmp_path, fhir):
    archive = Embedded(binary, tmp_path / "data", fhir.base)
    first, second = new_uid(), new_uid()
    archive.store(make_image(first, new_uid(), new_uid()))
    archive.caught_up()
    archive.stop()
    archive = Embedded(binary, tmp_path / "data", fhir.base)
    try:
        assert eventually(lambda: archive.status()["position"] == 1)
        archive.store(make_image(second, new_uid(), new_uid()))
        archive.caught_up()
        assert fhir.study(second)
        assert archive.metric('isocenter_cast_jobs_total') == 1, "only what is new was looked at"
    finally:
        archive.stop()


def test_killed_under_load_nothing_is_lost(binary, tmp_path, fhir):
    studies = [new_uid() for _ in range(8)]
    for study in studies:
        archive = Embedded(binary, tmp_path / "data", fhir.base)
        archive.store(make_image(study, new_uid(), new_uid()))
        archive.process.kill()
        archive.process.wait()
    archive = Embedded(binary, tmp_path / "data", fhir.base)
    try:
        archive.caught_up(90)
        assert all(fhir.study(study) for study in studies)
        assert len(fhir.all("ImagingStudy")) == 8 and len(fhir.all("Patient")) == 1
    finally:
        archive.stop()


def test_dead_letters_over_http(embedded, fhir):
    study, series, instance = new_uid(), new_uid(), new_uid()
    embedded.store(make_image(study, series, instance, PatientID=""), make_image(new_uid(), new_uid(), new_uid(), PatientID=""))
    embedded.caught_up()
    assert embedded.status()["deadLetters"]["dicom"] == 2
    letter, = embedded.letters(f"?study={study}&class=dicom")
    url = f"{embedded.base}/cast/dead-letters/{letter['id']}"
    assert requests.get(url, timeout=10).json() == letter
    assert requests.post(f"{url}/replay", timeout=10).status_code == 202
    assert eventually(lambda: requests.get(url, timeout=10).json()["attempts"] > 1), "tried again, in vain"
    reply = requests.post(f"{embedded.base}/cast/dead-letters/replay?class=dicom", timeout=10)
    assert reply.status_code == 202 and reply.json() == {"replayed": 2}
    embedded.store(make_image(study, series, new_uid(), PatientID="LK-1"))
    embedded.caught_up()
    assert requests.get(url, timeout=10).json()["state"] == "resolved"
    other, = embedded.letters("?state=open")
    assert requests.delete(f"{embedded.base}/cast/dead-letters/{other['id']}", timeout=10).status_code == 204
    assert embedded.letters("?state=open") == []
    assert embedded.metric("isocenter_cast_dead_letters_total") >= 2
    refused = requests.get(f"{embedded.base}/cast/dead-letters?class=none", timeout=10)
    assert refused.status_code == 400 and refused.headers["Content-Type"] == "application/problem+json"


def test_a_bridge_of_its_own_listens(archive, fhir, binary, tmp_path):
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "cast-state.db", start=False)
    cast.start("--listen", "127.0.0.1:0")
    try:
        base = cast.process.stdout.readline().split()[-1]
        archive.store(make_image(new_uid(), new_uid(), new_uid()))
        cast.caught_up(archive.latest())
        assert requests.get(f"{base}/health/live", timeout=10).status_code == 200
        assert requests.get(f"{base}/health/ready", timeout=10).json() == {"ready": True, "reason": "following the archive"}
        status = requests.get(f"{base}/cast/status", timeout=10).json()
        assert status["position"] == 1 and status["lagEntries"] == 0 and status["lease"]["active"]
        text = requests.get(f"{base}/metrics", timeout=10).text
        assert 'isocenter_cast_jobs_total{outcome="written",target="default"} 1' in text
        assert 'isocenter_cast_lag_entries{target="default"} 0' in text
    finally:
        cast.stop()


def test_a_backfill_writes_nothing_for_partitions_that_the_archive_has_not(binary, tmp_path, fhir):
    archive = Embedded(binary, tmp_path / "data", fhir.base, cast__partitions="north=default")
    try:
        archive.store(make_image(new_uid(), new_uid(), new_uid()))
        archive.caught_up()
        before = fhir.content()
        assert len(before["ImagingStudy"]) == 1
        jobs = archive.metric("isocenter_cast_jobs_total")
        assert requests.post(f"{archive.base}/cast/backfill", timeout=10).status_code == 202
        assert eventually(lambda: archive.metric("isocenter_cast_jobs_total") > jobs and "backfill" not in archive.status())
        assert fhir.content() == before
    finally:
        archive.stop()


def test_without_an_address_of_its_own_it_does_not_start(binary, tmp_path):
    done = subprocess.run([binary, "serve", "--port", "0", "--data", str(tmp_path / "data"), "--set",
                           "fhir.endpoint=http://127.0.0.1:1/fhir"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "dicomweb.endpoint" in done.stderr


def test_time_from_the_answer_to_the_store_until_the_study_is_in_fhir(embedded, fhir, capsys):
    """Printed, not asserted: machines differ."""
    settle, times = 0.2, []
    uids = [new_uid() for _ in range(50)]
    for number, study in enumerate(uids):
        embedded.store(make_image(study, new_uid(), new_uid(), PatientID=f"P{number}"))
        begin = time.monotonic()
        query = f"{fhir.base}/ImagingStudy?identifier=urn:dicom:uid%7Curn:oid:{study}&_summary=count"
        while not requests.get(query, timeout=30, headers={"Cache-Control": "no-cache"}).json()["total"]:
            assert time.monotonic() - begin < 60
            time.sleep(0.02)
        times.append(time.monotonic() - begin)
    times.sort()
    with capsys.disabled():
        print(f"\nstore answered -> ImagingStudy found, {len(times)} studies, settling {settle} s included: "
              f"p50 {times[len(times) // 2]:.3f} s, p95 {times[int(len(times) * 0.95)]:.3f} s, max {times[-1]:.3f} s")
    assert len(fhir.all("ImagingStudy")) == 50
