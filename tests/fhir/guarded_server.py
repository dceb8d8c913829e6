"""A server that is reached with a token only, and what gives tokens to a machine."""

import http.server
import json
import threading
import urllib.parse

from faulty_server import FaultyServer


class GuardedServer(FaultyServer):
    """Forwards requests that have one of `tokens` and answers the others 401. `seen` are the tokens that came, `paths` those of
    each. `hidden`: ids of resources that searches with a token do not find."""

    def __init__(self, base, *tokens):
        self.tokens, self.seen, self.paths, self.hidden = set(tokens), [], {}, {}
        self.asking = threading.local()
        super().__init__(base)

    def draw(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self.lock:
            self.seen.append(token)
            self.paths.setdefault(token, []).append(request.path)
            if scheme != "Bearer" or token not in self.tokens:
                return "401"
        self.asking.token = token
        return super().draw(request)

    def change(self, body):
        hidden = self.hidden.get(self.asking.token)
        if hidden:
            bundle = json.loads(body)
            bundle["entry"] = [each for each in bundle.get("entry", []) if each.get("resource", {}).get("id") not in hidden]
            body = json.dumps(bundle).encode()
        return super().change(body)


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
