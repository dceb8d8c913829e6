import pathlib
import random
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/faults"))  # its image maker and its server

from dicom_bytes import make_instance, new_uid  # noqa: E402
from folders import IMAGES, import_files, verify  # noqa: E402
from running_server import RunningServer  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--server", default=str(ROOT / "build/release/apps/isocenter/isocenter"))


@pytest.fixture(scope="session")
def binary(request):
    return request.config.getoption("--server")


@pytest.fixture
def files(tmp_path):
    """IMAGES good images, one that is cut off, one text, in nested folders."""
    generator, folder = random.Random(7), tmp_path / "files"
    study = new_uid(generator)
    (folder / "deep" / "er").mkdir(parents=True)
    for number in range(IMAGES):
        place = folder / "deep" / "er" if number % 2 else folder
        data = make_instance(generator, study, f"{study}.1", new_uid(generator), 20_000)
        (place / f"{number}.dcm").write_bytes(data)
    (folder / "cut.dcm").write_bytes(data[:-5000])
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture
def server(binary, tmp_path):
    running = RunningServer(binary, tmp_path / "data")
    yield running
    running.kill()


@pytest.fixture
def data(binary, tmp_path, files):
    """A folder with IMAGES images, in which verify finds nothing."""
    import_files(binary, tmp_path, files, "--data", tmp_path / "data")
    done = verify(binary, tmp_path / "data")
    assert done.returncode == 0 and f"{IMAGES} records" in done.stdout and " 0 problems" in done.stdout
    return tmp_path / "data"
