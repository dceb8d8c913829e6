"""What a client kept of one data folder is not taken for what another one holds under the same address."""

import random
import shutil

import pytest
import requests
from dicom_bytes import make_instance
from running_server import RunningServer

STUDY, SERIES = "2.25.11", "2.25.12"
PLACES = ["", f"/series/{SERIES}", f"/series/{SERIES}/instances/2.25.13"]


def store(server, seed, uid="2.25.13"):
    """Files of the same size, whatever the seed."""
    data = make_instance(random.Random(seed), STUDY, SERIES, uid, 200)
    reply = requests.post(f"{server.root}/studies", data, headers={"Content-Type": "application/dicom"}, timeout=30)
    assert reply.status_code == 200, reply.text


def remove(server, uid):
    reply = requests.delete(f"{server.root}/studies/{STUDY}/series/{SERIES}/instances/{uid}", timeout=30)
    assert reply.status_code == 204, reply.text


def metadata(server, place, tag=None):
    headers = {"Accept": "application/dicom+json", **({"If-None-Match": tag} if tag else {})}
    return requests.get(f"{server.root}/studies/{STUDY}{place}/metadata", headers=headers, timeout=30)


def tags(server):
    return {place: metadata(server, place).headers["ETag"] for place in PLACES}


@pytest.fixture
def serve(binary, tmp_path):
    running = []

    def start(address="http://pacs.example"):
        """What the links in metadata begin with is part of their tags; the port is another each time."""
        running.append(RunningServer(binary, tmp_path / "data", {"ISOCENTER_SERVER_PUBLIC_URL": address}))
        return running[-1]

    yield start
    running[-1].kill()


def test_a_folder_that_was_filled_anew(serve, tmp_path):
    server = serve()
    store(server, "one")
    known = tags(server)
    assert all(metadata(server, place, tag).status_code == 304 for place, tag in known.items())
    server.stop()
    shutil.rmtree(tmp_path / "data")
    server = serve()
    store(server, "another")
    assert all(metadata(server, place, tag).status_code == 200 for place, tag in known.items())


def test_a_folder_that_was_restored(serve, tmp_path):
    server = serve()
    store(server, "one")
    server.stop()
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    server = serve()
    known = tags(server)
    store(server, "two", "2.25.14")
    later = tags(server)
    server.stop()
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(tmp_path / "backup", tmp_path / "data")
    server = serve()
    assert all(metadata(server, place, tag).status_code == 304 for place, tag in known.items())
    store(server, "three", "2.25.14")
    assert [metadata(server, place, tag).status_code for place, tag in later.items()] == [200, 200, 304]


def test_a_folder_from_which_something_else_was_removed(serve, tmp_path):
    server = serve()
    for uid in ("2.25.15", "2.25.14", "2.25.13"):
        store(server, uid, uid)
    server.stop()
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    server = serve()
    remove(server, "2.25.14")
    known = tags(server)
    server.stop()
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(tmp_path / "backup", tmp_path / "data")
    server = serve()
    remove(server, "2.25.15")
    assert [metadata(server, place, tag).status_code for place, tag in known.items()] == [200, 200, 304]


def test_a_folder_that_is_served_under_another_address(serve):
    server = serve()
    store(server, "one")
    known = tags(server)
    server.stop()
    server = serve("https://elsewhere.example")
    assert all(metadata(server, place, tag).status_code == 200 for place, tag in known.items())
