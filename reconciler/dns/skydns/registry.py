"""The registered services of one environment's DNS server: by UUID, with their time, in the table that names are
answered from, and in notes that outlive the loop.

Before: routes (what clients ask for), the server's timer (`sweep`). After: engine.names, whoever keeps the notes.
Used by one thread at a time. A service's three moments are SkyDNS v1's (registry/registry.go): names hide it when 2 s
are left, its UUID when 1 s is left, and it is removed at its end; until then it can be renewed.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from typing import Any, Protocol

from reconciler.dns.skydns.limits import HttpLimits
from reconciler.dns.skydns.service import HIDDEN_SECONDS, ZERO_TIME, Refused, Service, listed, read_service
from reconciler.engine.names import EmbeddedNames
from reconciler.state.entry import Entry

log = logging.getLogger(__name__)

RETURN_SECONDS = 60.0
KEY = "skydns:"


class Notes(Protocol):
    """Small texts that outlive the process (`engine.store.Store`)."""

    def notes(self) -> Mapping[str, str]:
        """All of them, by key."""

    def note(self, key: str, text: str | None) -> None:
        """Keep `text` under `key`; None drops it."""


@dataclass(slots=True)
class _Held:
    """Moments of the monotonic clock: names lead to it until `ends_at` comes near; it can be renewed until `goes_at`.

    `goes_at` is later than `ends_at` only for what ended while the loop was away, when nobody could renew it.
    """

    service: Service
    ends_at: float
    goes_at: float
    shown: bool = False

    def remaining_seconds(self, now: float) -> int:
        """Whole seconds, as SkyDNS counts them; what never expires always has its whole TTL."""
        return self.service.ttl_seconds if self.ends_at == inf else max(0, int(self.ends_at - now))

    def hides_at(self) -> float:
        return self.ends_at - HIDDEN_SECONDS


class Registry:
    """Services in `names`; `clock` gives monotonic seconds, `wall` seconds of Unix time.

    A gap of more than `absence_seconds` between two calls is nobody's time: we were stopped, starved or without a port,
    and nobody could renew. So whoever serves calls something more often than that.
    `next_at` is the moment by which `sweep` has to be called again; None while there is none.
    """

    def __init__(
        self,
        names: EmbeddedNames,
        notes: Notes | None,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        limits: HttpLimits,
    ) -> None:
        self.next_at: float | None = None
        self._names = names
        self._notes = notes
        self._clock = clock
        self._wall = wall
        self._most = limits.services
        self._absence = limits.absence_seconds
        self._absent = 0.0
        self._last = clock()
        self._loaded = False
        self._held: dict[str, _Held] = {}

    @property
    def env(self) -> str:
        """The environment that a service is in where it names none."""
        return self._names.env

    def load(self) -> None:
        """Take up again what was noted, the first time that it is called.

        Whose time ended while nobody listened is hidden, and may still be renewed for as long as its TTL, at most
        RETURN_SECONDS.
        """
        if self._notes is None or self._loaded:
            return
        self._loaded = True
        now = self._now()
        for key, text in self._notes.notes().items():
            if not key.startswith(KEY):
                continue
            try:
                held = self._held_of(json.loads(text), now)
            except (Refused, ValueError, KeyError, TypeError) as error:
                log.warning("SkyDNS API: what was kept of %s can't be used: %s", key, error)
                self._notes.note(key, None)
            else:
                self._held[held.service.label] = held
        shown = [held.service for held in self._held.values() if held.shown]
        self._names.change_registered({KEY + service.label: self._entry(service) for service in shown}, ())
        self.sweep()

    def add(self, service: Service) -> None:
        """Answer with it from now on; raises Refused: 409 for a UUID that is there and a cluster of ours, 507."""
        now = self._now()
        held = self._held.get(service.label)
        if held is not None and now < held.ends_at:
            where = f"{held.service.name}.{held.service.environment}"
            raise Refused(409, f"{service.uuid} is registered already, for {where}: renew it with PATCH, or DELETE it")
        entry = self._entry(service)
        if self._names.table().manages(entry.env, entry.cluster):
            name = f"{entry.cluster}.{entry.env}"
            raise Refused(409, f"{name} is the name of a cluster that runs here: choose another Name or Environment")
        if held is None and len(self._held) >= self._most:
            raise Refused(507, f"{self._most} services are registered, which is all there is room for")
        self._hold(service, now)

    def renew(self, uuid: str, ttl_seconds: int) -> None:
        """Give it `ttl_seconds` from now on; raises Refused (404)."""
        held, now = self._held.get(uuid.lower()), self._now()
        if held is None or now >= held.goes_at:
            raise unknown(uuid)
        self._hold(replace(held.service, ttl_seconds=ttl_seconds), now)

    def remove(self, uuid: str) -> None:
        """Answer with it no more; raises Refused (404)."""
        held = self._held.get(uuid.lower())
        if held is None or self._now() >= held.goes_at:
            raise unknown(uuid)
        self._drop([held.service.label])

    def get(self, uuid: str) -> dict[str, Any]:
        """One service as JSON; raises Refused (404)."""
        held, now = self._held.get(uuid.lower()), self._now()
        if held is None or (held.ends_at != inf and held.ends_at - now < 1):
            raise unknown(uuid)
        return self._json(held, now)

    def find(self, query: str) -> list[dict[str, Any]]:
        """All that a name relative to the domain leads to by the rules of DNS, ours too; raises Refused (404)."""
        match = self._names.table().match(tuple(query.lower().removesuffix(".").split(".")))
        if match is None:
            raise Refused(404, f"there is no name {query[:255]!r} (relative to the domain, as in webapp.dev)")
        now = self._now()
        return [self._listed(entry, now) for entry in match.entries]

    def everything(self) -> Iterable[dict[str, Any]]:
        """All that names lead to; nothing where there is nothing."""
        match = self._names.table().match(("*",))
        now = self._now()
        return [self._listed(entry, now) for entry in match.entries] if match else []

    def sweep(self) -> None:
        """Hide and remove what is due, in one change of the table; sets `next_at`."""
        now = self._now()
        gone, hidden = [], []
        next_at = inf
        for label, held in self._held.items():
            if now >= held.goes_at:
                gone.append(label)
            elif now >= held.hides_at():
                hidden.append(label)
                next_at = min(next_at, held.goes_at)
            else:
                next_at = min(next_at, held.hides_at())
        self._hide([*gone, *hidden])
        self._drop(gone)
        self.next_at = None if next_at == inf else next_at

    def due_in_seconds(self) -> float | None:
        """How long until `sweep` has to be called; not above 0 where it is late."""
        return None if self.next_at is None else self.next_at - self._now()

    def _now(self) -> float:
        current = self._clock()
        gap, self._last = current - self._last, current
        if gap > self._absence:
            self._absent += gap
        return current - self._absent

    def _hold(self, service: Service, now: float) -> None:
        ends_at = inf if service.no_expire else now + service.ttl_seconds
        held = _Held(service, ends_at, ends_at, shown=True)
        self._held[service.label] = held
        self._names.register(KEY + service.label, self._entry(service))
        if self._notes:
            kept = {**self._json(held, now), "TTL": service.ttl_seconds}
            self._notes.note(KEY + service.label, json.dumps(kept))
        if ends_at != inf and (self.next_at is None or held.hides_at() < self.next_at):
            self.next_at = held.hides_at()

    def _held_of(self, kept: dict[str, Any], now: float) -> _Held:
        """What was noted by `_hold`; however the wall clock was set, nothing gets more than its TTL."""
        service = read_service(kept["UUID"], json.dumps(kept).encode())
        if service.no_expire:
            return _Held(service, inf, inf, shown=True)
        remaining = datetime.fromisoformat(kept["Expires"]).timestamp() - self._wall()
        ends_at = now + min(remaining, service.ttl_seconds)
        goes_at = max(ends_at, now + min(service.ttl_seconds, RETURN_SECONDS))
        return _Held(service, ends_at, goes_at, shown=ends_at - HIDDEN_SECONDS > now)

    def _hide(self, labels: Iterable[str]) -> None:
        shown = [label for label in labels if self._held[label].shown]
        for label in shown:
            self._held[label].shown = False
        if shown:
            self._names.change_registered({}, [KEY + label for label in shown])

    def _drop(self, labels: Iterable[str]) -> None:
        labels = list(labels)
        self._hide(labels)
        for label in labels:
            del self._held[label]
            if self._notes:
                self._notes.note(KEY + label, None)

    def _entry(self, service: Service) -> Entry:
        return service.entry(self._names.ttl_seconds)

    def _listed(self, entry: Entry, now: float) -> dict[str, Any]:
        held = None if entry.managed else self._held.get(entry.instance)
        return listed(entry) if held is None else self._json(held, now)

    def _json(self, held: _Held, now: float) -> dict[str, Any]:
        expires = ZERO_TIME if held.ends_at == inf else _text(self._wall() + held.ends_at - now)
        return held.service.json(ttl_seconds=held.remaining_seconds(now), expires=expires)


def unknown(uuid: str) -> Refused:
    """Nothing is registered under this UUID (any more)."""
    return Refused(404, f"no service {uuid[:80]!r} is registered (any more): register it again with PUT")


def _text(at: float) -> str:
    """Seconds of Unix time as RFC 3339."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
