"""Every study of an archive is written whatever its feed tells, across crashes and beside what changes meanwhile."""

import re
import time

import pytest
import requests
from faulty_server import FaultyServer
from fhir_server import eventually
from images import make_image, new_uid
from processes import Archive, Cast
from shuffled_feed import ShuffledFeed


def store_studies(archive, count, **attributes):
    studies = [new_uid() for _ in range(count)]
    for number, study in enumerate(studies):
        values = {"PatientID": f"P{number % 7}", **attributes}
        archive.store(make_image(study, new_uid(), new_uid(), **values))
    return studies


def started_cast(binary, archive, fhir, path, *arguments, **settings):
    cast = Cast(binary, archive.base, fhir.base, path, start=False, **settings)
    cast.start(*arguments)
    return cast


def written(fhir):
    """StudyInstanceUID -> version of its ImagingStudy."""
    return {each["identifier"][0]["value"].removeprefix("urn:oid:"): each["meta"]["versionId"]
            for each in fhir.all("ImagingStudy").values()}


def test_studies_that_the_feed_no_longer_tells_are_written(binary, archive, fhir, tmp_path):
    studies = store_studies(archive, 30)
    feed = ShuffledFeed(archive.base)
    feed.hide(range(1, archive.latest() - 3))
    cast = started_cast(binary, archive, fhir, tmp_path / "state.db", "--backfill", "--listen", "127.0.0.1:0",
                        dicomweb__private_endpoint=f"{feed.root}/v2")
    try:
        base = re.match(r"listening on (\S+)", cast.process.stdout.readline()).group(1)
        assert "backfill done" in cast.process.stdout.readline()
        assert set(written(fhir)) == set(studies)
        assert cast.low() == archive.latest() and not cast.backfill()
        status = requests.get(f"{base}/cast/status", timeout=10).json()
        assert "backfill" not in status and status["position"] == archive.latest()
        later = store_studies(archive, 2)
        cast.caught_up(archive.latest())
        assert set(written(fhir)) == {*studies, *later}
        assert cast.open_letters() == []
    finally:
        cast.stop()
        feed.stop()


def test_killed_in_the_middle_it_goes_on_and_does_nothing_twice(binary, archive, fhir, tmp_path):
    """The FHIR server forgets one study that was done: nobody writes it again."""
    studies = store_studies(archive, 60)
    slow = FaultyServer(fhir.base)
    slow.fault, slow.share = "slow", 0.15
    cast = started_cast(binary, archive, slow, tmp_path / "state.db", "--backfill", cast__workers=1)
    kills = 0
    assert eventually(cast.backfill)
    for least in (8, 20, 32):
        assert eventually(lambda: not cast.backfill() or len(cast.backfilled()) >= least, 180)
        cast.kill()
        assert cast.backfill(), "the test is about the middle"
        kills += 1
        done = cast.backfilled()
        assert least <= len(done) < len(studies)
        if kills == 1:
            forgotten = min(done)
            fhir.delete(f"ImagingStudy/{fhir.study(forgotten)['id']}")
        # Without --backfill: what was begun is durable.
        cast.start()
    assert eventually(lambda: not cast.backfill(), 180)
    cast.caught_up(archive.latest())
    cast.stop()
    slow.stop()
    assert set(written(fhir)) == set(studies) - {forgotten}
    assert len(fhir.all("Endpoint")) == 1 and len(fhir.all("Patient")) == 7
    assert cast.open_letters() == []


def test_what_changes_meanwhile_is_followed(binary, archive, fhir, tmp_path):
    studies = store_studies(archive, 60, StudyDescription="before")
    slow = FaultyServer(fhir.base)
    slow.fault, slow.share = "slow", 0.15
    cast = started_cast(binary, archive, slow, tmp_path / "state.db", "--backfill", cast__workers=1)
    try:
        assert eventually(lambda: len(cast.backfilled()) > 10, 60)
        done = sorted(cast.backfilled())
        changed, deleted = [done[0], studies[0]], [done[1], studies[1]]
        archive.delete(deleted[0])
        archive.delete(deleted[1])
        for study in changed:
            archive.store(make_image(study, new_uid(), new_uid(), PatientID="P1", SeriesNumber=2))
        new = store_studies(archive, 1)[0]
        begin = time.monotonic()
        assert eventually(lambda: fhir.study(new), 30)
        print(f"\na new study took {time.monotonic() - begin:.1f} s beside a backfill")
        assert cast.backfill(), "it did not wait for the end"
        assert eventually(lambda: not cast.backfill(), 90)
        cast.caught_up(archive.latest())
        assert set(written(fhir)) == {*studies, new} - set(deleted)
        assert all(fhir.study(study)["numberOfSeries"] == 2 for study in changed)
    finally:
        cast.stop()
        slow.stop()


