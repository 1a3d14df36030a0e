"""A Eureka and a web server in one, for the moment in which the image's class-data archive is made.

Answers what Zuul asks of Eureka with one server, itself, and everything else with 200. Never here: what runs later.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8761
INSTANCE = {
    "instanceId": f"train:{PORT}",
    "hostName": "127.0.0.1",
    "app": "WEB",
    "ipAddr": "127.0.0.1",
    "status": "UP",
    "port": {"$": PORT, "@enabled": "true"},
    "securePort": {"$": 443, "@enabled": "false"},
    "dataCenterInfo": {
        "@class": "com.netflix.appinfo.AmazonInfo",
        "name": "Amazon",
        "metadata": {"availability-zone": "dock-1a"},
    },
    "leaseInfo": {"renewalIntervalInSecs": 1, "durationInSecs": 3},
    "metadata": {"zone": "dock-1a"},
    "vipAddress": "ACMEAIR_WEBAPP",
    "lastUpdatedTimestamp": "1",
    "lastDirtyTimestamp": "1",
    "actionType": "ADDED",
}
REGISTRY = {
    "applications": {
        "versions__delta": "1",
        "apps__hashcode": "UP_1_",
        "application": [{"name": "WEB", "instance": [INSTANCE]}],
    }
}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The registry, or a word."""
        self._answer(json.dumps(REGISTRY) if "/v2/apps" in self.path else '"ok"')

    def do_POST(self) -> None:
        """Reads what comes in chunks, as Eureka's client sends it, and thanks for it."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        self._answer("")

    do_PUT = do_DELETE = do_POST  # noqa: N815 - http.server's names

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    if os.fork() == 0:
        server.serve_forever()
