"""`isocenter cast dead-letters` and `status`, while the bridge runs."""

import json
import subprocess

from fhir_server import eventually
from images import make_image, new_uid


def letters(cast, *arguments):
    done = cast.run("dead-letters", "list", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_dead_letters_are_listed_shown_replayed_resolved_and_discarded(archive, cast, fhir):
    first, second = new_uid(), new_uid()
    series, instance = new_uid(), new_uid()
    archive.store(make_image(first, series, instance, PatientID=""), make_image(second, new_uid(), new_uid(), PatientID=""))
    cast.caught_up(archive.latest())
    listed = letters(cast, "--class", "dicom", "--state", "open")
    assert [letter["study"] for letter in listed] in ([first, second], [second, first])
    one, = letters(cast, "--study", first)
    assert one["entries"] == 1 and one["error"]
    shown = cast.run("dead-letters", "show", str(one["id"]))
    assert json.loads(shown.stdout) == one
    status = json.loads(cast.run("status").stdout)
    assert status["position"] == archive.latest() and status["deadLetters"]["dicom"] == 2 and status["owner"]

    assert cast.run("dead-letters", "replay", str(one["id"])).returncode == 0
    assert eventually(lambda: letters(cast, "--study", first)[0]["attempts"] > 1), "tried again, in vain"
    archive.store(make_image(first, series, new_uid(), PatientID="LK-1"))
    cast.caught_up(archive.latest())
    assert letters(cast, "--study", first)[0]["state"] == "resolved", "by the next job that finds a PatientID"
    other, = letters(cast, "--study", second)
    assert cast.run("dead-letters", "discard", str(other["id"])).returncode == 0
    assert letters(cast, "--state", "open") == []


def test_settings_before_the_sub_command_count_too(cast):
    """Those behind it win."""
    done = subprocess.run(cast.command("status"), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "position" in json.loads(done.stdout)
    other = subprocess.run(cast.command("dead-letters", "list", "--set", "cast.state_path=nowhere.db"),
                           capture_output=True, text=True, timeout=30)
    assert other.returncode == 2 and "nowhere.db" in other.stderr


def test_what_is_asked_wrongly_is_refused(cast, tmp_path):
    assert cast.run("dead-letters", "list", "--class", "none").returncode == 2
    assert cast.run("dead-letters", "replay").returncode == 2
    assert cast.run("dead-letters", "show", "4711").returncode == 2
    missing = subprocess.run([cast.binary, "cast", "status", "--set", f"cast.state_path={tmp_path}/none.db"],
                             capture_output=True, text=True, timeout=30)
    assert missing.returncode == 2 and "none.db" in missing.stderr
    assert not (tmp_path / "none.db").exists(), "looking must not make anything"
