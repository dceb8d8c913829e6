"""What holds for every route of /v1 and /v2: dicomweb.md sections 1 and 2."""

import pytest

from support import expect
from support.client import ANY_FRAMES, ANY_INSTANCE, ANY_STUDY, JSON, path_of
from support.makers import Instance, new_uid
from support.pixels import native

UNKNOWN = "/studies/2.25.1"


def test_no_version_segment(root):
    response = expect.status(root.get("/studies", JSON), 404)
    assert response.content == b""


def test_version_that_does_not_parse(root):
    expect.status(root.get("/vabc/studies", JSON), 404)


def test_version_that_is_not_offered(root):
    response = expect.status(root.get("/v3/studies", JSON), 400)
    assert response.json()["error"]["code"] == "UnsupportedApiVersion"


@pytest.mark.parametrize("version", ["v1.0-prerelease", "v1", "v1.0", "v2", "v2.0"])
def test_spellings_of_the_version(root, version):
    expect.status(root.get(f"/{version}{UNKNOWN}/metadata", JSON), 404)
    expect.status(root.search(f"/{version}/studies", {"PatientID": new_uid()}), 204)


@pytest.mark.parametrize(
    "path, status", [(UNKNOWN + "/metadata", 404), ("/studies?limit=0", 400), ("/changefeed", 200)]
)
def test_supported_versions_are_named(face, path, status):
    response = expect.status(face.get(path, JSON), status)
    assert response.headers["api-supported-versions"] == "1.0-prerelease, 1, 2"
    assert "api-deprecated-versions" not in response.headers


def test_security_headers(face):
    headers = face.get(UNKNOWN + "/metadata", JSON).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Content-Security-Policy"] == "frame-src 'self';"


@pytest.mark.parametrize(
    "audit, good",
    [
        ({f"X-MS-AZUREDICOM-AUDIT-{n}": "who" for n in range(10)}, True),
        ({f"x-ms-azuredicom-audit-{n}": "who" for n in range(11)}, False),
        ({"X-MS-AZUREDICOM-AUDIT-User": "w" * 2048}, True),
        ({"X-Ms-AzureDicom-Audit-User": "w" * 2049}, False),
    ],
    ids=["ten", "eleven", "long", "too long"],
)
@pytest.mark.parametrize("path, status", [("/changefeed", 200), (UNKNOWN, 404)])
def test_audit_headers(face, path, status, audit, good):
    """2.4 and 2.6: at most 10, each of at most 2048 characters."""
    response = expect.status(face.get(path, ANY_STUDY, headers=audit), status if good else 400)
    if not good:
        assert expect.media_type(response) == "text/plain" and response.text


def test_literals_without_case_and_trailing_slash(face):
    instance = face.keep(Instance())
    path = path_of(instance).replace("/studies/", "/Studies/").replace("/series/", "/SERIES/")
    expect.file(face.get(path, ANY_INSTANCE), instance.data)
    expect.status(face.get(path_of(instance) + "/Metadata/", JSON), 200)


@pytest.mark.parametrize(
    "method, path",
    [
        ("PUT", "/studies"),
        ("DELETE", "/studies"),
        ("POST", "/studies/2.25.1/metadata"),
        ("POST", "/changefeed"),
        ("DELETE", "/changefeed/latest"),
    ],
)
def test_known_path_with_another_verb(face, method, path):
    expect.status(face.request(method, path, JSON), 405)


@pytest.mark.parametrize(
    "path", ["/nothing", "/studies/2.25.1/nothing", "/studies/2.25.1/series/2.25.2/nothing"]
)
def test_unknown_path(face, path):
    response = expect.status(face.get(path, JSON), 404)
    assert response.content == b""


