"""A disk that fails: what was refused left nothing, nothing is half visible, and the next store works."""

import pathlib
import random
import subprocess

import pytest
import requests
from dicom_bytes import make_instance, new_uid
from running_server import RunningServer

BOUNDARY = "5d41402abc4b2a76b9719d911017c592"
EIO = 5


@pytest.fixture(scope="session")
def faultio(tmp_path_factory):
    """The library that makes file operations fail."""
    library = tmp_path_factory.mktemp("faultio") / "faultio.so"
    source = pathlib.Path(__file__).with_name("faultio.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True)
    return library


class FailingServer(RunningServer):
    """Its file operations below the data folder fail by `rules`."""

    def __init__(self, binary, folder, library):
        self.rules = folder.with_name("rules")
        self.rules.write_text("")
        super().__init__(binary, folder, {"LD_PRELOAD": str(library), "FAULTIO_DIR": str(folder),
                                          "FAULTIO_RULES": str(self.rules)})


def new_instances(generator, count, pixel_bytes):
    """sop uid -> (url below the root, bytes); all of one series."""
    study, series = new_uid(generator), new_uid(generator)
    made = {}
    for _ in range(count):
        sop = new_uid(generator)
        made[sop] = (f"studies/{study}/series/{series}/instances/{sop}",
                     make_instance(generator, study, series, sop, pixel_bytes))
    return made


def post(server, made):
    part = f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = b"".join(part + data + b"\r\n" for _, data in made.values()) + f"--{BOUNDARY}--\r\n".encode()
    return requests.post(f"{server.root}/studies", data=body, timeout=30, headers={
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
        "Accept": "application/dicom+json"})


def uids(reply, sequence):
    return {item["00081155"]["Value"][0] for item in reply.json().get(sequence, {}).get("Value", [])}


def present(server, made):
    """Which of them are there; those must be whole, searchable and in the feed, the others nowhere."""
    found = set()
    for sop, (url, data) in made.items():
        reply = requests.get(f"{server.root}/{url}", timeout=30, headers={"Accept": "application/dicom; transfer-syntax=*"})
        assert reply.status_code in (200, 404), sop
        if reply.status_code == 200:
            assert reply.content == data, sop
            found.add(sop)
    study = next(iter(made.values()))[0].split("/")[1]
    assert {row["00080018"]["Value"][0] for row in server.rows(StudyInstanceUID=study)} == found
    entries = server.feed()
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert {entry["sopInstanceUid"] for entry in entries} & set(made) == found
    return found


def verify(binary, data):
    done = subprocess.run([binary, "verify", "--quiet", "--data", str(data)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("passing", [0, 1], ids=["of the objects", "of the index"])
def test_failed_sync_is_told_and_leaves_nothing(binary, seed, tmp_path, faultio, passing):
    """A group waits for two syncs, first of its objects, then of its index transaction."""
    made = new_instances(random.Random(seed), 3, 20_000)
    server = FailingServer(binary, tmp_path / "data", faultio)
    server.rules.write_text(f"sync {EIO} {passing}\n")
    reply = post(server, made)
    assert reply.status_code == 409
    assert uids(reply, "00081198") == set(made) and uids(reply, "00081199") == set()
    assert present(server, made) == set()
    server.rules.write_text("")
    assert post(server, made).status_code == 200
    assert present(server, made) == set(made)
    server.stop()
    verify(binary, tmp_path / "data")


def test_failed_renames_fail_no_other_of_the_group(binary, seed, tmp_path, faultio):
    made = new_instances(random.Random(seed), 5, 20_000)
    server = FailingServer(binary, tmp_path / "data", faultio)
    server.rules.write_text(f"rename {EIO} 2\n")
    reply = post(server, made)
    assert reply.status_code == 202
    stored, failed = uids(reply, "00081199"), uids(reply, "00081198")
    assert (len(stored), len(failed)) == (2, 3) and stored | failed == set(made)
    assert present(server, made) == stored
    server.rules.write_text("")
    assert post(server, made).status_code == 200
    assert present(server, made) == set(made)
    server.stop()
    verify(binary, tmp_path / "data")
