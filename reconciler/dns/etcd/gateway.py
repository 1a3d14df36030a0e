"""etcd's JSON gateway: the calls that we need, on one connection, each with a time limit.

Before: keeper. After: etcd 3.4 or later (`/v3/`; keys and values are base64, 64-bit numbers are text:
https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/). The standard library's client is enough for five calls, and its
socket is ours to shut where another thread waits on it (docs/design/0012).
Never here: threads, retries, deciding what to write. One Gateway belongs to one thread.
"""

import http.client
import json
import socket
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from reconciler.dns.etcd.address import Address
from reconciler.dns.etcd.ledger import Change
from reconciler.dns.etcd.mirror import Held
from reconciler.errors import TransientError

CALL_SECONDS = 1.0
LISTING_SECONDS = 5.0
_NONE: Mapping[str, Any] = {}


class EtcdError(TransientError):
    """etcd didn't answer, or refused: what it said, without where."""


def encoded(text: str) -> str:
    """A key or a value for the wire."""
    return b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    """A key or a value from the wire; what is no UTF-8 becomes text that equals nothing of ours."""
    return b64decode(text).decode(errors="backslashreplace")


def range_of(prefix: str) -> dict[str, str]:
    """All keys that begin with `prefix`, as etcd's `key` and `range_end`."""
    return {"key": encoded(prefix), "range_end": encoded(prefix[:-1] + chr(ord(prefix[-1]) + 1))}


def held_from(pair: Mapping[str, Any]) -> Held:
    """A `kv` of an answer; fields that are zero or empty are left out there."""
    return Held(
        value=decoded(pair.get("value", "")), lease=int(pair.get("lease", 0)), revision=int(pair["mod_revision"])
    )


class Gateway:
    """One member of `address`; raises EtcdError from every method where it doesn't answer in time, or refuses."""

    def __init__(self, address: Address, member: int = 0) -> None:
        self._address = address
        self._member = address.members[member % len(address.members)]
        self._token = ""
        self._connection = self._connect(CALL_SECONDS)

    def open(self) -> None:
        """Connect, and say who we are where the address has a user."""
        if self._address.user:
            body = {"name": self._address.user, "password": self._address.password}
            self._token = str(self.call("auth/authenticate", body)["token"])

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    # ------------------------------------------------------------ leases

    def grant(self, seconds: int) -> int:
        """A new lease's id."""
        return int(self.call("lease/grant", {"TTL": str(seconds)})["ID"])

    def keep_alive(self, lease: int) -> bool:
        """Begin a lease's time anew; False where it is gone."""
        return int(self.call("lease/keepalive", {"ID": str(lease)})["result"].get("TTL", 0)) > 0

    # ------------------------------------------------------------ keys

    def listing(self, prefixes: Iterable[str]) -> tuple[int, dict[str, Held]]:
        """All keys under these prefixes, and the revision of the store at which they were so."""
        ranges = [{"request_range": range_of(prefix)} for prefix in prefixes]
        answer = self.call("kv/txn", {"success": ranges}, seconds=LISTING_SECONDS)
        return int(answer["header"]["revision"]), _held(answer)

    def commit(self, changes: Sequence[Change], lease: int) -> tuple[bool, int, dict[str, Held]]:
        """Make all these changes or, where a key is not as they expect, none.

        Whether they were made, the store's revision, and if not: what those keys hold now.
        """
        compare = [
            {"key": encoded(one.key), "target": "MOD", "result": "EQUAL", "mod_revision": str(one.revision)}
            for one in changes
        ]
        success = [_operation(one, lease) for one in changes]
        failure = [{"request_range": {"key": encoded(one.key)}} for one in changes]
        answer = self.call("kv/txn", {"compare": compare, "success": success, "failure": failure})
        made = bool(answer.get("succeeded"))
        return made, int(answer["header"]["revision"]), {} if made else _held(answer)

    # ------------------------------------------------------------ the wire

    def call(self, path: str, body: Mapping[str, Any], seconds: float = CALL_SECONDS) -> Any:
        """The answer to one POST."""
        self._connection.timeout = seconds
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)
        response = self._send(self._connection, path, json.dumps(body).encode())
        try:
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise EtcdError(_reason(error)) from error
        except ValueError as error:
            raise EtcdError(f"answers no JSON at /v3/{path} (status {response.status}): is it etcd?") from error
        if response.status != http.client.OK or not isinstance(answer, dict):
            said = answer.get("message") or answer.get("error") if isinstance(answer, dict) else ""
            raise EtcdError(f"refused: {said or response.status}")
        return answer

    def stream(self, seconds: float) -> "Stream":
        """An answer without an end, on a connection of its own to the same member; `seconds` bound each wait."""
        return Stream(self._connect(seconds), self._send)

    def _send(self, connection: http.client.HTTPConnection, path: str, body: bytes) -> http.client.HTTPResponse:
        headers = {"Content-Type": "application/json", **({"Authorization": self._token} if self._token else {})}
        try:
            connection.request("POST", f"/v3/{path}", body, headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise EtcdError(_reason(error)) from error

    def _connect(self, seconds: float) -> http.client.HTTPConnection:
        host, port = self._member
        if self._address.tls:
            return http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=seconds)


class Stream:
    """One call whose answer comes line by line; only `shut` may be called from another thread."""

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        send: Callable[[http.client.HTTPConnection, str, bytes], http.client.HTTPResponse],
    ) -> None:
        self._connection = connection
        self._send = send
        self._socket: socket.socket | None = None
        self._shut = False

    def lines(self, path: str, body: bytes) -> Iterator[bytes]:
        """Each line until the end; raises EtcdError where it breaks, TimeoutError where it is silent for too long."""
        try:
            self._connection.connect()
            self._socket = self._connection.sock
            if self._shut:
                return
            response = self._send(self._connection, path, body)
            if response.status != http.client.OK:
                raise EtcdError(f"refused: {response.status}")
            while line := response.readline():
                yield line
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise EtcdError(_reason(error)) from error

    def shut(self) -> None:
        """End it, also where a thread waits for a line."""
        self._shut = True
        if self._socket is not None:
            with suppress(OSError):  # it has ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Put it away."""
        self._connection.close()


def _operation(change: Change, lease: int) -> dict[str, Any]:
    if change.value is None:
        return {"request_delete_range": {"key": encoded(change.key)}}
    return {"request_put": {"key": encoded(change.key), "value": encoded(change.value), "lease": str(lease)}}


def _held(answer: Mapping[str, Any]) -> dict[str, Held]:
    return {
        decoded(pair["key"]): held_from(pair)
        for part in answer.get("responses", ())
        for pair in part.get("response_range", _NONE).get("kvs", ())
    }


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    if isinstance(error, OSError):
        return f"can't be reached ({error.strerror or error})"
    return "hung up"
