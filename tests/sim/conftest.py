"""How many scripts are played: a few in the short profile, thousands of long ones with HYPOTHESIS_PROFILE=thorough.

`RECONCILER_SIM_EXAMPLES` sets another number for the thorough one.
"""

import os

from hypothesis import HealthCheck, settings

_ALL = list(HealthCheck)

settings.register_profile(
    "short", max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=_ALL
)
settings.register_profile(
    "thorough",
    max_examples=int(os.environ.get("RECONCILER_SIM_EXAMPLES", "20000")),
    deadline=None,
    database=None,
    suppress_health_check=_ALL,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
