"""One run of the SkyDNS API: its thread, its event loop, its connections and the clock of what is registered.

Before: server (a bound socket). After: connection, registry. A thread and an event loop of their own: who floods this
API takes no turn away from the DNS server's.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from reconciler.dns.access import Access
from reconciler.dns.event_thread import EventThread
from reconciler.dns.skydns.connection import Connection
from reconciler.dns.skydns.limits import HttpLimits
from reconciler.dns.skydns.registry import Registry
from reconciler.dns.skydns.routes import Answer, Api

_LEAST_PAUSE_SECONDS = 0.05  # what is due close together is swept in one turn
_MOST_PAUSE_SECONDS = 1.0  # what was registered meanwhile is due later; less than an absence

STRANGER = Answer(status=403, text="only this environment's containers and this host may register names here")
CROWDED = Answer(status=503, text="too many connections; close some, or try again in a moment")


class Serving(EventThread):
    """Owns `listener` and closes it at its end, however it ends. `registry` is used in its thread only."""

    def __init__(
        self, listener: socket.socket, registry: Registry, api: Api, access: Access, limits: HttpLimits
    ) -> None:
        super().__init__("SkyDNS API")
        self._listener = listener
        self._registry = registry
        self._api = api
        self._access = access
        self._limits = limits
        self._clients: Counter[str] = Counter()
        self._turned_away: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def _serve(self, stopped: asyncio.Event, ready: Callable[[], None]) -> None:
        server = await asyncio.start_server(self._accepted, sock=self._listener, limit=self._limits.head_bytes)
        ready()
        try:
            await self._keep_time(stopped)
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _close(self) -> None:
        self._listener.close()

    async def _keep_time(self, stopped: asyncio.Event) -> None:
        """Sweep when something is due, until `stopped`."""
        while not stopped.is_set():
            due = self._registry.due_in_seconds()
            if due is not None and due <= 0:
                self._registry.sweep()
                due = self._registry.due_in_seconds()
            pause = _MOST_PAUSE_SECONDS if due is None else min(_MOST_PAUSE_SECONDS, max(_LEAST_PAUSE_SECONDS, due))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stopped.wait()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        peer = writer.get_extra_info("peername")
        if task is None or peer is None:  # it left before we came
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._attend(Connection(reader, writer, self._api, self._limits), str(peer[0]))
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _attend(self, connection: Connection, client: str) -> None:
        refusal = self._refusal(client)
        if refusal is None:
            with _counted(self._clients, client):
                await connection.serve()
        elif self._turned_away.total() < self._limits.connections:  # else too many even for being told
            with _counted(self._turned_away, client):
                await connection.turn_away(refusal)

    def _refusal(self, client: str) -> Answer | None:
        if not self._access.allows(client):
            return STRANGER
        crowded = self._clients.total() >= self._limits.connections
        return CROWDED if crowded or self._clients[client] >= self._limits.connections_of_one_client else None


@contextmanager
def _counted(counter: Counter[str], client: str) -> Iterator[None]:
    counter[client] += 1
    try:
        yield
    finally:
        counter[client] -= 1
        if not counter[client]:
            del counter[client]
