"""Waiting for a world to become what somebody needs, and saying what it still lacks.

Before: wait, apply --wait. After: changes.lacking (the judgement), whatever shows the world. Errors that pass by
themselves are waited out, too.
"""

import time
from collections.abc import Callable, Sequence

from reconciler.changes.lacking import Goal, lacking
from reconciler.errors import EngineUnavailable, TransientError
from reconciler.plan.status import WorldStatus

POLL_SECONDS = 0.2


def await_goal(
    look: Callable[[], WorldStatus],
    names: Sequence[str],
    goal: Goal,
    deadline: float,
    settled: Callable[[], bool] = lambda: True,
    hopeless: Callable[[WorldStatus], bool] = lambda _: False,
) -> tuple[str, ...]:
    """Look until every named cluster is as `goal` says; empty then, else sentences about what is missing.

    `deadline` is on the monotonic clock. `settled` is asked before each look: False means that the loop has
    not yet done all that it should. `hopeless` ends the waiting: only a person can bring it further.
    """
    missing: tuple[str, ...] = ("nothing was seen yet",)
    while True:
        try:
            done = settled()
            world = look()
            missing = tuple(lacking(world, names, goal))
            if (done and not missing) or (missing and hopeless(world)):
                return missing
        except (EngineUnavailable, TransientError) as error:
            missing, done = (str(error),), False
        if time.monotonic() >= deadline:
            return missing or ("the loop has not taken up the change yet; `reconciler status` says why",)
        time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0.01)))
