"""While the loop is away: names stay, as the containers stay, but not those of containers that are gone.

Before: held (nobody has said anything for a while). After: held, told what is silent.
A living network stack answers a connection to a port that nobody has with a reset, at once, even where every process
in it hangs or is frozen; the address of a container that is gone is answered by nobody. So the server itself can tell
what runs without asking the engine, which it must not reach. What fell silent stays out until the loop has its say: the
address may be another's by then. Never here: whether an instance is ready; nobody judges that while the loop is away.
"""

import errno
import itertools
import logging
import selectors
import socket
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from threading import Event

from reconciler.dns.container.held import Held

log = logging.getLogger(__name__)

QUIET_SECONDS = 2.0  # the loop speaks four times a second
PERIOD_SECONDS = 1.0
_ANSWER_SECONDS = 0.5
_BATCH = 800  # of the 1,024 files that an engine may allow
_PORT = 1  # tcpmux: nobody's
_THERE = (0, errno.ECONNREFUSED)

Sound = Callable[[Collection[str]], set[str]]


def silent(addresses: Collection[str], port: int = _PORT, seconds: float = _ANSWER_SECONDS) -> set[str]:
    """Those of `addresses` (IPv4) that give no sign of life within `seconds`."""
    found: set[str] = set()
    rest = iter(addresses)
    while batch := list(itertools.islice(rest, _BATCH)):
        found |= _silent(batch, port, seconds)
    return found


def _silent(batch: Iterable[str], port: int, seconds: float) -> set[str]:
    waiting: dict[socket.socket, str] = {}
    mute: set[str] = set()
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        for address in batch:
            asker = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
            said = asker.connect_ex((address, port))
            if said == errno.EINPROGRESS:
                waiting[asker] = address
                selector.register(asker, selectors.EVENT_WRITE, (asker, address))
            elif said not in _THERE:
                mute.add(address)
        give_up_at = time.monotonic() + seconds
        while waiting and (left := give_up_at - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                selector.unregister(key.fileobj)
                asker, address = key.data
                del waiting[asker]
                if asker.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) not in _THERE:
                    mute.add(address)
    return mute | set(waiting.values())


class Alone:
    """Looks once per PERIOD_SECONDS; only silence in two looks in a row counts."""

    def __init__(self, held: Held, sound: Sound = silent) -> None:
        self._held = held
        self._sound = sound

    def run(self, stopped: Event) -> None:
        """Until `stopped`."""
        while not stopped.wait(PERIOD_SECONDS):
            try:
                self.look()
            except OSError as error:  # no socket left just now: then nothing is known of anybody
                log.warning("can't look who is there: %s", error)

    def look(self) -> None:
        """Leave out what is gone, where nobody else would."""
        if self._held.quiet_seconds() < QUIET_SECONDS:
            return
        records = self._held.records()
        quiet = self._sound({record.address for record in records.values()})
        # Again at once: no name may lead to what is gone for longer than its TTL.
        gone = self._sound(quiet) if quiet else set()
        self._held.leave_out({id for id, record in records.items() if record.address in gone}, QUIET_SECONDS)
