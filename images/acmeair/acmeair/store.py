"""Cassandra for handlers: `rows = await store.run("booking.one", user, number)`. Never blocks the event loop.

Before: handlers. After: cassandra_link, in threads. It connects by itself, as long as it takes, and makes a new link
when the present one leads nowhere any more. The last link stays in use until the next one is whole.
"""

import asyncio
from typing import Any

from acmeair.cassandra_link import Link, translated
from acmeair.errors import StoreError, Unavailable
from acmeair.log import Changes
from acmeair.ports import Row, Statements

RETRY_SECONDS = 0.2
PREPARE_TRIES = 30
WATCH_SECONDS = 1.0


class CassandraStore:
    """The statements of a tier, and whoever runs them; `keep` is a task of the tier."""

    def __init__(self, contacts: tuple[str, ...], port: int, statements: Statements) -> None:
        self._contacts = contacts
        self._port = port
        self._statements = statements
        self._link: Link | None = None
        self._connected = asyncio.Event()
        self._log = Changes("cassandra")
        self.reason = "not connected to Cassandra yet"

    async def connected(self) -> None:
        """Return once there is a link."""
        await self._connected.wait()

    async def keep(self) -> None:
        """For ever: connect, watch, connect anew."""
        while True:
            try:
                await self._connect()
            except Unavailable as error:
                self.reason = str(error)
                self._log.say("unreachable", level="warning", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._watch()

    async def _connect(self) -> None:
        fresh = await asyncio.to_thread(Link, self._contacts, self._port, self._statements)
        try:
            await self._prepare(fresh)
        except Unavailable:
            await asyncio.to_thread(fresh.close)
            raise
        old, self._link = self._link, fresh
        self._log.say("connected", nodes=",".join(fresh.nodes()), replication=fresh.replication)
        self._connected.set()
        if old is not None:
            await asyncio.to_thread(old.close)

    async def _prepare(self, link: Link) -> None:
        """Until the loader has made the tables; after a while raises Unavailable, as others may be nodes by then."""
        for left in reversed(range(PREPARE_TRIES)):
            try:
                return await asyncio.to_thread(link.prepare)
            except Unavailable as error:
                if not left:
                    raise
                self.reason = str(error)
                self._log.say("waiting", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
        return None

    async def _watch(self) -> None:
        """Until the link leads nowhere."""
        assert self._link is not None
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            stranded = await asyncio.to_thread(self._link.stranded)
            if stranded:
                self._log.say("stranded", level="warning", reason=stranded)
                return
            nodes = ",".join(self._link.nodes())
            self._log.say("nodes", level="info" if nodes else "warning", reason=nodes or "no node is up")

    async def run(self, name: str, *values: object) -> list[Row]:
        """Run a statement; its rows, empty where it has none. Raises StoreError."""
        link = self._link
        if link is None:
            raise Unavailable(self.reason)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Row]] = loop.create_future()
        kind = self._statements[name].kind

        def settle(rows: Any, error: StoreError | None) -> None:
            if done.done():
                return  # nobody waits any more
            if error is None:
                done.set_result(rows or [])
            else:
                done.set_exception(error)

        def tell(rows: Any, error: StoreError | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, rows, error)

        begun = link.begin(name, values)

        def fail(error: BaseException) -> None:
            tell(None, translated(error, kind, len(set(begun.attempted_hosts))))

        begun.add_callbacks(callback=lambda rows: tell(rows, None), errback=fail)
        return await done

    async def close(self) -> None:
        """Let go of the link."""
        if self._link is not None:
            await asyncio.to_thread(self._link.close)
