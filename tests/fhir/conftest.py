import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from processes import Archive, Cast  # noqa: E402
from fhir_server import FhirServer  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--server", default=str(ROOT / "build/release/apps/isocenter/isocenter"))
    parser.addoption("--fhir", default="", help="base address of a FHIR server that runs already")
    parser.addoption("--feed-entries", type=int, default=300, help="entries of the recorded feed")
    parser.addoption("--feed-studies", type=int, default=20, help="studies of the recorded feed")
    parser.addoption("--kills", type=int, default=15, help="kills while the recorded feed is followed")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="session")
def binary(request):
    return request.config.getoption("--server")


@pytest.fixture(scope="session")
def hapi(request, tmp_path_factory):
    """A HAPI server that validates every write."""
    if request.config.getoption("--fhir"):
        yield FhirServer(request.config.getoption("--fhir"))
        return
    port = free_port()
    options = "-Dfhir.strict=true -Dfhir.validate=true -Dfhir.expunge=true"
    log = open(tmp_path_factory.mktemp("hapi") / "log", "w+", encoding="utf-8")
    process = subprocess.Popen([str(ROOT / "tests/servers/fhir/run.sh"), str(port)], stdout=log, stderr=log,
                               env={**os.environ, "JAVA_OPTS": options})
    server = FhirServer(f"http://127.0.0.1:{port}/fhir")
    deadline = time.monotonic() + 300
    while not server.answers():
        assert process.poll() is None and time.monotonic() < deadline, (log.seek(0), log.read())[1][-4000:]
        time.sleep(0.3)
    yield server
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def fhir(hapi):
    hapi.empty()
    return hapi


@pytest.fixture
def archive(binary, tmp_path):
    running = Archive(binary, tmp_path / "data")
    yield running
    running.stop()


@pytest.fixture
def cast(binary, tmp_path, archive, fhir):
    """Follows the archive, with settings that suit a test."""
    running = Cast(binary, archive.base, fhir.base, tmp_path / "cast-state.db")
    yield running
    running.stop()
