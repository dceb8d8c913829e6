"""Starts, kills and asks the server."""

import os
import re
import signal
import subprocess
import time

import requests


class RunningServer:
    def __init__(self, binary, folder, environment=None, port="0", log=None, level="error"):
        """`environment`: variables beside those of this process. `port`: 0 = any that is free. `log`: an open
        file for its log, of this `level`."""
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "serve", "--port", port, "--data", str(folder), "--set", f"log.level={level}"],
            stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        match = re.match(r"listening on (\S+)", line)
        assert match, f"the server did not start: {line!r}"
        self.start_seconds = time.monotonic() - begin
        self.base = match.group(1)
        self.port = self.base.rpartition(":")[2]
        self.root = self.base + "/dicom-web"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0

    def rows(self, **query):
        """All instances that a search finds, page by page."""
        found = []
        while True:
            reply = requests.get(f"{self.root}/instances", params={**query, "limit": 200, "offset": len(found)}, timeout=60)
            reply.raise_for_status()
            page = reply.json() if reply.content else []
            if not page:
                return found
            found += page

    def feed(self):
        """All entries, read by cursor."""
        entries, cursor = [], "0"
        while True:
            reply = requests.get(f"{self.root}/changefeed", params={"cursor": cursor, "limit": 200,
                                                                    "includeMetadata": "false"}, timeout=30)
            reply.raise_for_status()
            page = reply.json()
            if not page["entries"]:
                return entries
            entries += page["entries"]
            cursor = page["next"]
