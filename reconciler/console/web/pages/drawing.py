"""The plots of one cluster: its size with recoveries and chaos, its load with the target.

Before: samples, events. After: the cluster's page; the environment's has a small one in each row. Pure.
"""

from collections.abc import Sequence

from reconciler.console.web.plots import Plot, Series, Spark, Stretch, plot, spark
from reconciler.console.web.recoveries import Recovery
from reconciler.console.web.samples import Sample
from reconciler.plan.status import ScaleStatus
from reconciler.state.event import Event

_MARK_SECONDS = 1.0
UNTOLD = "None of its instances tells it: those of images with the heartbeat agent do."


def size_plot(samples: Sequence[Sample], found: Sequence[Recovery], events: Sequence[Event], now: float) -> Plot:
    """Wanted and ready; the dips are recoveries, with their seconds; chaos is marked where it was."""
    series = (
        Series(kind="desired", label="wanted", points=[(one.at, float(one.desired)) for one in samples], stepped=True),
        Series(kind="ready", label="ready", points=[(one.at, float(one.ready)) for one in samples], stepped=True),
    )
    dips = [
        Stretch(
            kind="recovery", began_at=one.began_at, ended_at=now if one.ended_at is None else one.ended_at,
            text=_seconds(one, now), says=recovery_says(one, now),
        )
        for one in found
    ]  # fmt: skip
    chaos = [
        Stretch(kind="chaos", began_at=e.at, ended_at=e.at + _MARK_SECONDS, text="", says=f"chaos: {e.cause}")
        for e in events
        if e.kind == "chaos"
    ]
    return plot("size", "Size", series, now, (*dips, *chaos))


def load_plot(samples: Sequence[Sample], scale: ScaleStatus | None, now: float) -> Plot:
    """Processors in use; of a cluster that is scaled, the metric with its target."""
    if scale is not None:
        points = [(one.at, one.metric) for one in samples if one.metric is not None]
        target = [(points[0][0], scale.target), (points[-1][0], scale.target)] if points else []
        unit = " %" if scale.metric in ("cpu", "memory") else ""
        return plot(
            "load", f"Load ({scale.metric})",
            (Series(kind="target", label="target", points=_held(target), unit=unit),
             Series(kind="metric", label=scale.metric, points=points, unit=unit)),
            now,
            empty="Nobody tells this metric yet.",
        )  # fmt: skip
    points = [(one.at, one.cpu) for one in samples if one.cpu is not None]
    cpu = Series(kind="metric", label="cpu", points=points)
    return plot("load", "Load (processors)", (cpu,), now, empty=UNTOLD)


def _held(ends: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A level line has no gaps: a point every few seconds."""
    if not ends:
        return []
    (begin, value), (end, _) = ends
    return [(begin + 5.0 * step, value) for step in range(int((end - begin) // 5) + 1)] + [(end, value)]


def ready_spark(samples: Sequence[Sample]) -> Spark | None:
    """How many were ready, for a table's cell."""
    return spark([(one.at, float(one.ready)) for one in samples])


def recovery_says(found: Recovery, now: float) -> str:
    """A recovery as a sentence."""
    how = "not back yet, for" if found.ended_at is None else "all back after"
    cause = f" ({found.cause})" if found.cause else ""
    return f"{found.lowest} of {found.desired} ready{cause}, {how} {_seconds(found, now)}"


def _seconds(found: Recovery, now: float) -> str:
    seconds = found.seconds(now)
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
