"""Which server gets the next request: our own zone's first, in turn, and none that keeps failing. Pure.

A server that failed is avoided for a while, half a second at first, doubling to four. Avoided is not excluded: where
nobody better is left it is tried. After three failures in a row its circuit opens: then it is excluded for that while,
and afterwards gets one request at a time until one succeeds.
"""

from collections.abc import Collection
from dataclasses import dataclass

from acmeair.eureka import Server

OPEN_AFTER = 3
SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 4.0
TRIAL_SECONDS = 5.0  # a trial of which nobody reported how it ended is forgotten


@dataclass(slots=True)
class _Record:
    failures: int = 0
    avoided_until: float = 0.0
    trial_until: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.failures >= OPEN_AFTER


class Balancer:
    """The servers of one tier, and how they did."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._records: dict[Server, _Record] = {}
        self._turn = 0

    @property
    def servers(self) -> tuple[Server, ...]:
        """All that are known."""
        return tuple(self._records)

    def replace(self, servers: Collection[Server]) -> None:
        """A new list; who stays on it keeps its record."""
        self._records = {server: self._records.get(server) or _Record() for server in servers}

    def choose(self, now: float, tried: Collection[Server] = ()) -> Server | None:
        """The best server but those already tried, None when nobody may be asked."""
        able = [
            (server, record)
            for server, record in self._records.items()
            if server not in tried and not (record.is_open and now < max(record.avoided_until, record.trial_until))
        ]
        if not able:
            return None
        self._turn += 1
        rank = min(self._rank(server, record, now) for server, record in able)
        best = [(server, record) for server, record in able if self._rank(server, record, now) == rank]
        server, record = best[self._turn % len(best)]
        if record.is_open:
            record.trial_until = now + TRIAL_SECONDS
        return server

    def _rank(self, server: Server, record: _Record, now: float) -> tuple[bool, bool]:
        """Lower is better: one that is well before one in our zone."""
        return record.is_open or now < record.avoided_until, server.zone != self._zone

    def succeeded(self, server: Server) -> None:
        """It gave a usable answer."""
        if server in self._records:
            self._records[server] = _Record()

    def busy(self, server: Server, now: float) -> None:
        """It answered that it can't now: alive, so its circuit isn't opened, but others are asked first for a while."""
        record = self._records.get(server)
        if record is not None:
            failures = min(record.failures, OPEN_AFTER - 1)
            self._records[server] = _Record(failures, max(record.avoided_until, now + SHORTEST_SECONDS))

    def failed(self, server: Server, now: float) -> None:
        """It gave none."""
        record = self._records.get(server)
        if record is None:
            return
        record.failures += 1
        record.avoided_until = now + min(LONGEST_SECONDS, SHORTEST_SECONDS * 2 ** min(record.failures - 1, 10))
        record.trial_until = 0.0
