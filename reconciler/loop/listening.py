"""Whom to hear and whom to ask: from specs and containers to the heartbeat register's and the prober's tables. Pure."""

from collections.abc import Iterator

from reconciler.engine.heartbeats import Expected
from reconciler.engine.probes import Target
from reconciler.plan.metrics import needs_gauge
from reconciler.plan.verdicts import DEFAULT_HEARTBEAT
from reconciler.spec.wanted import WantedWorld
from reconciler.state.observed import Observed


def expected_beats(world: WantedWorld, observed: Observed) -> Iterator[Expected]:
    """Every running container that was given a token, with the interval that it was made with.

    Not where a creation is under way: its listing may be older than the successor, whose token counts by then.
    """
    for name, instances in observed.instances.items():
        wanted = world.clusters.get(name)
        being_made = {f.number for f in observed.in_flight.get(name, ()) if f.kind == "create"}
        for instance in instances:
            if instance.token_sha256 and instance.alive and instance.number not in being_made:
                spec = wanted.spec_of(instance.spec_hash) if wanted is not None else None
                heartbeat = spec.health.heartbeat if spec is not None else None
                interval = (heartbeat or DEFAULT_HEARTBEAT).interval_seconds
                yield Expected(
                    name=instance.container, id=instance.id, cluster=name,
                    token_sha256=instance.token_sha256, interval_seconds=interval,
                )  # fmt: skip


def probe_targets(world: WantedWorld, observed: Observed) -> dict[str, Target]:
    """Every running container with an address whose own revision has a probe, by id."""
    targets: dict[str, Target] = {}
    for name, wanted in world.clusters.items():
        for instance in observed.instances.get(name, ()):
            spec = wanted.spec_of(instance.spec_hash)
            probe = spec.health.probe if spec is not None else None
            if probe is not None and instance.alive and instance.address:
                targets[instance.id] = Target(address=instance.address, probe=probe, cluster=name)
    return targets


def gauge_targets(world: WantedWorld, observed: Observed) -> frozenset[str]:
    """The ids of running containers of which the engine has to tell what they don't tell themselves."""
    return frozenset(
        instance.id
        for name, wanted in world.clusters.items()
        if wanted.spec is not None and (wanted.spec.autoscale is not None or wanted.spec.rollout.canary.metric)
        for instance in observed.instances.get(name, ())
        if instance.alive and needs_gauge(wanted.spec, observed.beats.get(instance.id))
    )
