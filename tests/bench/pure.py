"""How long the pure decision takes over a large environment in which there is nothing to do.

Beats are fresh, names are published, nothing is in flight. `python -m tests.bench.pure` prints two sizes.
"""

import gc
import time
from statistics import median

from reconciler.plan.limits import Limits
from reconciler.plan.world import decide
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.beats import Beat
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Channel, Observed, Sighting
from reconciler.state.records import Record

NOW = 1000.0
ROUNDS = 7
_ZONES = ("az1", "az2", "az3")


def measure(clusters: int, size: int) -> float:
    """Seconds of one `decide` over `clusters` clusters of `size` instances each; fails if it plans anything."""
    world, observed = settled(clusters, size)
    decide(world, observed, now=NOW, limits=Limits())
    gc.collect()
    started = time.perf_counter()
    decision = decide(world, observed, now=NOW, limits=Limits())
    seconds = time.perf_counter() - started
    if not all(plan.quiet for plan in decision.plans) or len(decision.plans) != clusters:
        message = "there should have been nothing to do"
        raise AssertionError(message)
    return seconds


def settled(clusters: int, size: int) -> tuple[WantedWorld, Observed]:
    """An environment that is as its specs want it."""
    wanted: dict[str, Wanted] = {}
    instances: dict[str, tuple[Instance, ...]] = {}
    names: dict[str, Record] = {}
    for index in range(clusters):
        name = f"cluster{index}"
        spec = ClusterSpec(name=name, image="base:1", size=size, zones=_ZONES)
        wanted[name] = Wanted(name=name, spec=spec, spec_hash=spec.spec_hash())
        made = tuple(_instance(spec, number) for number in range(1, size + 1))
        instances[name] = made
        for instance in made:
            names[instance.id] = _record(instance)
    ids = list(names)
    observed = Observed(
        channel=Channel(since=0.0),
        instances=instances,
        beats={key: Beat(at=NOW - 0.5) for key in ids},
        sightings={key: Sighting(up_since=100.0, ready_since=101.0) for key in ids},
        images={"base:1": Image(id="sha256:1", has_agent=True)},
        names=names,
    )
    return WantedWorld(clusters=wanted), observed


def _instance(spec: ClusterSpec, number: int) -> Instance:
    return Instance(
        id=f"{spec.name}-{number}", container=f"dev-{spec.name}-{number}", cluster=spec.name, number=number,
        zone=_ZONES[number % 3], revision="v000", spec_hash=spec.spec_hash(), attempt=1, token_sha256="",
        image_id="sha256:1", state=EngineState.RUNNING, address="10.0.0.1", has_agent=True,
    )  # fmt: skip


def _record(instance: Instance) -> Record:
    return Record(
        instance=f"{instance.cluster}{instance.number}", cluster=instance.cluster, zone=instance.zone,
        revision=instance.revision, address="10.0.0.1", ready=True,
    )  # fmt: skip


def main() -> None:
    """Print the medians for 1,000 and 2,000 clusters of 10, measured in turns, and how they compare."""
    sizes = (1000, 2000)
    rounds = [[measure(clusters, 10) for clusters in sizes] for _ in range(ROUNDS)]
    medians = [median(times) for times in zip(*rounds, strict=True)]
    for clusters, seconds in zip(sizes, medians, strict=True):
        print(f"{clusters} clusters x 10: {seconds * 1000:.0f} ms")
    print(f"ratio: {medians[1] / medians[0]:.2f}")


if __name__ == "__main__":
    main()
