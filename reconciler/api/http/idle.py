"""Connections on which nothing moves: ended after a while, so that they don't take the places of those who ask.

Before: server. Who connects and says nothing, only half of a request's head, or takes nothing of his answer would else
stay for ever: uvicorn itself watches only those that have had all of an answer, and waits for what it has still to send
before it closes.
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
        """End who has been idle for too long at `now` (monotonic seconds)."""
        resting = {one: (one.cycle, _unsent(one)) for one in self.connections() if _rests(one)}
        known = self._since
        self._since = {
            one: known[one] if one in known and known[one][0] == state else (state, now)
            for one, state in resting.items()
        }
        for one, (_, since) in self._since.items():
            if now - since >= self.idle_seconds:
                _end(one)

    async def watch(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            self.look(asyncio.get_running_loop().time())
            await asyncio.sleep(min(LOOK_SECONDS, self.idle_seconds / 2))


def _rests(connection: Any) -> bool:
    """No request of it is being answered; one that is closing only waits for its reader."""
    cycle = connection.cycle
    return cycle is None or cycle.response_complete or bool(connection.transport.is_closing())


def _unsent(connection: Any) -> int:
    return int(connection.transport.get_write_buffer_size())


def _end(connection: Any) -> None:
    """With something left to send, a close would wait for a reader who takes nothing."""
    if _unsent(connection):
        connection.transport.abort()
    else:
        connection.transport.close()
