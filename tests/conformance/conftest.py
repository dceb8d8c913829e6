"""Options, the server of the session, and one fixture per face."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite(
    "support.cases",
    "support.dicomjson",
    "support.expect",
    "support.matching",
    "support.multipart",
    "support.rows",
    "support.sets",
    "support.ticks",
)

from support import locks, makers
from support.client import Face, new_session
from support.server import ServerProcess, default_program

VERSIONED = {"v1", "v2", "face"}
OWN_SERVER = {"program", "root", "spawn", "configured"}
SERVER_SETTINGS = ["--set", "cors.origins=https://viewer.example"]
OUTPUT_SHOWN = 20_000


def pytest_addoption(parser):
    group = parser.getgroup("conformance", "DICOMweb conformance")
    group.addoption("--base", help="root URL of a running server; without it the suite starts one")
    group.addoption("--server", default=os.environ.get("TEST_ISOCENTER_BINARY"), help="the server's program")
    group.addoption(
        "--server-arg", action="append", default=[], help="further argument for the server; repeatable"
    )
    group.addoption("--standard-root", help="base URL of the standard face, of any DICOMweb server")
    group.addoption(
        "--profile", choices=["all", "standard", "versioned"], default="all", help="faces to test"
    )
    group.addoption("--seed", type=int, default=None, help="seed of all random content; printed at start")
    group.addoption("--large", action="store_true", help="run the tests that move gigabytes")
    group.addoption(
        "--pixel-work",
        action="store_true",
        help="the server has codecs and renders: nothing is expected to fail",
    )
    group.addoption(
        "--check-texts", action="store_true", help="compare digests of the asserted message texts"
    )


def is_worker(config):
    return hasattr(config, "workerinput")


def pytest_configure(config):
    if is_worker(config):
        config.conformance = config.workerinput["conformance"]
        return
    seed = config.getoption("--seed")
    program = config.getoption("--server") or default_program(Path(__file__).parent)
    config.conformance = {
        "seed": int(time.time()) if seed is None else seed,
        "base": (config.getoption("--base") or "").rstrip("/"),
        "program": str(program),
        "folder": tempfile.mkdtemp(prefix="conformance-"),
    }
    config.own_server = None
    wants_server = config.getoption("--profile") != "standard" or not config.getoption("--standard-root")
    if wants_server and not config.conformance["base"] and not config.getoption("collectonly"):
        start_server(config)


def start_server(config):
    facts = config.conformance
    if not Path(facts["program"]).is_file():
        pytest.exit(
            f"no server program at {facts['program']}: build it, or give --server or --base", returncode=4
        )
    arguments = SERVER_SETTINGS + config.getoption("--server-arg")
    config.own_server = ServerProcess(facts["program"], Path(facts["folder"]) / "data", arguments)
    try:
        facts["base"] = config.own_server.start().base
    except RuntimeError as error:
        pytest.exit(str(error), returncode=4)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["conformance"] = node.config.conformance


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """A server that crashes, or ends otherwise than with 0 (findings of a sanitizer), fails the run."""
    config = session.config
    if is_worker(config) or not config.own_server:
        return
    code = config.own_server.stop()
    if code != 0:
        print(f"\nthe server ended with {code}; its output:\n{config.own_server.text()[-OUTPUT_SHOWN:]}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config):
    if not is_worker(config) and hasattr(config, "conformance"):
        shutil.rmtree(config.conformance["folder"], ignore_errors=True)


def pytest_report_header(config):
    facts = config.conformance
    return f"conformance: seed {facts['seed']}, server {facts['base'] or config.getoption('--standard-root')}"


def pytest_collection_modifyitems(config, items):
    profile = config.getoption("--profile")
    kept, dropped = [], []
    for item in items:
        (kept if belongs(item, profile) else dropped).append(item)
        mark(config, item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def belongs(item, profile):
    if profile == "all":
        return True
    used = set(getattr(item, "fixturenames", ()))
    versioned = bool(used & VERSIONED)
    return versioned if profile == "versioned" else not versioned and not used & OWN_SERVER


def mark(config, item):
    pixel_work = item.get_closest_marker("needs_pixel_work")
    if pixel_work and not config.getoption("--pixel-work"):
        item.add_marker(
            pytest.mark.xfail(
                strict=True, raises=AssertionError, reason="needs pixel work: " + pixel_work.args[0]
            )
        )
    if item.get_closest_marker("until_pixel_work") and config.getoption("--pixel-work"):
        item.add_marker(pytest.mark.skip(reason="the server has codecs"))
    if item.get_closest_marker("large") and not config.getoption("--large"):
        item.add_marker(pytest.mark.skip(reason="moves gigabytes; run with --large"))
    if item.get_closest_marker("texts") and not config.getoption("--check-texts"):
        item.add_marker(pytest.mark.skip(reason="literal texts are optional; run with --check-texts"))
    if item.get_closest_marker("own_settings") and config.getoption("--base"):
        reason = "needs a server with settings of its own; --base names one that runs already"
        item.add_marker(pytest.mark.skip(reason=reason))
    if item.get_closest_marker("own_process") and not Path(config.conformance["program"]).is_file():
        item.add_marker(pytest.mark.skip(reason="needs the server's program (--server)"))


def pytest_terminal_summary(terminalreporter, config):
    expected = [r for r in terminalreporter.stats.get("xfailed", []) if "needs pixel work: " in r.wasxfail]
    if expected:
        terminalreporter.section("waiting for pixel work (expected to fail)")
        for report in expected:
            terminalreporter.line(f"{report.nodeid}: {report.wasxfail.split('needs pixel work: ')[-1]}")
        terminalreporter.line(f"{len(expected)} in all")


@pytest.fixture(autouse=True)
def isolation(request):
    """Own random content for every test, whatever runs beside it; feed tests run alone."""
    facts = request.config.conformance
    makers.rng.seed(f"{facts['seed']}/{request.node.nodeid}")
    with locks.held(Path(facts["folder"]), request.node.get_closest_marker("feed") is not None):
        yield


@pytest.fixture(scope="session")
def http():
    with new_session() as session:
        yield session


@pytest.fixture(scope="session")
def root(http, pytestconfig):
    """The server's root, for what lies outside the faces."""
    return Face(http, pytestconfig.conformance["base"], "root")


