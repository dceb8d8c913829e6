"""Searches on /dicom-web of data that a test made for itself."""

from support import dicomjson, expect
from support.cases import keep_on_standard, plain
from support.client import JSON
from support.makers import word


def rows(standard, path, query, **options):
    """`query` is raw (already encoded). The answer is 200 with an array, empty or not."""
    response = expect.status(standard.get(f"{path}?{query}", JSON, **options), 200)
    assert response.headers["Content-Type"] == JSON
    assert isinstance(response.json(), list)
    return response.json()


def hits(standard, query, targets, anchor, level="studies"):
    """Indexes of the targets that a query finds; `anchor` narrows the search to this test's data."""
    tag, attribute = {
        "studies": ("0020000D", "study"),
        "series": ("0020000E", "series"),
        "instances": ("00080018", "sop"),
    }[level]
    found = {dicomjson.first(row, tag) for row in rows(standard, f"/{level}", f"{anchor}&{query}")}
    return [n for n, each in enumerate(targets) if getattr(each, attribute) in found]


def keep(standard, *variants, charset="ISO_IR 192"):
    """One instance per dict of attributes, all with the same random PatientID; returns (instances, anchor
    query)."""
    patient = word()
    made = [
        plain(**{"PatientID": patient, "SpecificCharacterSet": charset, **variant}) for variant in variants
    ]
    keep_on_standard(standard, *made)
    return made, f"PatientID={patient}"


def check(standard, keyword, stored, cases, level="studies"):
    """cases: query value -> indexes of the stored values that match."""
    made, anchor = keep(standard, *[{} if value is None else {keyword: value} for value in stored])
    found = {value: hits(standard, f"{keyword}={value}", made, anchor, level) for value in cases}
    assert found == cases
