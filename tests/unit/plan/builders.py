"""A settled cluster in a line, and what can be different about it in another."""

from dataclasses import replace

from reconciler.plan.limits import Limits
from reconciler.plan.world import Decision, Memory, decide
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.beats import Beat
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Channel, Observed, Sighting
from reconciler.state.records import Record

NOW = 1000.0
IMAGE = Image(id="sha256:1", has_agent=True)


def make_spec(name: str = "web", size: int = 3, **changes: object) -> ClusterSpec:
    base = ClusterSpec(name=name, image="web:1", size=size, zones=("a", "b", "c"))
    return replace(base, **changes)  # type: ignore[arg-type]


def make_wanted(spec: ClusterSpec, **changes: object) -> Wanted:
    return replace(Wanted(name=spec.name, spec=spec, spec_hash=spec.spec_hash()), **changes)  # type: ignore[arg-type]


def make_instance(spec: ClusterSpec, number: int, zone: str | None = None, **changes: object) -> Instance:
    instance = Instance(
        id=f"{spec.name}-{number}", container=f"dev-{spec.name}-{number}", cluster=spec.name, number=number,
        zone=zone or spec.zones[(number - 1) % len(spec.zones)], revision="v000", spec_hash=spec.spec_hash(),
        attempt=1, token_sha256="", image_id=IMAGE.id, state=EngineState.RUNNING, address=f"10.0.0.{number}",
        has_agent=True,
    )  # fmt: skip
    return replace(instance, **changes)  # type: ignore[arg-type]


def make_record(spec: ClusterSpec, instance: Instance, *, ready: bool = True) -> Record:
    return Record(
        instance=f"{spec.dns_label}{instance.number}", cluster=spec.dns_label, zone=instance.zone,
        revision=instance.revision, address=instance.address or "", ready=ready,
    )  # fmt: skip


def make_observed(spec: ClusterSpec, *instances: Instance, **changes: object) -> Observed:
    """All running, up for ten minutes less a second, heard half a second ago, ready and published."""
    observed = Observed(
        channel=Channel(since=0.0),
        instances={spec.name: instances} if instances else {},
        images={spec.image: IMAGE},
        beats={i.id: Beat(at=NOW - 0.5) for i in instances},
        sightings={i.id: Sighting(up_since=NOW - 599, ready_since=NOW - 590) for i in instances},
        names={i.id: make_record(spec, i) for i in instances},
    )
    return replace(observed, **changes)  # type: ignore[arg-type]


def make_settled(spec: ClusterSpec, count: int | None = None, **changes: object) -> Observed:
    size = spec.size if count is None else count
    return make_observed(spec, *(make_instance(spec, n) for n in range(1, size + 1)), **changes)


def merge(*several: Observed) -> Observed:
    """One environment of several clusters' observations."""
    first = several[0]
    for other in several[1:]:
        first = replace(
            first,
            instances={**first.instances, **other.instances}, images={**first.images, **other.images},
            beats={**first.beats, **other.beats}, sightings={**first.sightings, **other.sightings},
            names={**first.names, **other.names},
        )  # fmt: skip
    return first


def silence(observed: Observed, *ids: str, seconds: float) -> Observed:
    return replace(observed, beats={**observed.beats, **{key: Beat(at=NOW - seconds) for key in ids}})


def sight(observed: Observed, key: str, **changes: object) -> Observed:
    sighting = replace(observed.sightings[key], **changes)  # type: ignore[arg-type]
    return replace(observed, sightings={**observed.sightings, key: sighting})


def look(
    *wanted: Wanted | ClusterSpec, at: Observed, untrusted: str | None = None, memory: Memory | None = None,
    now: float = NOW,
) -> Decision:  # fmt: skip
    specs = [w if isinstance(w, Wanted) else make_wanted(w) for w in wanted]
    world = WantedWorld(clusters={w.name: w for w in specs}, untrusted=untrusted)
    return decide(world, at, now=now, limits=Limits(), memory=memory)


def text(*wanted: Wanted | ClusterSpec, at: Observed, now: float = NOW) -> str:
    return "\n".join(str(plan) for plan in look(*wanted, at=at, now=now).plans)
