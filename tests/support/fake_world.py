"""An environment on paper for the API and the console: clusters on good and bad days, and as many instances as asked.

Before: fake_services, which answers from it. Values only.
"""

import hashlib
from dataclasses import replace

from reconciler.errors import Problem
from reconciler.plan.status import (
    ClusterStatus,
    Condition,
    InstanceStatus,
    Phase,
    RolloutStatus,
    ScaleStatus,
    Verdict,
    WorldStatus,
)
from reconciler.state.event import Event
from reconciler.state.faults import FaultSeen
from reconciler.state.revisions import KeptRevision, Version
from reconciler.state.zones import ClosedZone

NOW = 1_795_921_200.0
ZONES = ("az1", "az2", "az3")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def instance(
    cluster: str,
    number: int,
    verdict: Verdict = Verdict.READY,
    *,
    revision: str = "v000",
    phase: str = "running",
    beat: float | None = 0.4,
    zones: tuple[str, ...] = ZONES,
    exit_code: int | None = None,
    task: bool = False,
) -> InstanceStatus:
    """One of a cluster; ready ones serve."""
    address = f"172.29.{number // 250}.{number % 250 + 2}"
    return InstanceStatus(
        name=f"{cluster}{number}", number=number, zone=zones[(number - 1) % len(zones)],
        container=f"dev-{cluster}-{number}", id=id_of(cluster, number), phase=phase, verdict=verdict,
        heartbeat_age=beat, revision=revision, address=address, exit_code=exit_code,
        task=task, serving=verdict is Verdict.READY and not task, cpu=0.12, load=0.3, memory_bytes=48 * 1024 * 1024,
        metrics={"requests": 12.5}, since=None if phase in ("exited", "failed") else NOW - 600.0 * number,
    )  # fmt: skip


def id_of(cluster: str, number: int) -> str:
    """A container's id that is the same in each process, and differs from others' in its first digits."""
    return hashlib.sha256(f"{cluster}-{number}".encode()).hexdigest()


