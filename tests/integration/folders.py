"""Runs the program on data folders, and looks and reaches into them."""

import sqlite3
import subprocess

IMAGES = 6


def run(*command, **options):
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=120, **options)


def import_files(binary, work, *arguments, **options):
    places = ("--journal", work / "journal", "--report", work / "report")
    return run(binary, "import", *arguments, "--quiet", *places, **options)


def verify(binary, data, *options):
    return run(binary, "verify", "--quiet", "--data", data, *options)


def alter(data, script):
    with sqlite3.connect(data / "index.sqlite") as database:
        database.executescript(script)
    database.close()


def an_object(data):
    """The second record's object and UID."""
    with sqlite3.connect(data / "index.sqlite") as database:
        blob, uid = database.execute("SELECT blob, uid FROM instance WHERE id = 2").fetchone()
    database.close()
    return next(path for path in data.rglob(blob.rsplit("/", 1)[-1] + "*") if path.is_file()), uid


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
