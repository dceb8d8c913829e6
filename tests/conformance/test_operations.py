"""What an operator meets: health, metrics, API descriptions, start page, stopping, restarting, refusing to
start."""

import json
import re
import threading
import time

import pytest
import requests

from support import expect, makers
from support.client import ANY_INSTANCE, JSON, Face, new_session, path_of
from support.makers import Instance

OWN = pytest.mark.own_process


@pytest.mark.parametrize("path", ["/health/check", "/health/live", "/health/ready"])
def test_health(root, path):
    expect.status(root.get(path), 200)
    expect.status(root.request("HEAD", path), 200)


def test_metrics(root):
    """Prometheus text: every line is a comment or a sample."""
    response = expect.status(root.get("/metrics"), 200)
    assert expect.media_type(response) == "text/plain"
    sample = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? [^ ]+( \d+)?")
    lines = [line for line in response.text.splitlines() if line and not line.startswith("#")]
    assert lines and all(sample.fullmatch(line) for line in lines)


def test_metrics_count_requests(root, v2):
    """Some counter grows with the requests made."""

    def total():
        values = re.findall(
            r"^[a-z_]*requests?[a-z_]*(?:\{.*\})? ([0-9.e+]+)$", root.get("/metrics").text, re.MULTILINE
        )
        assert values, "no metric speaks of requests"
        return sum(map(float, values))

    before = total()
    v2.search("/studies", "limit=1")
    assert total() > before


def described(root, path):
    response = expect.status(root.get(path), 200)
    assert "json" in expect.media_type(response)
    document = response.json()
    assert document["openapi"].startswith("3.")
    return document


@pytest.mark.parametrize("name", ["v1-prerelease", "v1", "v2", "dicom-web"])
def test_openapi(root, name):
    """dicomweb.md 1.1: JSON and YAML; the paths of the face are in it."""
    document = described(root, f"/{name}/api.json")
    paths = " ".join(document["paths"])
    for resource in ("/studies", "/metadata", "/frames", "/changefeed"):
        assert resource in paths
    response = expect.status(root.get(f"/{name}/api.yaml"), 200)
    assert "openapi:" in response.text


def test_openapi_says_which_methods_there_are(root):
    document = described(root, "/v2/api.json")
    methods = {key.rsplit("/v2", 1)[-1]: set(value) for key, value in document["paths"].items()}
    studies = next(value for key, value in methods.items() if key.rstrip("/").endswith("/studies"))
    assert {"get", "post"} <= studies


def test_openapi_has_the_capabilities(root):
    """standard-face.md 1.1: OPTIONS of the root is mandatory, and that of every resource is described."""
    paths = described(root, "/dicom-web/api.json")["paths"]
    assert "200" in paths["/dicom-web"]["options"]["responses"]
    assert [path for path, methods in paths.items() if "options" not in methods] == []


def test_openapi_outside_of_the_faces(root):
    """What belongs to no face has a document of its own."""
    document = described(root, "/api.json")
    assert {"/health/live", "/health/check", "/metrics"} <= set(document["paths"])
    assert "openapi:" in expect.status(root.get("/api.yaml"), 200).text


@OWN
def test_openapi_has_the_bridge_where_there_is_one(spawn):
    settings = ["fhir.endpoint=http://127.0.0.1:9/fhir", "server.public_url=https://pacs.example"]
    server = spawn(*[argument for setting in settings for argument in ("--set", setting)]).start()
    paths = requests.get(server.base + "/api.json", timeout=5).json()["paths"]
    assert {"get", "delete"} <= set(paths["/cast/dead-letters/{id}"])
    assert {"get", "post"} <= set(paths["/cohorts"])
    assert server.stop() == 0


