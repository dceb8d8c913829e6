"""The retired SNOMED codes that the bridge to FHIR knows (src/fhir/mapping/legacy_snomed.h) against pydicom's tables of
PS3.16: what is there is right, and the context groups that its comment names are complete."""

import pathlib
import re

import pytest

HEADER = pathlib.Path(__file__).resolve().parents[2] / "src/fhir/mapping/legacy_snomed.h"

# Codes of which pydicom says otherwise, and why ours is kept.
EXPLAINED = {
    "F-61FDB": "not of annex O: written for the radiopharmaceutical agent by devices (fhir-sync.md 11.5)",
    "T-D4000": "annex L gives Abdomen its newer code, which FHIR servers know as the body site",
}


@pytest.fixture(scope="module")
def header():
    return HEADER.read_text()


@pytest.fixture(scope="module")
def ours(header):
    return dict(re.findall(r'\{"([A-Z0-9]+-[A-Z0-9]+)", "(\d+)"\}', header))


@pytest.fixture(scope="module")
def tables():
    snomed = pytest.importorskip("pydicom.sr._snomed_dict", reason="not run: pydicom without tables of SNOMED codes")
    groups = pytest.importorskip("pydicom.sr._cid_dict")
    concepts = pytest.importorskip("pydicom.sr._concepts_dict")
    return snomed.mapping["SRT"], groups.cid_concepts, concepts.concepts["SCT"]


def test_codes_are_those_of_the_standard(ours, tables):
    current, _, _ = tables
    differing = {retired for retired, code in ours.items() if current.get(retired) != code}
    assert differing == set(EXPLAINED), "a reason that nothing needs any more is out of date too"


def groups_of(header):
    text = " ".join(line.removeprefix("///").strip() for line in header.splitlines() if line.startswith("///"))
    listed = re.search(r"CID ([0-9, toand]+)\.", text).group(1)
    numbers = []
    for part in re.split(r", | and ", listed):
        first, _, last = part.partition(" to ")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def test_context_groups_of_dose_reports_are_complete(header, ours, tables):
    current, groups, concepts = tables
    retired_of = {code: retired for retired, code in current.items()}
    numbers = groups_of(header)
    assert len(numbers) > 20
    for number in numbers:
        names = groups[number].get("SCT", [])
        codes = {code for name in names for code, (_, members) in concepts[name].items() if number in members}
        assert codes, number
        missing = {retired_of[code] for code in codes if code in retired_of} - set(ours)
        assert not missing, f"CID {number}"
