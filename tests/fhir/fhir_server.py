"""Starts and asks a FHIR server."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time

import requests

RUN = pathlib.Path(__file__).resolve().parents[1] / "servers/fhir/run.sh"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running_hapi(log_path, **environment):
    """A HAPI server with its content in memory; `environment` as tests/servers/fhir/run.sh takes it."""
    port = free_port()
    with open(log_path, "w+", encoding="utf-8") as log:
        process = subprocess.Popen([str(RUN), str(port)], stdout=log, stderr=log, env={**os.environ, **environment})
        try:
            server = FhirServer(f"http://127.0.0.1:{port}/fhir")
            deadline = time.monotonic() + 300
            while not server.answers():
                assert process.poll() is None and time.monotonic() < deadline, (log.seek(0), log.read())[1][-4000:]
                time.sleep(0.3)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


class FhirServer:
    def __init__(self, base):
        self.base = base.rstrip("/")

    def answers(self):
        try:
            return requests.get(f"{self.base}/Patient?_summary=count", timeout=5).ok
        except requests.RequestException:
            return False

    def empty(self):
        everything = {"resourceType": "Parameters", "parameter": [{"name": "expungeEverything", "valueBoolean": True}]}
        requests.post(f"{self.base}/$expunge", json=everything, timeout=60,
                      headers={"Content-Type": "application/fhir+json"}).raise_for_status()

    def all(self, kind):
        """Every resource of a type, by id."""
        found, url = {}, f"{self.base}/{kind}?_count=100"
        while url:
            reply = requests.get(url, timeout=30, headers={"Cache-Control": "no-cache"})
            reply.raise_for_status()
            bundle = reply.json()
            found.update({entry["resource"]["id"]: entry["resource"] for entry in bundle.get("entry", [])})
            url = next((link["url"] for link in bundle.get("link", []) if link["relation"] == "next"), None)
        return found

    def content(self):
        """Everything the bridge writes, as it is, versions included."""
        return {kind: self.all(kind) for kind in ("Patient", "Endpoint", "ImagingStudy", "Observation")}

    def study(self, uid):
        """The ImagingStudy of a StudyInstanceUID, or None; more than one is an error."""
        found = [each for each in self.all("ImagingStudy").values()
                 if {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"} in
                 [{key: i.get(key) for key in ("system", "value")} for i in each.get("identifier", [])]]
        assert len(found) <= 1
        return found[0] if found else None

    def put(self, resource):
        """A text such as `decimal:1.50` is written as that number, which Python could not hold."""
        body = re.sub(r'"decimal:([^"]*)"', r"\1", json.dumps(resource))
        reply = requests.put(f"{self.base}/{resource['resourceType']}/{resource['id']}", data=body, timeout=30,
                             headers={"Content-Type": "application/fhir+json"})
        assert reply.ok, reply.text
        return reply.json()

    def delete(self, reference):
        requests.delete(f"{self.base}/{reference}", timeout=30).raise_for_status()


def eventually(check, seconds=30):
    """Calls `check` until it is true; its last value."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.1)
