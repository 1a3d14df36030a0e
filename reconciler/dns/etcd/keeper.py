"""The thread that makes etcd hold what the ledger wants: connects, takes a lease, lists, watches, writes, mends.

Before: names, which changes what is wanted and waits here a moment. After: gateway, watching.
One thread writes, so that what several publish at once goes out as one transaction. Whatever goes wrong ends the
session; the next one begins with a listing, so nothing that was missed matters.
Never here: deciding which names there should be.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Condition, Thread

from reconciler.dns.etcd.address import Address
from reconciler.dns.etcd.gateway import EtcdError, Gateway
from reconciler.dns.etcd.ledger import Change, Ledger
from reconciler.dns.etcd.mirror import Held
from reconciler.dns.etcd.watching import Seen, Watching

LEASE_SECONDS = 30
BEAT_SECONDS = 2.0  # far more often than the lease needs: it is also how a silent etcd is noticed
MEND_SECONDS = 0.5  # between two mendings of what others changed, so that two who disagree don't burn the machine
FIRST_RETRY_SECONDS = 0.1
LAST_RETRY_SECONDS = 2.0
_BATCH = 100  # etcd takes 128 operations in a transaction (--max-txn-ops)
_END_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Keeper:
    """Keeps `ledger` and etcd the same; everything in both is changed under `changed` alone.

    `load` is called, under it, with all that etcd has when a session begins; `on_change` without it, from our threads.
    """

    def __init__(
        self,
        address: Address,
        ledger: Ledger,
        prefixes: Sequence[str],
        *,
        load: Callable[[Mapping[str, Held]], None],
        on_change: Callable[[], None],
    ) -> None:
        self.changed = Condition()
        self.connected = False
        self.trouble = "has not answered yet"
        self._address = address
        self._ledger = ledger
        self._prefixes = prefixes
        self._load = load
        self._on_change = on_change
        self._closing = False
        self._member = 0
        self._pending: set[str] = set()
        self._in_flight: set[str] = set()
        self._astray: set[str] = set()
        self._mend_at = 0.0
        self._ended = ""
        self._thread = Thread(target=self._run, name="etcd-keeper", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def close(self) -> None:
        """End; what is in etcd stays until its lease ends, so that a loop that starts again finds it."""
        with self.changed:
            self._closing = True
            self.changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)

    def write(self, keys: Iterable[str], seconds: float = 0.0) -> None:
        """Have these keys made right; back after `seconds` at most, at once without etcd. Call it under `changed`."""
        concerned = set(keys)
        self._pending |= concerned
        self.changed.notify_all()
        self.changed.wait_for(
            lambda: not self.connected or self._closing or self._ledger.right(concerned), timeout=seconds
        )

    # ------------------------------------------------------------ one session after the other

    def _run(self) -> None:
        rest_seconds = FIRST_RETRY_SECONDS
        while not self._closing:
            reason, lasted = "", False
            gateway = Gateway(self._address, self._member)
            try:
                self._session(gateway)
            except EtcdError as error:
                reason = str(error)
            except (KeyError, TypeError, ValueError) as error:
                reason = f"answers as no etcd does ({error!r})"
            finally:
                gateway.close()
                lasted = self._lost(reason)
            self._member += 1
            rest_seconds = FIRST_RETRY_SECONDS if lasted else min(2 * rest_seconds, LAST_RETRY_SECONDS)
            with self.changed:
                self.changed.wait_for(lambda: self._closing, timeout=rest_seconds)

    def _lost(self, reason: str) -> bool:
        """Note why; whether we had been connected."""
        with self.changed:
            was, self.connected = self.connected, False
            news = was or reason != self.trouble
            self.trouble = reason
            self.changed.notify_all()
        if news and not self._closing:
            _log.warning("etcd at %s %s; names are written when it answers again", self._address, reason)
            self._on_change()
        return was

    def _session(self, gateway: Gateway) -> None:
        gateway.open()
        self._renew(gateway)
        revision, held = gateway.listing(self._prefixes)
        with self.changed:
            self._ended = ""
            self._load(held)
            self._pending = self._ledger.all_keys()
            self._astray.clear()
        watching = Watching(gateway, self._prefixes, revision + 1, self._seen, self._watch_ended)
        watching.start()
        try:
            self._write_pending(gateway)
            self._found()
            self._serve(gateway)
        finally:
            watching.close()

    def _found(self) -> None:
        with self.changed:
            self.connected, self.trouble = True, ""
            self.changed.notify_all()
        _log.info("etcd at %s answers: names are written there", self._address)
        self._on_change()

    def _serve(self, gateway: Gateway) -> None:
        beat_at = time.monotonic() + BEAT_SECONDS
        while True:
            with self.changed:
                self.changed.wait_for(self._called, timeout=self._until(beat_at))
                if self._closing:
                    return
                if self._ended:
                    raise EtcdError(self._ended)
                now = time.monotonic()
                if self._astray and now >= self._mend_at:
                    self._pending |= self._astray
                    self._astray.clear()
                    self._mend_at = now + MEND_SECONDS
            self._write_pending(gateway)
            if now >= beat_at:
                self._renew(gateway)
                beat_at = time.monotonic() + BEAT_SECONDS

    def _called(self) -> bool:
        due = bool(self._astray) and time.monotonic() >= self._mend_at
        return self._closing or bool(self._ended) or bool(self._pending) or due

    def _until(self, beat_at: float) -> float:
        wake_at = min(beat_at, self._mend_at) if self._astray else beat_at
        return max(0.0, wake_at - time.monotonic())

    def _renew(self, gateway: Gateway) -> None:
        """Keep our lease; where it is gone take a new one, under which everything has to be put again."""
        lease = self._ledger.lease
        if lease and gateway.keep_alive(lease):
            return
        lease = gateway.grant(LEASE_SECONDS)
        with self.changed:
            self._ledger.use(lease)
            self._pending = self._ledger.all_keys()

    # ------------------------------------------------------------ writing

    def _write_pending(self, gateway: Gateway) -> None:
        with self.changed:
            keys, self._pending = self._pending, set()
            found = (self._ledger.change(key) for key in sorted(keys))
            changes = [change for change in found if change is not None]
            self._in_flight = {change.key for change in changes}
        for start in range(0, len(changes), _BATCH):
            self._commit(gateway, changes[start : start + _BATCH])

    def _commit(self, gateway: Gateway, changes: Sequence[Change]) -> None:
        """Where a key was not as we knew it, nothing is written: we know it now, and try again."""
        lease = self._ledger.lease
        made, revision, held = gateway.commit(changes, lease)
        with self.changed:
            if made:
                self._ledger.made(changes, revision, lease)
            else:
                for change in changes:
                    self._ledger.seen(change.key, held.get(change.key), revision)
            keys = {change.key for change in changes}
            surprising = {key for key in keys - self._pending if self._ledger.change(key) is not None}
            self._pending |= surprising
            self._in_flight -= keys
            self.changed.notify_all()
        if surprising:
            self._on_change()

    # ------------------------------------------------------------ called by the watch's thread

    def _seen(self, batch: Sequence[Seen]) -> None:
        with self.changed:
            busy = self._pending | self._in_flight
            occupied = {seen.key for seen in batch if self._ledger.foreign(seen.key)}
            for seen in batch:
                self._ledger.seen(seen.key, seen.held, seen.revision)
            keys = {seen.key for seen in batch} - busy
            astray = {key for key in keys if self._ledger.change(key) is not None}
            news = bool(astray) or any(self._ledger.foreign(seen.key) != (seen.key in occupied) for seen in batch)
            self._astray |= astray
            self.changed.notify_all()
        if news:
            self._on_change()

    def _watch_ended(self, reason: str) -> None:
        with self.changed:
            self._ended = reason
            self.changed.notify_all()
