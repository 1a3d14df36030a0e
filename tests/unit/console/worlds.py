"""Sample worlds for the console's tests: what a person meets on good and bad days."""

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

R, S, D, U = Verdict.READY, Verdict.STARTING, Verdict.DEAD, Verdict.UNKNOWN
FAULT_ENDS_AT = 1_763_841_600.0
ZONES = ("az1", "az2", "az3")


def instance(
    cluster: str,
    number: int,
    verdict: Verdict = R,
    *,
    zones: tuple[str, ...] = ZONES,
    beat: float | None = 0.4,
    revision: str = "v000",
    phase: str = "running",
    exit_code: int | None = None,
) -> InstanceStatus:
    return InstanceStatus(
        name=f"{cluster}{number}",
        number=number,
        zone=zones[(number - 1) % len(zones)],
        container=f"dev-{cluster}-{number}",
        id=f"{number:012x}" + "0" * 52,
        phase=phase,
        verdict=verdict,
        heartbeat_age=beat,
        revision=revision,
        address=f"172.29.0.{10 + number}",
        exit_code=exit_code,
    )


def condition(type_: str, status: str, reason: str, message: str = "") -> Condition:
    return Condition(type=type_, status=status, reason=reason, message=message)  # type: ignore[arg-type]


READY = condition("Ready", "True", "AllReady")


def cluster(
    name: str,
    size: int,
    *,
    instances: tuple[InstanceStatus, ...] | None = None,
    conditions: tuple[Condition, ...] = (READY,),
    problems: tuple[Problem, ...] = (),
    doing: tuple[str, ...] = (),
    revision: str = "v000",
    zones: tuple[str, ...] = ZONES,
) -> ClusterStatus:
    if instances is None:
        instances = tuple(instance(name, n, zones=zones) for n in range(1, size + 1))
    ready = sum(1 for i in instances if i.verdict is R)
    return ClusterStatus(
        name=name,
        desired=size,
        current=len(instances),
        updated=sum(1 for i in instances if i.revision == revision),
        ready=ready,
        available=ready,
        revision=revision if instances else "",
        zones=zones,
        generation=1,
        conditions=conditions,
        instances=instances,
        problems=problems,
        doing=doing,
        image=f"acmeair/{name}:1.0",
        dns=name,
    )


def world(*clusters: ClusterStatus, **kwargs: object) -> WorldStatus:
    values: dict[str, object] = {
        "environment": "dev",
        "domain": "docker",
        "clusters": clusters,
        "loop_running": True,
        "loop_pid": 4242,
        "specs": "/srv/specs",
    }
    return WorldStatus(**(values | kwargs))  # type: ignore[arg-type]


def healthy() -> WorldStatus:
    return world(cluster("auth", 2), cluster("webapp", 4))


def rolling() -> WorldStatus:
    instances = (
        instance("webapp", 1, revision="v001", beat=0.2),
        instance("webapp", 2),
        instance("webapp", 3, Verdict.SUSPECT, beat=4.2, phase="paused"),
        instance("webapp", 4, D, beat=None, phase="exited", exit_code=137),
        instance("webapp", 5, S, beat=None, revision="v001"),
    )
    return world(
        cluster("auth", 2),
        cluster(
            "webapp",
            4,
            instances=instances,
            revision="v001",
            conditions=(
                condition("Ready", "False", "InstancesNotReady", "2 of 4 ready"),
                condition("Progressing", "True", "RollingOut", "image acmeair/webapp:1.0 -> 1.1"),
            ),
            doing=("create webapp-4: exited with 137", "wait for webapp-5: starting since 2 s"),
        ),
    )


def tasks() -> WorldStatus:
    def one(name: str, verdict: Verdict, phase: str, code: int | None = None, attempt: int = 1) -> InstanceStatus:
        made = instance(name, 1, verdict, zones=("az1",), beat=None, phase=phase, exit_code=code)
        return replace(made, task=True, attempt=attempt)

    def task(run: InstanceStatus, *conditions: Condition) -> ClusterStatus:
        name = run.name.removesuffix("1")
        made = cluster(name, 1, instances=(run,), conditions=conditions, zones=("az1",))
        return replace(made, kind="TaskSpec", current=0 if run.verdict is D else 1)

    not_ready = condition("Ready", "False", "NotAllReady", "0 of 1 are ready")
    why = "migrate-1 failed: exit 3, in run 7 of at most 7; see `reconciler logs migrate`"
    return world(
        task(
            one("index", S, "running"), not_ready, condition("Progressing", "True", "TaskRunning", "index-1 is running")
        ),
        task(one("loader", R, "completed", 0), READY),
        task(one("migrate", D, "failed", 3, 7), not_ready, condition("Degraded", "True", "TaskFailed", why)),
    )


def broken() -> WorldStatus:
    problem = Problem(
        file="specs/webapp.yaml",
        line=4,
        column=7,
        path="size",
        problem="-1 is less than 0",
        fix="use 0 or a positive number of instances",
    )
    return world(
        cluster(
            "webapp",
            4,
            conditions=(
                READY,
                condition("Degraded", "True", "SpecUnreadable", "the last good spec stays in force"),
            ),
            problems=(problem,),
        ),
        problems=(
            Problem(file="specs/db.yaml", line=1, column=1, path="", problem="the file is empty", fix="delete it"),
        ),
    )


