"""Conditional and partial requests, HEAD, and content coding on /dicom-web: standard-face.md 3.5 and 2.7."""

import gzip

import pytest

from support import expect, multipart
from support.cases import CT, DICOM_PARTS, OCTET_PARTS, image, keep_on_standard, plain
from support.client import JSON, path_of, series_path, study_path
from support.makers import sibling

REPRESENTATIONS = pytest.mark.parametrize(
    "resource, accept",
    [
        ("", DICOM_PARTS),
        ("", "application/dicom"),
        ("/metadata", JSON),
        ("/frames/1", OCTET_PARTS),
        ("/frames/1", "application/octet-stream"),
        ("/bulkdata/7FE00010", "application/octet-stream"),
    ],
    ids=["multipart", "instance", "metadata", "frames", "frame", "bulkdata"],
)
SINGLE = pytest.mark.parametrize(
    "resource, accept",
    [("", "application/dicom"), ("/frames/1", "application/octet-stream"), ("/bulkdata/7FE00010", None)],
    ids=["instance", "frame", "bulkdata"],
)


@REPRESENTATIONS
def test_etag_and_304(standard, resource, accept):
    instance = keep_on_standard(standard, image())
    path = path_of(instance, resource)
    full = expect.status(standard.get(path, accept), 200)
    tag = full.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"'), "a strong, quoted entity tag"
    for condition in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        response = expect.status(standard.get(path, accept, headers={"If-None-Match": condition}), 304)
        assert response.content == b"" and response.headers["ETag"] == tag
        assert response.headers.get("Cache-Control") == full.headers.get("Cache-Control")
    expect.status(standard.get(path, accept, headers={"If-None-Match": '"other"'}), 200)


