"""How many instances are in force where a file asks for autoscaling: what one pass concludes and the next takes up.

Before: plan.scaling, which decides. After: observed (the next pass). Instants are seconds of attended time.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """`size` is in force, for `reason` (a sentence). `file_size` is what the file said then: another one starts anew.

    `value` is the metric's mean over those that tell it, None where nobody does. `hold` says why the size is left alone
    (empty: it isn't), `hold_reason` the same in one CamelCase word. `out_at`, `in_at` are the last changes.
    `recommended` are the sizes that the metric asked for lately, with when: falling, the oldest first.
    """

    size: int
    file_size: int
    reason: str = ""
    value: float | None = None
    hold: str = ""
    hold_reason: str = ""
    out_at: float | None = None
    in_at: float | None = None
    recommended: tuple[tuple[float, int], ...] = ()
