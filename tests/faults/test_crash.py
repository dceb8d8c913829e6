"""Kill -9 at random moments: what was acknowledged is there, whole, searchable and once in the feed; nothing is half visible."""

import collections
import random
import subprocess
import threading
import time

import requests
from dicom_bytes import make_instance, new_uid
from running_server import RunningServer

WORKERS = 4


class Ledger:
    """What the clients know. An instance is `acknowledged`, `deleted`, or `open` when the answer to the last request about it
    never came."""

    def __init__(self):
        self.lock = threading.Lock()
        self.instances = {}  # sop uid -> dict(study, series, bytes, state)

    def set(self, sop, **values):
        with self.lock:
            self.instances.setdefault(sop, {}).update(values)

    def pick(self, generator, state):
        with self.lock:
            candidates = [(sop, dict(i)) for sop, i in self.instances.items() if i["state"] == state]
        return generator.choice(candidates) if candidates else (None, None)


def url_of(root, sop, instance):
    return f"{root}/studies/{instance['study']}/series/{instance['series']}/instances/{sop}"


def store(session, server, ledger, generator):
    study, series = new_uid(generator), new_uid(generator)
    parts = []
    for _ in range(generator.choice([1, 1, 3])):
        sop = new_uid(generator)
        data = make_instance(generator, study, series, sop, generator.choice([200, 20_000, 600_000]))
        ledger.set(sop, study=study, series=series, bytes=data, state="open", deleting=False)
        parts.append((sop, data))
    body = b"".join(b"--B\r\nContent-Type: application/dicom\r\n\r\n" + data + b"\r\n" for _, data in parts) + b"--B--\r\n"
    reply = session.post(f"{server.root}/studies", data=body, timeout=30, headers={
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=B', "Accept": "application/dicom+json"})
    assert reply.status_code == 200, reply.text
    for sop, _ in parts:
        ledger.set(sop, state="acknowledged")


def delete(session, server, ledger, generator):
    sop, instance = ledger.pick(generator, "acknowledged")
    if sop is None:
        return
    ledger.set(sop, state="open", deleting=True)
    reply = session.delete(url_of(server.root, sop, instance), timeout=30)
    # Another worker may have taken the same one.
    assert reply.status_code in (204, 404, 410), reply.text
    ledger.set(sop, state="deleted")


def read(session, server, ledger, generator):
    sop, instance = ledger.pick(generator, "acknowledged")
    if sop is None:
        return
    reply = session.get(url_of(server.root, sop, instance), timeout=30,
                        headers={"Accept": "application/dicom; transfer-syntax=*"})
    if reply.status_code == 200:
        assert reply.content == instance["bytes"]
    else:
        assert reply.status_code in (404, 410)
        assert ledger.instances[sop]["deleting"]


def load(server, ledger, seed, problems):
    generator = random.Random(seed)
    session = requests.Session()
    while True:
        action = generator.choices([store, delete, read], weights=[5, 1, 3])[0]
        try:
            action(session, server, ledger, generator)
        except requests.exceptions.RequestException:
            return  # killed
        except Exception as error:  # reported by the main thread
            problems.append(repr(error))
            return


def due(ledger, generator, sample):
    """What to look at: everything that changed since the last look, and `sample` of what was alive then (None: all)."""
    known = [sop for sop, i in ledger.instances.items() if i["state"] == "acknowledged" and i.get("seen")]
    alive = set(known)
    rest = [sop for sop, i in ledger.instances.items() if i["state"] != "settled" and sop not in alive]
    return rest + (known if sample is None else generator.sample(known, min(sample, len(known))))


def check(server, ledger, generator, sample=None):
    """Holds the server against the ledger and settles every open instance by what the server says."""
    entries = server.feed()
    assert [e["sequence"] for e in entries] == list(range(1, len(entries) + 1)), "the feed has gaps or repeats"
    counts = collections.Counter((e["sopInstanceUid"], e["action"]) for e in entries)
    session = requests.Session()
    for sop in due(ledger, generator, sample):
        instance = ledger.instances[sop]
        reply = session.get(url_of(server.root, sop, instance), timeout=30,
                            headers={"Accept": "application/dicom; transfer-syntax=*"})
        rows = session.get(f"{server.root}/instances", params={"SOPInstanceUID": sop}, timeout=30).json()
        present = reply.status_code == 200
        created, removed = counts[(sop, "Create")], counts[(sop, "Delete")]
        where = f"{sop}: {instance['state']}, HTTP {reply.status_code}, {len(rows)} rows, {created} created, {removed} deleted"
        if instance["state"] == "acknowledged":
            assert present, where
        if instance["state"] == "deleted":
            assert not present, where
        if present:
            assert reply.content == instance["bytes"], where
            assert len(rows) == 1 and (created, removed) == (1, 0), where
            instance.update(state="acknowledged", seen=True)
        else:
            assert len(rows) == 0 and created == removed and created <= 1, where
            instance.update(state="settled", bytes=b"")


def test_nothing_acknowledged_is_lost_by_kill_9(binary, rounds, seed, tmp_path):
    generator = random.Random(seed)
    ledger, problems, starts = Ledger(), [], []
    for number in range(rounds):
        server = RunningServer(binary, tmp_path / "data")
        starts.append(server.start_seconds)
        check(server, ledger, generator, sample=60)
        workers = [threading.Thread(target=load, args=(server, ledger, f"{seed}-{number}-{i}", problems))
                   for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        time.sleep(generator.uniform(0.02, 0.8))
        server.kill()
        for worker in workers:
            worker.join()
        assert not problems, problems
    server = RunningServer(binary, tmp_path / "data")
    check(server, ledger, generator)
    server.stop()
    verify = subprocess.run([binary, "verify", "--data", str(tmp_path / "data")], capture_output=True, text=True)
    assert verify.returncode == 0, verify.stdout + verify.stderr
    alive = sum(i["state"] == "acknowledged" for i in ledger.instances.values())
    print(f"{rounds} kills, {len(ledger.instances)} instances tried, {alive} alive, slowest start {max(starts):.2f} s")
    assert alive > 0
