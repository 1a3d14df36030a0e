"""The heartbeat listener's sockets: one thread, non-blocking, with a deadline for every connection.

Before: heartbeats (starts and stops it). After: heartbeat_http reads the bytes, heartbeat_register judges.
No request, however wrong or slow, ends the thread, grows its memory or holds up another connection.
"""

import logging
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from reconciler.engine.heartbeat_http import accepted, read_request, refused
from reconciler.engine.heartbeat_register import Register
from reconciler.engine.http_head import RefusedError

log = logging.getLogger(__name__)

_READ_BYTES = 8192
_LINGER_BYTES = 65536
_SWEEP_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerLimits:
    """How much of us anybody may use: connections, refused requests of a source a second, time to dawdle."""

    connections: int = 4096
    connections_per_source: int = 16
    refusals_per_second: int = 50
    request_seconds: float = 5.0
    linger_seconds: float = 1.0
    idle_seconds: float = 30.0
    # Waking up costs several times what a beat does: those that come close together are taken in one turn.
    gather_seconds: float = 0.05


@dataclass(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    source: str
    deadline: float
    ending: bool = False
    received: int = 0
    buffer: bytearray = field(default_factory=bytearray)


class Server:
    """The thread's own state: sockets and their deadlines. Nobody else touches it once `run` was called."""

    def __init__(
        self,
        listening: socket.socket,
        wake: socket.socket,
        register: Register,
        clock: Callable[[], float],
        on_first_beat: Callable[[str], None],
        limits: ListenerLimits,
    ) -> None:
        self._listening = listening
        self._wake = wake
        self._register = register
        self._clock = clock
        self._on_first_beat = on_first_beat
        self._limits = limits
        self._selector = selectors.DefaultSelector()
        self._connections: set[_Connection] = set()
        self._sources: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._accepting = False

    def run(self) -> None:
        """Serve until the other end of `wake` is closed."""
        self._selector.register(self._wake, selectors.EVENT_READ, "wake")
        self._listen_again()
        try:
            self._serve()
        except Exception:
            log.exception("heartbeats: the listener's thread died")
        finally:
            for connection in list(self._connections):
                self._close(connection)
            self._selector.close()
            self._listening.close()
            self._wake.close()

    def _serve(self) -> None:
        swept_at = time.monotonic()
        while True:
            for key, _ in self._selector.select(_SWEEP_SECONDS):
                if key.data == "wake":
                    return
                if key.data == "accept":
                    self._accept()
                elif key.data in self._connections:
                    self._receive(key.data)
            now = time.monotonic()
            if now - swept_at >= _SWEEP_SECONDS:
                swept_at = now
                self._sweep(now)
            time.sleep(self._limits.gather_seconds)

    def _listen_again(self) -> None:
        if not self._accepting:
            self._selector.register(self._listening, selectors.EVENT_READ, "accept")
            self._accepting = True

    def _accept(self) -> None:
        for _ in range(64):  # then the beats of those already connected have their turn
            try:
                accepted_socket, (source, _port) = self._listening.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:
                # Out of descriptors or memory: the backlog would wake us at once again, so wait for a sweep.
                self._selector.unregister(self._listening)
                self._accepting = False
                return
            self._admit(accepted_socket, source)

    def _admit(self, accepted_socket: socket.socket, source: str) -> None:
        accepted_socket.settimeout(0.0)
        deadline = time.monotonic() + self._limits.request_seconds
        connection = _Connection(accepted_socket, source, deadline)
        full = len(self._connections) >= self._limits.connections
        greedy = self._sources[source] >= self._limits.connections_per_source
        if full or greedy or self._refusals[source] >= self._limits.refusals_per_second:
            with suppress(OSError):
                accepted_socket.send(refused(429))
            accepted_socket.close()
            return
        self._connections.add(connection)
        self._sources[source] += 1
        self._selector.register(accepted_socket, selectors.EVENT_READ, connection)

    def _receive(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
        elif connection.ending:
            connection.received += len(data)
            if connection.received > _LINGER_BYTES:
                self._close(connection)
        else:
            if not connection.buffer:
                connection.deadline = time.monotonic() + self._limits.request_seconds
            connection.buffer += data
            self._answer_all(connection)

    def _answer_all(self, connection: _Connection) -> None:
        """Answer each whole request in the buffer; a part of one stays, with its first byte's deadline."""
        try:
            while connection.buffer and not connection.ending:
                request = read_request(connection.buffer)
                if request is None:
                    return
                del connection.buffer[: request.size]
                verdict = self._register.judge(request, self._clock())
                if verdict.status != 204:
                    self._refuse(connection, verdict.status)
                    return
                if verdict.returned is not None:
                    self._tell(verdict.returned)
                self._answer(connection, verdict.interval_seconds, keep_alive=request.keep_alive)
        except RefusedError as refusal:
            self._refuse(connection, refusal.status)

    def _refuse(self, connection: _Connection, status: int) -> None:
        self._refusals[connection.source] += 1
        self._end(connection, refused(status))

    def _answer(self, connection: _Connection, interval_seconds: float, *, keep_alive: bool) -> None:
        answer = accepted(interval_seconds)
        if not keep_alive:
            self._end(connection, answer)
        elif self._send(connection, answer):
            idle_seconds = max(self._limits.idle_seconds, 3 * interval_seconds)
            connection.deadline = time.monotonic() + idle_seconds

    def _tell(self, cluster: str) -> None:
        try:
            self._on_first_beat(cluster)
        except Exception:
            log.exception("heartbeats: nobody could be told that %s beats", cluster)

    def _end(self, connection: _Connection, answer: bytes) -> None:
        """Answer and close our side only: a full close with unread bytes resets, and the answer is lost."""
        connection.ending = True
        connection.buffer.clear()
        connection.deadline = time.monotonic() + self._limits.linger_seconds
        if self._send(connection, answer):
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_WR)

    def _send(self, connection: _Connection, answer: bytes) -> bool:
        """An answer fits any socket's buffer, unless its reader doesn't read: then the connection ends."""
        try:
            sent = connection.socket.send(answer)
        except OSError:
            sent = 0
        if sent != len(answer):
            self._close(connection)
            return False
        return True

    def _sweep(self, now: float) -> None:
        self._refusals.clear()
        for connection in [connection for connection in self._connections if connection.deadline < now]:
            self._close(connection)
        self._listen_again()

    def _close(self, connection: _Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._sources[connection.source] -= 1
        if self._sources[connection.source] <= 0:
            del self._sources[connection.source]
