"""HTTP client for one face (/v1, /v2 or /dicom-web) of a server."""

import uuid

import requests

from support import multipart

JSON = "application/dicom+json"
ANY_STUDY = 'multipart/related; type="application/dicom";transfer-syntax="*"'
ANY_INSTANCE = 'application/dicom;transfer-syntax="*"'
ANY_FRAMES = 'multipart/related; type="application/octet-stream";transfer-syntax="*"'
ANY_FRAME = 'application/octet-stream;transfer-syntax="*"'
TIMEOUT_SECONDS = 120


def new_session():
    """A session that sends no header of its own accord: what a test does not name is absent."""
    session = requests.Session()
    session.headers.clear()
    session.trust_env = False
    return session


def path_of(target, resource=""):
    """`/studies/…/instances/…` of anything with study, series and sop."""
    return f"/studies/{target.study}/series/{target.series}/instances/{target.sop}{resource}"


def series_path(target, resource=""):
    return f"/studies/{target.study}/series/{target.series}{resource}"


def study_path(target, resource=""):
    return f"/studies/{target.study}{resource}"


class SetUpFailed(Exception):
    """What a test starts from could not be stored."""


def check_kept(response, instance):
    if response.status_code not in (200, 202):
        raise SetUpFailed(f"{response.status_code}: {response.text[:500]}")
    stored = [item["00081155"]["Value"][0] for item in response.json().get("00081199", {}).get("Value", [])]
    if stored != [instance.sop]:
        raise SetUpFailed(f"not stored: {response.text[:500]}")


class Face:
    """The resources below one base URL. Every call returns the `requests.Response` unchecked."""

    def __init__(self, session, base, name):
        self.session = session
        self.base = base.rstrip("/")
        self.name = name

    def __repr__(self):
        return self.name

    def request(self, method, path, accept=None, headers=None, **options):
        """`path` is relative to the base, or an absolute URL. Without `accept` no Accept is sent."""
        url = path if path.startswith("http") else self.base + path
        sent = dict(headers or {})
        if accept is not None:
            sent["Accept"] = accept
        options.setdefault("timeout", TIMEOUT_SECONDS)
        options.setdefault("allow_redirects", False)
        return self.session.request(method, url, headers=sent, **options)

    def get(self, path, accept=None, **options):
        return self.request("GET", path, accept, **options)

    def search(self, path, params=None, accept=JSON, **options):
        """`params` as in requests, or a raw query string."""
        if isinstance(params, str):
            return self.get(path + "?" + params, accept, **options)
        return self.get(path, accept, params=params, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def store_single(self, data, study=None, accept=JSON, content_type=multipart.DICOM):
        headers = {} if content_type is None else {"Content-Type": content_type}
        return self.request("POST", self.store_path(study), accept, headers, data=data)

    def store(self, parts, study=None, accept=JSON, **options):
        """Multipart store; parts as in `multipart.encode`, or objects with `data`."""
        boundary = str(uuid.uuid4())
        body = multipart.encode([getattr(part, "data", part) for part in parts], boundary)
        root_type = options.pop("root_type", multipart.DICOM)
        headers = {"Content-Type": multipart.content_type(boundary, root_type)}
        return self.request("POST", self.store_path(study), accept, headers, data=body, **options)

    def store_path(self, study):
        return "/studies" if study is None else f"/studies/{study}"

    def keep(self, *instances):
        """Stores what a test starts from. A failure is a `SetUpFailed`, never an assertion: an expected failure of
        the test itself must not hide it."""
        for instance in instances:
            check_kept(self.store_single(instance.data), instance)
        return instances[0] if len(instances) == 1 else instances

    def metadata(self, path, **options):
        """The array of a metadata resource, 200 asserted."""
        response = self.get(path + "/metadata", JSON, **options)
        assert response.status_code == 200, f"{response.status_code}: {response.text[:300]}"
        return response.json()
