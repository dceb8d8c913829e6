"""A server with few descriptors, and one whose clients have left, and what the log says of what failed."""

import json
import os
import random
import signal
import socket
import struct
import time

import requests
from dicom_bytes import make_instance, new_uid
from running_server import RunningServer

BOUNDARY = "limits"


def limited(tmp_path, binary, soft, hard):
    """A program that runs the server with these limits."""
    script = tmp_path / "limited"
    script.write_text(f"#!/bin/sh\nulimit -Sn {soft} && ulimit -Hn {hard} && exec '{binary}' \"$@\"\n")
    script.chmod(0o755)
    return str(script)


def store(session, root, images):
    body = b"".join(
        f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode() + image + b"\r\n" for image in images)
    return session.post(root + "/studies", body + f"--{BOUNDARY}--\r\n".encode(), timeout=120, headers={
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'})


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_many_objects_are_read_under_the_usual_limit(binary, tmp_path):
    """1,024 is the soft limit of most systems, here the hard one too."""
    generator = random.Random(3)
    study, series = new_uid(generator), new_uid(generator)
    instances = [new_uid(generator) for _ in range(1100)]
    server = RunningServer(limited(tmp_path, binary, 512, 1024), tmp_path / "data")
    idle = []
    try:
        limits = open(f"/proc/{server.process.pid}/limits").read()
        assert "Max open files            1024                 1024" in limits
        session = requests.Session()
        reply = store(session, server.root, [make_instance(generator, study, series, each, 100) for each in instances])
        assert reply.status_code == 200, reply.text[:500]
        for instance in instances:
            reply = session.get(f"{server.root}/studies/{study}/series/{series}/instances/{instance}/frames/1", timeout=30)
            assert reply.status_code == 200, reply.text
        idle = [socket.create_connection(("127.0.0.1", int(server.port)), timeout=10) for _ in range(200)]
        reply = store(session, server.root, [make_instance(generator, study, series, new_uid(generator), 100)])
        assert reply.status_code == 200, reply.text
        assert requests.get(server.base + "/health/ready", timeout=10).json()["ready"] is True
        assert len(os.listdir(f"/proc/{server.process.pid}/fd")) < 800
    finally:
        for each in idle:
            each.close()
        server.stop()


def test_the_log_says_why_a_request_failed(binary, tmp_path):
    generator = random.Random(4)
    study, series, instance = (new_uid(generator) for _ in range(3))
    log = tmp_path / "log"
    with log.open("w") as sink:
        server = RunningServer(binary, tmp_path / "data", log=sink)
        try:
            session = requests.Session()
            assert store(session, server.root, [make_instance(generator, study, series, instance, 100)]).status_code == 200
            [stored] = [path for path in (tmp_path / "data/objects").rglob("*") if path.is_file()]
            stored.unlink()
            url = f"/studies/{study}/series/{series}/instances/{instance}/frames/1"
            replies = [session.get(root + url, timeout=30, headers={"Accept": "multipart/related; type=application/octet-stream"})
                       for root in (server.root, server.base + "/v2")]
        finally:
            server.stop()
    for reply in replies:
        assert reply.status_code == 500, reply.text
        [line] = [line for line in lines(log) if line.get("request_id") == reply.headers["X-Request-Id"]
                  and line["event"] == "request_failed"]
        assert line["code"] == "corrupt"
        assert line["message"] == "the stored object is missing"
        assert line["detail"] in str(stored)


def test_the_log_says_why_an_instance_could_not_be_stored(binary, tmp_path):
    generator = random.Random(5)
    log = tmp_path / "log"
    folder = tmp_path / "data"
    with log.open("w") as sink:
        server = RunningServer(binary, folder, log=sink, level="warning")
        try:
            (folder / "incoming").rename(folder / "elsewhere")
            reply = store(requests, server.root, [make_instance(generator, *(new_uid(generator) for _ in range(3)), 100)])
            assert reply.status_code == 409, reply.text
            assert requests.get(server.base + "/health/ready", timeout=10).status_code == 503
            assert requests.get(server.base + "/health/ready", timeout=10).status_code == 503
        finally:
            server.stop()
    [refused] = [line for line in lines(log) if line["event"] == "instance_refused"]
    assert refused["request_id"] == reply.headers["X-Request-Id"]
    assert refused["detail"] == os.strerror(2)
    [unready] = [line for line in lines(log) if line["event"] == "not_ready"]
    assert unready["detail"] == os.strerror(2)


def described(study, series, instance):
    values = {"00080016": "1.2.840.10008.5.1.4.1.1.66", "00080018": instance, "0020000D": study, "0020000E": series}
    return json.dumps({tag: {"vr": "UI", "Value": [value]} for tag, value in values.items()}).encode()


def stored_in(server, study):
    reply = requests.get(server.root + "/studies", timeout=30, params={
        "StudyInstanceUID": study, "includefield": "NumberOfStudyRelatedInstances"})
    assert reply.status_code == 200, reply.text
    return sum(row["00201208"]["Value"][0] for row in reply.json())


def test_a_stop_does_not_wait_for_what_nobody_waits_for(binary, tmp_path):
    """A body that describes very many data sets, whose client leaves while they are being stored."""
    generator = random.Random(6)
    study, series = new_uid(generator), new_uid(generator)
    described_sets = 100_000
    body = b"[" + b",".join(described(study, series, f"{series}.{i}") for i in range(described_sets)) + b"]"
    server = RunningServer(binary, tmp_path / "data")
    with socket.create_connection(("127.0.0.1", int(server.port)), timeout=30) as connection:
        connection.sendall(b"POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nContent-Type: application/dicom+json\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body) + body)
        begun = time.monotonic()
        while stored_in(server, study) == 0:
            assert time.monotonic() < begun + 60, "nothing is being stored"
            time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves by a reset
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=120) == 0
    again = RunningServer(binary, tmp_path / "data")
    try:
        stored = stored_in(again, study)
    finally:
        again.stop()
    assert 0 < stored < described_sets, "it was not told to end"
