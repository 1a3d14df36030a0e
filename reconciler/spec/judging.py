"""The parts of a spec that say how instances are judged, changed and stopped: health, rollout, stop.

Before: build. After: cluster. A container that alone can hold its volume or host port must go before its
successor comes.
"""

from reconciler.spec.cluster import Health, Heartbeat, Probe, Rollout, Stop, Strategy
from reconciler.spec.values import Values

RUNS_ONCE = Rollout(strategy="in-place", surge=0, unavailable=1, bake_seconds=0.0)
"""A task's: never two runs at once, and what has exited 0 needs no time to prove itself."""


def health(values: Values) -> Health:
    """Probe by http or tcp, not both; heartbeat and docker may stand beside either."""
    if values.given("health", "http") and values.given("health", "tcp"):
        values.problem(("health", "tcp"), "`http` and `tcp` can't stand together", "keep one of them", at_key=True)
    return Health(
        heartbeat=_heartbeat(values),
        probe=_probe(values, "http") or _probe(values, "tcp"),
        docker=values.flag("health", "docker"),
        start_seconds=values.seconds(30.0, "health", "start"),
        suspect_seconds=values.seconds(1.0, "health", "suspect"),
        settle_seconds=values.seconds(1.0, "health", "settle"),
    )


def _heartbeat(values: Values) -> Heartbeat | None:
    if not values.has("health", "heartbeat"):
        return None
    return Heartbeat(
        interval_seconds=values.seconds(1.0, "health", "heartbeat", "interval"),
        misses=values.whole(3, "health", "heartbeat", "misses"),
    )


def _probe(values: Values, kind: str) -> Probe | None:
    if not values.has("health", kind):
        return None
    path = values.text("/", "health", kind, "path") if kind == "http" else None
    if path is not None and not path.isprintable():
        values.problem(("health", kind, "path"), "the path holds a line break", "write it on one line")
    return Probe(
        port=values.whole(1, "health", kind, "port"),
        path=path,
        interval_seconds=values.seconds(1.0, "health", kind, "interval"),
        timeout_seconds=values.seconds(1.0, "health", kind, "timeout"),
        misses=values.whole(3, "health", kind, "misses"),
    )


def rollout(values: Values, single_owner: str | None) -> Rollout:
    """The strategy with its defaults; `single_owner` says why there can be only one container a number."""
    implied: Strategy = "in-place" if single_owner else "rolling"
    strategy: Strategy = values.plain(implied, "rollout", "strategy")
    because = f"{single_owner} imply in-place" if single_owner else "the strategy is in-place"
    if single_owner and strategy == "rolling":
        values.problem(("rollout", "strategy"), f"`rolling` can't be: {because}", "write in-place, or leave it out")
        strategy = "in-place"
    in_place = strategy == "in-place"
    surge = values.whole(0 if in_place else 1, "rollout", "surge")
    unavailable = values.whole(1 if in_place else 0, "rollout", "unavailable")
    if in_place and surge:
        values.problem(("rollout", "surge"), f"{surge} can't be: {because}", "write 0, or leave it out")
    if in_place and not unavailable:
        values.problem(("rollout", "unavailable"), f"0 can't be: {because}", "write 1 or more, or leave it out")
    if not in_place and not surge and not unavailable:
        values.problem(("rollout",), "with surge 0 and unavailable 0 nothing could ever change", "raise one of them")
    return Rollout(
        strategy=strategy,
        surge=surge,
        unavailable=unavailable,
        bake_seconds=values.seconds(1.0, "rollout", "bake"),
    )


def stop(values: Values, *, serves: bool) -> Stop:
    """Where nobody is served, nobody has to be kept from being sent there: no drain by default."""
    return Stop(
        grace_seconds=values.seconds(10.0, "stop", "grace"),
        drain_seconds=values.seconds(2.0 if serves else 0.0, "stop", "drain"),
    )
