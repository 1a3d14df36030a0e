"""Each strategy by itself under whatever happens to a rollout: pushed, broken, taken back, paused, promoted."""

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.pushing import ROLLOUTS
from tests.sim.script import Play

KINDS = (
    "revise", "revise", "break", "spoil", "rebuild", "restarted", "pause", "promote", "resize", "die", "hang", "vanish",
    "deaf", "hear", "close", "open", "restart", "fail", "land", "tick", "wait", "wait", "wait", "wait", "suspend",
)  # fmt: skip
STRATEGIES = {
    "rolling": 0,
    "in place": 5,
    "red-black": 6,
    "canary by time": 7,
    "canary by hand": 8,
    "canary in place": 9,
    "red-black, judged": 12,
}

MOST = (
    int(os.environ.get("RECONCILER_SIM_EXAMPLES", "20000"))
    if os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
    else 15
)
scripts = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 2)), max_size=20)


@pytest.mark.timeout(0)
@settings(max_examples=MOST)
@pytest.mark.parametrize("strategy", STRATEGIES)
@given(script=scripts)
def test_every_script_is_survived_by_each_strategy(strategy: str, script: list[tuple[str, int, int]]) -> None:
    play = Play()
    play.spec = replace(play.spec, rollout=ROLLOUTS[STRATEGIES[strategy]])
    play.start()
    for kind, a, b in script:
        play.happen(kind, a, b)
    play.settle()
