"""The page of events: newest first, of one cluster, kind or text, a page at a time.

Before: views, by path. After: templates/events.html. Looks only: filters are the address's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.console.web.page import Page, Scene
from reconciler.console.web.pages.paths import events_path
from reconciler.state.event import Event

PER_PAGE = 100
_MOST_LOOKED_AT = 10_000
_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is shown: empty fields let all through. `before` is the id that the page ends below, 0: the newest."""

    cluster: str = ""
    kind: str = ""
    text: str = ""
    before: int = 0

    def lets(self, event: Event) -> bool:
        """Whether this event is one of them."""
        if (self.kind and event.kind != self.kind) or (self.before and event.id >= self.before):
            return False
        words = f"{event.cluster} {event.subject} {event.cause} {event.message}".lower()
        return self.text.lower() in words

    def path(self, before: int) -> str:
        """Where the page below this one is."""
        end = str(before) if before else ""
        return events_path(cluster=self.cluster, kind=self.kind, text=self.text, before=end)


def events(scene: Scene) -> Page:
    """`/events`."""
    chosen = filter_of(scene.query)
    known = scene.services.loop.events(0, chosen.cluster or None, _MOST_LOOKED_AT)
    found = [event for event in reversed(known) if chosen.lets(event)]
    shown = tuple(found[:PER_PAGE])
    names = sorted(
        {one.name for one in scene.services.loop.status().clusters} | {e.cluster for e in known if e.cluster}
    )
    return Page(
        template="events.html",
        title="Events",
        values={
            "chosen": chosen,
            "events": shown,
            "more": len(found) - len(shown),
            "older": chosen.path(shown[-1].id) if len(found) > PER_PAGE else "",
            "newest": chosen.path(0) if chosen.before else "",
            "clusters": names,
            "kinds": sorted({event.kind for event in known} | ({chosen.kind} - {""})),
        },
    )


def filter_of(query: Mapping[str, str]) -> Filter:
    """What the address asks for; whatever isn't a number is no place."""
    before = query.get("before", "")
    return Filter(
        cluster=query.get("cluster", "")[:_MOST_CHARACTERS],
        kind=query.get("kind", "")[:_MOST_CHARACTERS],
        text=query.get("text", "")[:_MOST_CHARACTERS],
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 16 else 0,
    )
