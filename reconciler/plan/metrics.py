"""What a metric says of one instance, in the units of the spec: from its beats, else from the engine's own figures.

Before: observed. After: scaling, and the canary stage of a rollout. Never here: what is concluded from it.
"""

from reconciler.plan.verdicts import DEFAULT_HEARTBEAT
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.beats import Beat, Gauge
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed

FRESH_SECONDS = 10.0
GAUGE_FRESH_SECONDS = 15.0  # the engine is asked for many in turn
GAUGED = frozenset({"cpu", "memory"})
"""What the engine knows of every container."""

OF_BEATS = frozenset({"cpu", "memory", "load"})
"""What every beat carries; any other metric is the image's own."""


def metric_of(instance: Instance, spec: ClusterSpec, observed: Observed, metric: str, now: float) -> float | None:
    """`metric` of the instance, None where nobody has told it lately. `spec` is what it was made from.

    Processors are percent of its limit (of one processor where it has none), memory is percent of its limit.
    """
    beat, gauge = _fresh_beat(instance, spec, observed, now), _fresh_gauge(instance, observed, now)
    if metric == "cpu":
        processors = beat.cpu if beat and beat.cpu is not None else (gauge.cpu if gauge else None)
        return None if processors is None else 100.0 * processors / (spec.resources.cpus or 1.0)
    if metric == "memory":
        in_use, limit = (beat.memory_bytes if beat else 0) or (gauge.memory_bytes if gauge else 0), _memory_limit(spec)
        return 100.0 * in_use / limit if in_use and limit else None
    if beat is None:
        return None
    return beat.load if metric == "load" else beat.metrics.get(metric)


def needs_gauge(spec: ClusterSpec, beat: Beat | None) -> bool:
    """Whether the engine has to be asked, because a metric is wanted that the instance doesn't tell itself."""
    wanted = {spec.autoscale.metric if spec.autoscale else None, spec.rollout.canary.metric} & GAUGED
    if not wanted or beat is None:
        return bool(wanted)
    return ("cpu" in wanted and beat.cpu is None) or ("memory" in wanted and not beat.memory_bytes)


def why_missing(metric: str, spec: ClusterSpec, *, with_agent: bool) -> str:
    """A sentence: nobody tells the metric, and what could be done."""
    if metric == "memory" and _memory_limit(spec) is None:
        return "memory is a part of `resources.memory`, which its spec doesn't say"
    if metric not in GAUGED and not with_agent:
        known = " and ".join(sorted(GAUGED))
        return f"no instance tells {metric}: its image has no agent, so only {known} are known of it"
    if metric in OF_BEATS:
        return f"nothing is known of {metric} now"
    return f"no instance tells {metric}: its main process has to write it to the metrics file"


def _fresh_beat(instance: Instance, spec: ClusterSpec, observed: Observed, now: float) -> Beat | None:
    beat = observed.beats.get(instance.id)
    heartbeat = spec.health.heartbeat or DEFAULT_HEARTBEAT
    limit = max(FRESH_SECONDS, heartbeat.interval_seconds * heartbeat.misses)
    return beat if beat is not None and now - beat.at <= limit else None


def _fresh_gauge(instance: Instance, observed: Observed, now: float) -> Gauge | None:
    gauge = observed.gauges.get(instance.id)
    return gauge if gauge is not None and now - gauge.at <= GAUGE_FRESH_SECONDS else None


def _memory_limit(spec: ClusterSpec) -> int | None:
    return spec.resources.memory_bytes
