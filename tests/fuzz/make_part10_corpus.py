#!/usr/bin/env python3
"""Seeds for part10_fuzz: small sample files of the PyPI package pydicom, each behind two bytes that choose pieces.

    python make_part10_corpus.py FOLDER
"""

import pathlib
import sys

import pydicom

MAX_FILE_BYTES = 12_000


def main():
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    samples = pathlib.Path(pydicom.__file__).parent / "data"
    for path in sorted(samples.rglob("*")):
        if path.is_file() and path.stat().st_size <= MAX_FILE_BYTES:
            content = path.read_bytes()
            if content[128:132] == b"DICM":
                (target / path.name).write_bytes(b"\x01\x20" + content)


if __name__ == "__main__":
    main()
