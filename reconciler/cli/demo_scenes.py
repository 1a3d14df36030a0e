"""The demo's scenes, in order: a first cluster, an edit, a death, a silence, and a plan with nothing in it.

Before: demo, which set the stage. After: narrator, one line each. Everything shown is what the running loop says of
itself through its API; a scene ends when the world is as it should be again, or raises ReconcilerError.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from reconciler.changes.lacking import why
from reconciler.cli.demo_stage import FIRST, Stage, wait_until
from reconciler.console.narrator import Narrator
from reconciler.errors import LoopNotRunning, ReconcilerError
from reconciler.plan.status import ClusterStatus, InstanceStatus, Verdict
from reconciler.spec.edit import set_key
from reconciler.state.event import Event

FIRST_SIZE = 3
SECOND_SIZE = 5
# Far more than a scene takes on a slow machine; a demo that hangs must still end.
_START_SECONDS = 30.0
_READY_SECONDS = 60.0
_HEAL_SECONDS = 60.0

Photograph = Callable[[], None]


class _Moment(NamedTuple):
    """One instant on both clocks: monotonic for durations, Unix seconds for the events' own."""

    monotonic: float
    unix: float

    def since(self) -> float:
        return time.monotonic() - self.monotonic


def _now() -> _Moment:
    return _Moment(time.monotonic(), time.time())


class Scenes:
    """The scenes on one stage. `photograph` is called at the most telling moment: while one instance is silent."""

    def __init__(self, stage: Stage, narrator: Narrator, photograph: Photograph) -> None:
        self._stage = stage
        self._narrator = narrator
        self._photograph = photograph
        self._file = stage.settings.specs / f"{FIRST}.yaml"

    def first_cluster(self) -> None:
        """Wait for the loop to answer, then for the cluster of the first file."""
        with self._narrator.step("Start the loop", "until it answers") as step:
            self._await("the loop", lambda: "" if self._stage.client.alive() else "it does not answer", _START_SECONDS)
            step.came("reconciler run, on the copy")
        with self._narrator.step(f"Read {self._file.name}", f"until {FIRST_SIZE} instances are ready") as step:
            self._await(FIRST, lambda: self._lacks_ready(FIRST_SIZE), _READY_SECONDS)
            cluster = self._cluster()
            zones = len({instance.zone for instance in cluster.instances})
            step.came(f"{cluster.ready} instances made, {zones} zones, all ready")

    def edit(self) -> None:
        """Another size in the file, saved as an editor would."""
        with self._narrator.step(f"Save it with size {SECOND_SIZE}", "until the new ones are ready") as step:
            set_size(self._file, SECOND_SIZE)
            saved = _now()
            self._await(FIRST, lambda: self._lacks_ready(SECOND_SIZE), _READY_SECONDS)
            first = min(self._created(saved), key=lambda event: event.at, default=None)
            began = f"begun after {max(0.0, first.at - saved.unix):.2f} s: " if first else ""
            step.came(f"{began}{SECOND_SIZE - FIRST_SIZE} more, all ready", saved.since())

    def kill(self) -> None:
        """An instance dies, as by an accident."""
        victim = self._instance(2)
        with self._narrator.step(f"Kill {victim.name}", "until it is replaced") as step:
            struck = _now()
            self._stage.engine.signal(victim.id, "SIGKILL")
            self._await_replacement(victim)
            cause, begun = self._healing(victim, struck)
            step.came(f"{cause}; {begun}", struck.since())

    def freeze(self) -> None:
        """An instance runs and says nothing: dead or only slow, nobody can tell at once."""
        victim = self._instance(4)
        with self._narrator.step(f"Freeze {victim.name}", "silent: suspected, then replaced") as step:
            struck = _now()
            self._stage.engine.pause(victim.id)
            self._await(victim.name, lambda: self._lacks_suspicion(victim), _HEAL_SECONDS)
            suspected = struck.since()
            self._photograph()
            self._await_replacement(victim)
            _, begun = self._healing(victim, struck)
            step.came(f"suspect after {suspected:.1f} s, {begun}", struck.since())

    def nothing_to_do(self) -> None:
        """What is, is what the file says: a plan is empty."""
        with self._narrator.step("Ask for a plan") as step:
            self._await("plan", self._lacks_peace, _HEAL_SECONDS)
            step.came("nothing to do: the world is as the file says")

    # ------------------------------------------------------------ looking

    def _await(self, what: str, done: Callable[[], str], limit_seconds: float) -> None:
        def look() -> str:
            try:
                return done()
            except LoopNotRunning as error:  # busy for a moment; an ended one is noticed by its process
                return str(error)

        wait_until(self._stage, what, look, limit_seconds)

    def _await_replacement(self, victim: InstanceStatus) -> None:
        def lacks() -> str:
            for instance in self._cluster().instances:
                if instance.number == victim.number and instance.id not in ("", victim.id):
                    return self._lacks_ready(SECOND_SIZE)
            return "there is no replacement yet"

        self._await(victim.name, lacks, _HEAL_SECONDS)

    def _cluster(self) -> ClusterStatus:
        for cluster in self._stage.client.status().clusters:
            if cluster.name == FIRST:
                return cluster
        raise LoopNotRunning(f"the loop has not read {self._file.name} yet")

    def _instance(self, number: int) -> InstanceStatus:
        for instance in self._cluster().instances:
            if instance.number == number and instance.id:
                return instance
        raise ReconcilerError(f"{FIRST}-{number} is not there; `reconciler status` should show it")

    def _lacks_ready(self, size: int) -> str:
        cluster = self._cluster()
        if cluster.desired == size == cluster.ready == cluster.current and cluster.all_ready:
            return ""
        return f"{cluster.ready} of {size} ready: {why(cluster)}"

    def _lacks_suspicion(self, victim: InstanceStatus) -> str:
        now = next((i for i in self._cluster().instances if i.id == victim.id), None)
        return "" if now is None or now.verdict is not Verdict.READY else "it still counts as ready"

    def _lacks_peace(self) -> str:
        plans = self._stage.client.plan()
        return "" if all(plan.quiet for plan in plans) else "the plan still has something in it"

    def _created(self, moment: _Moment) -> tuple[Event, ...]:
        events = self._stage.client.events(cluster=FIRST)
        return tuple(e for e in events if e.kind == "create" and e.result == "done" and e.at >= moment.unix - 0.01)

    def _healing(self, victim: InstanceStatus, struck: _Moment) -> tuple[str, str]:
        """Why it was replaced, in the loop's own words, and when the replacement was begun."""
        mine = f"{FIRST}-{victim.number}"
        made = next((event for event in self._created(struck) if event.subject == mine), None)
        if made is None:
            return "replaced", "a new one is ready"
        return made.cause, f"new one begun after {max(0.0, made.at - struck.unix):.1f} s"


def set_size(file: Path, size: int) -> None:
    """Write another size into the file, in place, comments kept. Raises SpecError, UsageError, OSError."""
    file.write_text(set_key(file.read_text(encoding="utf-8"), "size", size, file=str(file)), encoding="utf-8")
