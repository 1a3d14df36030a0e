"""Who was replaced while a drill ran, and whether rightly: by what the loop said, and what the drill did. Pure.

Before: recording. After: expecting (`wrong_replacements`), report. First reason that fits wins.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.drill.recording import InstanceSample, Measured
from reconciler.state.event import Event

# An event's time is when its action was over; the sample that shows the instance gone is taken a little later.
_BEFORE_SECONDS = 30.0
_AFTER_SECONDS = 3.0
# A hung instance is given up only some time after it fell silent, maybe when it is thawed already.
_HUNG_SECONDS = 60.0
_ENDING = frozenset({"terminate", "kill", "remove", "withdraw"})
_DEATHS = ("died", "left half made", "the engine told of its end")
_ENDS = (*_DEATHS, "lost", "not ready")
_SILENCING = frozenset({"freeze", "agent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """An instance whose container went away: `cause` as the loop told it, `right` why that is in order, or empty."""

    instance: str
    cluster: str
    number: int
    id: str
    zone: str
    gone_at: float
    ready_at: float | None
    dead: bool
    cause: str = ""
    right: str = ""


def replacements(measured: Measured) -> tuple[Replacement, ...]:
    """Everybody who went, in the order of time, each with the reason that excuses it."""
    found = []
    for gone in _gone(measured):
        told = replace(gone, cause=_cause(gone, measured.events))
        found.append(replace(told, right=next((why for rule in _RULES if (why := rule(told, measured))), "")))
    return tuple(found)


def _gone(measured: Measured) -> Iterator[Replacement]:
    """Who was seen and is never again: a loop that has just begun knows of nobody for a moment."""
    there: dict[str, Replacement] = {}
    last_seen = {
        one.id: place
        for place, sample in enumerate(measured.worlds)
        for cluster in sample.clusters
        for one in cluster.instances
    }
    for place, sample in enumerate(measured.worlds):
        if sample.problem:
            continue
        now = {one.id: (cluster.name, one) for cluster in sample.clusters for one in cluster.instances if one.id}
        for id in [id for id in there if id not in now and last_seen[id] < place]:
            yield replace(there.pop(id), gone_at=sample.at)
        there.update({id: _seen(there, cluster, one, sample.at) for id, (cluster, one) in now.items()})


def _seen(there: Mapping[str, Replacement], cluster: str, one: InstanceSample, at: float) -> Replacement:
    before = there.get(one.id)
    ready_at = before.ready_at if before is not None else None
    return Replacement(
        instance=f"{cluster}-{one.number}",
        cluster=cluster,
        number=one.number,
        id=one.id,
        zone=one.zone,
        gone_at=0.0,
        ready_at=at if ready_at is None and one.ready else ready_at,
        dead=one.dead,
    )


def _cause(gone: Replacement, events: tuple[Event, ...]) -> str:
    """What the loop said of its end: since it was ready, because its own creation tells of the end of the one before.

    Who takes its place knows best why; without that the first word on it.
    """
    since = gone.gone_at if gone.ready_at is None else gone.ready_at
    since = max(since, gone.gone_at - _BEFORE_SECONDS)
    near = [
        event
        for event in events
        if event.subject == gone.instance and since <= event.at <= gone.gone_at + _AFTER_SECONDS
    ]
    successor = (e.cause for e in near if e.kind == "create" and e.cause.startswith(_ENDS))
    ended = (e.cause for e in near if e.kind in _ENDING)
    return next(successor, "") or next(ended, "")


def _killed(gone: Replacement, measured: Measured) -> str:
    hit = {victim.id for span in measured.spans if span.kills for victim in span.victims}
    return "killed by this drill" if gone.id in hit else ""


def _died(gone: Replacement, measured: Measured) -> str:  # noqa: ARG001  # one signature for all rules
    return "it had died by itself" if gone.dead or gone.cause.startswith(_DEATHS) else ""


def _unready(gone: Replacement, measured: Measured) -> str:  # noqa: ARG001
    return "it had never been ready" if gone.ready_at is None else ""


def _changed(gone: Replacement, measured: Measured) -> str:
    changed = any(cluster == gone.cluster and at <= gone.gone_at for at, cluster in measured.changes)
    rollout = not gone.cause or gone.cause.startswith(("outdated", "image rebuilt", "surplus"))
    return "this drill changed its spec" if changed and rollout else ""


def _moved(gone: Replacement, measured: Measured) -> str:
    closed = [span.closes for span in measured.spans if span.closes and span.begun_at <= gone.gone_at]
    moved = gone.zone in closed or "zone" in gone.cause or gone.cause.startswith("surplus")
    return "this drill had closed a zone" if closed and moved and not gone.cause.startswith("lost") else ""


def _hung(gone: Replacement, measured: Measured) -> str:
    for span in measured.spans:
        until = (measured.ended_at if span.ended_at is None else span.ended_at) + _HUNG_SECONDS
        named = any(victim.instance == gone.instance for victim in span.victims)
        if span.kind in _SILENCING and named and span.begun_at <= gone.gone_at <= until:
            return f"this drill's {span.kind} made it silent"
    return ""


Rule = Callable[[Replacement, Measured], str]
_RULES: tuple[Rule, ...] = (_killed, _died, _unready, _changed, _moved, _hung)
