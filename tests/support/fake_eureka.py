"""An Eureka in memory behind a real port, with what we use of its REST API; tests/contract runs against both.

Leases and overrides are kept as eureka-server 1.10.1 keeps them (its answers, status for status, are in the contract).
`hang` and `answer` make it one that isn't well.
"""

import gzip
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PATH = "/eureka/v2"


class FakeEureka:
    """Serves from its making to `close`; `asked` counts requests by method."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.answer: bytes | None = None
        self.hanging = threading.Event()
        self._leases: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def forget(self) -> None:
        """Restarted: everything is lost."""
        with self._lock:
            self._leases.clear()

    def hang(self) -> None:
        """Accept, and say nothing."""
        self.hanging.set()

    def wait_out(self) -> None:
        """What a request that is kept waiting does, until the server ends or hangs no more."""
        while self.hanging.is_set() and not self._closed.wait(0.02):
            pass

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, bytes | None]:
        """The status and the body (None: an answer without a type, as for paths that there aren't)."""
        parts = urlsplit(path)
        words = [unquote(word) for word in parts.path.removeprefix(PATH + "/").split("/")]
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if not parts.path.startswith(PATH + "/apps/"):
            return 404, None
        with self._lock:
            match method, words[1:]:
                case "GET", [app]:
                    return self._list(app)
                case "POST", [app]:
                    return self._register(app, json.loads(body)["instance"])
                case "PUT" | "DELETE", [app, id, "status"]:
                    return self._override(app, id, query["value"], held=method == "PUT")
                case "DELETE", [app, id]:
                    return (200 if self._leases.pop((app.upper(), id), None) else 404), b""
        return 404, None

    def _list(self, app: str) -> tuple[int, bytes]:
        found = [lease for (name, _), lease in self._leases.items() if name == app.upper()]
        if not found:
            return 404, b""
        return 200, json.dumps({"application": {"name": app, "instance": found}}).encode()

    def _register(self, app: str, told: dict[str, Any]) -> tuple[int, bytes]:
        before = self._leases.get((app.upper(), told["instanceId"]), {})
        overridden = before.get("overriddenStatus", "UNKNOWN")
        status = told["status"]
        if overridden != "UNKNOWN" and status != "DOWN":
            status = overridden
        lease = {**told, "status": status, "overriddenStatus": overridden}
        lease["leaseInfo"] = {**told["leaseInfo"], "registrationTimestamp": time.time_ns() // 1_000_000}
        self._leases[app.upper(), told["instanceId"]] = lease
        return 204, b""

    def _override(self, app: str, id: str, value: str, *, held: bool) -> tuple[int, bytes]:
        lease = self._leases.get((app.upper(), id))
        if lease is None:
            return 404, b""
        if held or lease["overriddenStatus"] != "UNKNOWN":
            lease["status"] = value
        lease["overriddenStatus"] = value if held else "UNKNOWN"
        return 200, b""


def _handler(eureka: FakeEureka) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            eureka.asked[self.command] += 1
            eureka.wait_out()
            if eureka.answer is not None:
                self.wfile.write(eureka.answer)
                self.close_connection = True
                return
            if self.command == "GET" and "gzip" not in self.headers.get("Accept-Encoding", ""):
                status, found = 406, None
            else:
                status, found = eureka.handle(self.command, self.path, body)
            packed = gzip.compress(found) if found else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(packed)))
            if found is not None:
                self.send_header("Content-Type", "application/json")
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(packed)

        do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """No word on standard error."""

    return Handler
