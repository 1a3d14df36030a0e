"""The dashboard kept up to date on a terminal until somebody leaves it.

Before: a function that fetches the status and the newest events. After: the terminal, restored at the end.
A fetch that fails leaves the last picture up, with the failure above it: a loop that restarts blinds nobody.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event as Flag

from rich.console import Console
from rich.live import Live

from reconciler.console.dashboard import Screen, dashboard
from reconciler.console.terminal import glyphs_of
from reconciler.errors import ReconcilerError
from reconciler.plan.status import WorldStatus
from reconciler.state.event import Event

View = tuple[WorldStatus, Sequence[Event]]


def watch(
    fetch: Callable[[], View],
    console: Console,
    stop: Flag,
    *,
    every_seconds: float = 0.5,
    footer: str | None = None,
) -> None:
    """Show what `fetch` returns until `stop` is set; the first fetch's errors are the caller's.

    `footer` says how to leave, where that isn't just Ctrl-C.
    Uses the whole screen of a terminal that has one; elsewhere it prints nothing but the last picture.
    """
    view = fetch()
    with Live(console=console, screen=console.is_terminal, auto_refresh=False, transient=False) as live:
        while True:
            live.update(dashboard(*view, screen=screen_of(console, footer)), refresh=True)
            if stop.wait(every_seconds):
                return
            view = _next(fetch, view)


def screen_of(console: Console, footer: str | None = None) -> Screen:
    """The console as it is now: terminals are resized."""
    height = console.height if console.is_terminal else None
    now = time.strftime("%H:%M:%S")
    screen = Screen(width=console.width, height=height, glyphs=glyphs_of(console), time=now)
    return screen if footer is None else replace(screen, footer=footer)


def _next(fetch: Callable[[], View], last: View) -> View:
    try:
        return fetch()
    except ReconcilerError as error:
        world, events = last
        return replace(world, engine_problem=f"nothing new can be seen: {error}"), events