@pytest.mark.parametrize(
    "uid", ["007", "12.003.456", "0.2.4", "1..2", ".1", "1" * 64, "1" * 64 + "%20%20%20%20"]
)
def test_uids_that_are_accepted(face, uid):
    """2.5: an unknown but well-formed study is not found."""
    expect.text_error(face.get(f"/studies/{uid}/metadata", JSON), 404)


@pytest.mark.parametrize(
    "uid", ["123.", "abc.123", "11%7C", "98-0-705", "1" * 65, "notAStudyInstanceUid", "%20"]
)
def test_uids_that_are_refused(face, uid):
    expect.text_error(face.get(f"/studies/{uid}/metadata", JSON), 400)


@pytest.mark.parametrize("path", [UNKNOWN + "/metadata", "/studies", "/changefeed", "/nothing"])
def test_angle_bracket_in_the_query(face, path):
    """2.1, row 1: on any route, before everything else."""
    expect.text_error(face.get(path + "?x=%3c", JSON), 400)
    expect.text_error(face.get(path + "?x=%3C", JSON), 400)


def test_query_check_precedes_the_accept_check(face):
    """2.1: binding (5) before the list check of Accept (7) before the UID (9)."""
    expect.text_error(face.search("/studies", "limit=0", accept="text/plain"), 400)
    response = expect.status(face.get("/studies/bad/metadata", "text/plain"), 406)
    assert response.content == b""


def test_request_type_precedes_the_accept_check(face):
    """2.1: 415 (4) before 406 (7)."""
    expect.status(face.store_single(b"x", accept="text/plain", content_type="text/plain"), 415)


@pytest.mark.parametrize(
    "path, accept",
    [
        ("/studies/abc", ANY_STUDY),
        ("/studies/2.25.1/series/abc", ANY_STUDY),
        ("/studies/2.25.1/series/2.25.2/instances/abc", ANY_INSTANCE),
        ("/studies/abc/series/2.25.2/instances/2.25.3/frames/1", ANY_FRAMES),
    ],
)
def test_bad_uid_in_retrieve(face, path, accept):
    expect.text_error(face.get(path, accept), 400)


@pytest.mark.parametrize("accept", ["application/dicom", "application/data", "text/html"])
def test_accept_of_json_resources(face, accept):
    for path in (
        "/studies",
        "/series",
        "/instances",
        UNKNOWN + "/series",
        UNKNOWN + "/instances",
        UNKNOWN + "/metadata",
    ):
        assert expect.status(face.get(path, accept), 406).content == b""


def test_content_types(face):
    """2.3; the reference's tests compare the media type of JSON only."""
    instance = face.keep(native())
    assert (
        face.get(path_of(instance, "/metadata"), JSON).headers["Content-Type"]
        == "application/dicom+json; charset=utf-8"
    )
    search = face.search("/studies", {"StudyInstanceUID": instance.study})
    assert search.headers["Content-Type"] == "application/dicom+json; charset=utf-8"
    single = face.get(path_of(instance), ANY_INSTANCE)
    assert single.headers["Content-Type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    part = expect.parts(face.get(path_of(instance), ANY_STUDY), 1)[0]
    assert part.headers == {"content-type": "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"}


def test_percent_encoded_path(face):
    instance = face.keep(Instance())
    path = path_of(instance).replace("2.25.", "2%2E25%2e")
    expect.file(face.get(path, ANY_INSTANCE), instance.data)


@pytest.mark.parametrize("name", ["bulkUpdate"])
def test_bulk_update_is_no_study(v2, name):
    """1.2: S2 must not take `POST /studies/$bulkUpdate` for a store; whatever it answers, it is not a
    store's 400/415."""
    response = v2.request(
        "POST", f"/studies/${name}", "application/json", {"Content-Type": "application/json"}, data="{}"
    )
    assert response.status_code != 415
    assert "dicom+json" not in response.headers.get("Content-Type", "")


def test_partition_in_the_path_while_the_feature_is_off(face):
    expect.text_error(face.get("/partitions/p1/studies", JSON), 400)
