"""Runs wrk and reads its result line; stores objects directly; measures the floor of the disk."""

import http.client
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent


class Result:
    def __init__(self, rate, p50_ms, cpu_ms, failed):
        self.rate, self.p50_ms, self.cpu_ms, self.failed = rate, p50_ms, cpu_ms, failed


def wrk(server, script, url, connections, seconds, arguments, size=0):
    """`rate` in requests per second; `cpu_ms` is the server's processor time per request. An answer has `size` bytes at least.

    wrk takes an answer that ends with its connection (Orthanc's studies) for a failed read: such answers count when no byte is missing.
    """
    before = server.cpu_seconds()
    command = ["wrk", "-t", str(min(connections, 2)), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s",
               "-s", str(HERE / script), url, "--", *map(str, arguments)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cpu = server.cpu_seconds() - before
    found = re.search(r"RESULT requests=(\d+) seconds=([\d.]+) p50_ms=([\d.]+) bytes=(\d+) closed=(\d+) failed=(\d+)", output)
    requests, elapsed, p50, failed = int(found[1]), float(found[2]), float(found[3]), int(found[6])
    short = int(found[4]) < requests * size
    if short or (size == 0 and int(found[5])):
        failed += max(int(found[5]), 1)
    if failed:
        raise RuntimeError(f"{server.name}: {failed} of {requests} requests failed: {url}\n{output}")
    if requests == 0:  # a request takes longer than the whole run
        return wrk(server, script, url, connections, 3 * seconds, arguments, size)
    return Result(requests / elapsed, p50, 1000 * cpu / max(requests, 1), failed)


def median(results):
    return Result(*(statistics.median(getattr(r, name) for r in results) for name in ("rate", "p50_ms", "cpu_ms", "failed")))


def get(url, accept):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return reply.read()


def store_all(root, objects, per_request=50, workers=4):
    """Stores every object of an iterator; for filling, not for timing."""
    address = urllib.parse.urlsplit(root)
    lock, source, problems = threading.Lock(), iter(objects), []

    def work():
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=300)
        while not problems:
            with lock:
                batch = [o for _, o in zip(range(per_request), source)]
            if not batch:
                return
            body = b"".join(b"--B\r\nContent-Type: application/dicom\r\n\r\n" + o + b"\r\n" for o in batch) + b"--B--\r\n"
            connection.request("POST", address.path + "/studies", body, {
                "Content-Type": 'multipart/related; type="application/dicom"; boundary=B',
                "Accept": "application/dicom+json"})
            reply = connection.getresponse()
            text = reply.read()
            if reply.status != 200:
                problems.append(f"{reply.status} {text[:300]}")

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(problems[0])


def synced_files_per_second(folder, size, threads, seconds):
    """A file of `size` bytes for each object, synced with its folder before the next: the simplest durable store."""
    payload, end, counts = os.urandom(size), time.monotonic() + seconds, [0] * threads

    def work(number):
        # Not removed before the whole run ends: ext4 searches past each inode deleted in the last 35 seconds
        # when it makes a file, and the next row would be charged for that.
        own = tempfile.mkdtemp(dir=folder)
        descriptor = os.open(own, os.O_RDONLY)
        while time.monotonic() < end:
            file = os.open(f"{own}/{counts[number]}", os.O_WRONLY | os.O_CREAT)
            os.write(file, payload)
            os.fsync(file)
            os.close(file)
            os.fsync(descriptor)
            counts[number] += 1
        os.close(descriptor)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / seconds


def settle_page_cache(megabytes=512):
    """Touches and frees memory that the page cache is about to take: the first touch of a page is dear on virtual machines."""
    block = bytearray(megabytes << 20)
    for position in range(0, len(block), 4096):
        block[position] = 1
    del block
