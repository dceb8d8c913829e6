"""`./run --samples` stores real files, some of which are broken on purpose: that is no failure and is not told like one."""

import pathlib
import socket
import subprocess

from folders import IMAGES

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/setup/store_samples.sh"


def store_samples(binary, folder, address):
    done = subprocess.run([SCRIPT, binary, folder], input=f"listening on {address}\n  and on\n", text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def test_every_start_tells_how_many_samples_are_stored(binary, files, server):
    before = sorted(files.rglob("*"))
    for _ in range(2):
        told = store_samples(binary, files, server.base)
        assert told.startswith(f"listening on {server.base}\n") and told.endswith("  and on\n"), told
        assert f"{IMAGES} sample files are stored" in told and "broken on purpose" in told
        assert "refused" not in told and "journal" not in told and "again" not in told
    assert len(server.rows()) == IMAGES and sorted(files.rglob("*")) == before


def test_a_server_that_cannot_be_reached_is_told(binary, files):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        told = store_samples(binary, files, f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert "could not all be stored" in told and f"{IMAGES + 1} not reached" in told, told
    assert "journal" not in told
