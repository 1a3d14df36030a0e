"""The loop as its local API sees it: every method here is called by other threads and decides nothing.

Before: api (requests), cli (apply --once). After: the last pass' snapshot, or a note in the deciding thread's inbox.
Never here: a change of what a pass reads or writes, but by such a note.
"""

import os
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import replace
from queue import SimpleQueue
from typing import TypeVar

from reconciler.engine.executor import Executor
from reconciler.errors import EngineUnavailable, TransientError
from reconciler.loop.around import Surroundings
from reconciler.loop.asking import Errand, Question, wait_for
from reconciler.loop.chronicle import Chronicle
from reconciler.loop.memory import LoopMemory
from reconciler.loop.scanner import Scanner, world_of
from reconciler.loop.secret_files import SecretFiles
from reconciler.loop.settings import Settings
from reconciler.loop.snapshot import Snapshot
from reconciler.loop.workqueue import ALL, FILES
from reconciler.loop.zones import Zones
from reconciler.plan.guard import MASS_DELETION
from reconciler.plan.lookup import NameStatus, NameWorld, look_up
from reconciler.plan.plan import Plan
from reconciler.plan.status import WorldStatus
from reconciler.plan.terminations import insist_on_reason, insist_on_terminable
from reconciler.plan.zoning import closing_remarks, insist_on_closing, insist_on_zone, known_zones
from reconciler.spec.policy import Policy
from reconciler.spec.wanted import WantedWorld
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision
from reconciler.state.terminations import Termination, termination_cause

T = TypeVar("T")
PLAN_SECONDS = 10.0


