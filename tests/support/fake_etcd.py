"""A small etcd for unit tests: keys, leases and watches behind the JSON gateway's own messages, in this process.

Before: nothing. After: tests of dns.etcd; tests/e2e/test_names_etcd.py plays the same scenes against a real one.
It can fall silent, hang up, lose everything, forget its leases and refuse writers. Time ends no lease here.
"""

import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
_WATCH_SECONDS = 20.0


@dataclass
class Kept:
    """A key's value in base64, as on the wire."""

    value: str
    lease: int
    revision: int
    version: int = 1


class FakeEtcd:
    """Listens on 127.0.0.1:`port` from the start."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.keys: dict[str, Kept] = {}
        self.leases: set[int] = set()
        self.revision = 1
        self.events: list[tuple[int, Json]] = []
        self.silent = False
        self.away = False
        self.refuses = ""
        self.user = ("", "")
        self.calls: list[str] = []
        self.watches = 0
        self._epoch = 0
        self._next_lease = 100
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.port = 0
        self.listen()

    # ------------------------------------------------------------ what may happen to it

    def listen(self) -> None:
        """Answer, on the same port as before."""
        self.away = False
        handler = type("Handler", (_Handler,), {"etcd": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def hang_up(self) -> None:
        """Answer nobody, and end what is open."""
        assert self._server is not None
        assert self._thread is not None
        self.away = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.break_streams()

    def break_streams(self) -> None:
        """End every watch and connection."""
        with self.changed:
            self._epoch += 1
            self.changed.notify_all()

    def wipe(self) -> None:
        """Lose all data, as with another disk: revisions begin anew."""
        with self.changed:
            self.keys, self.leases, self.revision, self.events = {}, set(), 1, []
            self._epoch += 1
            self.changed.notify_all()

    def forget_leases(self) -> None:
        """All leases end now, and their keys with them."""
        with self.changed:
            self.leases.clear()
            self.revision += 1
            for key in [key for key, kept in self.keys.items() if kept.lease]:
                self._delete(key)

    def put(self, key: str, value: str) -> None:
        """Somebody else writes."""
        with self.changed:
            self.revision += 1
            self._put(key, b64encode(value.encode()).decode(), 0)

    def delete(self, *keys: str) -> None:
        """Somebody else deletes."""
        with self.changed:
            self.revision += 1
            for key in keys:
                self._delete(key)

    # ------------------------------------------------------------ what is seen

    def value(self, key: str) -> Any:
        """A key's message; None where there is none."""
        with self.changed:
            kept = self.keys.get(key)
            return None if kept is None else json.loads(b64decode(kept.value))

    def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait for a condition on what is stored here."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), f"not within {seconds:g} s: {sorted(self.keys)}"

    # ------------------------------------------------------------ the store, under `changed`

    def _put(self, key: str, value: str, lease: int) -> None:
        version = self.keys[key].version + 1 if key in self.keys else 1
        self.keys[key] = Kept(value, lease, self.revision, version)
        self._tell(key, {"kv": self.pair(key)})

    def _delete(self, key: str) -> None:
        if self.keys.pop(key, None) is not None:
            self._tell(key, {"type": "DELETE", "kv": {"key": _wire(key), "mod_revision": str(self.revision)}})

    def _tell(self, key: str, event: Json) -> None:
        self.events.append((self.revision, {**event, "name": key}))
        self.changed.notify_all()

    def pair(self, key: str) -> Json:
        """A key as etcd sends it."""
        kept = self.keys[key]
        found = {"key": _wire(key), "mod_revision": str(kept.revision), "value": kept.value}
        return {**found, "lease": str(kept.lease)} if kept.lease else found

    def _range(self, request: Json) -> Json:
        first, end = _text(request["key"]), _text(request["range_end"]) if "range_end" in request else ""
        found = [self.pair(key) for key in sorted(self.keys) if (first <= key < end if end else key == first)]
        return {"response_range": {"kvs": found} if found else {}}

    # ------------------------------------------------------------ calls

    def answer(self, path: str, body: Json) -> tuple[int, Json]:
        """Status and answer of one call."""
        with self.changed:
            self.calls.append(path)
            return getattr(self, "_call_" + path.replace("/", "_"), self._unknown)(body)

    def _unknown(self, body: Json) -> tuple[int, Json]:
        return 404, {"error": "Not Found", "code": 5}

    def _call_auth_authenticate(self, body: Json) -> tuple[int, Json]:
        if (body["name"], body["password"]) != self.user:
            return 400, {"error": "etcdserver: authentication failed, invalid user ID or password", "code": 3}
        return 200, {"token": "a token"}

    def _call_lease_grant(self, body: Json) -> tuple[int, Json]:
        self._next_lease += 1
        self.leases.add(self._next_lease)
        return 200, {"ID": str(self._next_lease), "TTL": body["TTL"]}

    def _call_lease_keepalive(self, body: Json) -> tuple[int, Json]:
        alive = {"TTL": "30"} if int(body["ID"]) in self.leases else {}
        return 200, {"result": {"ID": body["ID"], **alive}}

    def _call_kv_txn(self, body: Json) -> tuple[int, Json]:
        compare = body.get("compare", [])
        held = all(self._revision_of(one) == int(one["mod_revision"]) for one in compare)
        operations = body.get("success" if held else "failure", [])
        writes = [one for one in operations if "request_range" not in one]
        if writes and self.refuses:
            return 500, {"error": self.refuses, "code": 8}
        puts = [one["request_put"] for one in operations if "request_put" in one]
        if any(int(put["lease"]) not in self.leases for put in puts):
            return 404, {"error": "etcdserver: requested lease not found", "code": 5}
        self.revision += bool(writes)  # one for the whole transaction, as etcd has it
        responses = [self._operate(one) for one in operations]
        return 200, {"header": {"revision": str(self.revision)}, "succeeded": held, "responses": responses}

    def _operate(self, operation: Json) -> Json:
        if "request_range" in operation:
            return self._range(operation["request_range"])
        if "request_put" in operation:
            put = operation["request_put"]
            self._put(_text(put["key"]), put["value"], int(put["lease"]))
        else:
            self._delete(_text(operation["request_delete_range"]["key"]))
        return {}

    def _revision_of(self, compare: Json) -> int:
        kept = self.keys.get(_text(compare["key"]))
        return kept.revision if kept else 0

    def stream(self, requests: list[Json]) -> Iterator[Json]:
        """A watch: what it was asked for, from its revision on; ends where streams break."""
        ranges = [(_text(one["key"]), _text(one["range_end"])) for one in requests]
        after = int(requests[0]["start_revision"]) - 1
        with self.changed:
            epoch = self._epoch
            self.watches += 1
            self.changed.notify_all()
        yield {"result": {"created": True}}
        while True:
            with self.changed:
                while self._epoch == epoch and self.revision <= after:
                    self.changed.wait(_WATCH_SECONDS)
                if self._epoch != epoch:
                    return
                news = [event for revision, event in self.events if revision > after]
                after = self.revision
            found = [event for event in news if any(first <= event["name"] < end for first, end in ranges)]
            if found:
                yield {"result": {"events": found}}


class _Handler(BaseHTTPRequestHandler):
    etcd: FakeEtcd
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        path = self.path.removeprefix("/v3/")
        if self.etcd.away:
            self.close_connection = True
            return
        if self.etcd.silent:
            self.close_connection = True
            with self.etcd.changed:
                self.etcd.changed.wait_for(lambda: not self.etcd.silent, _WATCH_SECONDS)
            return
        if self.etcd.user[0] and path != "auth/authenticate" and self.headers["Authorization"] != "a token":
            self._reply(401, {"error": "etcdserver: user name is empty", "code": 16})
        elif path == "watch":
            self._stream([json.loads(line)["create_request"] for line in body.splitlines()])
        else:
            self._reply(*self.etcd.answer(path, json.loads(body)))

    def _reply(self, status: int, answer: Json) -> None:
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _stream(self, requests: list[Json]) -> None:
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            for message in self.etcd.stream(requests):
                self.wfile.write(json.dumps(message).encode() + b"\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own word
        """No log."""


def _text(wire: str) -> str:
    return b64decode(wire).decode()


def _wire(text: str) -> str:
    return b64encode(text.encode()).decode()
