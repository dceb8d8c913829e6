"""Capabilities, OPTIONS, CORS and errors of /dicom-web: standard-face.md 1.3, 1.4, 7.1 and 9.3."""

import xml.etree.ElementTree as ElementTree

import pytest

from support import expect
from support.cases import image, keep_on_standard, plain
from support.client import JSON, path_of

WADL_TYPE = "application/vnd.sun.wadl+xml"
WADL = "{http://wadl.dev.java.net/2009/02}"
INSTANCE = "/studies/2.25.1/series/2.25.2/instances/2.25.3"
ORIGIN = "https://viewer.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "accept",
}
OFFERED = [
    "studies",
    "studies/{study}",
    "studies/{study}/metadata",
    "studies/{study}/series",
    "studies/{study}/instances",
    "series",
    "instances",
    "studies/{study}/series/{series}",
    "studies/{study}/series/{series}/metadata",
    "studies/{study}/series/{series}/instances",
    "studies/{study}/series/{series}/instances/{instance}",
    "studies/{study}/series/{series}/instances/{instance}/metadata",
    "studies/{study}/series/{series}/instances/{instance}/frames/{frames}",
]


@pytest.fixture
def origin(standard, pytestconfig):
    """An origin that the server allows. The suite's own server must; another one may not have been told."""
    other = pytestconfig.getoption("--base") or pytestconfig.getoption("--standard-root")
    if other:
        response = standard.get("/studies?limit=1", JSON, headers={"Origin": ORIGIN})
        if response.headers.get("Access-Control-Allow-Origin") not in ("*", ORIGIN):
            pytest.skip(f"the server does not allow the origin {ORIGIN} (setting cors.origins)")
    return ORIGIN


def wadl_paths(element, above=""):
    """Paths with methods, parameters as {}."""
    found = {}
    for resource in element.findall(WADL + "resource"):
        path = (above + "/" + resource.get("path").strip("/")).strip("/")
        names = {method.get("name") for method in resource.findall(WADL + "method")}
        if names:
            found.setdefault(normal(path), set()).update(names)
        found.update(
            {key: found.get(key, set()) | value for key, value in wadl_paths(resource, path).items()}
        )
    return found


def json_paths(resources, above=""):
    found = {}
    for resource in resources if isinstance(resources, list) else [resources]:
        path = (above + "/" + resource.get("@path", "").strip("/")).strip("/")
        methods = resource.get("method", [])
        names = {method["@name"] for method in (methods if isinstance(methods, list) else [methods])}
        if names:
            found.setdefault(normal(path), set()).update(names)
        below = json_paths(resource.get("resource", []), path)
        found.update({key: found.get(key, set()) | value for key, value in below.items()})
    return found


def normal(path):
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def options(standard, path="/", accept=None, **headers):
    return standard.request("OPTIONS", path, accept, headers)


def wadl(standard):
    response = expect.status(options(standard, accept=WADL_TYPE), 200)
    assert expect.media_type(response) == WADL_TYPE
    document = ElementTree.fromstring(response.content)
    assert document.tag == WADL + "application"
    return document.find(WADL + "resources")


@pytest.mark.parametrize("accept", [None, "", "*/*", "application/json"])
def test_json_capabilities(standard, accept):
    response = expect.status(options(standard, accept=accept), 200)
    assert expect.media_type(response) == "application/json"
    assert response.headers["ETag"]
    assert response.json()["application"]["resources"]["@base"].rstrip("/") == standard.base


def test_wadl_capabilities(standard):
    assert wadl(standard).get("base").rstrip("/") == standard.base


def test_tree_equals_the_routes(standard):
    """Section 11: every offered path is listed with GET, and every listed GET path is routed."""
    found = wadl_paths(wadl(standard))
    for path in OFFERED:
        assert "GET" in found.get(normal(path), set()), f"{path} is not listed"
    assert {"GET", "POST"} <= found["studies"] and {"GET", "POST", "DELETE"} <= found["studies/{}"]
    for path, methods in found.items():
        if "GET" in methods:
            concrete = path.replace("frames/{}", "frames/1").replace("{}", "2.25.1")
            response = standard.get("/" + concrete, None)
            assert (
                response.status_code != 405 and response.status_code < 500
            ), f"{concrete}: {response.status_code}"