def cluster(name: str, size: int, *instances: InstanceStatus, **more: object) -> ClusterStatus:
    """A cluster of so many, all ready where none is given."""
    members = instances or tuple(instance(name, number) for number in range(1, size + 1))
    ready = sum(1 for one in members if one.verdict is Verdict.READY)
    revision = str(more.get("revision", "v000"))
    made = ClusterStatus(
        name=name, desired=size, current=len(members), ready=ready, available=ready, revision=revision,
        updated=sum(1 for one in members if one.revision == revision), zones=ZONES, generation=1,
        conditions=(condition("Ready", str(ready == size), "AllReady" if ready == size else "NotAllReady"),),
        instances=members, image=f"acmeair/{name}:1.0", dns=name,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def condition(type_: str, status: str, reason: str, message: str = "") -> Condition:
    """A condition that has been so for a minute."""
    return Condition(
        type=type_, status=status, reason=reason, message=message, last_transition_time=NOW - 60  # type: ignore[arg-type]
    )  # fmt: skip


def rolling() -> ClusterStatus:
    """In the middle of a rolling push, with one that is suspect, one dead, one starting."""
    members = (
        instance("webapp", 1, revision="v001", beat=0.2),
        instance("webapp", 2),
        instance("webapp", 3, Verdict.SUSPECT, beat=4.2),
        instance("webapp", 4, Verdict.DEAD, beat=None, phase="exited", exit_code=137),
        instance("webapp", 5, Verdict.STARTING, beat=None, revision="v001"),
    )
    way = RolloutStatus(
        phase=Phase.PROGRESSING, strategy="rolling", revision="v001", former="v000", updated=2, available=1, wanted=4,
        message="webapp-5 is starting",
    )  # fmt: skip
    return cluster(
        "webapp", 4, *members, revision="v001", chaos=True, rollout=way,
        conditions=(
            condition("Ready", "False", "NotAllReady", "2 of 4 ready"),
            condition("Progressing", "True", "RollingOut", "image acmeair/webapp:1.0 -> 1.1"),
        ),
        doing=("create webapp-4: exited with 137", "wait for webapp-5: starting since 2 s"),
    )  # fmt: skip


def canary() -> ClusterStatus:
    """One that waits for a person's judgment."""
    members = (*(instance("shop", n) for n in (1, 2, 3)), instance("shop", 4, revision="v001"))
    way = RolloutStatus(
        phase=Phase.CANARY, strategy="canary", revision="v001", former="v000", updated=1, available=1, wanted=4,
        awaits_promotion=True,
    )  # fmt: skip
    return cluster("shop", 4, *members, revision="v001", rollout=way, chaos=True)


def rolled_back() -> ClusterStatus:
    """One whose next revision was taken back."""
    why = "flights-1 exited with 1, 5 times in a row"
    way = RolloutStatus(
        phase=Phase.ROLLED_BACK, strategy="rolling", revision="v001", former="v000", wanted=2, message=why
    )
    failed = condition("Degraded", "True", "RolledBack", why)
    return cluster(
        "flights", 2, rollout=way, conditions=(condition("Ready", "False", "RolledBack", why), failed)
    )  # fmt: skip


def judging() -> ClusterStatus:
    """Two groups, the new one whole and without traffic, until a person has judged it."""
    old = tuple(instance("portal", n) for n in (1, 2))
    new = tuple(replace(instance("portal", n, revision="v001"), serving=False) for n in (3, 4))
    way = RolloutStatus(
        phase=Phase.JUDGING, strategy="red-black", revision="v001", former="v000", updated=2, available=2, wanted=2,
        awaits_promotion=True,
    )  # fmt: skip
    return cluster("portal", 2, *old, *new, revision="v001", rollout=way)


def without_traffic() -> ClusterStatus:
    """One whose file takes it out of its names."""
    members = tuple(replace(instance("search", n), serving=False) for n in (1, 2))
    told = condition("NoTraffic", "True", "SpecSaysSo", "no traffic: the file says so")
    ready = condition("Ready", "True", "AllReady")
    return cluster("search", 2, *members, traffic=False, conditions=(ready, told))


def task(name: str, verdict: Verdict, phase: str, code: int | None = None) -> ClusterStatus:
    """A task with its latest run."""
    run = instance(name, 1, verdict, phase=phase, exit_code=code, beat=None, zones=("az1",), task=True)
    return cluster(name, 1, run, kind="TaskSpec", zones=("az1",))


def broken() -> ClusterStatus:
    """One whose file can't be read any more; the last good one stays in force."""
    problem = Problem(
        file="booking.yaml", line=4, column=7, path="size", problem=f"-1 is less than 0 {HOSTILE}", fix="use 0 or more"
    )
    degraded = condition("Degraded", "True", "SpecUnreadable", "the last good spec stays in force")
    return cluster("booking", 2, problems=(problem,), conditions=(condition("Ready", "True", "AllReady"), degraded))


def demo_world(now: float = NOW) -> WorldStatus:
    """A bit of everything; its texts are hostile where people or containers can write them."""
    frozen = FaultSeen(
        id="k3f9", kind="freeze", says="freeze webapp-3", until=now + 90, instances=("webapp-3",), leftover=False
    )  # fmt: skip
    scale = ScaleStatus(size=3, min=2, max=12, metric="cpu", target=60.0, value=58.3, reason="cpu 58 of 60")
    gone = condition("Held", "True", "MassDeletion", "its file is gone")
    suspended = condition("Suspended", "True", "SuspendedByFile", "suspend: true")
    return WorldStatus(
        environment="dev", domain="docker", loop_running=True, loop_pid=4242, specs="/srv/specs",
        clusters=(
            cluster("auth", 2), broken(), replace(cluster("customer", 3), scale=scale), rolled_back(),
            cluster("ledger", 2, image="", conditions=(condition("Ready", "True", "AllReady"), gone)),
            task("loader", Verdict.READY, "completed", 0), task("migrate", Verdict.DEAD, "failed", 3),
            cluster("quiet", 1, conditions=(condition("Ready", "True", "AllReady"), suspended)), canary(), rolling(),
            judging(), without_traffic(),
        ),
        held=("1 cluster with 2 of 20 instances lost its file; nothing is removed",),
        problems=(Problem(file="db.yaml", line=1, column=1, path="", problem="the file is empty", fix="delete it"),),
        foreign=(f"dev-web-9: its labels say {HOSTILE}",),
        faults=(frozen,),
        closed_zones=(ClosedZone(zone="az3", since=now - 30, until=now + 600, why=HOSTILE),),
    )  # fmt: skip


def healthy_world() -> WorldStatus:
    """Two clusters, all ready."""
    return WorldStatus(
        environment="dev", domain="docker", loop_running=True, loop_pid=4242, specs="/srv/specs",
        clusters=(cluster("auth", 2), cluster("webapp", 4, chaos=True)),
    )  # fmt: skip


def large_world(instances: int) -> WorldStatus:
    """So many instances, fifty in a cluster, a few of them not well."""
    clusters = []
    for start in range(0, instances, 50):
        name = f"service{start // 50 + 1}"
        members = tuple(
            instance(name, n, Verdict.STARTING if n == 31 else Verdict.DEAD if n == 44 else Verdict.READY)
            for n in range(1, min(50, instances - start) + 1)
        )
        clusters.append(cluster(name, len(members), *members))
    return replace(healthy_world(), clusters=tuple(clusters))


def demo_events(count: int = 60, now: float = NOW) -> tuple[Event, ...]:
    """In rising order, a second apart, the last one now."""
    kinds = ("create", "publish", "withdraw", "terminate", "remove", "chaos", "spec", "rollout")
    names = ("auth", "webapp", "shop", "customer")
    return tuple(
        Event(
            id=n, at=now - count + n, cluster=names[n % 4], kind=kinds[n % 8], subject=f"{names[n % 4]}-{n % 3 + 1}",
            cause=HOSTILE if n % 10 == 0 else "size 2 -> 3", result="failed" if n % 17 == 0 else "done",
            message=f"no space left on device {HOSTILE}" if n % 17 == 0 else "", duration_seconds=0.1 * (n % 7),
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def revisions_of(one: ClusterStatus, text: str) -> tuple[KeptRevision, ...]:
    """Newest first, down to v000; the newest isn't judged yet unless it is the only one. Earlier images were others."""
    newest = int((one.revision or "v000")[1:])
    images = {n: one.image if n == newest else one.image.replace(":1.0", f":0.{n + 1}") for n in range(newest + 1)}
    return tuple(
        KeptRevision(
            version=Version(revision=f"v{n:03}", spec_hash=f"{n:012x}", image_id="sha256:" + f"{n:064x}"),
            at=NOW - 3600 * (newest - n + 1), text=text.replace(one.image, images[n]).encode(),
            file=f"{one.name}.yaml", image=images[n], good=n < newest or newest == 0,
        )
        for n in range(newest, -1, -1)
    )  # fmt: skip
