"""Starts and stops the archive and the bridge."""

import re
import signal
import sqlite3
import subprocess

import requests
from fhir_server import eventually


class Archive:
    def __init__(self, binary, folder, *settings, log=None):
        """`log`: a file that takes what the server logs."""
        extra = [word for setting in settings for word in ("--set", setting)]
        self.process = subprocess.Popen([binary, "serve", "--port", "0", "--data", str(folder), "--set",
                                         "log.level=error", *extra], stdout=subprocess.PIPE, stderr=log, text=True)
        match = re.match(r"listening on (\S+)", self.process.stdout.readline())
        assert match, "the archive did not start"
        self.base = match.group(1)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0

    def store(self, *files):
        for data in files:
            reply = requests.post(f"{self.base}/dicom-web/studies", data=data, timeout=30,
                                  headers={"Content-Type": "application/dicom", "Accept": "application/dicom+json"})
            assert reply.status_code in (200, 202), reply.text

    def delete(self, *uids):
        names = ("studies", "series", "instances")
        path = "/".join(f"{name}/{uid}" for name, uid in zip(names, uids))
        assert requests.delete(f"{self.base}/dicom-web/{path}", timeout=30).status_code == 204

    def latest(self):
        reply = requests.get(f"{self.base}/v1/changefeed/latest?includeMetadata=false", timeout=30)
        return reply.json()["sequence"] if reply.status_code == 200 else 0


class Cast:
    SETTINGS = {"log.level": "warning", "cast.settle_ms": 200, "cast.settle_max_ms": 2000, "cast.poll_interval_ms": 100,
                "cast.patient_system_id": "urn:lakeside:mrn"}

    def __init__(self, binary, archive, fhir, state, start=True, **settings):
        self.binary, self.archive, self.state = binary, archive, state
        named = {key.replace("__", "."): value for key, value in settings.items()}
        self.settings = {**self.SETTINGS, "dicomweb.endpoint": f"{archive}/v2", "fhir.endpoint": fhir,
                         "cast.state_path": state, **named}
        self.process = None
        if start:
            self.start()

    def command(self, *arguments):
        return [self.binary, "cast", *[word for key, value in self.settings.items()
                                       for word in ("--set", f"{key}={value}")], *arguments]

    def run(self, *arguments):
        """A further command over the same state."""
        return subprocess.run([self.binary, "cast", *arguments, "--set", f"cast.state_path={self.state}"],
                              capture_output=True, text=True, timeout=30)

    def start(self, *arguments):
        self.process = subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("following"), "the bridge did not start"

    def backfill(self):
        """Whether a backfill has begun and not ended."""
        return bool(self.query("SELECT 1 FROM cast_backfill WHERE target = 'default'"))

    def backfilled(self):
        """Studies that the backfill under way has noted as done."""
        return {uid for uid, in self.query("SELECT study FROM cast_backfilled WHERE target = 'default'")}

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(timeout=40) == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def query(self, sql):
        with sqlite3.connect(f"file:{self.state}?mode=ro", uri=True) as database:
            return database.execute(sql).fetchall()

    def low(self):
        rows = self.query("SELECT low FROM cast_target WHERE target = 'default'")
        return rows[0][0] if rows else 0

    def open_letters(self):
        return self.query("SELECT class, study, error, tag FROM cast_letter WHERE state = 'open' ORDER BY id")

    def caught_up(self, latest, seconds=60):
        """Waits until everything up to `latest` is settled."""
        assert eventually(lambda: self.low() >= latest, seconds), (self.low(), latest, self.open_letters())
