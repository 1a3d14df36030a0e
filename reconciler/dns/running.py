"""One run of the DNS server: its thread, its event loop, its sockets; from `begin` to `end`.

Before: server (bound sockets). After: service. Never here: restarting itself; the runner sees `alive` and
decides.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence

from reconciler.dns.access import Access
from reconciler.dns.forward import Forwarder
from reconciler.dns.limits import DnsSettings
from reconciler.dns.listen import Sockets
from reconciler.dns.resolver import Resolver
from reconciler.dns.service import Service
from reconciler.dns.zone import Zone
from reconciler.state.names import NameTable

_log = logging.getLogger(__name__)
_JOIN_SECONDS = 2.0


class Running:
    """Owns `sockets` and closes them at its end, however it ends."""

    def __init__(
        self,
        settings: DnsSettings,
        table: Callable[[], NameTable],
        upstreams: Callable[[], Sequence[str]],
        sockets: Sequence[Sockets],
    ) -> None:
        self.addresses = tuple(each.address for each in sockets)
        self._sockets = tuple(sockets)
        # Shuffling spreads clients over addresses; nothing secret depends on it.
        rng = random.Random()  # noqa: S311
        servers = tuple(address for address, _port in self.addresses)
        zone = Zone(settings.env, settings.domain, servers=servers, subnets=settings.subnets)
        self._resolver = Resolver(zone, table, Access(settings.subnets), rng)
        forwarder = Forwarder(upstreams, frozenset(self.addresses), settings.forward)
        self._service = Service(self._resolver, forwarder, settings.tcp)
        self._thread = threading.Thread(target=self._main, name="dns", daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    def begin(self) -> None:
        """Returns when questions are answered."""
        self._thread.start()
        self._ready.wait()

    def end(self) -> None:
        """Returns when the addresses are free."""
        if self._loop is not None and self._stopped is not None and self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._stopped.set)
            except RuntimeError:
                _log.debug("DNS server: its thread had ended by itself")
        self._thread.join(_JOIN_SECONDS)
        for each in self._sockets:
            each.close()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def counts(self) -> Mapping[str, int]:
        return dict(self._resolver.counts)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # noqa: BLE001  the boundary of the thread: what is said here is all that anyone learns
            _log.exception("DNS server: ended by a fault of its own")
        finally:
            self._ready.set()
            for each in self._sockets:
                each.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        await self._service.run(self._sockets, self._stopped, self._ready.set)