def test_json_and_wadl_are_equal(standard):
    body = options(standard, accept="application/json").json()
    assert json_paths(body["application"]["resources"].get("resource", [])) == wadl_paths(wadl(standard))


def types_of(body, path, method, direction):
    """Media types of the requests or responses of a method in the JSON form."""
    resources = body["application"]["resources"]["resource"]
    for segment in path.split("/"):
        (node,) = [each for each in resources if normal(each["@path"]) == normal(segment)]
        resources = node["resource"]
    (found,) = [each for each in node["method"] if each["@name"] == method]
    about = found["response"][0] if direction == "response" else found["request"]
    return {each["@mediaType"] for each in about["representation"]}


def test_media_types_are_those_that_are_taken(standard):
    """7.1: every type of 4.1; every listed type of a store is one."""
    body = options(standard, accept="application/json").json()
    xml, parts = "application/dicom+xml", 'multipart/related; type="{}"'
    listed = types_of(body, "studies", "POST", "request")
    assert listed == {
        form.format(kind) for kind in ("application/dicom", JSON, xml) for form in (parts, "{}")
    }
    for kind in listed:
        # The bodies are bad, their types are not.
        content = kind + ("; boundary=limit" if kind.startswith("multipart") else "")
        refused = standard.request("POST", "/studies", JSON, {"Content-Type": content}, data=b"x")
        assert refused.status_code in (400, 409), f"{kind}: {refused.status_code}"


def test_media_types_are_those_that_are_given(standard):
    """2.3, 2.4: each one answers."""
    instance = keep_on_standard(standard, image())
    body = options(standard, accept="application/json").json()
    where = "studies/{}/series/{}/instances/{}"
    objects = types_of(body, where, "GET", "response")
    frames = types_of(body, where + "/frames/{}", "GET", "response")
    assert {"application/dicom", 'multipart/related; type="application/dicom"', "application/zip"} <= objects
    assert {"application/octet-stream", "image/jls", 'multipart/related; type="video/mp4"'} <= frames
    for kind in ("application/dicom", 'multipart/related; type="application/dicom"', "application/zip"):
        expect.status(standard.get(path_of(instance), kind), 200)
    metadata = types_of(body, where + "/metadata", "GET", "response")
    for kind in metadata:
        expect.status(standard.get(path_of(instance, "/metadata"), kind), 200)
    assert len(metadata) == 3


@pytest.mark.parametrize("part", ["rendered", "thumbnail"])
def test_media_types_are_listed_only_where_they_are_offered(standard, part):
    """Pictures are refused everywhere as yet, so that no type may be promised."""
    found = 0
    for resource in wadl(standard).iter(WADL + "resource"):
        if resource.get("path") == part:
            found += 1
            response = resource.find(f"{WADL}method[@name='GET']/{WADL}response")
            offers = response.get("status").split()[0] == "200"
            listed = [each.get("mediaType") for each in response.findall(WADL + "representation")]
            assert offers == bool(listed)
            instance = keep_on_standard(standard, image())
            assert (standard.get(path_of(instance, f"/{part}"), None).status_code == 200) == offers
    assert found == 4


def test_condition(standard):
    tag = options(standard).headers["ETag"]
    assert expect.status(options(standard, **{"If-None-Match": tag}), 304).content == b""


def test_unacceptable_capabilities(standard):
    expect.problem(options(standard, accept="image/png"), 406)


