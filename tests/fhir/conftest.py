import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from processes import Archive, Cast  # noqa: E402
from fhir_server import FhirServer, running_hapi  # noqa: E402
from updating_server import UpdatingServer  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--server", default=str(ROOT / "build/release/apps/isocenter/isocenter"))
    parser.addoption("--fhir", default="", help="base address of a FHIR server that runs already")
    parser.addoption("--feed-entries", type=int, default=300, help="entries of the recorded feed")
    parser.addoption("--feed-studies", type=int, default=20, help="studies of the recorded feed")
    parser.addoption("--kills", type=int, default=15, help="kills while the recorded feed is followed")


@pytest.fixture(scope="session")
def binary(request):
    return request.config.getoption("--server")


@pytest.fixture(scope="session")
def hapi(request, tmp_path_factory):
    """A HAPI server that validates every write."""
    if request.config.getoption("--fhir"):
        yield FhirServer(request.config.getoption("--fhir"))
        return
    options = "-Dfhir.strict=true -Dfhir.validate=true -Dfhir.expunge=true"
    with running_hapi(tmp_path_factory.mktemp("hapi") / "log", JAVA_OPTS=options) as server:
        yield server


@pytest.fixture
def fhir(hapi):
    hapi.empty()
    return hapi


@pytest.fixture
def served(request, fhir):
    """The FHIR server's address for the bridge; with the parameter "client ids" it may choose the ids."""
    if getattr(request, "param", "") != "client ids":
        yield fhir.base
        return
    server = UpdatingServer(fhir.base)
    yield server.base
    server.stop()


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
