"""A web tier for tests of the edge: `python3 -c` runs this text in a container.

It registers as ACMEAIR_WEBAPP in Eureka, beats every second, and counts what reaches it. Standard library only.
`/stub/count` tells the counts, `/stub/mode/MODE` how everything under `/x/` is answered from then on: `ok`, `reset`
(the connection is reset after the request was read), `503`, `unsure` (503, and whether it was done isn't known) or
`hang` (no answer until the mode changes).
Before: an Eureka. After: test_acmeair_edge. Never here: a real site.
"""

import json
import os
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

PORT = 8080
NAME = socket.gethostname()
COUNTS: dict[str, int] = {}
MODE = {"now": "ok"}


def instance() -> dict[str, Any]:
    """This instance as Eureka wants it."""
    zone = json.loads(os.environ["user_data"])["az_name"]  # noqa: SIM112 - its name
    place = {
        "@class": "com.netflix.appinfo.AmazonInfo",
        "name": "Amazon",
        "metadata": {"availability-zone": zone},
    }
    return {
        "instanceId": f"{NAME}:{PORT}",
        "hostName": NAME,
        "app": "ACMEAIR_WEBAPP",
        "ipAddr": socket.gethostbyname(NAME),
        "vipAddress": "ACMEAIR_WEBAPP",
        "status": "UP",
        "port": {"$": PORT, "@enabled": "true"},
        "dataCenterInfo": place,
        "leaseInfo": {"renewalIntervalInSecs": 1, "durationInSecs": 3},
        "metadata": {"zone": zone},
    }


def tell(method: str, path: str, body: object = None) -> int:
    """One request to Eureka; its status."""
    request = urllib.request.Request(
        os.environ["EUREKA_URLS"] + "apps/ACMEAIR_WEBAPP" + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json", "Accept-Encoding": "gzip"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def beat() -> None:
    """Stay registered, also with an Eureka that has forgotten us."""
    while True:
        try:
            if tell("PUT", f"/{NAME}:{PORT}") == 404:
                tell("POST", "", {"instance": instance()})
        except OSError as error:
            sys.stderr.write(f"eureka: {error}\n")
        time.sleep(1)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """As the mode says."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/stub/mode/"):
            MODE["now"] = self.path.removeprefix("/stub/mode/")
        elif self.path != "/stub/count":
            key = f"{self.command} {self.path}"
            COUNTS[key] = COUNTS.get(key, 0) + 1
        if self.path.startswith("/x/") and not self._well():
            return
        told: object = COUNTS if self.path == "/stub/count" else {"name": NAME, "path": self.path, "body": body}
        self._answer(200, told)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def _well(self) -> bool:
        """Whether to answer in the ordinary way; does what else the mode asks for."""
        mode = MODE["now"]
        if mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif mode in ("503", "unsure"):
            self._answer(503, {"error": "busy"}, {"X-Outcome": "unknown"} if mode == "unsure" else {})
        while mode == "hang" and MODE["now"] == "hang":
            time.sleep(0.05)
        return mode not in ("reset", "503", "unsure")

    def _answer(self, status: int, told: object, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        text = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    threading.Thread(target=beat, daemon=True).start()
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
