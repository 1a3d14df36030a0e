"""The SkyDNS API as others see it: start, stop, alive. It runs in one thread of its own.

Before: in_process, beside the DNS server. After: serving. asyncio is imported by `start`, so that commands which
serve nothing don't wait for it. Never here: what is registered; that outlives a stop and a start.
"""

import errno
import logging
import socket
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reconciler.dns.listen import CannotListen, Reason
from reconciler.dns.skydns.limits import HttpLimits
from reconciler.dns.skydns.registry import Notes, Registry
from reconciler.dns.skydns.routes import Api
from reconciler.engine.names import EmbeddedNames

if TYPE_CHECKING:
    from reconciler.dns.skydns.serving import Serving

PORT = 8080  # as SkyDNS has it
log = logging.getLogger(__name__)

_SEND_BYTES = 131_072  # what the kernel holds for a client that doesn't read; connections inherit it
_REASONS: dict[int, tuple[Reason, str]] = {
    errno.EADDRNOTAVAIL: ("missing", "no interface has this address; is the environment's network there?"),
    errno.EADDRINUSE: ("taken", "another program listens there (`ss -lntp` names it)"),
    errno.EACCES: ("denied", "this user may not listen on ports below 1024"),
}


class SkyDnsApi:
    """Registers services in `names`, under any environment of `domain`, for whoever `subnets` (CIDR), loopback and
    this host are. `notes` keep what is registered over a restart; without them it is in memory only.

    `start`, `stop` and `alive` are for one caller's thread.
    """

    def __init__(
        self,
        names: EmbeddedNames,
        domain: str,
        *,
        subnets: Sequence[str] = (),
        secret: str = "",
        notes: Notes | None = None,
        limits: HttpLimits = HttpLimits(),  # noqa: B008  a frozen value
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = Registry(names, notes, clock=clock, wall=time.time, limits=limits)
        self._api = Api(self._registry, domain, secret)
        self._subnets = tuple(subnets)
        self._limits = limits
        self._serving: Serving | None = None
        self.address: tuple[str, int] | None = None

    def start(self, address: tuple[str, int]) -> None:
        """Listen on (IPv4 address, port); port 0 is any free one, which `address` then tells.

        Raises CannotListen: then names lead to what is registered all the same, and nobody's time passes.
        """
        from reconciler.dns.access import Access
        from reconciler.dns.skydns.serving import Serving

        self.stop()
        self._registry.load()
        listener = _listen(address)
        where, port = listener.getsockname()
        self.address = (str(where), int(port))
        self._serving = Serving(listener, self._registry, self._api, Access(self._subnets), self._limits)
        self._serving.begin()
        log.info("SkyDNS API: listening on http://%s:%d/skydns/", where, port)

    def stop(self) -> None:
        """End the thread and free the address; done where it doesn't run."""
        if self._serving is not None:
            self._serving.end()
            self._serving = None
            self.address = None

    def alive(self) -> bool:
        """It was started, and its thread is there to answer."""
        return self._serving is not None and self._serving.alive()


def _listen(address: tuple[str, int]) -> socket.socket:
    """With SO_REUSEADDR: connections of the last run that linger must not keep the next one away."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        found.bind(address)
        found.listen(128)
        found.settimeout(0)
    except OSError as error:
        found.close()
        reason, advice = _REASONS.get(error.errno or 0, ("failed", error.strerror or str(error)))
        message = f"SkyDNS API: can't listen on {address[0]}:{address[1]}: {advice}"
        raise CannotListen(message, reason) from error
    return found
