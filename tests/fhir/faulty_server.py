"""Stands between the bridge and a server and spoils answers."""

import http.client
import http.server
import random
import threading
import time
import urllib.parse


class FaultyServer:
    """Forwards to `base`. `fault` names what happens to requests meanwhile ('' = nothing, 'a|b' = one or the other), to
    `share` of them; with `writes_only` just to those that are no GET, with `only` just to those whose path or body has
    this text.

    refuse    the connection is closed before anything is read
    slow      half a second is added
    hang      nothing is answered until stop()
    401 ...   this status is answered, nothing is forwarded
    lost      forwarded, and the connection is closed in place of an answer
    cut       forwarded, half of the answer arrives
    malformed forwarded, the answer is no JSON
    short     forwarded, a reply to a transaction lacks its entries
    """

    OUTCOME = b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","diagnostics":"injected"}]}'

    def __init__(self, base, seed=1):
        self.target = urllib.parse.urlsplit(base)
        self.fault, self.share, self.writes_only, self.only, self.spoiled = "", 1.0, False, "", 0
        self.random, self.lock, self.over = random.Random(seed), threading.Lock(), threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        self.base = f"{self.root}{self.target.path}"

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def draw(self, request):
        """The fault of one request."""
        with self.lock:
            meant = self.fault and not (self.writes_only and request.command == "GET")
            meant = meant and (self.only in request.path or self.only.encode() in request.body)
            spoil = meant and self.random.random() < self.share
            self.spoiled += bool(spoil)
            return self.random.choice(self.fault.split("|")) if spoil else ""

    def change(self, body):
        """What becomes of a whole answer that is passed on; addresses of the server stay with this one."""
        own = f"{self.target.scheme}://{self.target.netloc}".encode()
        return body.replace(own, self.root.encode())


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def log_message(self, *_):
        pass

    def serve(self):
        body = self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.owner.draw(self)
        if fault == "refuse":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(0.5)
        if fault == "hang":
            self.owner.over.wait()
            self.close_connection = True
            return
        if fault.isdigit():
            extra = {"Retry-After": "1"} if fault in ("429", "503") else {}
            # What stands before a server that is away knows nothing of FHIR.
            kind, body = ("text/html", b"<html>injected</html>") if fault in ("404", "405") else ("application/fhir+json", self.owner.OUTCOME)
            self.answer(int(fault), {"Content-Type": kind, **extra}, body)
            return
        status, headers, content = self.forward(body)
        if fault == "lost":
            self.close_connection = True
        elif fault == "cut":
            self.answer(status, headers, content[:len(content) // 2], len(content))
            self.close_connection = True
        elif fault == "malformed":
            self.answer(status, headers, b'{"resourceType":' + content[:20])
        elif fault == "short" and self.command == "POST":
            self.answer(status, headers, b'{"resourceType":"Bundle","type":"transaction-response","entry":[]}')
        else:
            self.answer(status, headers, self.owner.change(content))

    do_GET = do_POST = do_PUT = do_DELETE = serve

    def forward(self, body):
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("host", "connection", "accept-encoding", "content-length")}
        connection = http.client.HTTPConnection(self.owner.target.netloc, timeout=60)
        try:
            connection.request(self.command, self.path, body or None, headers)
            reply = connection.getresponse()
            kept = {name: value for name, value in reply.getheaders()
                    if name.lower() in ("content-type", "etag", "location", "last-modified", "retry-after")}
            return reply.status, kept, reply.read()
        finally:
            connection.close()

    def answer(self, status, headers, content, length=None):
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(length if length is not None else len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True


class CountingServer(FaultyServer):
    """Counts the transactions that pass."""

    bundles = 0

    def draw(self, request):
        self.bundles += request.command == "POST"
        return super().draw(request)