@REPRESENTATIONS
def test_equal_answers_are_equal_bytes(standard, resource, accept):
    """2.7: the boundary is derived from the ETag."""
    instance = keep_on_standard(standard, image())
    answers = [standard.get(path_of(instance, resource), accept) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


@REPRESENTATIONS
def test_head(standard, resource, accept):
    """1: HEAD wherever GET is; the same headers, no body."""
    instance = keep_on_standard(standard, image())
    path = path_of(instance, resource)
    full, head = standard.get(path, accept), standard.request("HEAD", path, accept)
    expect.status(head, 200)
    assert head.content == b""
    for name in ("Content-Type", "ETag"):
        assert head.headers[name] == full.headers[name]


@pytest.mark.parametrize("path", ["/studies", "/series", "/instances"])
def test_head_of_a_search(standard, path):
    assert expect.status(standard.request("HEAD", path + "?limit=1", JSON), 200).content == b""


def test_head_of_an_error(standard):
    response = expect.status(standard.request("HEAD", path_of(plain()), DICOM_PARTS), 404)
    assert response.content == b""


def test_representations_have_their_own_tags(standard):
    instance = keep_on_standard(standard, image())
    tags = [
        standard.get(path_of(instance), accept).headers["ETag"]
        for accept in (DICOM_PARTS, "application/dicom")
    ]
    tags.append(standard.get(path_of(instance, "/metadata"), JSON).headers["ETag"])
    assert len(set(tags)) == 3


@pytest.mark.parametrize("resource", ["/frames/1", "/bulkdata/7FE00010"])
def test_single_part_and_multipart_have_their_own_tags(standard, resource):
    """3.5: another form is another representation, and a tag is strong."""
    instance = keep_on_standard(standard, image())
    answers = [
        standard.get(path_of(instance, resource), accept)
        for accept in ("application/octet-stream", 'multipart/related; type="application/octet-stream"')
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


@pytest.mark.parametrize("path", [series_path, study_path], ids=["series", "study"])
def test_metadata_tag_follows_store_and_delete(standard, path):
    first = plain()
    second = sibling(first, SOPClassUID=CT)

    def tag():
        return expect.status(standard.get(path(first, "/metadata"), JSON), 200).headers["ETag"]

    keep_on_standard(standard, first)
    seen = [tag()]
    keep_on_standard(standard, second)
    seen.append(tag())
    expect.status(standard.delete(path_of(second)), 204)
    seen.append(tag())
    assert seen[0] != seen[1] and seen[1] != seen[2]


def partial(standard, path, accept, value, **headers):
    return standard.get(path, accept, headers={"Range": value, **headers})


@SINGLE
@pytest.mark.parametrize(
    "value, first, last",
    [("bytes=0-9", 0, 9), ("bytes=10-", 10, None), ("bytes=-5", -5, None), ("bytes=3-99999999", 3, None)],
)
def test_one_range(standard, resource, accept, value, first, last):
    instance = keep_on_standard(standard, image())
    path = path_of(instance, resource)
    full = expect.status(standard.get(path, accept), 200)
    assert full.headers["Accept-Ranges"] == "bytes"
    size = len(full.content)
    start = size + first if first < 0 else first
    end = size - 1 if last is None else last
    response = expect.status(partial(standard, path, accept, value), 206)
    assert response.content == full.content[start : end + 1]
    assert response.headers["Content-Range"] == f"bytes {start}-{end}/{size}"
    assert response.headers["Content-Type"] == full.headers["Content-Type"]


@SINGLE
def test_range_that_cannot_be_satisfied(standard, resource, accept):
    instance = keep_on_standard(standard, image())
    path = path_of(instance, resource)
    size = len(standard.get(path, accept).content)
    response = expect.problem(partial(standard, path, accept, f"bytes={size}-"), 416)
    assert response["status"] == 416
    assert partial(standard, path, accept, f"bytes={size}-").headers["Content-Range"] == f"bytes */{size}"


@SINGLE
@pytest.mark.parametrize("value", ["bytes=0-1,4-5", "lines=0-1", "bytes=5-1", "bytes=x"])
def test_range_that_is_ignored(standard, resource, accept, value):
    """Several ranges: 200 whole; RFC 9110 14.2: an unknown unit or an ill-formed value is ignored as well."""
    instance = keep_on_standard(standard, image())
    path = path_of(instance, resource)
    response = expect.status(partial(standard, path, accept, value), 200)
    assert response.content == standard.get(path, accept).content


@SINGLE
def test_if_range(standard, resource, accept):
    instance = keep_on_standard(standard, image())
    path = path_of(instance, resource)
    tag = standard.get(path, accept).headers["ETag"]
    expect.status(partial(standard, path, accept, "bytes=0-1", **{"If-Range": tag}), 206)
    expect.status(partial(standard, path, accept, "bytes=0-1", **{"If-Range": '"other"'}), 200)


@pytest.mark.parametrize(
    "resource, accept", [("", DICOM_PARTS), ("/frames/1", OCTET_PARTS)], ids=["instance", "frames"]
)
def test_range_on_multipart_is_ignored(standard, resource, accept):
    instance = keep_on_standard(standard, image())
    expect.parts(partial(standard, path_of(instance, resource), accept, "bytes=0-9"), 1)


def test_range_of_one_bulk_value_in_multipart_form(standard):
    """3.5: 206, one part that holds the slice and its Content-Range."""
    instance = keep_on_standard(standard, image())
    response = expect.status(
        partial(standard, path_of(instance, "/bulkdata/7FE00010"), OCTET_PARTS, "bytes=4-7"), 206
    )
    (part,) = multipart.decode(response)
    assert part.body == instance.frames[0][4:8]
    assert part.headers["content-range"] == f"bytes 4-7/{len(instance.frames[0])}"


@pytest.mark.parametrize("resource", ["/metadata", "/studies?limit=1"])
def test_gzip_of_json_when_asked(standard, resource):
    instance = keep_on_standard(standard, image(PatientComments="long text " * 300))
    path = (
        path_of(instance, resource)
        if resource == "/metadata"
        else f"/studies?StudyInstanceUID={instance.study}&includefield=all"
    )
    plain_answer = standard.get(path, JSON)
    assert "Content-Encoding" not in plain_answer.headers
    response = standard.get(path, JSON, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.raw.read(decode_content=False)) == plain_answer.content


def test_pixels_are_never_coded(standard):
    instance = keep_on_standard(standard, image())
    for resource, accept in (("", DICOM_PARTS), ("/frames/1", OCTET_PARTS)):
        response = standard.get(
            path_of(instance, resource), accept, headers={"Accept-Encoding": "gzip, zstd"}
        )
        assert "Content-Encoding" not in response.headers


def test_cache_control(standard):
    instance = keep_on_standard(standard, image())
    for path, accept in (
        (path_of(instance, "/metadata"), JSON),
        (f"/studies?StudyInstanceUID={instance.study}", JSON),
    ):
        directives = {each.strip() for each in standard.get(path, accept).headers["Cache-Control"].split(",")}
        assert {"private", "no-cache"} <= directives
    assert "max-age=" in standard.get(path_of(instance, "/frames/1"), OCTET_PARTS).headers["Cache-Control"]
