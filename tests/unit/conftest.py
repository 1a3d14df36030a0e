"""How long property tests look for a counterexample.

`HYPOTHESIS_PROFILE=quick` (the default) looks at the same few inputs each time; `thorough` at many new ones.
"""

import os

from hypothesis import settings

settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
