"""The embedded DNS server as others see it: start, stop, alive. It runs in one thread of its own.

Before: the runner, with the table of engine.names and the resolvers of engine.resolvers. After: listen,
running.
The DNS library and asyncio are imported by `start`, so that commands which serve nothing don't wait for them.
Never here: changing names. The table is read through a function, at each question, without a lock.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.dns.limits import DnsSettings, ForwardLimits, TcpLimits
from reconciler.dns.listen import bind_all
from reconciler.state.names import NameTable

if TYPE_CHECKING:
    from reconciler.dns.running import Running

PORT = 53  # where every resolver asks (RFC 1035, section 4.2)
_log = logging.getLogger(__name__)


class DnsServer:
    """Answers for the zone `<env>.<domain>` out of `table()`; asks `upstreams()` for all other names.

    `upstreams` gives addresses (`10.0.0.1`, `10.0.0.1:5353`); it is called in the server's thread for each
    forwarded question and must neither block nor raise. `start`, `stop` and `alive` are for one caller's
    thread.
    """

    def __init__(
        self,
        env: str,
        domain: str,
        table: Callable[[], NameTable],
        upstreams: Callable[[], Sequence[str]],
        *,
        subnets: Sequence[str] = (),
        forward: ForwardLimits = ForwardLimits(),  # noqa: B008  a frozen value
        tcp: TcpLimits = TcpLimits(),  # noqa: B008  a frozen value
    ) -> None:
        self._settings = DnsSettings(env=env, domain=domain, subnets=tuple(subnets), forward=forward, tcp=tcp)
        self._table = table
        self._upstreams = upstreams
        self._running: Running | None = None

    def start(self, addresses: Sequence[tuple[str, int]]) -> None:
        """Listen on every (IPv4 address, port), UDP and TCP, or on none; port 0 is any free one.

        Raises CannotListen. A server that died (`alive` is false) may be started again.
        """
        from reconciler.dns.running import Running

        self.stop()
        sockets = bind_all(addresses)
        self._running = Running(self._settings, self._table, self._upstreams, sockets)
        self._running.begin()
        where = ", ".join(f"{address}:{port}" for address, port in self.addresses)
        _log.info("DNS server: answering for %s.%s on %s", self._settings.env, self._settings.domain, where)

    def stop(self) -> None:
        """End the thread and free the addresses; done where it doesn't run."""
        if self._running is not None:
            self._running.end()
            self._running = None

    def alive(self) -> bool:
        """It was started, and its thread is there to answer."""
        return self._running is not None and self._running.alive()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Where it listens; empty when it doesn't."""
        return self._running.addresses if self._running is not None else ()

    @property
    def counts(self) -> Mapping[str, int]:
        """Packets since the start, by what became of them: answered, forwarded, refused, malformed, dropped
        and so on.
        """
        return self._running.counts() if self._running is not None else {}
