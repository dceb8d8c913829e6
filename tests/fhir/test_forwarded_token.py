"""With cohort.forward_token the FHIR server is asked as the caller: nobody sees more than its own token opens."""

import json

import pytest
import requests
from cohort_data import QUESTION, SYSTEM, make_population, truth
from cohort_run import ask_saved, load
from guarded_server import GuardedServer
from processes import Archive

NAME = QUESTION["name"]
ADA, BOB, SERVICE = "ada-s3cret", "bob-s3cret", "service-s3cret"


class World:
    """A guarded FHIR server with a population, and a server before it that forwards tokens."""

    def __init__(self, binary, hapi, folder):
        (folder / "token").write_text(SERVICE, encoding="utf-8")
        self.folder, self.population, self.guard = folder, make_population(60, 30), GuardedServer(hapi.base, ADA, BOB, SERVICE)
        with open(folder / "log", "w", encoding="utf-8") as log:
            self.archive = Archive(binary, folder / "data", f"fhir.endpoint={self.guard.base}", "cohort.forward_token=true",
                                   "fhir.auth=token_file", f"fhir.auth_token_file={folder / 'token'}", "log.level=debug",
                                   f"cast.patient_system_id={SYSTEM}", "dicomweb.endpoint=http://pacs.test/v2", log=log)
        load(self.population, hapi.base, self.archive)
        self.wanted = sorted(truth(self.population))

    def call(self, method, path="", status=200, token=None, accept="application/json", **arguments):
        headers = {"Accept": accept, **({"Authorization": f"Bearer {token}"} if token else {})}
        reply = requests.request(method, f"{self.archive.base}/cohorts{path}", timeout=60, headers=headers, **arguments)
        assert reply.status_code == status, reply.text
        return reply


@pytest.fixture(scope="module")
def world(hapi, binary, tmp_path_factory):
    hapi.empty()
    made = World(binary, hapi, tmp_path_factory.mktemp("forwarded"))
    yield made
    made.archive.stop()
    made.guard.stop()


def ids_of(answer):
    return [entry["patient"]["id"] for entry in answer["patients"]]


def test_the_fhir_server_is_asked_as_the_caller(world):
    world.guard.paths.clear()
    assert len(world.wanted) > 3
    assert ids_of(world.call("POST", json=QUESTION, token=ADA).json()) == world.wanted
    clinical = {token for token, paths in world.guard.paths.items() if any("/Condition" in path for path in paths)}
    assert clinical == {ADA}
    assert ids_of(world.call("GET", f"/{NAME}", token=BOB).json()) == world.wanted
    assert BOB in world.guard.paths


@pytest.mark.parametrize("method, path", [("POST", ""), ("GET", f"/{NAME}"), ("GET", f"/{NAME}?frozen=true"),
                                          ("GET", f"/{NAME}/studies"), ("POST", f"/{NAME}/freeze"), ("DELETE", f"/{NAME}")])
def test_who_has_no_token_is_not_the_service(world, method, path):
    world.call("POST", json=QUESTION, token=ADA)
    reply = world.call(method, path, 401, json=QUESTION if path == "" else None)
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert "no cohort" not in reply.text


def test_a_token_that_the_fhir_server_refuses(world):
    world.call("POST", json=QUESTION, token=ADA)
    assert "401" in world.call("GET", f"/{NAME}", 424, token="eve-s3cret").json()["detail"]


def test_pages_belong_to_the_token_that_found_them(world):
    world.call("POST", json=QUESTION, token=ADA)
    first = world.call("GET", f"/{NAME}?limit=2", token=ADA).json()
    world.call("GET", f"/{NAME}?limit=2&cursor={first['next']}", 410, token=BOB)
    second = world.call("GET", f"/{NAME}?limit=2&cursor={first['next']}", token=ADA).json()
    assert ids_of(first) + ids_of(second) == world.wanted[:4]


def test_of_a_frozen_cohort_a_caller_gets_whom_it_may_read(world, hapi):
    world.call("POST", json=QUESTION, token=ADA)
    world.guard.paths.clear()
    assert world.call("POST", f"/{NAME}/freeze", 201, token=ADA).json()["group"] in {
        f"Group/{each}" for each in hapi.all("Group")}
    assert not any("/Group" in path for path in world.guard.paths.get(SERVICE, []))
    with_studies = [key for key in world.wanted if truth(world.population)[key]["studies"]]
    world.call("DELETE", f"/{NAME}", 424, token="eve-s3cret")
    world.guard.hidden[BOB] = {with_studies[0]}
    try:
        assert ids_of(world.call("GET", f"/{NAME}?frozen=true", token=ADA).json()) == world.wanted
        seen = world.call("GET", f"/{NAME}?frozen=true", token=BOB).json()
        assert ids_of(seen) == [key for key in world.wanted if key != with_studies[0]]
        studies = world.call("GET", f"/{NAME}/studies?frozen=true", token=BOB, accept="text/plain").text.split()
        assert studies and not set(studies) & truth(world.population)[with_studies[0]]["studies"]
    finally:
        world.guard.hidden.clear()
        world.call("DELETE", f"/{NAME}", 204, token=ADA)


def test_the_command_line_brings_a_token(world, binary, tmp_path):
    world.call("POST", json=QUESTION, token=ADA)
    (tmp_path / "token").write_text(ADA + "\n", encoding="utf-8")
    done = ask_saved(binary, NAME, "--server", world.archive.base, "--token-file", str(tmp_path / "token"))
    assert done.returncode == 0, done.stderr
    assert ids_of(json.loads(done.stdout)) == world.wanted
    done = ask_saved(binary, NAME, "--server", world.archive.base)
    assert done.returncode == 1 and "Authorization" in done.stderr


def test_no_token_is_logged_or_kept(world):
    for token in (ADA, "eve-s3cret"):
        world.call("POST", json=QUESTION, token=token, status=200 if token == ADA else 424)
    files = [world.folder / "log", *(path for path in (world.folder / "data").rglob("*") if path.is_file())]
    assert any(path.name == "cohorts.sqlite" for path in files) and (world.folder / "log").stat().st_size > 0
    for path in files:
        assert b"s3cret" not in path.read_bytes(), path
