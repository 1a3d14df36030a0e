"""How far a rollout is: what one pass concludes of it and the next one takes up.

Before: plan.rollouts, which decides. After: observed (the next pass); the store keeps what a restart must not lose.
Instants are seconds of attended time.
"""

from dataclasses import dataclass, replace

from reconciler.state.revisions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutState:
    """The way from `back` (the last version that was good, None before there is one) to `to`, the file's.

    `progressed_at` is when one more of `to` than ever before was available, put off by the times in which nothing could
    come; `most_available` is how many that was. `looked_at` is the last pass. `gate_since`: the canaries are all
    available since then, None while they aren't. `promoted`: the canary stage is over. `switched_at`: the new group of
    a red-black rollout has the traffic since then. `held_at`: so many of `to` there were when it was paused. `failed`
    says why it failed (empty: it didn't): `back` is then what is wanted, where the file allows that. `trouble` is what
    was last wrong with one of them. `done`: everybody is of `to`, and available. `size` is of how many it was when it
    was last seen under way (0: not known). `terms` are those by which it failed: judged by others it is tried again.
    """

    to: Version
    back: Version | None = None
    began_at: float = 0.0
    progressed_at: float = 0.0
    looked_at: float = 0.0
    most_available: int = 0
    gate_since: float | None = None
    promoted: bool = False
    switched_at: float | None = None
    held_at: int | None = None
    failed: str = ""
    trouble: str = ""
    done: bool = False
    size: int = 0
    terms: str = ""

    @property
    def good(self) -> Version | None:
        """The version to go back to from another one: this one, once it was all there and had the traffic. Where nobody
        was wanted, nobody knows.
        """
        return self.to if (self.done and self.size) or (self.switched_at is not None and not self.failed) else self.back

    @property
    def lasting(self) -> "RolloutState":
        """What a restart must not lose: all but the instants."""
        return replace(
            self, trouble="", began_at=0.0, progressed_at=0.0, looked_at=0.0, most_available=0, gate_since=None,
            switched_at=None if self.switched_at is None else 0.0,
        )  # fmt: skip

    def resumed(self, now: float) -> "RolloutState":
        """As a loop takes it up that has just begun: every clock begins anew."""
        return replace(
            self, began_at=now, progressed_at=now, looked_at=now, most_available=0, gate_since=None,
            switched_at=None if self.switched_at is None else now,
        )  # fmt: skip

    def stood_still(self, seconds: float) -> "RolloutState":
        """After so long a time in which nobody could see or do anything: its clocks stood still."""
        if self.done:
            return self
        return replace(
            self, progressed_at=self.progressed_at + seconds, looked_at=self.looked_at + seconds,
            gate_since=None if self.gate_since is None else self.gate_since + seconds,
            switched_at=None if self.switched_at is None else self.switched_at + seconds,
        )  # fmt: skip
