"""Waiting for a condition with a deadline, for tests whose other side is a thread."""

import time
from collections.abc import Callable

_DEADLINE_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.01


def eventually(condition: Callable[[], bool]) -> None:
    """Returns once it holds; the test fails when that takes too long."""
    give_up_at = time.monotonic() + _DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(_LOOK_AGAIN_SECONDS)
