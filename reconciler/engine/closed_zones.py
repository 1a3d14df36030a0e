"""Closed zones in the store: one note for each, so that a restart of the loop opens nothing.

Before: loop.zones, and the command line where no loop runs. After: engine.store's notes. A note that can't be read
counts as none, as a lost store does: then the zone is open.
"""

import json
import logging
from collections.abc import Mapping

from reconciler.engine.store import Store
from reconciler.state.zones import ClosedZone

log = logging.getLogger(__name__)
KEY = "closed-zone "


def read_closed(notes: Mapping[str, str]) -> dict[str, ClosedZone]:
    """The closed zones by name, those whose time is over included."""
    found = {}
    for key, text in notes.items():
        if not key.startswith(KEY):
            continue
        zone = key.removeprefix(KEY)
        try:
            found[zone] = _zone(zone, json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            log.warning("zone %s counts as open: what was kept of it can't be read: %s", zone, error)
    return found


def keep_closed(store: Store, closed: ClosedZone) -> None:
    """Remember it; it is on disk a moment later."""
    text = json.dumps({"since": closed.since, "until": closed.until, "why": closed.why})
    store.note(KEY + closed.zone, text)


def forget_closed(store: Store, zone: str) -> None:
    """It is open again."""
    store.note(KEY + zone, None)


def _zone(zone: str, kept: Mapping[str, float | str | None]) -> ClosedZone:
    until = kept["until"]
    return ClosedZone(
        zone=zone,
        since=float(kept["since"] or 0.0),
        until=None if until is None else float(until),
        why=str(kept["why"] or ""),
    )
