"""One run of the DNS server: its parts, its thread, its sockets; from `begin` to `end`.

Before: server (bound sockets). After: service, in a thread of its own.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from reconciler.dns.access import Access
from reconciler.dns.event_thread import EventThread
from reconciler.dns.forward import Forwarder
from reconciler.dns.limits import DnsSettings
from reconciler.dns.listen import Sockets
from reconciler.dns.resolver import Resolver
from reconciler.dns.service import Service
from reconciler.dns.zone import Zone
from reconciler.state.names import NameTable


class Running(EventThread):
    """Owns `sockets` and closes them at its end, however it ends."""

    def __init__(
        self,
        settings: DnsSettings,
        table: Callable[[], NameTable],
        upstreams: Callable[[], Sequence[str]],
        sockets: Sequence[Sockets],
    ) -> None:
        super().__init__("DNS server")
        self.addresses = tuple(each.address for each in sockets)
        self._sockets = tuple(sockets)
        # Shuffling spreads clients over addresses; nothing secret depends on it.
        rng = random.Random()  # noqa: S311
        servers = tuple(address for address, _port in self.addresses)
        zone = Zone(settings.env, settings.domain, servers=servers, subnets=settings.subnets)
        self._resolver = Resolver(zone, table, Access(settings.subnets), rng)
        forwarder = Forwarder(upstreams, frozenset(self.addresses), settings.forward)
        self._service = Service(self._resolver, forwarder, settings.tcp)

    def counts(self) -> Mapping[str, int]:
        return dict(self._resolver.counts)

    async def _serve(self, stopped: asyncio.Event, ready: Callable[[], None]) -> None:
        await self._service.run(self._sockets, stopped, ready)

    def _close(self) -> None:
        for each in self._sockets:
            each.close()
