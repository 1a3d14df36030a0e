"""The part of a spec that lets the size follow a metric: `autoscale`, with the rules that a schema can't say.

Before: build. After: cluster; plan.scaling decides by it. Metrics' names are checked here for the canary stage, too.
"""

from reconciler.spec.cluster import Autoscale
from reconciler.spec.report import Path, quoted
from reconciler.spec.values import Values

_AUTOSCALE = ("autoscale",)
_COUNTER = "_total"
_WHOLE_PERCENT = 100.0


def autoscale(values: Values, size: int) -> Autoscale | None:
    """What it follows; `size` is the file's, where it starts."""
    if not values.has(*_AUTOSCALE):
        return None
    found = Autoscale(
        min=values.whole(1, "autoscale", "min"),
        max=values.whole(1000, "autoscale", "max"),
        metric=values.text("", "autoscale", "metric"),
        target=float(values.plain(1, "autoscale", "target")),
        cooldown_out_seconds=values.seconds(30.0, "autoscale", "cooldown_out"),
        cooldown_in_seconds=values.seconds(60.0, "autoscale", "cooldown_in"),
    )
    _bounds(values, found, size)
    check_metric(values, ("autoscale", "metric"))
    if _never_reached(values, found):
        problem = f"`{found.metric}` is a percentage of the instance's limit, so it never exceeds 100"
        values.problem(("autoscale", "target"), problem, "use less than 100, such as 60")
    return found


def _bounds(values: Values, found: Autoscale, size: int) -> None:
    if not (values.has("autoscale", "min") and values.has("autoscale", "max")):
        return
    if found.min > found.max:
        problem = f"min {found.min} is more than max {found.max}"
        values.problem(("autoscale", "min"), problem, "exchange them, or make them equal")
    elif values.has("size") and not found.min <= size <= found.max:
        problem = f"{size} is outside autoscale's {found.min} to {found.max}"
        values.problem(("size",), problem, f"use {found.min} to {found.max}: it is where the size starts")


def _never_reached(values: Values, found: Autoscale) -> bool:
    """Without a limit, `cpu` is a percentage of one processor, and an instance may use several."""
    limited = found.metric == "memory" or (found.metric == "cpu" and values.given("resources", "cpus"))
    return limited and values.has("autoscale", "target") and found.target > _WHOLE_PERCENT


def check_metric(values: Values, path: Path) -> None:
    """Whether an instance could ever tell it."""
    metric = values.text("", *path)
    if metric == "memory" and not values.given("resources", "memory"):
        problem = "`memory` is a percentage of a limit that the file doesn't give"
        values.problem(path, problem, "add `resources: {memory: 256MiB}`, or choose another metric")
    if metric.endswith(_COUNTER):
        rate = metric.removesuffix(_COUNTER) or "requests"
        values.problem(path, f"{quoted(metric)} is a counter, which only ever rises", f"use its rate: `{rate}`")
