"""Makes an archive look as if it had data partitions, and some of its studies in others than the default one."""

import json
import re

from faulty_server import FaultyServer, _Handler


class PartitionedArchive(FaultyServer):
    """The studies of `others` (StudyInstanceUID -> partition) are in those partitions, everything else in the default one.
    Paths without a partition are refused, and so are partitions into which nothing was stored."""

    def __init__(self, base):
        super().__init__(base)
        self.others = {}
        self.server.RequestHandlerClass = type("Handler", (_PartitionHandler,), {"owner": self})

    def partitions(self):
        return ["Microsoft.Default", *sorted(set(self.others.values()) - {"Microsoft.Default"})]


class _PartitionHandler(_Handler):
    def forward(self, body):
        if self.path == "/v1/partitions":
            made = [{"partitionKey": key + 1, "partitionName": name} for key, name in enumerate(self.owner.partitions())]
            return 200, {"Content-Type": "application/json"}, json.dumps(made).encode()
        in_partition = re.match(r"/v1/partitions/([^/]+)(/.*)", self.path)
        asked = in_partition.group(1) if in_partition else "" if re.match(r"/v1/(studies|series|instances)", self.path) \
            else "Microsoft.Default"
        if asked not in self.owner.partitions():
            return 400, {"Content-Type": "application/json"}, b'"a partition that is there belongs into the path"'
        self.path = "/v1" + in_partition.group(2) if in_partition else self.path
        status, headers, content = super().forward(body)
        others = self.owner.others
        study = re.match(r"/v1/studies/([^/?]+)/metadata", self.path)
        if study and others.get(study.group(1), "Microsoft.Default") != asked:
            return 404, headers, b""
        if self.path.startswith("/v1/changefeed?") and content:
            entries = json.loads(content)
            for entry in entries:
                entry["partitionName"] = others.get(entry["studyInstanceUid"], "Microsoft.Default")
            content = json.dumps(entries).encode()
        if self.path.startswith("/v1/studies?") and status == 200:
            rows = [row for row in json.loads(content)
                    if others.get(row["0020000D"]["Value"][0], "Microsoft.Default") == asked]
            content = json.dumps(rows).encode()
        return status, headers, content
