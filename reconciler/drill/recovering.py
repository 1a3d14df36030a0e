"""How long the world took to recover from each fault, by what was recorded. Pure.

Before: recording. After: expecting (`recovered`), report, the live display.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from reconciler.drill.readiness import STAYS_SECONDS
from reconciler.drill.recording import Measured, Span, WorldSample
from reconciler.drill.values import Drill


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """From a fault's end to all clusters ready; None: not before the drill was over."""

    says: str
    over_at: float
    seconds: float | None


def recoveries(drill: Drill, measured: Measured, *, settled: bool = True) -> tuple[Recovery, ...]:
    """How long each fault's recovery took. Where nobody waited for the last one (not `settled`), only what lasted until
    the end is one.
    """
    found = []
    for span in measured.spans:
        if span.over_at is not None:
            seconds = _recovered(span, span.over_at, measured, drill.needs.clusters, settled=settled)
            found.append(Recovery(says=span.says, over_at=span.over_at, seconds=seconds))
    return tuple(found)


def is_ready(sample: WorldSample, clusters: Collection[str]) -> bool:
    """Whether all (or the named) clusters were ready then; see readiness.concerned."""
    if sample.problem or not sample.clusters or set(clusters) - {cluster.name for cluster in sample.clusters}:
        return False
    return all(
        cluster.all_ready
        for cluster in sample.clusters
        if (cluster.name in clusters if clusters else not cluster.suspended)
    )


def _recovered(
    span: Span, over_at: float, measured: Measured, clusters: Collection[str], *, settled: bool
) -> float | None:
    """The beginning of the first stretch of readiness that lasts, or lasts until the drill itself disturbs it.

    A sample holds until the next. One that calls a killed instance ready is older than the kill.
    """
    killed = {victim.id for victim in span.victims} if span.kills else set()
    disturbed_at = _disturbed_at(span, over_at, measured)
    since: float | None = None
    for sample, following in pairwise((*measured.worlds, None)):
        if sample is None or (following is not None and following.at <= over_at):
            continue
        if since is not None and (sample.at - since >= STAYS_SECONDS or sample.at >= disturbed_at):
            break
        stale = any(one.ready and one.id in killed for cluster in sample.clusters for one in cluster.instances)
        if not is_ready(sample, clusters) or stale:
            since = None
        elif since is None:
            since = max(sample.at, over_at)
    if since is None or (not settled and min(measured.ended_at, disturbed_at) - since < STAYS_SECONDS):
        return None
    return since - over_at


def _disturbed_at(span: Span, over_at: float, measured: Measured) -> float:
    """When the drill's next fault began, or its next change of a spec."""
    others = [one.begun_at for one in measured.spans if one is not span]
    return min((at for at in (*others, *(at for at, _ in measured.changes)) if at >= over_at), default=inf)
