"""How far a rollout is: what one pass concludes of it and the next one takes up.

Before: plan.rollouts, which decides. After: observed (the next pass); the store keeps what a restart must not lose.
Instants are seconds of attended time.
"""

from dataclasses import dataclass

from reconciler.state.revisions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutState:
    """The way from `back` (the last version that was good, None before there is one) to `to`, the file's.

    `progressed_at` is when one more of `to` than ever before was available; `most_available` is how many that was.
    `gate_since`: the canaries are all available since then, None while they aren't. `promoted`: the canary stage is
    over. `switched_at`: the new group of a red-black rollout has the traffic since then. `held_at`: so many of `to`
    there were when it was paused. `failed` says why it failed (empty: it didn't): `back` is then what is wanted, where
    the file allows that. `done`: everybody is of `to`, and available.
    """

    to: Version
    back: Version | None = None
    began_at: float = 0.0
    progressed_at: float = 0.0
    most_available: int = 0
    gate_since: float | None = None
    promoted: bool = False
    switched_at: float | None = None
    held_at: int | None = None
    failed: str = ""
    done: bool = False
