"""multipart/related bodies, written and read by the letter of RFC 2046 and PS3.18 8.6.1.2."""

from email.message import Message
from typing import NamedTuple

DICOM = "application/dicom"


class Part(NamedTuple):
    headers: dict
    body: bytes

    @property
    def content_type(self):
        return self.headers.get("content-type", "")

    @property
    def media_type(self):
        return self.content_type.split(";")[0].strip().lower()

    @property
    def transfer_syntax(self):
        return parameter(self.content_type, "transfer-syntax")


def encode(parts, boundary, opening=b""):
    """Joins parts; each is bytes (an application/dicom part) or a pair (header dict, bytes)."""
    out = [opening]
    for index, part in enumerate(parts):
        headers, body = part if isinstance(part, tuple) else ({"Content-Type": DICOM}, part)
        out.append(b"\r\n" if index else b"")
        out.append(b"--" + boundary.encode() + b"\r\n")
        out.extend(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        out.append(b"\r\n")
        out.append(body)
    out.append(b"\r\n--" + boundary.encode() + b"--\r\n")
    return b"".join(out)


def content_type(boundary, root_type=DICOM, quoted=True):
    mark = f'"{boundary}"' if quoted else boundary
    return f'multipart/related; type="{root_type}"; boundary={mark}'


def parameter(header, name):
    """One parameter of a media type, unquoted; None when absent."""
    message = Message()
    message["Content-Type"] = header
    return message.get_param(name, failobj=None, unquote=True)


def decode(response):
    """The parts of a multipart response; fails when the framing breaks the standard."""
    header = response.headers.get("Content-Type", "")
    assert header.lower().startswith("multipart/related"), f"no multipart answer but {header!r}"
    boundary = parameter(header, "boundary")
    assert boundary, f"no boundary in {header!r}"
    return split(response.content, boundary.encode())


def split(body, boundary):
    """Cuts a body at its boundary lines."""
    mark = b"--" + boundary
    assert body.startswith(mark), f"body does not open with its boundary: {body[:80]!r}"
    parts = []
    position = len(mark)
    while body[position : position + 2] != b"--":
        assert body[position : position + 2] == b"\r\n", f"no CRLF behind the boundary at byte {position}"
        end = body.find(b"\r\n" + mark, position)
        assert end >= 0, "closing boundary is missing"
        parts.append(_part(body[position + 2 : end]))
        position = end + 2 + len(mark)
    return parts


def _part(content):
    if content.startswith(b"\r\n"):
        return Part({}, content[2:])
    head, found, body = content.partition(b"\r\n\r\n")
    assert found, f"part without an empty line behind its headers: {content[:80]!r}"
    headers = {}
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        assert colon, f"ill-formed part header {line!r}"
        headers[name.decode("ascii").strip().lower()] = value.decode("utf-8").strip()
    return Part(headers, body)
