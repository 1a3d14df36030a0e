"""Following events: a stream that breaks, or a mistake, never ends the watch."""

import threading
from collections.abc import Iterator
from typing import Any, cast

from reconciler.engine.ports import Engine, EngineEvent
from reconciler.errors import EngineUnavailable
from reconciler.loop.engine_watch import EngineWatch
from tests.support.beating import eventually
from tests.support.fake_engine import FakeEngine


def test_a_broken_stream_is_taken_up_again_and_everything_looked_at() -> None:
    engine = FakeEngine()
    seen: list[EngineEvent | None] = []
    lost: list[str] = []
    watch = EngineWatch(engine, "dev", seen.append, lost.append)
    watch.start()
    assert eventually(lambda: seen == [None])
    engine.go_away()
    assert eventually(lambda: len(lost) >= 2)
    engine.come_back()
    assert eventually(lambda: seen == [None, None])
    assert watch.alive()
    watch.stop(2.0)
    assert not watch.alive()


def test_a_mistake_while_following_is_told_and_the_watch_goes_on() -> None:
    class Wrong:
        def __init__(self) -> None:
            self.turns = 0

        def events(self, env: str, stop: threading.Event) -> Iterator[Any]:
            self.turns += 1
            yield None
            if self.turns == 1:
                raise ZeroDivisionError("made to fail")
            stop.wait(10)
            raise EngineUnavailable("ended")

    seen: list[EngineEvent | None] = []
    lost: list[str] = []
    watch = EngineWatch(cast("Engine", Wrong()), "dev", seen.append, lost.append)
    watch.start()
    assert eventually(lambda: seen == [None, None])
    assert "made to fail" in lost[0]
    watch.stop(2.0)
    assert not watch.alive()


def test_a_watch_that_never_began_ends_at_once() -> None:
    seen: list[object] = []
    watch = EngineWatch(FakeEngine(), "dev", seen.append, seen.append)
    watch.stop(2.0)
    assert not watch.alive()