@pytest.mark.parametrize(
    "path, allowed",
    [
        ("/studies", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/studies/2.25.1", {"GET", "POST", "DELETE"}),
        ("/studies/2.25.1/metadata", {"GET", "HEAD"}),
        ("/api.json", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_options_elsewhere(standard, path, allowed):
    """7.1: 204 with `Allow`."""
    response = expect.status(options(standard, path), 204)
    assert allowed <= {each.strip() for each in response.headers["Allow"].split(",")}


@pytest.mark.parametrize(
    "path", ["/studies", "/studies/2.25.1", INSTANCE, INSTANCE + "/frames/1", "/instances"]
)
def test_preflight(standard, path, origin):
    """9.3."""
    response = expect.status(options(standard, path, Origin=origin, **PREFLIGHT), 204)
    headers = response.headers
    assert headers["Access-Control-Allow-Origin"] in ("*", origin)
    assert {each.strip() for each in headers["Access-Control-Allow-Methods"].split(",")} >= {
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
    }
    allowed = {each.strip().lower() for each in headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed >= {
        "accept",
        "accept-charset",
        "authorization",
        "content-type",
        "content-encoding",
        "range",
        "if-none-match",
        "if-range",
        "cache-control",
    }
    assert headers["Access-Control-Max-Age"] == "7200"


def test_cross_origin_answer(standard, origin):
    instance = keep_on_standard(standard, plain())
    response = expect.status(
        standard.get(path_of(instance, "/metadata"), JSON, headers={"Origin": origin}), 200
    )
    assert response.headers["Access-Control-Allow-Origin"] in ("*", origin)
    exposed = {each.strip().lower() for each in response.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed >= {
        "content-type",
        "content-length",
        "content-range",
        "accept-ranges",
        "content-location",
        "etag",
        "location",
        "retry-after",
        "warning",
        "www-authenticate",
    }
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "origin" in response.headers["Vary"].lower()


@pytest.mark.parametrize(
    "path, status",
    [
        ("/studies/2.25.1/metadata", 404),
        ("/studies/abc/metadata", 400),
        ("/nothing", 404),
        ("/studies?PatientID=" + "9" * 70000, 414),
    ],
    ids=["not found", "bad UID", "no resource", "long target"],
)
def test_errors_carry_the_cross_origin_headers(standard, path, status, origin):
    response = expect.status(standard.get(path, JSON, headers={"Origin": origin}), status)
    assert response.headers["Access-Control-Allow-Origin"] in ("*", origin)


def test_no_cross_origin_headers_without_an_origin(standard):
    response = standard.get("/studies?limit=1", JSON)
    assert "Access-Control-Expose-Headers" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/patients",
        "/series/2.25.1",
        "/instances/2.25.1",
        "/studies/2.25.1/nothing",
        "/studies/2.25.1/renderedmpr",
        "/studies/2.25.1/rendered3d",
    ],
)
def test_unknown_path(standard, path):
    expect.problem(standard.get(path, None), 404)


@pytest.mark.parametrize(
    "method, path",
    [
        ("PUT", "/studies"),
        ("DELETE", "/studies"),
        ("POST", "/studies/2.25.1/metadata"),
        ("DELETE", "/series"),
        ("PATCH", "/studies/2.25.1"),
        ("POST", "/studies/2.25.1/series/2.25.2/instances/2.25.3/frames/1"),
    ],
)
def test_known_path_with_another_method(standard, method, path):
    response = standard.request(method, path, JSON)
    expect.problem(response, 405)
    assert response.headers["Allow"]


def test_error_body(standard):
    """1.4: title, status, detail, requestId; 406 lists what was asked and what there is."""
    instance = keep_on_standard(standard, plain())
    body = expect.problem(standard.get(path_of(instance), "image/png"), 406)
    assert body["type"] == "about:blank" and body["title"] == "Not Acceptable"
    assert body["detail"] and body["requestId"]
    assert body["asked"] == ["image/png"]
    first, second = (standard.get("/studies/abc", None).json()["requestId"] for _ in range(2))
    assert first != second


def test_error_of_a_parameter_names_it(standard):
    assert expect.problem(standard.get("/studies?limit=x", JSON), 400)["parameter"] == "limit"


def test_request_line_over_64_kib(standard):
    """1.3: 414, in the form of all errors (D21)."""
    expect.problem(standard.get("/studies?PatientID=" + "9" * 70000, JSON), 414)


def test_errors_do_not_echo_patient_data(standard):
    """1.4."""
    response = standard.get("/studies?PatientName=Very^Secret&limit=x", JSON)
    assert "Secret" not in expect.status(response, 400).text
