#!/usr/bin/env python3
"""Stores one object of 2 GB by streaming, reads it back, and watches the server's resident memory.

    bench/large_object.py [--server build/release/apps/isocenter/isocenter] [--megabytes 2048] [--limit 150]

The whole object, one frame of it and the metadata are read; every byte is checked by its digest. Ends with 1 when the server's peak
memory passes the limit (MB) or an answer is wrong.
"""

import argparse
import hashlib
import http.client
import json
import pathlib
import random
import shutil
import struct
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "side_by_side"))
import objects  # noqa: E402
import servers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
FRAME = 1 << 20  # bytes: 1024 x 512 pixels of 16 bits
STUDY, SERIES, INSTANCE = (objects.uid(kind, 77) for kind in ("study", "series", "instance"))


def blocks(frames):
    """The object in pieces: the head of a small one with the frame count and the length of the pixel data changed."""
    small = objects.make(STUDY, SERIES, INSTANCE, rows=1024, columns=512, frames=1)
    head, frame = small[:-FRAME], random.Random(5).randbytes(FRAME)
    count = str(frames).encode().ljust(len(str(frames)) + len(str(frames)) % 2)
    plain = b"\x28\x00\x08\x00IS\x02\x001 "
    assert plain in head
    head = head.replace(plain, b"\x28\x00\x08\x00IS" + struct.pack("<H", len(count)) + count)
    yield head[:-4] + struct.pack("<I", frames * FRAME)
    for number in range(frames):
        yield struct.pack("<Q", number) + frame[8:]


class Memory(threading.Thread):
    """The most that was resident, sampled ten times a second, until told to stop."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.peak, self.running = process, 0.0, True

    def sample(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                self.peak = max(self.peak, int(line.split()[1]) / 1024)

    def run(self):
        while self.running:
            self.sample()
            time.sleep(0.1)

    def take(self):
        self.sample()
        peak, self.peak = self.peak, 0.0
        return peak


def store(connection, path, frames):
    before, after = b"--B\r\nContent-Type: application/dicom\r\n\r\n", b"\r\n--B--\r\n"
    digest, size = hashlib.sha256(), 0
    connection.putrequest("POST", path + "/studies")
    length = len(before) + len(after) + len(next(blocks(frames))) + frames * FRAME
    for name, value in (("Content-Type", 'multipart/related; type="application/dicom"; boundary=B'), ("Content-Length", str(length)),
                        ("Accept", "application/dicom+json")):
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(before)
    for block in blocks(frames):
        digest.update(block)
        size += len(block)
        connection.send(block)
    connection.send(after)
    reply = connection.getresponse()
    text = reply.read()
    if reply.status != 200:
        sys.exit(f"store: {reply.status} {text[:300]}")
    return digest.hexdigest(), size


def fetch(connection, path, accept):
    connection.request("GET", path, headers={"Accept": accept})
    reply = connection.getresponse()
    if reply.status != 200:
        sys.exit(f"{path}: {reply.status} {reply.read()[:300]}")
    digest, size = hashlib.sha256(), 0
    while piece := reply.read(1 << 20):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def run(server, frames, limit):
    address = urllib.parse.urlsplit(server.root)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=600)
    memory = Memory(server.process)
    memory.start()
    instance = f"{address.path}/studies/{STUDY}/series/{SERIES}/instances/{INSTANCE}"
    last = list(blocks(1))[1]
    last = struct.pack("<Q", frames - 1) + last[8:]
    peaks = []

    def step(name, action):
        start = time.monotonic()
        result = action()
        peaks.append(memory.take())
        print(f"{name:<28} {time.monotonic() - start:>7.2f} s   {peaks[-1]:>6.0f} MB resident at most", flush=True)
        return result

    time.sleep(0.3)
    step("idle", lambda: time.sleep(0.5))
    stored = step(f"store {frames} MB", lambda: store(connection, address.path, frames))
    whole = step("read the instance", lambda: fetch(connection, instance, "application/dicom; transfer-syntax=*"))
    frame = step("read the last frame",
                 lambda: fetch(connection, f"{instance}/frames/{frames}", "application/octet-stream; transfer-syntax=*"))
    step("read the metadata", lambda: fetch(connection, instance + "/metadata", "application/dicom+json"))
    memory.running = False
    right = whole == stored and frame == (hashlib.sha256(last).hexdigest(), FRAME)
    print(json.dumps({"bytes_right": right, "peak_mb": round(max(peaks)), "peak_by_kernel_mb": round(server.peak_memory_mb())}))
    return 0 if right and max(peaks) <= limit else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=str(ROOT / "build/release/apps/isocenter/isocenter"))
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--limit", type=int, default=150)
    parser.add_argument("--folder", default=str(ROOT / "build"))
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="large-", dir=arguments.folder))
    server = servers.isocenter(arguments.server, folder)
    try:
        return run(server, arguments.megabytes, arguments.limit)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