class Desk:
    """The thread-safe half of a loop; `runner.Loop` is the other one and makes all of these."""

    _settings: Settings
    _around: Surroundings
    _policy: Policy
    _stop: threading.Event
    _inbox: SimpleQueue[Callable[[], None]]
    _questions: SimpleQueue[Question]
    _errands: SimpleQueue[Errand]
    _zones: Zones
    _chronicle: Chronicle
    _memory: LoopMemory
    _scanner: Scanner
    _executor: Executor
    _snapshot: Snapshot
    _started_at: float
    console_url = ""
    """Where the web console beside this loop answers; empty: there is none. Set by whoever serves it."""

    def stop(self) -> None:
        """End the loop soon; returns at once."""
        self._stop.set()
        self._around.queue.close()

    def status(self) -> WorldStatus:
        """The environment as of the last pass, with heartbeat ages of now."""
        around, settings = self._around, self._settings
        world = self._snapshot.status(
            env=settings.env, domain=settings.domain, now=self._around.clock(), beats=around.listener.beats(),
            in_flight=self._executor.in_flight(), wall=around.wall(),
        )  # fmt: skip
        return replace(
            world, loop_running=True, loop_pid=os.getpid(), specs=str(settings.specs),
            names_problem=around.names_problem(), faults=around.faults(),
            closed_zones=tuple(self._zones.standing.values()),
        )  # fmt: skip

    def wanted(self) -> WantedWorld:
        """What is in force, as of the last pass."""
        return self._snapshot.world

    def lookup(self, name: str) -> NameStatus:
        """What a name answers and why, as of the last pass."""
        settings, around, snapshot = self._settings, self._around, self._snapshot
        labels = {n: w.spec.dns_label for n, w in snapshot.world.clusters.items() if w.spec is not None}
        instances = {labels.get(name, name): found for name, found in snapshot.observed.instances.items()}
        world = NameWorld(
            env=settings.env, domain=settings.domain, table=around.names.table(), instances=instances,
            judgements=snapshot.decision.judgements, nameservers=around.nameservers, problem=around.names_problem(),
            servers=() if settings.names.nameservers else around.nameservers, subnet=around.network.subnet,
        )  # fmt: skip
        return look_up(name, world)

    def plan(self, files: Mapping[str, bytes] | None, named: Collection[str] = ()) -> tuple[Plan, ...]:
        """What a pass decides now, with these files in the place of the directory's (None: its own), were the deletion
        of the `named` clusters confirmed.

        Raises SpecError, EngineError; TransientError where the loop doesn't get to it in time.
        """
        try:
            return self.ask_plan(files, named).result(PLAN_SECONDS)
        except TimeoutError as error:
            raise TransientError(f"the loop did not come to it within {PLAN_SECONDS:g} s; try again") from error

    def ask_plan(self, files: Mapping[str, bytes] | None, named: Collection[str] = ()) -> "Future[tuple[Plan, ...]]":
        """The same, answered by the deciding thread after its next pass: with what that pass saw, and no later."""
        world = None
        if files is not None:
            secrets = SecretFiles(self._settings.specs, self._settings.secrets_dir)
            world = world_of(files, self._policy, secrets)
        question = Question(world, frozenset(named))
        self._questions.put(question)
        self._around.queue.add(FILES)
        return question.answer

    def events(self, after_id: int, cluster: str | None, limit: int) -> tuple[Event, ...]:
        """Events from the store."""
        return self._around.store.events(after_id, cluster, limit)

    def revisions(self, name: str) -> tuple[KeptRevision, ...]:
        """A cluster's versions from the store, newest first."""
        return self._around.store.revisions().get(name, ())[::-1]

    def confirm(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        """Let held deletions go on; all of them where `names` is None. The clusters that were released.

        Raises TransientError where the loop doesn't get to it in time; then nothing comes of it.
        """
        return wait_for(self.ask_confirm(names))

    def ask_confirm(self, names: tuple[str, ...] | None) -> "Future[tuple[str, ...]]":
        """The same, answered by the deciding thread after its next pass: what that one holds counts."""
        return self._errand(lambda: self._release(names))

    def _release(self, names: Collection[str] | None) -> tuple[str, ...]:
        """On the deciding thread: these may go. What is held because the directory can't be read goes only by name:
        the files are believed to be there.
        """
        held, lacking = self._snapshot.decision.held, self._scanner.lacking
        clear = {name for name, wait in held.items() if names is not None or lacking or wait.reason == MASS_DELETION}
        released = tuple(sorted(name for name in clear | lacking if names is None or name in names))
        if not released:
            return ()
        self._memory.confirm(released, self._around.clock())
        if lacking <= {*released}:
            self._scanner.accept_directory()
        self._chronicle.note("confirm", ", ".join(released), "confirmed by a person")
        self._around.queue.add(ALL)
        return released

    def close_zone(self, zone: str, seconds: float | None, why: str) -> tuple[str, ...]:
        """Take a zone out of service; what a person should know of it. Raises UsageError for one that nobody has."""
        return wait_for(self.ask_close_zone(zone, seconds, why))

    def ask_close_zone(self, zone: str, seconds: float | None, why: str) -> "Future[tuple[str, ...]]":
        """The same, answered by the deciding thread after its next pass, which has read the files."""
        insist_on_closing(seconds, why)

        def close() -> tuple[str, ...]:
            self._insist_on_zone(zone)
            self._zones.close(zone, seconds, why)
            return closing_remarks(self._snapshot.world, self._zones.standing, zone)

        return self._errand(close)

    def open_zone(self, zone: str) -> bool:
        """Put a zone into service again; False where it was open. Raises UsageError for one that nobody has."""
        return wait_for(self.ask_open_zone(zone))

    def ask_open_zone(self, zone: str) -> "Future[bool]":
        """The same, answered by the deciding thread after its next pass."""

        def open_it() -> bool:
            self._insist_on_zone(zone)
            return self._zones.open(zone)

        return self._errand(open_it)

    def _errand(self, do: Callable[[], T]) -> "Future[T]":
        """Have it done by the deciding thread, after a pass that reads the files."""
        errand = Errand(do)
        self._errands.put(errand)
        self._around.queue.add(FILES)
        return errand.answer

    def _insist_on_zone(self, zone: str) -> None:
        snapshot = self._snapshot
        insist_on_zone(zone, known_zones(snapshot.world, snapshot.observed, self._zones.standing))

    def terminate(self, cluster: str, number: int, id: str, by: str, why: str) -> str:
        """End one instance; another takes its place. Its container's id. Raises UsageError where there is none of this
        number, ReconcilerError where it isn't `id` (empty: any) or may not be ended now.
        """
        return wait_for(self.ask_terminate(cluster, number, id, by, why))

    def ask_terminate(self, cluster: str, number: int, id: str, by: str, why: str) -> "Future[str]":
        """The same, answered by the deciding thread after its next pass, which has read the files."""
        insist_on_reason(why)

        def condemn() -> str:
            snapshot = self._snapshot
            if snapshot.engine_problem:
                raise EngineUnavailable(snapshot.engine_problem)
            found = insist_on_terminable(
                snapshot.observed.instances.get(cluster, ()), number, id, snapshot.world.clusters.get(cluster),
                snapshot.decision.judgements, snapshot.observed.closed_zones, cluster=cluster,
            )  # fmt: skip
            cause = termination_cause(by, why)
            self._memory.terminations[found.id] = Termination(cluster=cluster, cause=cause, at=self._around.clock())
            self._around.queue.add(cluster)
            return found.id

        return self._errand(condemn)

    def expect_delete(self, name: str) -> None:
        """A named delete counts as confirmed."""
        self._inbox.put(lambda: self._memory.confirm((name,), self._around.clock()))
        self._around.queue.add(FILES)

    def note(self, cluster: str, subject: str, cause: str) -> None:
        """Keep what chaos says that it did, as an event; nothing is decided by it. No cluster: it concerns several."""
        self._chronicle.note("chaos", subject, cause, cluster=cluster)

    def in_force(self, cluster: str) -> bytes:
        """The text of a cluster's file, as far as it is in force; empty where nothing is."""
        return self._scanner.in_force(cluster)[1]

    def note_change(self, cluster: str, file: str, cause: str) -> None:
        """Keep as an event who changed a cluster's file, and how; the files are the truth, this is only their story."""
        self._chronicle.note("change", file, cause, cluster=cluster)

    def rescan(self) -> None:
        """Read the directory now."""
        self._around.queue.add(FILES)

    def info(self) -> Mapping[str, str]:
        """Who and where this loop is."""
        settings, engine = self._settings, self._around.engine_info
        return {
            "pid": str(os.getpid()), "specs": str(settings.specs), "env": settings.env, "domain": settings.domain,
            "engine": f"{engine.hostname} {engine.version}", "started_at": f"{self._started_at:.3f}",
            "console": self.console_url,
        }  # fmt: skip
