"""A zone that a person took out of service, as the store keeps it and `status` shows it.

Before: `reconciler zone close`, the control API. After: observed, plan. Values only; instants are Unix seconds,
because a closed zone outlives the loop.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedZone:
    """Nothing is made in `zone` since `since`; at `until` it opens by itself, None: when somebody opens it.

    `why` is what they said who closed it, empty where they said nothing.
    """

    zone: str
    since: float
    until: float | None = None
    why: str = ""

    def over(self, at: float) -> bool:
        """Whether its time is over at the instant `at` (Unix seconds)."""
        return self.until is not None and at >= self.until
