"""What a start refuses names what is wrong, and what it writes is not for everybody."""

import random
import socket
import subprocess

import pytest
import requests
from dicom_bytes import make_instance, new_uid
from running_server import RunningServer


def start(binary, folder, *arguments):
    command = [binary, "serve", "--data", str(folder / "data"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_a_port_in_use_is_named(binary, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start(binary, tmp_path, "--port", str(port))
    assert done.returncode != 0
    assert f"127.0.0.1, port {port}" in done.stderr and "in use" in done.stderr, done.stderr


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_a_file_of_tls_that_cannot_be_read_is_named(binary, tmp_path, missing):
    certificate, key = tmp_path / "a certificate.pem", tmp_path / "a key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                    "-out", certificate, "-keyout", key], check=True, capture_output=True)
    wrong = {"certificate": certificate, "key": key}[missing]
    wrong.write_text("nonsense")
    done = start(binary, tmp_path, "--port", "0", "--set", f"tls.certificate_file={certificate}",
                 "--set", f"tls.key_file={key}")
    assert done.returncode != 0
    assert str(wrong) in done.stderr, done.stderr


def test_nothing_that_is_written_is_for_other_users(binary, tmp_path):
    folder, generator = tmp_path / "data", random.Random(1)
    server = RunningServer(binary, folder)
    try:
        image = make_instance(generator, *(new_uid(generator) for _ in range(3)), 4096)
        reply = requests.post(server.root + "/studies", image, timeout=30, headers={"Content-Type": "application/dicom"})
        assert reply.status_code == 200
        written = [folder, *folder.rglob("*")]
    finally:
        server.stop()
    assert {"index.sqlite", "index.sqlite-wal", "objects", "incoming"} <= {path.name for path in written}
    assert [str(path) for path in written if path.exists() and path.stat().st_mode & 0o007] == []


@pytest.mark.parametrize("settings", [{}, {"ISOCENTER_CORS_ORIGINS": "https://viewer.example"}], ids=["default", "cors"])
def test_answers_vary_by_origin_whatever_is_set(binary, tmp_path, settings):
    server = RunningServer(binary, tmp_path / "data", settings)
    try:
        for path in ("/studies", "/studies/1.2.3/metadata"):
            vary = requests.get(server.root + path, timeout=30).headers["Vary"]
            assert [each.strip() for each in vary.split(",")] == ["Accept", "Accept-Encoding", "Origin"]
    finally:
        server.stop()


@pytest.mark.parametrize("setting, allowed", [("cors.origins=foo", "https://viewer.example"),
                                              ("server.trusted_proxies=nonsense", "IP address")])
def test_members_of_lists_that_mean_nothing_are_refused(binary, tmp_path, setting, allowed):
    done = start(binary, tmp_path, "--port", "0", "--set", setting)
    assert done.returncode != 0
    assert setting.partition("=")[0] in done.stderr and allowed in done.stderr, done.stderr
