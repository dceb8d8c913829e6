"""Memory that requests share (server.request_memory_bytes): who needs more than is free is told to come back."""

import json
import threading
import time

import pytest

from support import expect
from support.client import JSON, Face, new_session
from support.makers import Instance

OWN = pytest.mark.own_process


def metadata_of(instance, text_bytes):
    """A JSON data set with a text of that size, which the server holds while it reads the request."""
    attributes = {
        "00080016": {"vr": "UI", "Value": [instance.sop_class]},
        "00080018": {"vr": "UI", "Value": [instance.sop]},
        "0020000D": {"vr": "UI", "Value": [instance.study]},
        "0020000E": {"vr": "UI", "Value": [instance.series]},
        "0040A160": {"vr": "UT", "Value": ["x" * text_bytes]},
    }
    return json.dumps([attributes]).encode()


@OWN
def test_a_store_that_finds_no_memory_is_told_to_come_back(spawn):
    server = spawn("--set", "server.request_memory_bytes=4194304").start()
    sent, go_on, statuses = threading.Event(), threading.Event(), []
    first, second = Instance(), Instance()

    def slowly():
        body = metadata_of(first, 3_500_000)
        yield body[:-100]
        sent.set()
        go_on.wait(60)
        yield body[-100:]

    def hold():
        with new_session() as session:
            face = Face(session, server.base + "/dicom-web", "dicom-web")
            statuses.append(post(face, slowly()).status_code)

    def post(face, body):
        return face.request("POST", "/studies", JSON, {"Content-Type": JSON}, data=body)

    holder = threading.Thread(target=hold)
    with new_session() as session:
        face = Face(session, server.base + "/dicom-web", "dicom-web")
        holder.start()
        try:
            assert sent.wait(60)
            small = metadata_of(second, 300_000)
            # What was sent may not have arrived yet, and whoever asks before has the memory that it needs.
            time.sleep(1)
            for _ in range(50):
                refused = post(face, small)
                if refused.status_code != 200:
                    break
            expect.problem(refused, 503)
            assert int(refused.headers["Retry-After"]) > 0
            expect.status(face.get("/studies?limit=1", JSON), 200)
        finally:
            go_on.set()
            holder.join(60)
        assert statuses == [413], "what it takes to read that text never fits"
        expect.status(post(face, small), 200)
        found = expect.status(face.get(f"/studies?StudyInstanceUID={second.study}", JSON), 200)
    assert len(found.json()) == 1
