"""A disk that fails or loses its power: what was acknowledged is there, what was refused left nothing, nothing is half visible."""

import errno
import fcntl
import os
import pathlib
import random
import struct
import subprocess
import threading
import time

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
        # A server built with the address sanitizer wants to be told that the library comes before its runtime.
        super().__init__(binary, folder, {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0",
                                          "FAULTIO_DIR": str(folder), "FAULTIO_RULES": str(self.rules)})


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


class Disk:
    """An ext4 of its own on a loop device (root)."""

    def __init__(self, folder, size=1 << 30):
        self.image, self.mount = folder / "image", folder / "disk"
        self.cutting = False
        self.mount.mkdir()
        with self.image.open("wb") as file:
            file.truncate(size)
        # Without blocks kept for root: full is full for everybody.
        made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(self.image)], capture_output=True)
        if made.returncode != 0 or not self._attach():
            pytest.skip("no loop device can be mounted here")

    def _attach(self):
        return subprocess.run(["mount", "-o", "loop", str(self.image), str(self.mount)], capture_output=True).returncode == 0

    def cut(self):
        """What is not synced is lost, the journal in memory too; every access fails from now on."""
        going_down, no_log_flush = 0x8004587D, 2
        # From here on a sync may report success although its journal was given up; a real cut ends the server, too.
        self.cutting = True
        folder = os.open(self.mount, os.O_RDONLY)
        fcntl.ioctl(folder, going_down, struct.pack("I", no_log_flush))
        os.close(folder)

    def fill(self):
        """Others take all the room there is."""
        with (self.mount / "filler").open("ab") as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
                except OSError as error:
                    assert error.errno == errno.ENOSPC

    def remove(self):
        for _ in range(50):
            if subprocess.run(["umount", str(self.mount)], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)

    def again(self):
        self.remove()
        assert self._attach(), "the disk cannot be mounted after the cut"
        self.cutting = False


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path)
    yield made
    made.remove()


def store_until_refused(server, generator, disk, known, acknowledged):
    """What is answered before the cut begins is acknowledged."""
    while True:
        made = new_instances(generator, generator.choice([1, 1, 3]), generator.choice([200, 20_000, 600_000]))
        known.update(made)
        try:
            if post(server, made).status_code != 200:
                return
        except requests.exceptions.RequestException:
            return
        if not disk.cutting:
            acknowledged.update(made)


def test_nothing_acknowledged_is_lost_by_power_cuts(binary, seed, disk):
    generator = random.Random(seed)
    known, acknowledged = {}, {}
    for number in range(5):
        server = RunningServer(binary, disk.mount / "data")
        workers = [threading.Thread(target=store_until_refused,
                                    args=(server, random.Random(f"{seed}-{number}-{i}"), disk, known, acknowledged))
                   for i in range(4)]
        for worker in workers:
            worker.start()
        time.sleep(generator.uniform(0.3, 1.0))
        disk.cut()
        for worker in workers:
            worker.join()
        server.kill()
        disk.again()
        server = RunningServer(binary, disk.mount / "data")
        found = {row["00080018"]["Value"][0] for row in server.rows()}
        assert set(acknowledged) <= found, "acknowledged and lost"
        for sop in found:
            url, data = known[sop]
            reply = requests.get(f"{server.root}/{url}", timeout=30, headers={"Accept": "application/dicom; transfer-syntax=*"})
            assert reply.status_code == 200 and reply.content == data, sop
        entries = server.feed()
        assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
        assert {entry["sopInstanceUid"] for entry in entries} == found
        server.stop()
        verify(binary, disk.mount / "data")
    assert acknowledged
    print(f"5 cuts, {len(known)} instances tried, {len(acknowledged)} acknowledged")


RESERVE = 8 << 20


@pytest.fixture
def small_disk(tmp_path):
    made = Disk(tmp_path, 96 << 20)
    yield made
    made.remove()


@pytest.fixture
def start(binary, small_disk):
    """Starts a server on the small disk."""
    servers = []

    def start_one(reserve=RESERVE):
        servers.append(RunningServer(binary, small_disk.mount / "data", {"ISOCENTER_STORAGE_INDEX_RESERVE_BYTES": str(reserve)}))
        return servers[-1]

    yield start_one
    for server in servers:
        server.kill()


def is_refused(server, made):
    """Nothing of it is stored, for want of room (A700), whether its UIDs were reached or not."""
    reply = post(server, made)
    failed = [item for name in ("00081198", "0008119A") for item in reply.json().get(name, {}).get("Value", [])]
    return reply.status_code == 409 and [item["00081197"]["Value"] for item in failed] == [[0xA700]] * len(made)


def wait_until(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.2)


def store_many(server, generator):
    """Some series of 20 instances with a little room of their own, and one whose removal makes much of it."""
    stored = {}
    for _ in range(5):
        made = new_instances(generator, 20, 20_000)
        assert post(server, made).status_code == 200
        stored.update(made)
    large = new_instances(generator, 10, 1_000_000)
    assert post(server, large).status_code == 200
    return stored, large


