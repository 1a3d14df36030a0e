"""One address that is being watched: its living regions as they were last rendered, and who watches it.

Before: hub, which renders it in its own thread. After: live, which takes what a browser doesn't have yet. What a slow
browser misses is never queued: it gets the newest state when it is ready for it.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.console.web.page import View

_BEATS = re.compile(r'data-beat(?:-title)?="([0-9A-Za-z]{1,12})"')
Message = tuple[str, Any]


@dataclass(slots=True, eq=False, kw_only=True)
class Watch:
    """One open page. `wake` belongs to the event `loop` that serves it; the rest to that loop's thread, too."""

    board: "Board"
    loop: asyncio.AbstractEventLoop
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    sent: dict[str, str] = field(default_factory=dict)
    told: str = ""
    beats: Mapping[str, float] | None = None

    def rouse(self) -> None:
        """From any thread."""
        try:
            self.loop.call_soon_threadsafe(self.wake.set)
        except RuntimeError:  # its server has ended, and nobody is there to be told
            self.board.watches.discard(self)

    def take(self) -> list[Message]:
        """What it doesn't have yet, as (event, value)."""
        board = self.board
        messages: list[Message] = []
        regions = board.regions
        changed = [{"id": id, "html": html} for id, html in regions.items() if self.sent.get(id) != html]
        if changed:
            messages.append(("regions", changed))
            self.sent = regions
        if board.trouble != self.told:
            self.told = board.trouble
            messages.append(("trouble", {"text": board.trouble, "gone": board.gone}))
        if board.beats and board.beats is not self.beats:
            self.beats = board.beats
            messages.append(("beats", board.beats))
        return messages


@dataclass(slots=True, eq=False, kw_only=True)
class Board:
    """`regions` is replaced as a whole, never changed. `trouble` says why they are old; `gone`: they won't come again.

    `due_at`: when they are rendered although nothing changed (monotonic seconds); None: then they aren't.
    """

    address: str
    view: View
    params: Mapping[str, str]
    query: Mapping[str, str]
    watches: set[Watch] = field(default_factory=set)
    regions: dict[str, str] = field(default_factory=dict)
    beating: frozenset[str] = frozenset()
    beats: Mapping[str, float] = field(default_factory=dict)
    trouble: str = ""
    gone: bool = False
    fresh: bool = True
    due_at: float | None = None

    def is_due(self, now: float) -> bool:
        """Whether it is to be rendered although nothing happened."""
        return self.fresh or (self.due_at is not None and now >= self.due_at)

    def show(self, regions: dict[str, str]) -> bool:
        """New regions; whether any of them is another one."""
        changed = regions != self.regions or bool(self.trouble)
        if regions != self.regions:
            self.regions = regions
            self.beating = frozenset(id for html in regions.values() for id in _BEATS.findall(html))
        self.trouble, self.gone = "", False
        return changed

    def fail(self, trouble: str, *, gone: bool) -> bool:
        """Why there is nothing new; whether that is new itself."""
        changed = (trouble, gone) != (self.trouble, self.gone)
        self.trouble, self.gone = trouble, gone
        return changed

    def beat(self, ages: Mapping[str, float]) -> bool:
        """Ages of those on the page."""
        self.beats = {id: ages[id] for id in self.beating if id in ages}
        return bool(self.beats)

    def rouse(self) -> None:
        """All who watch it."""
        for watch in tuple(self.watches):
            watch.rouse()
