"""The monkey that comes by itself: whether it kills now, whom, and else why not. Pure; chance and time are arguments.

Before: keeper (a view of the environment, what was killed before). After: keeper, which kills and tells.
Never here: a kill while anything is wrong already. Rules are ordered, the first that refuses is the one that is told;
those that last longest come first, so that a sentence stays true for a while and is told once.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from reconciler.chaos.open_hours import day_of, next_opening, opening
from reconciler.spec.chaos import MonkeyPolicy
from reconciler.spec.units import show_seconds

LONGEST_STEP_SECONDS = 60.0
"""What went by unwatched (a laptop that slept) is not made up for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An instance that is ready: `id` its container's full id, `name` as in `web-1`."""

    id: str
    name: str
    number: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A cluster with a policy. `off` says why it is left alone whatever its policy says; empty where it isn't."""

    cluster: str
    policy: MonkeyPolicy
    candidates: tuple[Candidate, ...] = ()
    off: str = ""

    @property
    def group(self) -> str:
        """Whom it shares interval and count with. A cluster alone can't meet a group of its name."""
        return f"group {self.policy.group}" if self.policy.group else f"cluster {self.cluster}"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a policy sees: its members, and sentences about whatever is wrong in the environment, by a lasting word."""

    members: tuple[Member, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastKill:
    """A policy's kill, or what a leashed one would have killed. `at` is Unix seconds, `instance` as in `web-1`."""

    at: float
    cluster: str
    instance: str
    leashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a cluster's policy does nothing now. While `key` stays, it has been told."""

    key: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What to do: at most one a turn. Leashed: it is only told."""

    cluster: str
    victim: Candidate
    leashed: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one look came to: a kill or none, and for each cluster that may not be hit now, why."""

    kill: Kill | None = None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant as policies need it: `at` in Unix seconds, `local` makes local time of those."""

    at: float
    local: Callable[[float], datetime]

    @property
    def here(self) -> datetime:
        """The local time."""
        return self.local(self.at)


def decide(view: View, past: Sequence[PastKill], now: Moment, *, elapsed_seconds: float, rng: Random) -> Turn:
    """One look. `elapsed_seconds` is the time since the last one, for which chance is drawn now."""
    refusals = {}
    drawn = []
    for member in view.members:
        refusal = _refusal(member, view, past, now)
        if refusal is not None:
            refusals[member.cluster] = refusal
        elif rng.random() < _chance(member.policy, now, min(elapsed_seconds, LONGEST_STEP_SECONDS)):
            drawn.append(member)
    if not drawn:
        return Turn(refusals=refusals)
    member = rng.choice(drawn)
    victim = rng.choice(_eligible(member))
    kill = Kill(
        cluster=member.cluster, victim=victim, leashed=not member.policy.unleashed, why=_rate(member.policy)
    )  # fmt: skip
    return Turn(kill=kill, refusals=refusals)


def _refusal(member: Member, view: View, past: Sequence[PastKill], now: Moment) -> Refusal | None:
    """The first that refuses."""
    if member.off:
        return Refusal(key="off", sentence=member.off)
    return (
        _closed(member.policy, now)
        or _enough_for_a_day(member, view, past, now)
        or _too_soon(member, view, past, now)
        or _nobody(member)
        or _outage(view)
    )


def _closed(policy: MonkeyPolicy, now: Moment) -> Refusal | None:
    if opening(policy.hours, policy.days, now.here) is not None:
        return None
    opens = next_opening(policy.hours, policy.days, now.here)
    return Refusal(key=f"closed {opens:%F}", sentence=f"closed until {opens:%a %H:%M}")


def _enough_for_a_day(member: Member, view: View, past: Sequence[PastKill], now: Moment) -> Refusal | None:
    policy = member.policy
    today = day_of(policy.hours, now.here)
    kills = [kill for kill in _of_group(member, view, past) if day_of(policy.hours, now.local(kill.at)) == today]
    if len(kills) >= policy.most_per_day:
        most = f"{policy.most_per_day} a day are the most"
        return Refusal(key=f"enough {today}", sentence=f"{_shared(policy)} had {len(kills)} today, and {most}")
    if policy.probability is not None and any(kill.cluster == member.cluster for kill in kills):
        return Refusal(key=f"drawn {today}", sentence="a probability of a kill a day means one at most")
    return None


def _too_soon(member: Member, view: View, past: Sequence[PastKill], now: Moment) -> Refusal | None:
    last = max(_of_group(member, view, past), key=lambda kill: kill.at, default=None)
    if last is None:
        return None
    again = last.at + member.policy.min_interval_seconds
    # A clock that was set back must not keep the monkey away for as long as it was wrong.
    if now.at >= again or last.at > now.at + member.policy.min_interval_seconds:
        return None
    sentence = f"{last.instance} was hit at {now.local(last.at):%H:%M:%S}; not again before {now.local(again):%H:%M:%S}"
    return Refusal(key=f"soon {last.at}", sentence=sentence)


def _nobody(member: Member) -> Refusal | None:
    if _eligible(member):
        return None
    excepted = "; the others are excepted" if member.candidates else ""
    return Refusal(key="nobody", sentence=f"nobody is there to be hit{excepted}")


def _outage(view: View) -> Refusal | None:
    if not view.troubles:
        return None
    key, sentence = next(iter(view.troubles.items()))
    more = f" (and {len(view.troubles) - 1} more)" if len(view.troubles) > 1 else ""
    return Refusal(key=f"outage {key}", sentence=f"the environment isn't healthy: {sentence}{more}")


def _eligible(member: Member) -> list[Candidate]:
    policy = member.policy
    return [
        one
        for one in member.candidates
        if one.zone not in policy.except_zones and one.number not in policy.except_numbers
    ]


def _of_group(member: Member, view: View, past: Sequence[PastKill]) -> list[PastKill]:
    """What counts for this member. What only was told counts for one who only tells."""
    clusters = {other.cluster for other in view.members if other.group == member.group}
    leashed = not member.policy.unleashed
    return [kill for kill in past if kill.cluster in clusters and (leashed or not kill.leashed)]


def _shared(policy: MonkeyPolicy) -> str:
    return f"group {policy.group}" if policy.group else "it"


def _chance(policy: MonkeyPolicy, now: Moment, elapsed_seconds: float) -> float:
    """That a kill falls into the time since the last look, of which only what was open counts."""
    span = opening(policy.hours, policy.days, now.here)
    if span is None:
        return 0.0
    step = max(0.0, min(elapsed_seconds, span.past_seconds))
    if policy.mean_time_seconds is not None:
        return -math.expm1(-step / policy.mean_time_seconds)
    if policy.probability is None:
        return 0.0
    # Uniform over the day's span with this probability in all: what is left of it grows denser as nothing happens.
    left = span.whole_seconds - policy.probability * (span.past_seconds - step)
    return min(1.0, policy.probability * step / left)


def _rate(policy: MonkeyPolicy) -> str:
    if policy.probability is not None:
        return f"probability {policy.probability:g} a day"
    return f"mean time {show_seconds(policy.mean_time_seconds or 0.0)}"
