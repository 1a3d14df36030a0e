"""Inside the container: takes the loop's words, from whoever brings the token that the loop has put there.

Before: feed, on the loop's side. After: held. The token's file is read anew for each connection: a loop that has
started again brings another one. A newer feeder takes the place of the one before it.
Others on the network may connect, too: they get a moment, a few places, and nothing else.
Never here: an end of the thread by anything that somebody sends.
"""

import hmac
import logging
import socket
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

from reconciler.dns.container.held import Held
from reconciler.dns.container.protocol import (
    MAX_FRAME_BYTES,
    MAX_HELLO_BYTES,
    Contact,
    Hello,
    Holding,
    ProtocolError,
    read_hello,
    read_order,
    receive,
    send,
    write,
)
from reconciler.errors import ReconcilerError

log = logging.getLogger(__name__)

HELLO_SECONDS = 1.0
IDLE_SECONDS = 10.0
_STRANGERS = 32
_STRANGERS_OF_ONE_SOURCE = 4


class Control:
    """Listens on `address`; one thread accepts, each connection has one of its own. From `host`'s address the loop
    comes: however many strangers there are elsewhere, it has a place.
    """

    def __init__(self, held: Held, token_file: Path, address: tuple[str, int], host: str) -> None:
        self._held = held
        self._token_file = token_file
        self._host = host
        self._lock = Lock()
        self._strangers: Counter[str] = Counter()
        self._feeder: socket.socket | None = None
        self._closing = False
        self._listener = socket.create_server(address, backlog=64)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        address, port = self._listener.getsockname()
        return str(address), int(port)

    def run(self) -> None:
        """Until `close`."""
        while True:
            try:
                connection, (source, _port) = self._listener.accept()
            except OSError as error:  # no file is left to open: the program ends, and its keeper makes a new one
                if not self._closing:
                    log.error("nobody can connect any more: %s", error)
                return
            if not self._admit(source):
                connection.close()
                continue
            Thread(target=self._serve, args=(connection, source), name="control", daemon=True).start()

    def close(self) -> None:
        """Hang up on everybody."""
        self._closing = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._feed_from(None)

    def _admit(self, source: str) -> bool:
        with self._lock:
            crowded = self._strangers.total() >= _STRANGERS and source != self._host
            if crowded or self._strangers[source] >= _STRANGERS_OF_ONE_SOURCE:
                return False
            self._strangers[source] += 1
            return True

    def _known(self, source: str) -> None:
        with self._lock:
            self._strangers[source] -= 1
            if not self._strangers[source]:
                del self._strangers[source]

    def _serve(self, connection: socket.socket, source: str) -> None:
        with connection, suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                hello = self._greeted(connection)
            finally:
                self._known(source)
            if hello is None:
                return
            self._feed_from(connection)
            try:
                self._follow(connection, hello)
            except ReconcilerError as problem:
                log.info("the loop's connection ended: %s", problem)

    def _greeted(self, connection: socket.socket) -> Hello | None:
        """The Hello, where it has the token."""
        connection.settimeout(HELLO_SECONDS)
        try:
            hello = read_hello(receive(connection, MAX_HELLO_BYTES))
            token = self._token_file.read_bytes()
        except (ProtocolError, OSError):
            return None
        said = hello.token.encode(errors="surrogatepass")  # JSON can hold half characters, which are no UTF-8
        return hello if token and hmac.compare_digest(said, token) else None

    def _feed_from(self, connection: socket.socket | None) -> None:
        with self._lock:
            former, self._feeder = self._feeder, connection
        if former is not None:
            with suppress(OSError):
                former.shutdown(socket.SHUT_RDWR)

    def _follow(self, connection: socket.socket, hello: Hello) -> None:
        connection.settimeout(IDLE_SECONDS)
        send(connection, write(self._held.greet(recall=hello.recall)))
        while True:
            send(connection, write(self._obeyed(connection)))

    def _obeyed(self, connection: socket.socket) -> Holding:
        order = read_order(receive(connection, MAX_FRAME_BYTES))
        return self._held.contact() if isinstance(order, Contact) else self._held.take(order)
