"""Connections on which nobody asks: closed after a while, so that they don't take the places of those who do.

Before: server. Who connects and says nothing, or only half of a request's head, would else stay for ever: uvicorn
itself watches only those that have had an answer.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

IDLE_SECONDS = 20.0
LOOK_SECONDS = 2.0


@dataclass(slots=True, kw_only=True)
class IdleWatch:
    """`connections` are uvicorn's: `cycle` is the latest request of one, None before the first."""

    connections: Callable[[], Collection[Any]]
    idle_seconds: float = IDLE_SECONDS
    _since: dict[Any, tuple[Any, float]] = field(default_factory=dict)

    def look(self, now: float) -> None:
        """Close who has been idle for too long at `now` (monotonic seconds)."""
        waiting = {one: one.cycle for one in self.connections() if one.cycle is None or one.cycle.response_complete}
        known = self._since
        self._since = {
            one: known[one] if one in known and known[one][0] is cycle else (cycle, now)
            for one, cycle in waiting.items()
        }
        for one, (_, since) in self._since.items():
            if now - since >= self.idle_seconds:
                one.transport.close()

    async def watch(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            self.look(asyncio.get_running_loop().time())
            await asyncio.sleep(min(LOOK_SECONDS, self.idle_seconds / 2))
