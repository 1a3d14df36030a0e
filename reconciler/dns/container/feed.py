"""The loop's connection to the name server in the container: one question, one answer, each within a time limit.

Before: keeping. After: control, inside. While nothing is to be said, `wait` tells of the two things that can happen:
there is something new to say, or the server is gone (its connection ends the moment its process does).
Never here: what to say.
"""

import select
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from reconciler.dns.container.protocol import (
    MAX_FRAME_BYTES,
    Contact,
    Hello,
    Holding,
    ProtocolError,
    Table,
    read_holding,
    receive,
    send,
    write,
)

ANSWER_SECONDS = 2.0


class Waker:
    """A bell that any thread may ring, at once and as often as it likes; `select` hears it."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair()
        self._here.settimeout(0)
        self._there.settimeout(0)

    def fileno(self) -> int:
        return self._here.fileno()

    def ring(self) -> None:
        with suppress(OSError):  # full: it rings already; closed: nobody listens any more
            self._there.send(b"!")

    def hush(self) -> None:
        """What rang until now has been heard."""
        with suppress(OSError):
            while self._here.recv(4_096):
                pass

    def wait(self, seconds: float) -> bool:
        """Whether it rang within `seconds`."""
        return bool(_readable([self._here], seconds))

    def close(self) -> None:
        self._here.close()
        self._there.close()


class Feed:
    """One connection to `address`. Every method raises OSError or ProtocolError, after which it is of no more use."""

    def __init__(self, address: tuple[str, int], seconds: float = ANSWER_SECONDS) -> None:
        self._connection = socket.create_connection(address, timeout=seconds)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def greet(self, token: str, *, recall: bool = False) -> Holding:
        """Say who we are; with `recall`, hear all that is held."""
        return self._ask(write(Hello(token=token, recall=recall)))

    def tell(self, table: Table) -> Holding:
        """Returns when the server answers with `table`."""
        holding = self._ask(write(table))
        if holding.version != table.version:
            raise ProtocolError("the server holds another table than it was told")
        return holding

    def contact(self) -> Holding:
        """What the server holds."""
        return self._ask(write(Contact()))

    def wait(self, waker: Waker, seconds: float) -> None:
        """Until the bell rings or `seconds` are over. Raises ProtocolError as soon as the server hangs up."""
        if self._connection.fileno() in _readable([self._connection, waker], seconds):
            raise ProtocolError("the server hung up")

    def close(self) -> None:
        self._connection.close()

    def _ask(self, message: Mapping[str, Any]) -> Holding:
        send(self._connection, message)
        return read_holding(receive(self._connection, MAX_FRAME_BYTES))


def _readable(ends: Sequence[socket.socket | Waker], seconds: float) -> set[int]:
    """Their descriptors; polled, since a loop with a thousand beating instances has more than `select` can count."""
    poll = select.poll()
    for end in ends:
        poll.register(end.fileno(), select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(max(0.0, seconds) * 1000)}
