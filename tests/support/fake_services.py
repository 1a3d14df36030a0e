"""All that the API and the console act through, in memory: `fake_services()` for tests and for looking at pages.

Everything that was asked for is in `calls`. What is to be seen can be set: `world.status = …`, `world.happens(event)`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Any

from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.api.services import Executed, FaultPreview, Services
from reconciler.errors import ChaosRefused, LoopNotRunning, ReconcilerError, UsageError
from reconciler.plan.lookup import NameRow, NameStatus
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from reconciler.state.event import Event
from reconciler.state.faults import FaultSeen
from reconciler.state.revisions import KeptRevision
from reconciler.state.zones import ClosedZone
from tests.support.fake_changes import FakeChanges
from tests.support.fake_world import HOSTILE, NOW, demo_events, demo_world, revisions_of

_LOGS = ("listening on 0.0.0.0:8080", f"GET /{HOSTILE} 404", "\x1b[31mred\x1b[0m alert", "GET / 200 3 ms")


@dataclass(slots=True)
class FakeBackend:
    """A loop of which nothing runs. `gone`: it doesn't answer any more."""

    state: WorldStatus
    happened: list[Event] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    gone: bool = False
    texts: Callable[[str], str] = field(default=lambda _name: "")
    running_since: float = NOW

    def status(self) -> WorldStatus:
        if self.gone:
            raise LoopNotRunning("no loop answers; `reconciler run` starts one")
        return self.state

    def lookup(self, name: str) -> NameStatus:
        if len(name) > 253:
            raise UsageError("a name has at most 253 characters")
        whole = name if name.endswith(".docker") else f"{name}.dev.docker"
        found = next((one for one in self.state.clusters if one.dns == whole.split(".")[0]), None)
        if found is None:
            return NameStatus(name=whole, ours=True, known=False, meaning="there is no such name")
        return NameStatus(
            name=whole, ours=True, known=True, meaning=f"the cluster {found.name}",
            rows=tuple(_row(found, one) for one in found.instances), nameservers=("172.29.0.2",),
        )  # fmt: skip

    def plan(self, files: Mapping[str, bytes] | None) -> tuple[Plan, ...]:
        given = files if files is not None else {f"{c.name}.yaml": b"" for c in self.state.clusters}
        specs = [parse_cluster(text, file=name, policy=Policy()) for name, text in given.items() if text]
        return tuple(self._plan(spec.name, spec.size) for spec in specs)

    def _plan(self, name: str, size: int) -> Plan:
        now = next((one.desired for one in self.state.clusters if one.name == name), 0)
        if now == size:
            return Plan(cluster=name)
        return Plan(cluster=name, waits=(Wait(reason="Scaling", message=f"size {now} -> {size}"),))

    def events(self, after_id: int, cluster: str | None, limit: int) -> tuple[Event, ...]:
        its = [one for one in self.happened if one.id > after_id and cluster in (None, one.cluster)]
        return tuple(its[:limit] if after_id else its[-limit:])

    def happens(self, cluster: str, kind: str, subject: str, cause: str) -> Event:
        """One more event, now."""
        last = self.happened[-1].id if self.happened else 0
        event = Event(id=last + 1, at=time.time(), cluster=cluster, kind=kind, subject=subject, cause=cause)
        self.happened.append(event)
        return event

    def revisions(self, name: str) -> tuple[KeptRevision, ...]:
        its = [one for one in self.state.clusters if one.name == name]
        return revisions_of(its[0], self.texts(name)) if its else ()

    def confirm(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        self.calls.append(("confirm", names))
        held = [c.name for c in self.state.clusters if any(o.type == "Held" for o in c.conditions)]
        released = tuple(name for name in held if names is None or name in names)
        self.state = replace(
            self.state, held=(), clusters=tuple(c for c in self.state.clusters if c.name not in released)
        )
        return released

    def expect_delete(self, name: str) -> None:
        self.calls.append(("expect_delete", name))

    def note(self, cluster: str, subject: str, cause: str) -> None:
        self.happens(cluster, "chaos", subject, cause)

    def terminate(self, cluster: str, number: int, id: str, by: str, why: str) -> str:
        self.calls.append(("terminate", cluster, number, id, by, why))
        return id

    def close_zone(self, zone: str, seconds: float | None, why: str) -> tuple[str, ...]:
        self._insist_on_zone(zone)
        self.calls.append(("close_zone", zone, seconds, why))
        until = None if seconds is None else time.time() + seconds
        closed = ClosedZone(zone=zone, since=time.time(), until=until, why=why)
        others = tuple(one for one in self.state.closed_zones if one.zone != zone)
        self.state = replace(self.state, closed_zones=(*others, closed))
        return ()

    def open_zone(self, zone: str) -> bool:
        self._insist_on_zone(zone)
        self.calls.append(("open_zone", zone))
        others = tuple(one for one in self.state.closed_zones if one.zone != zone)
        was_closed = len(others) < len(self.state.closed_zones)
        self.state = replace(self.state, closed_zones=others)
        return was_closed

    def _insist_on_zone(self, zone: str) -> None:
        if not any(zone in one.zones for one in self.state.clusters):
            raise UsageError(f"no cluster has a zone {zone!r}; there are az1, az2, az3")

    def rescan(self) -> None:
        self.calls.append(("rescan",))

    def stop(self) -> None:
        self.calls.append(("stop",))

    def info(self) -> Mapping[str, str]:
        if self.gone:
            raise LoopNotRunning("no loop answers; `reconciler run` starts one")
        return {
            "pid": "4242", "specs": "/srv/specs", "env": "dev", "domain": "docker", "engine": "ABCD:EFGH",
            "started_at": f"{self.running_since:.3f}", "console": "http://127.0.0.1:8600",
        }  # fmt: skip


def _row(cluster: ClusterStatus, one: InstanceStatus) -> NameRow:
    return NameRow(
        instance=one.name, cluster=cluster.name, zone=one.zone, revision=one.revision, host=one.address or "",
        target=one.address or "", answers=one.serving, why="" if one.serving else f"not ready: {one.verdict}",
    )  # fmt: skip


@dataclass(slots=True)
class FakeContainers:
    """`lines` is what each instance has written; `answer` what a command there prints."""

    backend: FakeBackend
    operations: OperationRegister
    lines: tuple[str, ...] = _LOGS
    answer: Executed = field(default=Executed(exit_code=0, output=f"uid=0(root) {HOSTILE}\n"))

    def logs(self, name: str, tail: int) -> str:
        self._find(name)
        return "".join(f"{line}\n" for line in self.lines[max(0, len(self.lines) - tail) :])

    def follow_logs(self, name: str, tail: int, stop: Flag) -> Iterator[str]:
        self._find(name)
        yield from self.lines[max(0, len(self.lines) - tail) :]
        while not stop.wait(0.05):
            yield ""

    def execute(self, name: str, command: Sequence[str], seconds: float) -> Executed:
        self._find(name)
        self.backend.calls.append(("execute", name, tuple(command), seconds))
        return self.answer

    def terminate(self, name: str, by: str) -> Operation:
        cluster, one = self._find(name)
        self.backend.calls.append(("terminate", name, by))

        def work(reporter: Reporter) -> str:
            reporter.say(f"terminate {cluster}-{one.number}: terminated by a person ({by})")
            return f"{cluster}-{one.number} is ready again after 1.2 s"

        return self.operations.begin("terminate", f"terminate {cluster}-{one.number}", by, work, clusters=(cluster,))

    def _find(self, name: str) -> tuple[str, InstanceStatus]:
        for cluster in self.backend.state.clusters:
            for one in cluster.instances:
                if name in (one.name, f"{cluster.name}-{one.number}", cluster.name):
                    return cluster.name, one
        raise ReconcilerError(f"no cluster or instance {name!r} in environment dev")


@dataclass(slots=True)
class FakeFaults:
    """Holds faults of a known kind until they are stopped; `refused` is the sentence that refuses all."""

    backend: FakeBackend
    operations: OperationRegister
    refused: str = ""

    def leashed(self, request: Mapping[str, Any]) -> FaultPreview:
        kinds = ("monkey", "gorilla", "split-brain", "freeze", "loss", "dns", "agent", "burn", "fill")
        kind = request.get("kind")
        if kind not in kinds:
            raise UsageError(f"kind: {kind!r} is no fault; there are {', '.join(kinds)}")
        if self.refused:
            raise ChaosRefused(self.refused)
        seconds = 0.0 if kind == "monkey" else float(request.get("seconds", 30.0))
        return FaultPreview(
            says=f"{kind} webapp-1", victims=("webapp-1",), spared=("auth-1",), seconds=seconds,
            seed=7 if kind == "monkey" else None,
        )  # fmt: skip

    def unleash(self, request: Mapping[str, Any], by: str) -> Operation:
        preview = self.leashed(request)
        self.backend.calls.append(("unleash", dict(request), by))
        seen = FaultSeen(
            id="f1", kind=str(request["kind"]), says=preview.says, until=time.time() + preview.seconds,
            instances=preview.victims, leftover=False,
        )  # fmt: skip
        self.backend.state = replace(self.backend.state, faults=(*self.backend.state.faults, seen))

        def work(reporter: Reporter) -> str:
            reporter.say(f"in force after 0.21 s: {', '.join(preview.victims)}")
            reporter.stopping.wait(preview.seconds)
            self.heal("f1")
            return "healed after 0.12 s"

        return self.operations.begin("chaos", preview.says, by, work)

    def heal(self, fault_id: str | None) -> tuple[str, ...]:
        faults = self.backend.state.faults
        ended = tuple(one for one in faults if fault_id in (None, one.id))
        self.backend.calls.append(("heal", fault_id))
        self.backend.state = replace(self.backend.state, faults=tuple(one for one in faults if one not in ended))
        return tuple(f"{one.says} ({one.id}): healed" for one in ended)


@dataclass(slots=True)
class FakeCommands:
    """Each of them says two lines and is done."""

    backend: FakeBackend
    operations: OperationRegister

    def doctor(self) -> tuple[Mapping[str, Any], ...]:
        return ({"name": "engine", "level": "ok", "says": "Docker 20.10 answers", "fix": ""},)

    def build_images(self, names: Sequence[str], by: str) -> Operation:
        return self._begin("images", f"build {', '.join(names) or 'all images'}", by)

    def drill(self, text: str, by: str) -> Operation:
        return self._begin("drill", "run a drill", by)

    def _begin(self, kind: str, says: str, by: str) -> Operation:
        self.backend.calls.append((kind, says, by))

        def work(reporter: Reporter) -> str:
            reporter.say("begun")
            reporter.say(HOSTILE)
            return "done in 0.1 s"

        return self.operations.begin(kind, says, by, work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake:
    """The services, and what is behind them."""

    services: Services
    backend: FakeBackend
    changes: FakeChanges
    containers: FakeContainers
    faults: FakeFaults
    commands: FakeCommands
    operations: OperationRegister


def fake_services(
    status: WorldStatus | None = None, *, events: tuple[Event, ...] | None = None, read_only: bool = False
) -> Fake:
    """A whole set over this environment, by default one with a bit of everything."""
    operations = OperationRegister()
    backend = FakeBackend(status or demo_world(), list(demo_events() if events is None else events))
    changes = FakeChanges(backend, operations)
    backend.texts = lambda name: changes.files.get(f"{name}.yaml", "")
    containers = FakeContainers(backend, operations)
    faults = FakeFaults(backend, operations)
    commands = FakeCommands(backend, operations)
    services = Services(
        loop=backend, changes=changes, containers=containers, faults=faults, commands=commands, operations=operations,
        read_only=read_only,
    )  # fmt: skip
    return Fake(
        services=services, backend=backend, changes=changes, containers=containers, faults=faults, commands=commands,
        operations=operations,
    )  # fmt: skip
