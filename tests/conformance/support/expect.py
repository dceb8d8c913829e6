"""Assertions that name what was sent back when they fail."""

from support import multipart

FAILED, REFERENCED, RETRIEVE_URL = "00081198", "00081199", "00081190"
OTHER_FAILURES = "0008119A"
FAILURE_REASON, WARNING_REASON = "00081197", "00081196"
FAILED_ATTRIBUTES, COMMENT = "00741048", "00000902"
SOP_INSTANCE, SOP_CLASS = "00081155", "00081150"


def status(response, *expected):
    assert response.status_code in expected, (
        f"{response.request.method} {response.url}: {response.status_code}, expected "
        f"{' or '.join(map(str, expected))}: {response.text[:400]!r}"
    )
    return response


def media_type(response):
    return response.headers.get("Content-Type", "").split(";")[0].strip().lower()


def items(response, sequence):
    """Items of a top-level sequence of a store answer; [] when it is absent."""
    return response.json().get(sequence, {}).get("Value", [])


def stored_uids(response):
    return [item[SOP_INSTANCE]["Value"][0] for item in items(response, REFERENCED)]


def failures(response):
    """(SOP Instance UID or None, reason) of every failed item."""
    return [
        (item.get(SOP_INSTANCE, {}).get("Value", [None])[0], item[FAILURE_REASON]["Value"][0])
        for item in items(response, FAILED)
    ]


def comments(item):
    """Texts of a FailedAttributesSequence."""
    return [each[COMMENT]["Value"][0] for each in item.get(FAILED_ATTRIBUTES, {}).get("Value", [])]


def no_attribute_problems(item):
    """v2: the sequence is there and empty."""
    assert item.get(FAILED_ATTRIBUTES) == {"vr": "SQ"}, item.get(FAILED_ATTRIBUTES)


def text_error(response, *expected):
    """v1/v2: a refusal with a reason in plain text."""
    status(response, *expected)
    assert media_type(response) == "text/plain", response.headers.get("Content-Type")
    assert response.text.strip(), "the refusal gives no reason"
    return response


def problem(response, *expected):
    """Standard face 1.4: application/problem+json that agrees with the status line."""
    status(response, *expected)
    assert media_type(response) == "application/problem+json", response.headers.get("Content-Type")
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"] and body["type"]
    if response.status_code in (406, 415):
        assert body.get("available"), "406 and 415 always carry `available`"
    return body


def file(response, data):
    """A single-part instance with exactly these bytes."""
    status(response, 200)
    assert media_type(response) == "application/dicom"
    assert response.content == data, "the file came back changed"


def parts(response, count=None):
    """Parts of a 200 multipart answer."""
    status(response, 200)
    found = multipart.decode(response)
    assert count is None or len(found) == count, f"{len(found)} parts, expected {count}"
    return found


def same_files(response, *instances):
    """The multipart answer holds these files, in any order."""
    found = parts(response, len(instances))
    assert sorted(part.body for part in found) == sorted(instance.data for instance in instances)
    return found
