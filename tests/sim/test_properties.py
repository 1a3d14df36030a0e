"""Whatever happens in whatever order: nothing that must never happen happens, and the world comes back.

The profile `ci` is short; `RECONCILER_SIM=thorough` plays many and long scripts for several minutes.
"""

import os

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.sim.script import KINDS, Happening, play

_THOROUGH = os.environ.get("RECONCILER_SIM") == "thorough"
_EXAMPLES = int(os.environ.get("RECONCILER_SIM_EXAMPLES", "4000" if _THOROUGH else "80"))

happenings = st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 3))
scripts = st.lists(happenings, max_size=60 if _THOROUGH else 25)


@settings(
    max_examples=_EXAMPLES, deadline=None, derandomize=not _THOROUGH, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(scripts)
@example([])
def test_every_script_is_survived_without_harm_and_ends_at_rest(script: list[Happening]) -> None:
    play(script)
