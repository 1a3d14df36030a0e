"""A loop on paper, as the API and the console ask it: nothing runs, everything that was asked for is kept.

Before: fake_services, tests. After: fake_world.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from reconciler.errors import LoopNotRunning, UsageError
from reconciler.plan.actions import CreateInstance, TerminateInstance
from reconciler.plan.lookup import NameRow, NameStatus
from reconciler.plan.plan import Plan
from reconciler.plan.status import ClusterStatus, InstanceStatus, WorldStatus
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision
from reconciler.state.zones import ClosedZone
from tests.support.fake_world import NOW, revisions_of


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
        specs = [_parsed(name, text) for name, text in given.items() if text]
        return tuple(self._plan(spec) for spec in specs)

    def _plan(self, spec: ClusterSpec) -> Plan:
        """Sizes count, and nothing else."""
        found = next((one for one in self.state.clusters if one.name == spec.name), None)
        now, instances = (found.desired, found.instances) if found else (0, ())
        cause = f"size {now} -> {spec.size}"
        made = tuple(
            CreateInstance(
                cluster=spec.name, number=number, zone=spec.zones[(number - 1) % len(spec.zones)], revision="v000",
                spec_hash="0" * 12, image_id="sha256:0", attempt=1, spec=spec, source=spec.image, has_agent=True,
                cause=cause,
            )
            for number in range(now + 1, spec.size + 1)
        )  # fmt: skip
        ended = tuple(
            TerminateInstance(cluster=spec.name, number=one.number, id=one.id, cause=cause)
            for one in instances
            if spec.size < one.number <= now
        )
        return Plan(cluster=spec.name, actions=made + ended)

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


@lru_cache(maxsize=1000)
def _parsed(file: str, text: bytes) -> ClusterSpec:
    return parse_cluster(text, file=file, policy=Policy())


def _row(cluster: ClusterStatus, one: InstanceStatus) -> NameRow:
    return NameRow(
        instance=one.name, cluster=cluster.name, zone=one.zone, revision=one.revision, host=one.address or "",
        target=one.address or "", answers=one.serving, why="" if one.serving else f"not ready: {one.verdict}",
    )  # fmt: skip
