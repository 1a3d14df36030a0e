"""What followers of the fake engine are told, each of one environment, until the engine breaks it off."""

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

from reconciler.errors import EngineUnavailable

T = TypeVar("T")
_POLL_SECONDS = 0.02


class Streams(Generic[T]):
    """All that follow one kind of news."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[str, queue.Queue[T | None]]] = {}

    def follow(self, env: str, stop: threading.Event) -> Iterator[T | None]:
        """First None, then what is put for `env`, until `stop` is set. Raises EngineUnavailable once it is broken."""
        mine: queue.Queue[T | None] = queue.Queue()
        self._open[id(mine)] = (env, mine)
        try:
            yield None
            while not stop.is_set():
                try:
                    news = mine.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    continue
                if news is None:
                    raise EngineUnavailable("following the engine's events: the engine ended the stream")
                yield news
        finally:
            del self._open[id(mine)]

    def put(self, env: str | None, news: T) -> None:
        """Tell those who follow `env`; None: all."""
        for wanted, stream in list(self._open.values()):
            if env in (None, wanted):
                stream.put(news)

    def break_off(self) -> None:
        """Nobody is told anything any more."""
        for _, stream in list(self._open.values()):
            stream.put(None)
