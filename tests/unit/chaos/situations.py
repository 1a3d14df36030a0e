"""Situations for the pure parts of chaos: three zones, clusters that are opted in or not."""

from random import Random

from reconciler.chaos.attack import Attack
from reconciler.chaos.faults import Fault
from reconciler.chaos.prepare import prepare
from reconciler.chaos.situation import KnownCluster, Situation
from reconciler.state.faults import FaultSeen
from reconciler.state.instance import EngineState, Instance

ZONES = ("az1", "az2", "az3")
GATEWAY = "10.9.0.1"


def instance(
    cluster: str, number: int, zone: str, *, state: EngineState = EngineState.RUNNING, task: bool = False
) -> Instance:
    return Instance(
        id=f"{cluster}-{number}-".ljust(64, "0"),
        container=f"dev-{cluster}-{number}",
        cluster=cluster,
        number=number,
        zone=zone,
        revision="v000",
        spec_hash="0123456789ab",
        attempt=1,
        token_sha256="",
        image_id="sha256:1",
        state=state,
        address=f"10.9.{len(cluster)}.{number}" if state is EngineState.RUNNING else None,
        task=task,
    )


def spread(cluster: str, size: int, zones: tuple[str, ...] = ZONES) -> tuple[Instance, ...]:
    return tuple(instance(cluster, n, zones[(n - 1) % len(zones)]) for n in range(1, size + 1))


def situation(
    *instances: Instance,
    opted_in: tuple[str, ...] = ("web",),
    zones: tuple[str, ...] = ZONES,
    troubles: tuple[str, ...] = (),
    active: tuple[FaultSeen, ...] = (),
    closed: tuple[str, ...] = (),
) -> Situation:
    everyone = instances or spread("web", 6, zones)
    names = sorted({one.cluster for one in everyone} | set(opted_in))
    return Situation(
        env="dev",
        instances=everyone,
        clusters=tuple(
            KnownCluster(name=name, opted_in=name in opted_in, zones=zones, file=f"specs/{name}.yaml") for name in names
        ),
        closed_zones=frozenset(closed),
        troubles=troubles,
        active=active,
        gateway=GATEWAY,
        subnet="10.9.0.0/16",
    )


def active(kind: str, *instances: str, leftover: bool = False) -> FaultSeen:
    return FaultSeen(
        id="k3f9", kind=kind, says=f"{kind} of before", until=100.0, instances=instances, leftover=leftover
    )


def prepared(fault: Fault, where: Situation | None = None, seed: int = 1) -> Attack:
    return prepare(fault, where or situation(), Random(seed))
