"""The loop as its local API sees it: every method here is called by other threads and decides nothing.

Before: api (requests), cli (apply --once). After: the last pass' snapshot, or a note in the deciding thread's inbox.
Never here: a change of what a pass reads or writes, but by such a note.
"""

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from queue import SimpleQueue

from reconciler.engine.executor import Executor
from reconciler.errors import TransientError
from reconciler.loop.around import Surroundings
from reconciler.loop.chronicle import Chronicle
from reconciler.loop.memory import LoopMemory
from reconciler.loop.scanner import Scanner, world_of
from reconciler.loop.secret_files import SecretFiles
from reconciler.loop.settings import Settings
from reconciler.loop.snapshot import Snapshot
from reconciler.loop.workqueue import ALL, FILES
from reconciler.plan.plan import Plan
from reconciler.plan.status import WorldStatus
from reconciler.spec.policy import Policy
from reconciler.spec.wanted import WantedWorld
from reconciler.state.event import Event

PLAN_SECONDS = 10.0


class Question:
    """A plan that somebody asked for: with `world` in the place of the directory's, None for its own."""

    def __init__(self, world: WantedWorld | None) -> None:
        self.world = world
        self.answer: Future[tuple[Plan, ...]] = Future()


class Desk:
    """The thread-safe half of a loop; `runner.Loop` is the other one and makes all of these."""

    _settings: Settings
    _around: Surroundings
    _policy: Policy
    _stop: threading.Event
    _inbox: SimpleQueue[Callable[[], None]]
    _questions: SimpleQueue[Question]
    _chronicle: Chronicle
    _memory: LoopMemory
    _scanner: Scanner
    _executor: Executor
    _snapshot: Snapshot
    _started_at: float

    def stop(self) -> None:
        """End the loop soon; returns at once."""
        self._stop.set()
        self._around.queue.close()

    def status(self) -> WorldStatus:
        """The environment as of the last pass, with heartbeat ages of now."""
        around, settings = self._around, self._settings
        world = self._snapshot.status(
            env=settings.env, domain=settings.domain, now=self._around.clock(), beats=around.listener.beats(),
            in_flight=self._executor.in_flight(),
        )  # fmt: skip
        return replace(
            world, loop_running=True, loop_pid=os.getpid(), specs=str(settings.specs),
            names_problem=around.names_problem(),
        )  # fmt: skip

    def plan(self, files: Mapping[str, bytes] | None) -> tuple[Plan, ...]:
        """What a pass decides now, with these files in the place of the directory's (None: its own).

        Raises SpecError, EngineError; TransientError where the loop doesn't get to it in time.
        """
        try:
            return self.ask_plan(files).result(PLAN_SECONDS)
        except TimeoutError as error:
            raise TransientError(f"the loop did not come to it within {PLAN_SECONDS:g} s; try again") from error

    def ask_plan(self, files: Mapping[str, bytes] | None) -> "Future[tuple[Plan, ...]]":
        """The same, answered by the deciding thread after its next pass: with what that pass saw, and no later."""
        world = None
        if files is not None:
            secrets = SecretFiles(self._settings.specs, self._settings.secrets_dir)
            world = world_of(files, self._policy, secrets)
        question = Question(world)
        self._questions.put(question)
        self._around.queue.add(FILES)
        return question.answer

    def events(self, after_id: int, cluster: str | None, limit: int) -> tuple[Event, ...]:
        """Events from the store."""
        return self._around.store.events(after_id, cluster, limit)

    def confirm(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        """Let held deletions go on; all of them where `names` is None. The clusters that were released."""
        held = {*self._snapshot.decision.held, *self._scanner.lacking}
        released = tuple(sorted(name for name in held if names is None or name in names))

        def release() -> None:
            self._memory.confirm(released, self._around.clock())
            if self._scanner.lacking <= {*released}:
                self._scanner.accept_directory()
            self._chronicle.note("confirm", ", ".join(released) or "directory", "confirmed by a person")

        self._inbox.put(release)
        self._around.queue.add(ALL)
        return released

    def expect_delete(self, name: str) -> None:
        """A named delete counts as confirmed."""
        self._inbox.put(lambda: self._memory.confirm((name,), self._around.clock()))
        self._around.queue.add(FILES)

    def rescan(self) -> None:
        """Read the directory now."""
        self._around.queue.add(FILES)

    def info(self) -> Mapping[str, str]:
        """Who and where this loop is."""
        settings, engine = self._settings, self._around.engine_info
        return {
            "pid": str(os.getpid()), "specs": str(settings.specs), "env": settings.env, "domain": settings.domain,
            "engine": f"{engine.hostname} {engine.version}", "started_at": f"{self._started_at:.3f}",
        }  # fmt: skip
