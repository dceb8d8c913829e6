"""A file too large to hold, streamed as it is sent."""

from support import multipart
from support.makers import Instance
from support.pixels import describe

BLOCK = bytes(range(256)) * 4096


class LargeFile:
    """File-like body with a known length: header, then a pattern as 8-bit pixels."""

    def __init__(self, rows, columns):
        self.instance = describe(Instance(), rows, columns)
        pixel_bytes = rows * columns + rows * columns % 2
        head = self.instance.data
        head += b"\xe0\x7f\x10\x00OB\0\0" + pixel_bytes.to_bytes(4, "little")
        self.len = len(head) + pixel_bytes
        self._pieces = self._produce(head, pixel_bytes)
        self._rest = b""

    def read(self, size=-1):
        """As requests calls it: never -1 for a body whose length is known."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    @staticmethod
    def _produce(head, pixel_bytes):
        yield head
        while pixel_bytes:
            block = BLOCK[:pixel_bytes]
            pixel_bytes -= len(block)
            yield block


class LargeMultipart(LargeFile):
    """The same as the only part of a multipart body."""

    def __init__(self, file):
        self.instance = file.instance
        opening, closing = multipart.encode([b""], "large-file").split(b"\r\n\r\n\r\n")
        opening, closing = opening + b"\r\n\r\n", b"\r\n" + closing
        self.content_type = multipart.content_type("large-file")
        self.len = len(opening) + file.len + len(closing)
        self._pieces = self._wrap(opening, file, closing)
        self._rest = b""

    @staticmethod
    def _wrap(opening, file, closing):
        yield opening
        while block := file.read(len(BLOCK)):
            yield block
        yield closing
