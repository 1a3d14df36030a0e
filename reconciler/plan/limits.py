"""The numbers that bound what a plan may do; the command line can change some of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Fractions are of an environment's instances; durations are seconds.

    `silent_fraction`: more than max(1, this) falling silent together means that the channel is suspected.
    `delete_fraction`: removals for lack of a spec beyond one cluster and this are held.
    `lost_after_seconds`: how long blindness lasts before one canary is started.
    `suspect_fraction`: at most this part of a cluster's suspects is replaced at a time, one at least.
    `backoff_*`: spacing of starts of one number; forgotten after a life of `backoff_forget_seconds`.
    """

    silent_fraction: float = 0.15
    suspect_fraction: float = 0.15
    delete_fraction: float = 0.20
    lost_after_seconds: float = 60.0
    backoff_first_seconds: float = 1.0
    backoff_most_seconds: float = 300.0
    backoff_forget_seconds: float = 600.0