def delete(server, url):
    return requests.delete(f"{server.root}/{url}", timeout=30).status_code


def series_of(made):
    return {url.partition("/instances/")[0] for url, _ in made.values()}


def reserved(disk):
    return (disk.mount / "data/index.sqlite-reserve").stat().st_blocks * 512


def readiness(server):
    reply = requests.get(f"{server.base}/health/ready", timeout=30)
    return reply.status_code, reply.json()["reason"]


def test_a_full_disk_takes_removals_and_no_stores(binary, seed, small_disk, start):
    generator = random.Random(seed)
    server = start()
    stored, large = store_many(server, generator)
    small_disk.fill()
    more = new_instances(generator, 3, 20_000)
    assert is_refused(server, more)
    assert readiness(server)[0] == 503
    # Room that goes to nobody: others fill the disk again after each removal.
    for url in series_of(stored):
        assert delete(server, url) == 204, url
        small_disk.fill()
        assert is_refused(server, more)
    assert delete(server, *series_of(large)) == 204
    wait_until(lambda: post(server, more).status_code == 200)
    assert present(server, more) == set(more)
    wait_until(lambda: reserved(small_disk) >= RESERVE)
    wait_until(lambda: readiness(server)[0] == 200)
    server.stop()
    verify(binary, small_disk.mount / "data")


def test_stores_that_knock_all_the_time_get_nothing_of_the_reserve(binary, seed, small_disk, start):
    generator = random.Random(seed)
    server = start()
    stored, large = store_many(server, generator)
    small_disk.fill()
    ended = threading.Event()
    tried, accepted = {}, {}

    def knock(own):
        while not ended.is_set():
            made = new_instances(own, 1, own.choice([2_000, 100_000]))
            tried.update(made)
            if post(server, made).status_code == 200:
                accepted.update(made)

    workers = [threading.Thread(target=knock, args=(random.Random(f"{seed}-{i}"),)) for i in range(4)]
    for worker in workers:
        worker.start()
    try:
        for sop, (url, _) in list(stored.items()):
            assert delete(server, url) == 204, sop
    finally:
        ended.set()
        for worker in workers:
            worker.join()
    assert reserved(small_disk) >= RESERVE // 2
    assert set(tried) != set(accepted)
    assert delete(server, *series_of(large)) == 204
    more = new_instances(generator, 3, 20_000)
    wait_until(lambda: post(server, more).status_code == 200)
    assert {row["00080018"]["Value"][0] for row in server.rows()} == set(accepted) | set(more)
    server.stop()
    verify(binary, small_disk.mount / "data")


def test_a_server_starts_on_a_full_disk(binary, seed, small_disk, start):
    generator = random.Random(seed)
    server = start()
    stored, large = store_many(server, generator)
    server.stop()
    assert not list(small_disk.mount.glob("data/index.sqlite-[ws]*")), "what a start has to make"
    small_disk.fill()
    server = start()
    more = new_instances(generator, 3, 20_000)
    assert is_refused(server, more)
    for url in series_of(stored):
        assert delete(server, url) == 204, url
    assert delete(server, *series_of(large)) == 204
    wait_until(lambda: post(server, more).status_code == 200)
    server.stop()
    verify(binary, small_disk.mount / "data")


def test_a_disk_without_room_for_a_reserve(binary, seed, small_disk, start):
    """As one that was full before there was any."""
    generator = random.Random(seed)
    server = start(reserve=0)
    stored, large = store_many(server, generator)
    assert not (small_disk.mount / "data/index.sqlite-reserve").exists()
    server.kill()
    small_disk.fill()
    with (small_disk.mount / "filler").open("ab") as file:
        os.truncate(file.fileno(), os.fstat(file.fileno()).st_size - RESERVE // 4)
    server = start()
    more = new_instances(generator, 3, 20_000)
    assert is_refused(server, more)
    status, reason = readiness(server)
    assert status == 503 and "the disk of the index is full" in reason
    for url in [*series_of(stored), *series_of(large)]:
        assert delete(server, url) == 204, url
    wait_until(lambda: post(server, more).status_code == 200)
    wait_until(lambda: reserved(small_disk) >= RESERVE)
    server.stop()
    verify(binary, small_disk.mount / "data")


def test_a_removal_too_large_for_the_reserve_is_possible_in_parts(binary, seed, small_disk, start):
    generator = random.Random(seed)
    server = start(reserve=512 << 10)
    made = new_instances(generator, 600, 200)
    assert post(server, made).status_code == 200
    small_disk.fill()
    assert delete(server, next(iter(made.values()))[0].partition("/series/")[0]) == 503
    assert len(server.rows()) == len(made)
    removed = dict(list(made.items())[:4])
    for sop, (url, _) in removed.items():
        assert delete(server, url) == 204, sop
    assert {row["00080018"]["Value"][0] for row in server.rows()} == set(made) - set(removed)
    server.stop()
    verify(binary, small_disk.mount / "data")
