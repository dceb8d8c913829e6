"""The start of `isocenter cast` beside a FHIR server that hangs, or is of the wrong kind."""

import http.server
import json
import re
import socket
import subprocess
import threading
import time

import pytest
import requests
from processes import Cast


@pytest.fixture
def silent():
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"


@pytest.fixture
def outdated():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/fhir"
    server.shutdown()
    server.server_close()


def test_a_fhir_server_that_hangs_delays_neither_health_nor_the_end(binary, archive, silent, tmp_path):
    cast = Cast(binary, archive.base, silent, tmp_path / "hang.db", start=False)
    begin = time.monotonic()
    cast.start("--listen", "127.0.0.1:0")
    address = re.match(r"listening on (\S+)", cast.process.stdout.readline()).group(1)
    assert requests.get(f"{address}/health/live", timeout=5).status_code == 200
    assert requests.get(f"{address}/health/ready", timeout=5).json()["reason"] == "starting"
    cast.stop()
    assert time.monotonic() - begin < 6


def test_a_fhir_server_of_another_version_ends_it(binary, archive, outdated, tmp_path):
    cast = Cast(binary, archive.base, outdated, tmp_path / "outdated.db", start=False)
    for arguments in ([], ["--backfill"]):
        done = subprocess.run(cast.command(*arguments), capture_output=True, text=True, timeout=30)
        assert done.returncode == 2 and "3.0.2" in done.stderr
