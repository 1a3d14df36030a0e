"""The event loop of the DNS server: reads packets, writes answers, and keeps every client within its bounds.

Before: server, which gives it bound sockets and a thread. After: resolver (what to say), forward (asking
others).
Never here: deciding what a packet means; waiting without a time limit.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from reconciler.dns.forward import Forwarder
from reconciler.dns.limits import TcpLimits
from reconciler.dns.listen import Sockets
from reconciler.dns.outside import Outside
from reconciler.dns.resolver import Resolver
from reconciler.dns.wire import HEADER, MAX_QUESTION

_log = logging.getLogger(__name__)
_BATCH = 64  # datagrams answered in a row before TCP and forwarding get their turn
_REST_SECONDS = 1.0


class Service:
    """Lives in one thread, from `run` until `stopped` is set."""

    def __init__(self, resolver: Resolver, forwarder: Forwarder, limits: TcpLimits) -> None:
        self._resolver = resolver
        self._forwarder = forwarder
        self._limits = limits
        self._connections: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, sockets: Sequence[Sockets], stopped: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve until `stopped`, then end what is open; calls `ready` once, leaves `sockets` open."""
        loop = asyncio.get_running_loop()
        for each in sockets:
            loop.add_reader(each.datagrams, self._read, each.datagrams)
            loop.add_reader(each.connections, self._accept, each.connections)
        ready()
        await stopped.wait()
        for each in sockets:
            loop.remove_reader(each.datagrams)
            loop.remove_reader(each.connections)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- UDP

    def _read(self, datagrams: socket.socket) -> None:
        for _ in range(_BATCH):
            try:
                packet, peer = datagrams.recvfrom(65_535)
            except OSError:  # nothing more to read, or an earlier answer of ours that couldn't be delivered
                return
            said = self._resolver.reply(packet, peer[0], tcp=False)
            if isinstance(said, Outside):
                self._forward_datagram(datagrams, said, peer)
            elif said is not None:
                self._send(datagrams, said, peer)

    def _forward_datagram(self, datagrams: socket.socket, outside: Outside, peer: tuple[str, int]) -> None:
        if self._forwarder.admit(peer[0]):
            self._spawn(self._answer_datagram(datagrams, outside, peer))
        else:
            self._resolver.counts["overload"] += 1
            self._send(datagrams, outside.failed(), peer)

    async def _answer_datagram(self, datagrams: socket.socket, outside: Outside, peer: tuple[str, int]) -> None:
        try:
            reply = await self._forwarder.ask(outside.packet, tcp=False)
        finally:
            self._forwarder.release(peer[0])
        self._send(datagrams, outside.finish(reply), peer)

    def _send(self, datagrams: socket.socket, reply: bytes, peer: tuple[str, int]) -> None:
        """UDP may lose answers: one that can't be sent now is lost, and its client asks again."""
        try:
            datagrams.sendto(reply, peer)
        except OSError:
            self._resolver.counts["unsent"] += 1

    # -- TCP

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, (client, _port) = listener.accept()
        except BlockingIOError:  # the client left before we came
            return
        except OSError as error:
            self._rest(listener, error)
            return
        limits = self._limits
        full = self._connections.total() >= limits.connections
        if full or self._connections[client] >= limits.connections_of_one_client:
            connection.close()
            return
        connection.settimeout(0)
        self._connections[client] += 1
        served = self._spawn(self._serve(connection, client))
        served.add_done_callback(lambda _: self._hang_up(connection, client))

    def _rest(self, listener: socket.socket, error: OSError) -> None:
        """No file is left to open, or no memory: asking again at once would only burn the processor."""
        _log.warning("DNS server: can't accept TCP connections for %g s: %s", _REST_SECONDS, error)
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        loop.call_later(_REST_SECONDS, loop.add_reader, listener, self._accept, listener)

    def _hang_up(self, connection: socket.socket, client: str) -> None:
        """Called when a connection's task is over, also where it was cancelled before it began."""
        connection.close()
        self._connections[client] -= 1
        if not self._connections[client]:
            del self._connections[client]

    async def _serve(self, connection: socket.socket, client: str) -> None:
        """One connection: question, answer, question, … until it ends, is too slow, or sends no DNS."""
        loop = asyncio.get_running_loop()
        with suppress(OSError, EOFError):  # its end, a reset and a time limit are all the same to us
            while (packet := await self._receive(connection)) is not None:
                reply = await self._reply(packet, client)
                if reply is None:
                    return
                async with asyncio.timeout(self._limits.message_seconds):
                    await loop.sock_sendall(connection, len(reply).to_bytes(2, "big") + reply)

    async def _receive(self, connection: socket.socket) -> bytes | None:
        """The next message; None for a frame too short or too long to hold a question."""
        async with asyncio.timeout(self._limits.idle_seconds):
            prefix = await _exactly(connection, 1)
        async with asyncio.timeout(self._limits.message_seconds):
            length = int.from_bytes(prefix + await _exactly(connection, 1), "big")
            if not HEADER <= length <= MAX_QUESTION:
                self._resolver.counts["dropped"] += 1
                return None
            return await _exactly(connection, length)

    async def _reply(self, packet: bytes, client: str) -> bytes | None:
        said = self._resolver.reply(packet, client, tcp=True)
        if not isinstance(said, Outside):
            return said
        if not self._forwarder.admit(client):
            self._resolver.counts["overload"] += 1
            return said.failed()
        try:
            return said.finish(await self._forwarder.ask(said.packet, tcp=True))
        finally:
            self._forwarder.release(client)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("DNS server: a client was not answered", exc_info=error)


async def _exactly(connection: socket.socket, count: int) -> bytes:
    """`count` bytes; raises EOFError where the connection ends before."""
    loop = asyncio.get_running_loop()
    found = b""
    while len(found) < count:
        more = await loop.sock_recv(connection, count - len(found))
        if not more:
            raise EOFError
        found += more
    return found