def test_only_what_the_filters_choose_is_written_and_the_feed_goes_on_for_all(binary, archive, fhir, tmp_path):
    chosen = store_studies(archive, 2, StudyDate="20240510", Modality="MR", PatientID="P1")
    for other in ({"StudyDate": "20230510"}, {"Modality": "CT"}, {"PatientID": "P2"}):
        store_studies(archive, 1, **{"StudyDate": "20240510", "Modality": "MR", "PatientID": "P1", **other})
    cast = started_cast(binary, archive, fhir, tmp_path / "state.db", "--backfill", "--date", "20240101-20241231",
                        "--modality", "MR", "--patient-id", "P1", "--partition", "Microsoft.Default")
    try:
        assert "backfill done" in cast.process.stdout.readline()
        assert set(written(fhir)) == set(chosen)
        later = store_studies(archive, 1, Modality="CT")
        cast.caught_up(archive.latest())
        assert set(written(fhir)) == {*chosen, *later}
    finally:
        cast.stop()


def test_deletions_behind_a_position_on_the_way_are_not_lost(binary, archive, fhir, tmp_path):
    studies = store_studies(archive, 5)
    cast = started_cast(binary, archive, fhir, tmp_path / "state.db")
    cast.caught_up(archive.latest())
    cast.stop()
    archive.delete(studies[0])
    cast.start("--backfill")
    try:
        assert "backfill done" in cast.process.stdout.readline()
        cast.caught_up(archive.latest())
        assert set(written(fhir)) == set(studies[1:])
    finally:
        cast.stop()


def test_a_state_of_another_feed_is_put_right(binary, archive, fhir, tmp_path):
    """The archive was made anew: its feed begins at 1, the position is beyond it."""
    former = Archive(binary, tmp_path / "former")
    store_studies(former, 12)
    cast = started_cast(binary, former, fhir, tmp_path / "state.db")
    cast.caught_up(former.latest())
    cast.stop()
    former.stop()
    fhir.empty()
    studies = store_studies(archive, 4)
    cast = started_cast(binary, archive, fhir, tmp_path / "state.db", "--backfill")
    try:
        assert "backfill done" in cast.process.stdout.readline()
        assert cast.low() == archive.latest() == 4
        studies += store_studies(archive, 1)
        cast.caught_up(archive.latest())
        assert set(written(fhir)) == set(studies)
    finally:
        cast.stop()


def test_the_server_is_asked_over_http(binary, fhir, tmp_path):
    archive = Archive(binary, tmp_path / "data", f"fhir.endpoint={fhir.base}", "cast.settle_ms=50",
                      "dicomweb.endpoint=http://pacs.example/v2")
    try:
        studies = store_studies(archive, 8)
        status = lambda: requests.get(f"{archive.base}/cast/status", timeout=10).json()  # noqa: E731
        assert eventually(lambda: status()["position"] == archive.latest())
        before = written(fhir)
        fhir.delete(f"ImagingStudy/{fhir.study(studies[3])['id']}")
        assert requests.post(f"{archive.base}/cast/backfill?modality=MR", timeout=10).status_code == 202
        assert eventually(lambda: "backfill" not in status())
        assert set(written(fhir)) == set(studies) - {studies[3]}
        reply = requests.post(f"{archive.base}/cast/backfill", timeout=10)
        assert reply.status_code == 202
        assert eventually(lambda: set(written(fhir)) == set(studies)), status()
        after = written(fhir)
        assert {uid: version for uid, version in after.items() if uid != studies[3]} == \
            {uid: version for uid, version in before.items() if uid != studies[3]}, "equal is not written again"
    finally:
        archive.stop()


@pytest.mark.parametrize("arguments", [["--backfill", "--date", "2024"], ["--modality", "CT"]])
def test_what_is_asked_wrongly_is_refused(binary, archive, fhir, tmp_path, arguments):
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "state.db", start=False)
    done = cast.run(*arguments, "--set", f"fhir.endpoint={fhir.base}", "--set", f"dicomweb.endpoint={archive.base}/v2")
    assert done.returncode == 2 and "--date" in done.stderr
