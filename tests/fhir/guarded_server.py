"""A server that is reached with a token only, and what gives tokens to a machine."""

import http.server
import json
import threading
import urllib.parse

from faulty_server import FaultyServer


class GuardedServer(FaultyServer):
    """Forwards requests that have one of `tokens` and answers the others 401; `seen` are the tokens that came."""

    def __init__(self, base, *tokens):
        self.tokens, self.seen = set(tokens), []
        super().__init__(base)

    def draw(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self.lock:
            self.seen.append(token)
            if scheme != "Bearer" or token not in self.tokens:
                return "401"
        return super().draw(request)


class IdentityServer:
    """Answers as the endpoint of a managed identity does: first what `script` holds (statuses), then with a new token, which
    `accept` is told of. `asked` are the query and the headers of every request."""

    def __init__(self, accept, script=()):
        self.accept, self.script, self.asked, self.issued = accept, list(script), [], []
        handler = type("Handler", (_Handler,), {"owner": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/metadata/identity/oauth2/token"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    owner = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        owner = self.owner
        owner.asked.append((dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)), dict(self.headers.items())))
        status, body = owner.script.pop(0) if owner.script else 200, {}
        if status == 200:
            owner.issued.append(f"token-{len(owner.issued) + 1}")
            owner.accept(owner.issued[-1])
            body = {"access_token": owner.issued[-1], "expires_on": "4102444800", "resource": "urn:fhir", "token_type": "Bearer"}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
