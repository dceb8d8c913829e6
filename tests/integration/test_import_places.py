"""What `isocenter import` writes over and what it reads of a medium, and how it trusts a server."""

import random
import struct
import subprocess

import pytest
from dicom_bytes import make_instance, new_uid
from folders import IMAGES, import_files, run
from running_server import RunningServer
from test_import_verify import numbers, reported


@pytest.mark.parametrize("name", ["0.dcm", "deep/er/1.dcm", "notes.txt"])
@pytest.mark.parametrize("target", [["--data", "data"], ["--server", "http://127.0.0.1:9"]], ids=["folder", "server"])
def test_no_file_but_a_report_is_overwritten_by_one(binary, tmp_path, files, name, target):
    victim = files / name
    before = victim.read_bytes()
    done = run(binary, "import", files, *target, "--quiet", "--journal", "journal", "--report", victim, cwd=tmp_path)
    assert done.returncode == 2 and str(victim) in done.stderr and "report" in done.stderr, done
    assert victim.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["files"], "refused before anything is done"


def test_an_earlier_report_is_overwritten(binary, tmp_path, files):
    for _ in range(2):
        assert import_files(binary, tmp_path, files, "--data", tmp_path / "data").returncode == 1
        assert set(reported(tmp_path)) == {"cut.dcm", "notes.txt"}


def test_the_way_back_from_a_link_is_that_of_the_system(binary, tmp_path, files):
    (tmp_path / "link").symlink_to(files / "deep/er")
    done = import_files(binary, tmp_path, tmp_path / "link/..", "--data", tmp_path / "data")
    assert done.returncode == 0 and numbers(done)[:4] == [IMAGES // 2, 0, 0, 0], done.stdout


def directory_of_a_medium():
    def element(number, vr, value):
        return struct.pack("<HH2sH", 2, number, vr, len(value)) + value

    meta = (struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2) + b"\0\1" + element(2, b"UI", b"1.2.840.10008.1.3.10")
            + element(3, b"UI", b"2.25.17\0") + element(0x10, b"UI", b"1.2.840.10008.1.2.1\0"))
    return b"\0" * 128 + b"DICM" + element(0, b"UL", struct.pack("<I", len(meta))) + meta


def test_the_directory_of_a_medium_is_no_failure(binary, tmp_path, files, server):
    (files / "cut.dcm").unlink()
    (files / "DICOMDIR").write_bytes(directory_of_a_medium())
    for target in (["--data", tmp_path / "own"], ["--server", server.base]):
        done = import_files(binary, tmp_path, files, *target)
        assert done.returncode == 0 and numbers(done) == [IMAGES, 0, 0, 1, 0, 0, 0, 1], done.stdout
        entry = reported(tmp_path)["DICOMDIR"]
        assert entry["result"] == "left out" and "directory of a medium" in entry["reason"]
        assert not (tmp_path / "journal").exists()


def test_attributes_that_are_missing_are_named(binary, tmp_path, server):
    generator = random.Random(3)
    study, series, instance = (new_uid(generator) for _ in range(3))
    image = make_instance(generator, study, series, instance, 200)
    wrong = image.replace(struct.pack("<HH2s", 0x20, 0xE, b"UI"), struct.pack("<HH2s", 0x20, 0xF, b"UI"))
    assert wrong != image
    (tmp_path / "wrong.dcm").write_bytes(wrong)
    for target in (["--data", tmp_path / "own"], ["--server", server.base]):
        (tmp_path / "journal").unlink(missing_ok=True)  # of another place: the file stays refused there
        assert import_files(binary, tmp_path, tmp_path / "wrong.dcm", *target).returncode == 1
        assert "UID is missing or invalid: 0020000E" in reported(tmp_path)["wrong.dcm"]["reason"]


def test_pixel_data_that_are_short_are_reported_by_file(binary, tmp_path, server):
    generator = random.Random(4)
    study = new_uid(generator)
    image = make_instance(generator, study, new_uid(generator), new_uid(generator), 20_000)
    frames = struct.pack("<HH2sH", 0x28, 8, b"IS", 2) + b"3 "
    before_rows = image.index(struct.pack("<HH2s", 0x28, 0x10, b"US"))
    (tmp_path / "short.dcm").write_bytes(image[:before_rows] + frames + image[before_rows:])
    done = import_files(binary, tmp_path, tmp_path / "short.dcm", "--data", tmp_path / "own")
    assert done.returncode == 0 and done.stderr == "" and numbers(done)[0] == 1, done.stderr
    assert "1 of those stored" in done.stdout and str(tmp_path / "report") in done.stdout
    assert reported(tmp_path)["short.dcm"] == {
        "file": str(tmp_path / "short.dcm"), "result": "stored", "reason": "its pixel data hold 1 of 3 frames"
    }


def own_authority(folder):
    """A certificate for localhost of an authority that no system knows."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=an authority", "-days", "2",
            "-out", "ca.pem", "-keyout", "ca.key")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-out", "request", "-keyout", "key.pem")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "certificate.pem")


def test_a_server_of_an_authority_of_ones_own(binary, tmp_path, files):
    own_authority(tmp_path)
    server = RunningServer(binary, tmp_path / "data", {"ISOCENTER_TLS_CERTIFICATE_FILE": str(tmp_path / "certificate.pem"),
                                                       "ISOCENTER_TLS_KEY_FILE": str(tmp_path / "key.pem")})
    try:
        assert server.base.startswith("https://")
        target = ("--server", f"https://localhost:{server.port}")
        unknown = import_files(binary, tmp_path, files, *target)
        assert unknown.returncode == 1 and numbers(unknown)[4] == IMAGES + 1, unknown.stdout
        known = import_files(binary, tmp_path, files, *target, "--ca-file", tmp_path / "ca.pem")
        assert numbers(known)[:5] == [IMAGES, 0, 1, 0, 0], known.stdout + known.stderr
        absent = import_files(binary, tmp_path, files, *target, "--ca-file", tmp_path / "none.pem")
        assert absent.returncode == 2 and "none.pem" in absent.stderr
        wrong = import_files(binary, tmp_path, files, *target, "--ca-file", files / "notes.txt")
        assert wrong.returncode == 2 and "notes.txt" in wrong.stderr, wrong.stdout
    finally:
        server.stop()
