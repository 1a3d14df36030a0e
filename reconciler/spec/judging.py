"""The parts of a spec that say how instances are judged and stopped: health, stop.

Before: build. After: cluster.
"""

from reconciler.spec.cluster import Health, Heartbeat, Probe, Stop
from reconciler.spec.values import Values


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


def stop(values: Values, *, serves: bool) -> Stop:
    """Where nobody is served, nobody has to be kept from being sent there: no drain by default."""
    return Stop(
        grace_seconds=values.seconds(10.0, "stop", "grace"),
        drain_seconds=values.seconds(2.0 if serves else 0.0, "stop", "drain"),
    )
