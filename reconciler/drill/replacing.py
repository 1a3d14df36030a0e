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
_TELLING = frozenset({"create", "terminate", "kill", "remove", "withdraw"})
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
    ever_ready: bool
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
    there: dict[str, Replacement] = {}
    for sample in measured.worlds:
        if sample.problem:
            continue
        now = {one.id: (cluster.name, one) for cluster in sample.clusters for one in cluster.instances if one.id}
        for id in [id for id in there if id not in now]:
            yield replace(there.pop(id), gone_at=sample.at)
        there.update({id: _seen(there, cluster, one) for id, (cluster, one) in now.items()})


def _seen(there: Mapping[str, Replacement], cluster: str, one: InstanceSample) -> Replacement:
    before = there.get(one.id)
    return Replacement(
        instance=f"{cluster}-{one.number}",
        cluster=cluster,
        number=one.number,
        id=one.id,
        zone=one.zone,
        gone_at=0.0,
        ever_ready=one.ready or (before is not None and before.ever_ready),
        dead=one.dead,
    )


def _cause(gone: Replacement, events: tuple[Event, ...]) -> str:
    """What the loop said first of its end."""
    near = (
        event.cause
        for event in events
        if event.subject == gone.instance
        and event.kind in _TELLING
        and gone.gone_at - _BEFORE_SECONDS <= event.at <= gone.gone_at + _AFTER_SECONDS
        and _is_about_an_end(event)
    )
    return next(near, "")


def _is_about_an_end(event: Event) -> bool:
    """A creation tells of an end where it says what became of the one before."""
    return event.kind != "create" or event.cause.startswith(("died", "lost", "not ready", "left half made"))


def _killed(gone: Replacement, measured: Measured) -> str:
    hit = {victim.id for span in measured.spans if span.kills for victim in span.victims}
    return "killed by this drill" if gone.id in hit else ""


def _died(gone: Replacement, measured: Measured) -> str:  # noqa: ARG001  # one signature for all rules
    return "it had died by itself" if gone.dead or gone.cause.startswith(("died", "left half made")) else ""


def _unready(gone: Replacement, measured: Measured) -> str:  # noqa: ARG001
    return "" if gone.ever_ready else "it had never been ready"


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
