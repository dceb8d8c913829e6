"""Walks accept_headers.json: what real clients send on the standard face, and what they must get."""

import json
from pathlib import Path

import pytest

from support import expect, makers, multipart, pixels
from support.cases import CT, keep_on_standard
from support.client import path_of, study_path

RECORDS = json.loads((Path(__file__).parent / "accept_headers.json").read_text())["headers"]
STORED = {
    "ele": lambda: pixels.native(SOPClassUID=CT),
    "j2k": lambda: pixels.colour_j2k(SOPClassUID=CT),
    "jpeg": lambda: pixels.jpeg_baseline(SOPClassUID=CT),
    "jpeg51": lambda: pixels.encapsulated("1.2.840.10008.1.2.4.51", SOPClassUID=CT),
    "jls": lambda: pixels.encapsulated(makers.JPEG_LS, SOPClassUID=CT),
    "rle": lambda: pixels.encapsulated(makers.RLE, SOPClassUID=CT),
    "htj2k": lambda: pixels.encapsulated("1.2.840.10008.1.2.4.202", SOPClassUID=CT),
}


def named(record):
    return f"{record['client']}-{record['resource'] or 'instance'}-{record['stored']}"


def path_to(record, instance):
    if record["resource"] == "study":
        return study_path(instance)
    if record["resource"] == "search":
        return f"/studies?StudyInstanceUID={instance.study}"
    return path_of(instance, record["resource"])


def body_of(response, accept):
    """The only part or the single-part body; its syntax is named in either case."""
    single = expect.media_type(response) != "multipart/related"
    anything = "*/*" in accept or accept == "*"
    assert single or "multipart/related" in accept.lower() or anything, "multipart was not asked for"
    if single:
        return response.content, multipart.parameter(response.headers["Content-Type"], "transfer-syntax")
    (part,) = multipart.decode(response)
    return part.body, part.transfer_syntax


def test_every_record_names_its_source():
    """Unknown versions only where the header could not be traced, and the entry says so."""
    assert all(record["source"] and record["version"] for record in RECORDS)
    assert [r for r in RECORDS if r["version"] == "unknown" and not r["source"].startswith("not traced")] == []


@pytest.mark.parametrize("record", RECORDS, ids=named)
def test_recorded_header(standard, record):
    instance = keep_on_standard(standard, STORED[record["stored"]]())
    query = f"?{record['query']}" if "query" in record else ""
    response = standard.get(path_to(record, instance) + query, record["header"])
    if record["expected"] == "refused":
        expect.problem(response, 406)
        return
    expect.status(response, 200)
    if record["expected"] == "json":
        assert response.headers["Content-Type"] == "application/dicom+json"
        assert len(response.json()) == 1
        return
    body, syntax = body_of(response, record["header"])
    whole_object = record["resource"] in ("", "study")
    assert body == (instance.data if whole_object else instance.frames[0])
    assert (
        syntax in (instance.syntax, None)
        if record["resource"].startswith("/bulkdata")
        else syntax == instance.syntax
    )
