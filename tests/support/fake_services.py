"""All that the API and the console act through, in memory: `fake_services()` for tests and for looking at pages.

Everything that was asked for is in `calls`. What is to be seen can be set: `world.status = …`, `world.happens(event)`.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Any

from reconciler.api.operations import Operation, OperationRegister, Reporter
from reconciler.api.services import Executed, FaultPreview, Services
from reconciler.errors import ChaosRefused, ReconcilerError, UsageError
from reconciler.plan.status import InstanceStatus, WorldStatus
from reconciler.state.event import Event
from reconciler.state.faults import FaultSeen
from tests.support.fake_backend import FakeBackend
from tests.support.fake_changes import FakeChanges
from tests.support.fake_world import HOSTILE, demo_events, demo_world

_LOGS = ("listening on 0.0.0.0:8080", f"GET /{HOSTILE} 404", "\x1b[31mred\x1b[0m alert", "GET / 200 3 ms")


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