@pytest.fixture(scope="session")
def v1(http, pytestconfig):
    return Face(http, pytestconfig.conformance["base"] + "/v1", "v1")


@pytest.fixture(scope="session")
def v2(http, pytestconfig):
    return Face(http, pytestconfig.conformance["base"] + "/v2", "v2")


@pytest.fixture(params=["v1", "v2"])
def face(request):
    """Both versions in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def standard(http, pytestconfig):
    """The face that follows PS3.18."""
    base = pytestconfig.getoption("--standard-root") or pytestconfig.conformance["base"] + "/dicom-web"
    return Face(http, base, "dicom-web")


@pytest.fixture(scope="session")
def program(pytestconfig):
    return pytestconfig.conformance["program"]


@pytest.fixture
def spawn(program, tmp_path):
    """Makes servers of the test's own: spawn(*arguments, data=folder) -> ServerProcess, not yet started."""
    made = []

    def make(*arguments, data=None):
        made.append(ServerProcess(program, data or tmp_path / "data", arguments))
        return made[-1]

    yield make
    for server in made:
        if server.process and server.process.poll() is None:
            server.kill()


@pytest.fixture
def configured(spawn, http):
    """Starts a server with settings of its own: configured("standard.strict_query=true") -> its standard face.
    `face` names another one: "v2"."""

    def start(*settings, face="dicom-web"):
        arguments = [argument for setting in settings for argument in ("--set", setting)]
        return Face(http, f"{spawn(*arguments).start().base}/{face}", face)

    return start