def held() -> WorldStatus:
    return world(
        *(
            cluster(
                name,
                3,
                conditions=(READY, condition("Held", "True", "MassDeletion", "its file is gone")),
            )
            for name in ("auth", "cassandra", "webapp")
        ),
        held=("3 clusters with 9 of 9 instances lost their files at once; nothing is removed",),
    )


def blind() -> WorldStatus:
    instances = tuple(instance("webapp", n, U, beat=17.3) for n in (1, 2, 3))
    return world(
        cluster(
            "webapp",
            3,
            instances=instances,
            conditions=(condition("Ready", "Unknown", "ChannelBlind", "silent since 17 s"),),
        ),
        channel_problem="3 of 3 instances fell silent together; nobody is replaced until beats return",
    )


def engine_gone() -> WorldStatus:
    return world(
        cluster(
            "webapp",
            3,
            instances=tuple(instance("webapp", n, U, beat=None) for n in (1, 2, 3)),
            conditions=(condition("Ready", "Unknown", "EngineUnavailable"),),
        ),
        engine_problem="the engine at unix:///var/run/docker.sock does not answer since 12 s",
    )


def broken_on_purpose() -> WorldStatus:
    six = tuple(f"{name}-{number}" for name in ("auth", "web") for number in (1, 2, 3))
    cut = FaultSeen(
        id="k3f9", kind="split-brain", says="split-brain halves az1 | az2,az3", until=FAULT_ENDS_AT, instances=six,
        leftover=False,
    )  # fmt: skip
    frozen = FaultSeen(
        id="a1b2", kind="freeze", says="freeze web-1", until=FAULT_ENDS_AT, instances=("web-1",), leftover=True
    )
    return world(cluster("auth", 3), cluster("web", 3), faults=(cut, frozen))


def empty() -> WorldStatus:
    return world(loop_running=False, loop_pid=None)


def fifty() -> WorldStatus:
    instances = tuple(
        instance("webapp", n, S if n == 31 else D if n == 44 else R, exit_code=1 if n == 44 else None)
        for n in range(1, 51)
    )
    progressing = condition("Progressing", "True", "Replacing", "1 starting")
    return world(
        cluster("auth", 2),
        cluster("webapp", 50, instances=instances, conditions=(progressing,)),
        cluster("web", 12),
        cluster("cassandra", 6),
    )


def long_names() -> WorldStatus:
    name = "a-very-long-cluster-name-that-somebody-has-really-given-it-2026"
    zones = ("europe-west-frankfurt-1", "europe-west-frankfurt-2", "europe-west-frankfurt-3")
    return world(
        cluster(name, 3, zones=zones),
        cluster("b", 0, instances=(), conditions=(condition("Ready", "True", "SizeZero"),)),
    )


def releases() -> WorldStatus:
    """A canary that awaits a person, one that was taken back, one that is scaled by itself."""
    canary = (*(instance("webapp", n) for n in (1, 2, 3)), instance("webapp", 4, revision="v001"))
    waits = condition("Ready", "False", "NotAllReady", "1 of 4 updated")
    way = RolloutStatus(
        phase=Phase.CANARY, strategy="canary", revision="v001", former="v000", updated=1, available=1, wanted=4,
        awaits_promotion=True,
    )  # fmt: skip
    why = "auth-1 exited with 1, 5 times in a row"
    back = RolloutStatus(
        phase=Phase.ROLLED_BACK, strategy="rolling", revision="v001", former="v000", wanted=2, message=why
    )
    scale = ScaleStatus(size=3, min=2, max=12, metric="cpu", target=60.0, value=58.3)
    failed = condition("Degraded", "True", "RolledBack", why)
    return world(
        replace(cluster("auth", 2, conditions=(condition("Ready", "False", "RolledBack", why), failed)), rollout=back),
        replace(cluster("shop", 3), scale=scale),
        replace(cluster("webapp", 4, instances=canary, revision="v001", conditions=(waits,)), rollout=way),
        environment="ci",
    )


ALL = {
    "healthy": healthy,
    "releases": releases,
    "rolling": rolling,
    "tasks": tasks,
    "broken": broken,
    "held": held,
    "blind": blind,
    "engine_gone": engine_gone,
    "broken_on_purpose": broken_on_purpose,
    "empty": empty,
    "fifty": fifty,
    "long_names": long_names,
}


def events() -> tuple[Event, ...]:
    start = 1_763_841_600.0
    return (
        Event(
            at=start,
            cluster="webapp",
            kind="create",
            subject="webapp-1",
            cause="size 0 -> 3",
            duration_seconds=0.31,
            id=1,
        ),
        Event(
            at=start + 1,
            cluster="",
            kind="channel",
            subject="heartbeats",
            cause="3 silent together",
            result="note",
            id=2,
        ),
        Event(
            at=start + 75.25,
            cluster="webapp",
            kind="create",
            subject="webapp-2",
            cause="exited with 1",
            result="failed",
            message="no space left on device",
            duration_seconds=12.0,
            id=3,
        ),
    )
