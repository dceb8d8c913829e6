#!/usr/bin/env python3
"""Writes src/dicom/dictionary_table.inc from the data dictionary of the PyPI package pydicom.

    python3 -m venv VENV && VENV/bin/pip install pydicom==3.0.2
    VENV/bin/python tools/make_dictionary.py

See docs/decisions/0002-data-dictionary.md.
"""

import pathlib

import pydicom
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary


def first_vr(text):
    """What implicit VR data are taken for: OW rather than OB (PS3.5 A.1), else the first that is named."""
    if text == "OB or OW":
        return "OW"
    return text.split(" or ")[0]


def row(prefix, entry):
    vr, vm, _name, _retired, keyword = entry
    return f'{{{prefix}, Vr::{first_vr(vr)}, "{vr}", "{vm}", "{keyword}"}},'


def mask_and_value(pattern):
    mask = "".join("0" if digit == "x" else "F" for digit in pattern)
    return f'0x{mask}U, 0x{pattern.replace("x", "0").upper()}U'


def main():
    lines = [
        f"// Made by tools/make_dictionary.py from pydicom {pydicom.__version__}. Do not edit.",
        "// clang-format off",
        "#ifdef ISOCENTER_DICTIONARY_ENTRIES",
    ]
    for tag, entry in sorted(DicomDictionary.items()):
        # Items and delimiters (VR "NONE") are no attributes; group lengths say nothing about a data set.
        if entry[0] != "NONE" and tag & 0xFFFF:
            lines.append(row(f"0x{tag:08X}U", entry))
    lines += ["#endif", "#ifdef ISOCENTER_DICTIONARY_REPEATERS"]
    for pattern, entry in sorted(RepeatersDictionary.items()):
        lines.append(row(mask_and_value(pattern), entry))
    lines.append("#endif")
    target = pathlib.Path(__file__).resolve().parent.parent / "src/dicom/dictionary_table.inc"
    target.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
