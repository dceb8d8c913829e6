import pathlib
import random

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--server", default=str(ROOT / "build/release/apps/isocenter/isocenter"))
    parser.addoption("--rounds", type=int, default=20, help="how often the server is killed")
    parser.addoption("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))


@pytest.fixture
def binary(request):
    return request.config.getoption("--server")


@pytest.fixture
def rounds(request):
    return request.config.getoption("--rounds")


@pytest.fixture
def seed(request):
    value = request.config.getoption("--seed")
    print(f"seed {value}")
    return value
