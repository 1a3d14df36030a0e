"""One thread that looks at the world for all open pages, and renders what of them lives: once for all who watch a page.

Before: live, where browsers join and leave. After: views, called as for any request, on a world without ages. It runs
only while somebody watches, and never waits for a browser.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from threading import Event, Lock, Thread
from urllib.parse import parse_qsl, unquote

from starlette.routing import compile_path

from reconciler.api.services import Services
from reconciler.console.web.answering import shielded
from reconciler.console.web.board import Board, Watch
from reconciler.console.web.frame import Frame
from reconciler.console.web.looking import Look, beats, look, still, without_ages
from reconciler.console.web.page import Page, Scene, View
from reconciler.console.web.rendering import Setting
from reconciler.errors import ReconcilerError

_LOG = logging.getLogger(__name__)
LOOK_SECONDS = 0.2
BEATS_SECONDS = 1.0
# Processors, memory and figures change with every beat of every instance: their regions may be this old.
FIGURES_SECONDS = 2.0
# A page with a fault of ours is tried again as seldom, so that it doesn't fill the log.
FAULT_SECONDS = 30.0
MOST_WATCHES = 64


class Hub:
    """All open pages of one console."""

    def __init__(self, frame: Frame, views: Mapping[str, View]) -> None:
        self._frame = frame
        self._paths = [(*compile_path(path)[::2], view) for path, view in views.items()]
        self._lock = Lock()
        self._boards: dict[str, Board] = {}
        self._thread: Thread | None = None
        self._rouse = Event()
        self._closed = False
        self._last: Look | None = None
        self._figures_at = self._beats_at = 0.0
        self._figures_changed = False

    @property
    def closed(self) -> bool:
        """No stream goes on."""
        return self._closed

    @property
    def watched(self) -> int:
        """How many pages are open."""
        with self._lock:
            return sum(len(board.watches) for board in self._boards.values())

    def join(self, address: str) -> Watch | None:
        """Watch the page of an address, from the event loop that serves it; None where there is no such page."""
        board = self._board_of(address)
        if board is None:
            return None
        with self._lock:
            board = self._boards.setdefault(address, board)
            watch = Watch(board=board, loop=asyncio.get_running_loop())
            board.watches.add(watch)
            watch.wake.set()
            if self._thread is None and not self._closed:
                self._thread = Thread(target=self._run, name="console-hub", daemon=True)
                self._thread.start()
        self._rouse.set()
        return watch

    def leave(self, watch: Watch) -> None:
        """Its browser has gone."""
        with self._lock:
            watch.board.watches.discard(watch)
            if not watch.board.watches:
                self._boards.pop(watch.board.address, None)

    def close(self) -> None:
        """End all streams, and the thread."""
        self._closed = True
        with self._lock:
            boards, thread = tuple(self._boards.values()), self._thread
        for board in boards:
            board.rouse()
        self._rouse.set()
        if thread is not None:
            thread.join(timeout=1.0)

    def _board_of(self, address: str) -> Board | None:
        path, query = _parts(address)
        for pattern, convertors, view in self._paths:
            match = pattern.match(path)
            if match:
                params = {key: str(convertors[key].convert(value)) for key, value in match.groupdict().items()}
                return Board(
                    address=address,
                    view=view,
                    params=params,
                    query=dict(parse_qsl(query, keep_blank_values=True)),
                )
        return None

    def _run(self) -> None:
        while True:
            with self._lock:
                boards = tuple(self._boards.values())
                if self._closed or not boards:
                    self._thread = None
                    return
            pause = LOOK_SECONDS
            try:
                self._turn(boards)
            except Exception:  # noqa: BLE001  # a later look may go well, and nobody else would look
                _LOG.exception("the console's live pages stand still for %g s, by a mistake of ours", FAULT_SECONDS)
                pause = FAULT_SECONDS
            self._rouse.wait(pause)
            self._rouse.clear()

    def _turn(self, boards: tuple[Board, ...]) -> None:
        now = time.monotonic()
        try:
            seen = look(self._frame.services, self._last)
        except ReconcilerError as error:
            for board in boards:
                board.due_at = now
                if board.fail(str(error), gone=False):
                    board.rouse()
            return
        changed = self._changed(seen, now)
        self._last = seen
        beating = now >= self._beats_at + BEATS_SECONDS
        self._beats_at = now if beating else self._beats_at
        due = [board for board in boards if changed or board.is_due(now)]
        news = self._render(due, seen, now) if due else set()
        ages = beats(seen.seen) if beating or any(board.fresh for board in due) else {}
        for board in boards:
            told = (beating or board.fresh) and board.beat(ages)
            board.fresh = False
            if told or board in news:
                board.rouse()

    def _changed(self, seen: Look, now: float) -> bool:
        """Whether every page has to be rendered: something happened, or the figures have been old for long enough."""
        last = self._last
        changed = last is None or seen.facts != last.facts
        if not changed and last is not None and seen.figures != last.figures:
            self._figures_changed = True
        if changed or (self._figures_changed and now >= self._figures_at + FIGURES_SECONDS):
            self._figures_at, self._figures_changed = now, False
            return True
        return False

    def _render(self, boards: list[Board], seen: Look, now: float) -> set[Board]:
        """Those of them that have anything new to send."""
        services = still(self._frame.services, without_ages(seen.seen))
        return {board for board in boards if self._rendered(board, services, now)}

    def _rendered(self, board: Board, services: Services, now: float) -> bool:
        frame, wall = self._frame, self._frame.clock()
        scene = Scene(services=services, samples=frame.samples, now=wall, params=board.params, query=board.query)
        page = shielded(board.view, scene)
        assert isinstance(page, Page)
        if page.status != 200:
            board.due_at = now + (FAULT_SECONDS if page.status == 500 else LOOK_SECONDS)
            return board.fail(str(page.values.get("text", page.title)), gone=page.status == 404)
        board.due_at = None if page.every_seconds is None else now + page.every_seconds
        try:
            setting = Setting(path=_parts(board.address)[0], now=wall, live_path=board.address)
            regions = frame.renderer.regions(page, setting)
        except Exception:  # noqa: BLE001  # a template's fault is this page's, the others are rendered
            _LOG.exception("the console's page %s could not be rendered", board.address)
            board.due_at = now + FAULT_SECONDS
            return board.fail("this page has a fault, the loop's log says which", gone=False)
        return board.show(regions)


def _parts(address: str) -> tuple[str, str]:
    """Path and query of what a browser says it shows. It may say anything, so nothing here is taken for a host."""
    path, _, query = address.partition("?")
    return unquote(path), query
