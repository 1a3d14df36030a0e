"""What the loop said last, and when: the names that the server in the container answers with.

Before: control (what is said), alone (what nobody vouches for any more). After: the DNS server, which reads the table.
Never here: sockets; deciding which names there should be.
"""

import time
from collections.abc import Callable, Collection, Mapping
from threading import Lock

from reconciler.dns.container.notebook import Notebook
from reconciler.dns.container.protocol import NOTHING, Holding, Table
from reconciler.engine.names import EmbeddedNames
from reconciler.state.records import Record

DOCKER_RESOLVER = "127.0.0.11"  # what asks for a container whose host has no resolver in its reach


class Held:
    """Thread-safe. `clock` is monotonic, in seconds."""

    def __init__(self, names: EmbeddedNames, notebook: Notebook, clock: Callable[[], float] = time.monotonic) -> None:
        self._names = names
        self._notebook = notebook
        self._clock = clock
        self._lock = Lock()
        self._version = NOTHING
        self._upstreams: tuple[str, ...] = ()
        self._heard_at = clock()

    def take(self, table: Table) -> Holding:
        """Answer with these records and no others. Raises what EmbeddedNames raises for an address that is none."""
        with self._lock:
            self._names.reserve(table.reserved)
            self._names.replace(table.records)
            self._upstreams = table.upstreams
            self._version = table.version
            self._heard_at = self._clock()
            return Holding(version=self._version, notes=self._notebook.fresh())

    def contact(self) -> Holding:
        """The loop is there."""
        with self._lock:
            self._heard_at = self._clock()
            return Holding(version=self._version, notes=self._notebook.fresh())

    def greet(self, *, recall: bool) -> Holding:
        """To a loop that has just connected: all notes, and what is answered of what was said where it asks for that
        (reading back is no sign that anybody looks after it yet).
        """
        with self._lock:
            records = self._names.published() if recall else {}
            return Holding(version=self._version, records=records, notes=self._notebook.begin())

    def quiet_seconds(self) -> float:
        """How long nobody has said anything."""
        with self._lock:
            return self._clock() - self._heard_at

    def records(self) -> Mapping[str, Record]:
        """What is answered of what was said, by container id."""
        return self._names.published()

    def leave_out(self, gone: Collection[str], quiet_for: float) -> None:
        """Answer with these container ids no more, unless somebody spoke within the last `quiet_for` seconds: whoever
        speaks knows better. What is held is then not what was said any more.
        """
        with self._lock:
            if gone and self._clock() - self._heard_at >= quiet_for:
                left = {id: record for id, record in self._names.published().items() if id not in gone}
                self._names.replace(left)
                self._version = NOTHING

    def upstreams(self) -> tuple[str, ...]:
        """Resolvers for other names."""
        return self._upstreams or (DOCKER_RESOLVER,)
