"""Whatever happens in whatever order: nothing that must never happen happens, and the world comes back.

HYPOTHESIS_PROFILE=thorough plays many and long scripts, for many minutes.
"""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sim.script import KINDS, Happening, play

_LONGEST = 60 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 25

happenings = st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 3))
scripts = st.lists(happenings, max_size=_LONGEST)


@pytest.mark.timeout(0)
@given(scripts)
def test_every_script_is_survived_without_harm_and_ends_at_rest(script: list[Happening]) -> None:
    play(script)
