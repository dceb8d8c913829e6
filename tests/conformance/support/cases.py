"""Requests on the standard face that several files share."""

from support import multipart, pixels
from support.client import check_kept, path_of
from support.makers import ELE, Instance

DICOM_PARTS = 'multipart/related; type="application/dicom"'
OCTET_PARTS = 'multipart/related; type="application/octet-stream"'
XML_PARTS = 'multipart/related; type="application/dicom+xml"'
ANY_PARTS = 'multipart/related; type="*/*"'
STORED = "; transfer-syntax=*"
CT = "1.2.840.10008.5.1.4.1.1.2"


def image(**values):
    """An ordinary uncompressed image of a known SOP Class."""
    values.setdefault("SOPClassUID", CT)
    return pixels.native(**values)


def plain(**values):
    """A file without pixel data."""
    values.setdefault("SOPClassUID", CT)
    return Instance(**values)


def location(standard, instance, resource=""):
    """Absolute URI of a resource, as the client addresses the server."""
    return standard.base + path_of(instance, resource)


def keep_on_standard(standard, *instances):
    """Stores with the form every server must offer (multipart)."""
    for instance in instances:
        check_kept(standard.store([instance]), instance)
    return instances[0] if len(instances) == 1 else instances


def dicom_part(part, instance):
    """A part of an instance retrieval: headers of 2.7 and the stored bytes."""
    assert part.media_type == "application/dicom"
    assert part.transfer_syntax == instance.syntax
    assert part.body == instance.data


def message_type(response, root_type):
    """2.7: type present and quoted, boundary bare and of 20 to 60 letters, digits or hyphens."""
    header = response.headers["Content-Type"]
    assert f'type="{root_type}"' in header, header
    boundary = multipart.parameter(header, "boundary")
    assert 20 <= len(boundary) <= 60 and boundary.replace("-", "").isalnum(), boundary
    assert f"boundary={boundary}" in header


def ele_frame(part, body):
    assert part.content_type == f"application/octet-stream; transfer-syntax={ELE}", part.content_type
    assert part.body == body
