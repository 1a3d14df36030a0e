"""The helpers of faults: which there are, and a conversation with one.

Before: adapter. After: api, streams. Never here: what is said.
An attached connection carries standard input as plain bytes and standard output in frames (Docker Engine API,
"attach to a container").
"""

import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.engine.docker.api import Api
from reconciler.engine.docker.listing import container_name, read_exit_code
from reconciler.engine.docker.streams import dial, send_head
from reconciler.engine.docker.terminal import split_frames
from reconciler.errors import EngineUnavailable, TransientError
from reconciler.state import labels as keys
from reconciler.state.faults import FaultPart, part_of
from reconciler.state.instance import EngineState

_SEND_SECONDS = 5
_GONE_SECONDS = 0.2


def faults(api: Api, env: str) -> tuple[FaultPart, ...]:
    """The helpers of `env`."""
    filters = json.dumps({"label": [f"{keys.ENV}={env}", f"{keys.ROLE}={keys.FAULT_ROLE}"]})
    params = {"all": "1", "filters": filters}
    return read_faults(api.call("GET", "/containers/json", params=params, doing="listing faults").payload)


def read_faults(rows: Iterable[Mapping[str, Any]]) -> tuple[FaultPart, ...]:
    """From the rows of `/containers/json`: pure."""
    parts = [part for row in rows if (part := _part(row)) is not None]
    return tuple(sorted(parts, key=lambda part: (part.instance, part.fault_id, part.id)))


def _part(row: Mapping[str, Any]) -> FaultPart | None:
    state = EngineState(row["State"])
    return part_of(row["Id"], container_name(row), row.get("Labels") or {}, state, read_exit_code(row, state))


def converse(api: Api, id: str) -> "AttachedConversation":
    """Attach to its standard input and output."""
    doing = f"talking to container {id[:12]}"
    path = f"/v{api.version(doing)}/containers/{id}/attach?stream=1&stdin=1&stdout=1"
    connection = dial(api.base_url, api.tls_directory)
    lines = [f"POST {path} HTTP/1.1", "Host: docker", "Content-Length: 0", "Connection: Upgrade", "Upgrade: tcp"]
    try:
        _, rest = send_head(connection, lines, b"", doing)
    except BaseException:
        connection.close()
        raise
    return AttachedConversation(connection, rest, doing)


class AttachedConversation:
    """Keeps `fault_ports.Conversation` over an upgraded connection.

    Reading waits by polling: a time limit on the socket itself would hold for the other thread's sending too.
    """

    def __init__(self, connection: socket.socket, rest: bytes, doing: str) -> None:
        connection.settimeout(None)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_SECONDS, 0))
        self._connection = connection
        self._doing = doing
        self._frames = rest  # as it came
        self._text = b""  # out of the frames
        self._ended = False
        self._reading = threading.Lock()
        self._writing = threading.Lock()

    def send(self, line: str) -> None:
        """See the port."""
        if self._ended:
            raise self._gone()
        with self._writing:
            try:
                self._connection.sendall(line.encode() + b"\n")
            except ConnectionError as error:
                raise self._gone() from error
            except OSError as error:
                raise EngineUnavailable(f"{self._doing}: the connection broke: {error}") from error

    def receive(self, timeout_seconds: float) -> str | None:
        """See the port."""
        give_up_at = time.monotonic() + timeout_seconds
        with self._reading:
            while True:
                line, found, rest = self._text.partition(b"\n")
                if found:
                    self._text = rest
                    return line.decode(errors="replace")
                if self._ended:
                    return None
                self._take(give_up_at)

    def _take(self, give_up_at: float) -> None:
        """What has come, or note that nothing will any more."""
        if not self._readable(max(0.0, give_up_at - time.monotonic())):
            raise TransientError(f"{self._doing}: it says nothing", 0.0)
        try:
            more = self._connection.recv(65536)
        except ConnectionError:
            more = b""  # one that is killed resets the connection
        except OSError as error:
            raise EngineUnavailable(f"{self._doing}: the connection broke: {error}") from error
        self._ended = not more
        frames, self._frames = split_frames(self._frames + more)
        self._text += b"".join(data for is_stderr, data in frames if not is_stderr)

    def _readable(self, seconds: float) -> bool:
        if isinstance(self._connection, ssl.SSLSocket) and self._connection.pending():
            return True
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def _gone(self) -> TransientError:
        return TransientError(f"{self._doing}: it has ended", _GONE_SECONDS)

    def close(self) -> None:
        """See the port."""
        self._connection.close()
