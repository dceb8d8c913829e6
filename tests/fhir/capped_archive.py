"""Makes an archive give few studies at once, and the same ones whatever offset it is asked for."""

import urllib.parse

from faulty_server import FaultyServer, _Handler


class CappedArchive(FaultyServer):
    def __init__(self, base, most):
        super().__init__(base)
        self.most, self.heeds_offset = most, False
        self.server.RequestHandlerClass = type("Handler", (_CappedHandler,), {"owner": self})


class _CappedHandler(_Handler):
    def forward(self, body):
        path, _, query = self.path.partition("?")
        if path.endswith("/studies") and query:
            keys = dict(urllib.parse.parse_qsl(query))
            keys["limit"] = str(min(self.owner.most, int(keys.get("limit", self.owner.most))))
            if not self.owner.heeds_offset:
                keys.pop("offset", None)
            self.path = f"{path}?{urllib.parse.urlencode(keys)}"
        return super().forward(body)
