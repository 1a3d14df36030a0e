"""What a person asked of one instance: that it ends. Remembered until it is gone, and by the running loop only.

Before: the desk, which was asked. After: observed (the next pass). A pure value.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """`cause` is what plans and events say of it; `at` is attended time."""

    cluster: str
    cause: str
    at: float


def termination_cause(by: str, why: str) -> str:
    """Who asked for it (empty: nobody says by which way) and why, as one sentence."""
    whose = f"terminated by a person ({by})" if by else "terminated by a person"
    return f"{whose}: {why}" if why else whose
