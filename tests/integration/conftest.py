import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/faults"))  # its image maker and its server


def pytest_addoption(parser):
    parser.addoption("--server", default=str(ROOT / "build/release/apps/isocenter/isocenter"))


@pytest.fixture(scope="session")
def binary(request):
    return request.config.getoption("--server")
