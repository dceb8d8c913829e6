"""Starts and stops a server process for the session, or for one test."""

import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import requests

LISTENING = re.compile(r"listening on (https?://\S+)")


class ServerProcess:
    """One run of `isocenter serve` on a data folder; `base` is known after `start`."""

    def __init__(self, program, data_dir, extra=()):
        self.command = [str(program), "serve", "--port", "0", "--data", str(data_dir), *extra]
        self.base = None
        self.output = []
        self.process = None
        self._listening = threading.Event()
        self._drain = None

    def launch(self):
        """Starts the process without waiting for anything."""
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        self._drain = threading.Thread(target=self._read_output, daemon=True)
        self._drain.start()
        return self

    def start(self, timeout=60):
        """Starts the process and waits until it says that it is ready."""
        self.launch()
        deadline = time.monotonic() + timeout
        while not self._listening.wait(0.05):
            if self.process.poll() is not None:
                raise RuntimeError(f"server ended with {self.process.returncode}:\n{self.text()}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"server did not print its address:\n{self.text()}")
        while time.monotonic() < deadline:
            try:
                if requests.get(self.base + "/health/ready", timeout=5).status_code == 200:
                    return self
            except requests.ConnectionError:
                pass
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"server was never ready:\n{self.text()}")

    def stop(self, timeout=30):
        """Asks the server to end and returns its exit code; kills it when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._drain.join(5)
        return code

    def wait(self, timeout=30):
        """Waits for an end that is not asked for, as after a refused configuration."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._drain.join(5)
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()

    def text(self):
        """All output so far, both streams."""
        return "".join(self.output)

    def _read_output(self):
        for line in self.process.stdout:
            self.output.append(line)
            found = LISTENING.search(line)
            if found and self.base is None:
                self.base = found.group(1).rstrip("/")
                self._listening.set()


def default_program(start):
    """build/release/apps/isocenter/isocenter of the checkout that holds `start`."""
    return Path(start).resolve().parents[1] / "build/release/apps/isocenter/isocenter"