@pytest.mark.parametrize("accept", [None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"])
def test_start_page(root, accept):
    response = expect.status(root.get("/", accept), 200)
    assert expect.media_type(response) == "text/html"
    assert "<html" in response.text.lower() and "/dicom-web" in response.text


def test_unknown_path_is_not_an_error_of_ours(root):
    expect.status(root.get("/no-such-thing"), 404)


@OWN
def test_stops_when_asked(spawn):
    server = spawn().start()
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 20
    with pytest.raises(requests.ConnectionError):
        requests.get(server.base + "/health/live", timeout=5)


@OWN
def test_finishes_what_is_under_way(spawn):
    """SIGTERM during a store: the client gets its answer, and what was acknowledged is there afterwards."""
    server = spawn().start()
    instance, outcome = Instance(), []
    data = instance.data

    def slowly():
        yield data[:200]
        time.sleep(1.5)
        yield data[200:]

    def store():
        with new_session() as session:
            outcome.append(Face(session, server.base + "/v2", "v2").store_single(slowly()))

    writer = threading.Thread(target=store)
    writer.start()
    time.sleep(0.5)
    assert server.stop() == 0
    writer.join()
    expect.status(outcome[0], 200)
    again = spawn().start()
    with new_session() as session:
        expect.file(Face(session, again.base + "/v2", "v2").get(path_of(instance), ANY_INSTANCE), data)


@OWN
def test_keeps_its_data_over_a_restart(spawn):
    server, instance = spawn().start(), Instance(PatientID=makers.word())
    with new_session() as session:
        Face(session, server.base + "/v2", "v2").keep(instance)
    assert server.stop() == 0
    again = spawn().start()
    with new_session() as session:
        face = Face(session, again.base + "/v2", "v2")
        expect.file(face.get(path_of(instance), ANY_INSTANCE), instance.data)
        assert (
            len(
                expect.status(face.search("/studies", {"PatientID": instance.value("PatientID")}), 200).json()
            )
            == 1
        )
        assert face.get("/changefeed", JSON).json()[0]["sopInstanceUid"] == instance.sop


@OWN
def test_keeps_its_data_when_killed(spawn):
    """What was acknowledged survives kill -9."""
    server, files = spawn().start(), [Instance() for _ in range(20)]
    with new_session() as session:
        Face(session, server.base + "/v2", "v2").keep(*files)
    server.kill()
    again = spawn().start()
    with new_session() as session:
        face = Face(session, again.base + "/v2", "v2")
        for each in files:
            expect.file(face.get(path_of(each), ANY_INSTANCE), each.data)


@OWN
def test_second_process_on_the_same_folder_is_refused(spawn, tmp_path):
    folder = tmp_path / "data"
    first = spawn(data=folder).start()
    second = spawn(data=folder).launch()
    assert second.wait() != 0
    assert second.base is None
    assert re.search(r"in use|lock|another", second.text(), re.IGNORECASE), second.text()
    assert requests.get(first.base + "/health/ready", timeout=5).status_code == 200


@OWN
@pytest.mark.parametrize(
    "key, value",
    [
        ("search.max_results", "0"),
        ("search.max_results", "many"),
        ("search.site_utc_offset", "CET"),
        ("server.io_threads", "-1"),
        ("storage.sync", "sometimes"),
        ("log.level", "loud"),
        ("no.such_setting", "1"),
        ("server.prot", "80"),
    ],
)
def test_bad_setting_is_refused_by_name(spawn, key, value):
    server = spawn("--set", f"{key}={value}").launch()
    assert server.wait() != 0
    assert server.base is None and key in server.text()


@OWN
@pytest.mark.parametrize(
    "text, key",
    [
        ('[search]\nmax_results = "many"\n', "search.max_results"),
        ("[search]\nmaximum = 5\n", "search.maximum"),
        ("[serach]\nmax_results = 5\n", "serach"),
    ],
)
def test_bad_configuration_file_is_refused_by_name(spawn, tmp_path, text, key):
    path = tmp_path / "isocenter.toml"
    path.write_text(text)
    server = spawn("--config", str(path)).launch()
    assert server.wait() != 0
    assert server.base is None and key in server.text()


@OWN
def test_configuration_file_that_is_no_toml(spawn, tmp_path):
    path = tmp_path / "isocenter.toml"
    path.write_text("[search\n")
    server = spawn("--config", str(path)).launch()
    assert server.wait() != 0
    assert "isocenter.toml" in server.text()


@OWN
def test_setting_takes_effect(spawn):
    """The same key as above, with a good value, in the environment's place: a search page of one row."""
    server = spawn("--set", "search.max_results=1").start()
    with new_session() as session:
        face = Face(session, server.base + "/dicom-web", "dicom-web")
        face.keep(Instance(), Instance())
        response = expect.status(face.get("/studies", JSON), 200)
    assert len(response.json()) == 1
    assert "There are 1 additional results" in response.headers["Warning"]


@OWN
@pytest.mark.parametrize("offset, found", [("+0000", ["second"]), ("+0100", ["first"]), ("-0030", [])])
def test_zone_of_the_site(spawn, offset, found):
    """Dates and times of objects without a zone are in the site's."""
    server = spawn("--set", f"search.site_utc_offset={offset}").start()
    query = "StudyDate=20240101&StudyTime=1000-1045&TimezoneOffsetFromUTC=%2B0000"
    with new_session() as session:
        face = Face(session, server.base + "/dicom-web", "dicom-web")
        for name, time in (("first", "1115"), ("second", "1030")):
            face.keep(Instance(PatientID=name, StudyDate="20240101", StudyTime=time))
        rows = expect.status(face.get(f"/studies?{query}", JSON), 200).json()
    assert [row["00100020"]["Value"][0] for row in rows] == found


@OWN
def test_log_has_no_patient_data(spawn):
    """Every line of the log is JSON, and names of patients are in none."""
    server, secret = spawn().start(), makers.word(16)
    with new_session() as session:
        face = Face(session, server.base + "/v2", "v2")
        face.keep(Instance(PatientName=secret, PatientID=secret))
        expect.status(face.search("/studies", {"PatientName": secret}), 200)
        expect.status(face.search("/studies", f"PatientName={secret}&limit=x"), 400)
    assert server.stop() == 0
    assert secret not in server.text()
    lines = [line for line in server.text().splitlines() if line.startswith("{")]
    assert lines
    for line in lines:
        json.loads(line)


@OWN
def test_public_url_is_used_in_links(spawn):
    server = spawn("--set", "server.public_url=https://pacs.example").start()
    instance = Instance()
    with new_session() as session:
        response = expect.status(
            Face(session, server.base + "/dicom-web", "dicom-web").store([instance]), 200
        )
    assert expect.items(response, expect.REFERENCED)[0]["00081190"]["Value"] == [
        "https://pacs.example/dicom-web" + path_of(instance)
    ]
