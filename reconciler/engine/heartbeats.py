"""The heartbeat listener: one thread that takes beats over HTTP and records them.

Before: agents in the containers; the loop, which says whom to expect. After: state.beats, read by each pass,
and a callback that makes the loop look at a cluster. Nothing here decides about instances.
"""

import errno
import resource
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import Thread

from reconciler.engine.heartbeat_register import Expected, Register
from reconciler.engine.heartbeat_server import ListenerLimits, Server
from reconciler.errors import PermanentError, TransientError
from reconciler.state.beats import Beat

__all__ = ["Expected", "HeartbeatListener", "ListenerLimits"]


class HeartbeatListener:
    """Beats of one environment. `clock` gives seconds of attended time.

    `on_first_beat(cluster)` is called in the listener's thread when an instance beats for the first time, or
    again after more than two intervals of silence.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        on_first_beat: Callable[[str], None],
        limits: ListenerLimits | None = None,
    ) -> None:
        self._clock = clock
        self._on_first_beat = on_first_beat
        self._limits = limits or ListenerLimits()
        # Half of what the process may open: the engine's connections and the watcher need theirs.
        self._most = min(self._limits.connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        self._register = Register()
        self._thread: Thread | None = None
        self._waker: socket.socket | None = None

    def expect(self, expected: Expected) -> None:
        """Take beats of this instance from now on; again, with another interval, for one that is known."""
        self._register.expect(expected)

    def forget(self, id: str) -> None:
        """The instance is gone: answer 410 to its token."""
        self._register.forget(id)

    def sync(self, entries: Iterable[Expected]) -> None:
        """Replace the whole table, keeping what is known of those that stay; after a restart from labels."""
        self._register.sync(entries)

    def beats(self) -> Mapping[str, Beat]:
        """The last beat of each instance by container id."""
        return self._register.beats()

    def alive(self) -> bool:
        """Whether the thread runs; while it doesn't, silence means nothing."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, address: tuple[str, int]) -> int:
        """Listen on `address` (host, port; 0 takes a free port) and return the port.

        Raises TransientError where the address isn't there (yet), PermanentError where the port is taken.
        """
        self.stop()
        listening = _listen(address)
        ours, theirs = socket.socketpair()
        ours.settimeout(0.0)
        theirs.settimeout(0.0)
        self._waker = ours
        limits = replace(self._limits, connections=self._most)
        server = Server(listening, theirs, self._register, self._clock, self._on_first_beat, limits)
        self._thread = Thread(target=server.run, name="heartbeats", daemon=True)
        self._thread.start()
        port: int = listening.getsockname()[1]
        return port

    def stop(self) -> None:
        """Close every connection and end the thread; the table stays, so that a new start goes on with it."""
        waker, self._waker = self._waker, None
        if waker is not None:
            waker.close()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=5)


def _listen(address: tuple[str, int]) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
        listening.settimeout(0.0)
    except OSError as error:
        listening.close()
        where = f"{address[0]}:{address[1]}"
        if error.errno == errno.EADDRNOTAVAIL:
            message = f"heartbeats: no interface has the address {where}; is the network there?"
            raise TransientError(message) from error
        if error.errno == errno.EADDRINUSE:
            message = f"heartbeats: {where} is taken by another program; end it, or end the loop that owns it"
            raise PermanentError(message) from error
        raise PermanentError(f"heartbeats: can't listen on {where}: {error.strerror}") from error
    return listening
