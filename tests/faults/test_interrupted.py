"""Long work that is cut off: an import killed and run again, a server killed inside a request of 2,000 parts."""

import collections
import random
import re
import subprocess
import threading
import time

import pytest
import requests
from dicom_bytes import make_instance, new_uid
from running_server import RunningServer

FILES = 400
PARTS = 2000


def make_files(folder, generator):
    """FILES images in several folders, and what their names say about them: path -> (study, series, sop, bytes)."""
    made = {}
    study = new_uid(generator)
    for number in range(FILES):
        if number % 50 == 0:
            study = new_uid(generator)
            (folder / study).mkdir(parents=True)
        series, sop = f"{study}.1", new_uid(generator)
        path = folder / study / f"{number}.dcm"
        data = make_instance(generator, study, series, sop, 60_000)
        path.write_bytes(data)
        made[str(path)] = (study, series, sop, data)
    return made


def import_command(binary, folder, work, *target):
    return [binary, "import", str(folder), *target, "--parallel", "2", "--quiet", "--journal", str(work / "journal"),
            "--report", str(work / "report")]


def finished_files(journal):
    """How many files a journal says are done: its first line names the target."""
    return max(journal.read_bytes().count(b"\n") - 1, 0) if journal.exists() else 0


def kill_when_started(command, journal):
    """Runs the import and kills it once it has finished some files, but not all."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while finished_files(journal) < 20:
        assert process.poll() is None, "the import ended before it was killed"
        assert time.monotonic() < deadline, "the import does not get on"
        time.sleep(0.002)
    process.kill()
    process.wait()
    return finished_files(journal)


def run_again(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    match = re.search(r"(\d+) stored, (\d+) were there already, (\d+) refused, (\d+) not DICOM, (\d+) not reached, "
                      r"(\d+) done in an earlier run", done.stdout)
    assert match, done.stdout + done.stderr
    return done.returncode, [int(number) for number in match.groups()]


def check_all_there(server, made):
    created = collections.Counter(entry["sopInstanceUid"] for entry in server.feed() if entry["action"] == "Create")
    assert created == {sop: 1 for _, _, sop, _ in made.values()}
    session = requests.Session()
    for study, series, sop, data in made.values():
        reply = session.get(f"{server.root}/studies/{study}/series/{series}/instances/{sop}", timeout=30,
                            headers={"Accept": "application/dicom; transfer-syntax=*"})
        assert reply.status_code == 200 and reply.content == data, sop


def verify(binary, data):
    done = subprocess.run([binary, "verify", "--quiet", "--data", str(data)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("target", ["server", "folder"])
def test_import_that_was_killed_goes_on(binary, seed, tmp_path, target):
    made = make_files(tmp_path / "files", random.Random(seed))
    data, journal = tmp_path / "data", tmp_path / "journal"
    server = RunningServer(binary, data) if target == "server" else None
    where = ("--server", server.base) if server else ("--data", str(data))
    command = import_command(binary, tmp_path / "files", tmp_path, *where)
    finished = kill_when_started(command, journal)
    assert finished < FILES, "killed too late to show anything"
    code, (stored, there, refused, not_dicom, unreachable, earlier) = run_again(command)
    assert code == 0 and (refused, not_dicom, unreachable) == (0, 0, 0)
    assert earlier == finished and stored + there == FILES - finished
    assert not journal.exists(), "the journal of a complete import is removed"
    server = server or RunningServer(binary, data)
    check_all_there(server, made)
    server.stop()
    verify(binary, data)
    print(f"{target}: killed after {finished} of {FILES} files; the second run stored {stored} and found {there}")


def test_import_goes_on_after_its_server_was_killed(binary, seed, tmp_path):
    made = make_files(tmp_path / "files", random.Random(seed))
    data, journal = tmp_path / "data", tmp_path / "journal"
    server = RunningServer(binary, data)
    process = subprocess.Popen(import_command(binary, tmp_path / "files", tmp_path, "--server", server.base),
                               stdout=subprocess.PIPE, text=True)
    while process.poll() is None and finished_files(journal) < 20:
        time.sleep(0.002)
    server.kill()
    process.communicate(timeout=120)
    assert process.returncode == 1, "an import that did not store everything says so"
    finished = finished_files(journal)
    assert 20 <= finished < FILES
    server = RunningServer(binary, data, port=server.port)
    code, numbers = run_again(import_command(binary, tmp_path / "files", tmp_path, "--server", server.base))
    assert code == 0 and numbers[5] == finished
    check_all_there(server, made)
    server.stop()
    verify(binary, data)


def many_parts(generator):
    study = new_uid(generator)
    series = f"{study}.1"
    made = {}
    body = bytearray()
    for _ in range(PARTS):
        sop = new_uid(generator)
        made[sop] = make_instance(generator, study, series, sop, 10_000)
        body += b"--B\r\nContent-Type: application/dicom\r\n\r\n" + made[sop] + b"\r\n"
    return study, series, made, bytes(body + b"--B--\r\n")


def post(server, body):
    return requests.post(f"{server.root}/studies", data=body, timeout=300, headers={
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=B', "Accept": "application/dicom+json"})


def check_whole_or_absent(server, study, series, made):
    """What an unanswered request left: every instance is whole and in search and feed, or nowhere."""
    found = {row["00080018"]["Value"][0] for row in server.rows(StudyInstanceUID=study)}
    entries = server.feed()
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    created = collections.Counter(entry["sopInstanceUid"] for entry in entries)
    assert created == {sop: 1 for sop in found}
    session = requests.Session()
    for sop, data in made.items():
        reply = session.get(f"{server.root}/studies/{study}/series/{series}/instances/{sop}", timeout=30,
                            headers={"Accept": "application/dicom; transfer-syntax=*"})
        assert reply.status_code == (200 if sop in found else 404), sop
        assert sop not in found or reply.content == data, sop
    return len(found)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_server_killed_inside_a_request_of_2000_parts(binary, seed, tmp_path, share):
    """`share`: how much of the time that the whole request needs has gone when the server is killed."""
    study, series, made, body = many_parts(random.Random(seed))
    server = RunningServer(binary, tmp_path / "whole")
    begin = time.monotonic()
    reply = post(server, body)
    needed = time.monotonic() - begin
    assert reply.status_code == 200, reply.text[:500]
    assert len(reply.json()["00081199"]["Value"]) == PARTS
    server.stop()

    server = RunningServer(binary, tmp_path / "data")
    answers = []

    def send():
        try:
            answers.append(post(server, body).status_code)
        except requests.exceptions.RequestException:
            pass

    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(needed * share)
    server.kill()
    sender.join()
    server = RunningServer(binary, tmp_path / "data")
    left = check_whole_or_absent(server, study, series, made)
    assert not answers or left == PARTS, "acknowledged and lost"
    assert post(server, body).status_code == 200, "the same request again completes it"
    assert check_whole_or_absent(server, study, series, made) == PARTS
    server.stop()
    verify(binary, tmp_path / "data")
    print(f"killed at {share:.0%} of {needed:.1f} s: {left} of {PARTS} instances were there")
