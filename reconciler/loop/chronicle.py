"""Telling what happened: each outcome and each change of state once, to the store and to the log.

Before: the runner. After: engine.store (events) and logging. Nothing is decided or waited for here.
"""

import re
import time
from collections.abc import Collection

from reconciler.engine.executor import Outcome
from reconciler.engine.logs import log_event
from reconciler.engine.store import Store
from reconciler.plan.scaling import IDLE, NONE_READY
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.plan.world import Decision
from reconciler.spec.cluster import Task
from reconciler.spec.wanted import WantedWorld
from reconciler.state.event import Event
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Observed

_NUMBERS = re.compile(r"\d+")
_RUN_ENDED = frozenset({EngineState.EXITED, EngineState.DEAD})
_SHORT = 12  # digits of a container's id, as the engine's own client shows them
_QUIET_KINDS = frozenset({"publish", "withdraw"})


class Chronicle:
    """Remembers what was last said, so that a state is told when it changes and not at every pass."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._said: dict[str, str] = {}
        self._ended: frozenset[str] = frozenset()
        self._sizes: dict[str, int] = {}

    def outcome(self, outcome: Outcome) -> None:
        """An action came back."""
        action = outcome.action
        event = Event(
            at=outcome.at,
            cluster=action.cluster,
            kind=action.kind,
            subject=action.subject,
            cause=action.cause,
            result="failed" if outcome.error else "done",
            message=outcome.error,
            duration_seconds=outcome.duration_seconds,
        )
        self._store.record(event)
        if outcome.error or action.kind not in _QUIET_KINDS:
            log_event(event)

    def note(self, kind: str, subject: str, cause: str, *, cluster: str = "", failed: str = "") -> None:
        """Something other than an action: a spec, a guard, the channel, the engine. `failed` says why it went wrong."""
        event = Event(
            at=time.time(), cluster=cluster, kind=kind, subject=subject, cause=cause,
            result="failed" if failed else "note", message=failed,
        )  # fmt: skip
        self._store.record(event)
        log_event(event)

    def state(
        self, kind: str, subject: str, problem: str, recovered: str, *, cluster: str = "", reason: str = ""
    ) -> None:
        """A state that comes and goes: told when it begins, when it changes, and when it is over.

        With a `reason` that is what has to change, and the sentence may say other numbers at every pass.
        """
        key = f"{kind} {subject}"
        before = self._said.get(key, "")
        said = (reason or problem) if problem else ""
        if said == before:
            return
        if problem:
            self._said[key] = said
            self.note(kind, subject, problem, cluster=cluster)
        else:
            del self._said[key]
            self.note(kind, subject, recovered, cluster=cluster)

    def _drop(self, prefix: str, present: Collection[str], over: str) -> None:
        """End the states of what is not there any more."""
        for key in [key for key in self._said if key.startswith(prefix)]:
            subject = key.removeprefix(prefix)
            if subject not in present:
                self.state(prefix.strip(), subject, "", over)

    def conclusions(self, world: WantedWorld, observed: Observed, decision: Decision) -> None:
        """What a pass concluded beyond its actions."""
        channel = decision.channel
        blind = channel.reason if channel.blind_since is not None else ""
        told = f"{blind}: nobody is replaced" if blind else ""
        self.state("channel", "heartbeats", told, "trusted again", reason=_NUMBERS.sub("#", blind))
        self.state("specs", "directory", world.untrusted or "", "readable again, the same as before")
        self._drop("held ", decision.held.keys(), "not held any more")
        for name, wait in decision.held.items():
            self.state("held", name, wait.message, "", cluster=name, reason=wait.reason)
        self._drop("foreign ", {foreign.container for foreign in observed.foreign}, "gone, or plainly not ours")
        self._drop("eureka ", observed.deaf.keys(), "its Eureka answers again, or isn't asked any more")
        for name, problem in observed.deaf.items():
            told = f"its Eureka can't be asked: {problem}; nothing waits for it"
            self.state("eureka", name, told, "", cluster=name, reason=_NUMBERS.sub("#", told))
        self._drop("spec ", world.clusters.keys(), "its file is gone")
        for foreign in observed.foreign:
            self.state("foreign", foreign.container, f"left alone: {foreign.reason}", "")
        for name, wanted in world.clusters.items():
            problem = "; ".join(str(problem) for problem in wanted.problems)
            self.state("spec", name, problem, "its file is right again", cluster=name)
        self._scales(decision)
        self._runs(world, observed, decision)

    def _scales(self, decision: Decision) -> None:
        """Each change of a size by its metric, and why a size follows nothing."""
        before, self._sizes = self._sizes, {name: scale.size for name, scale in decision.scales.items()}
        self._drop("scaling ", decision.scales.keys(), "its file asks for it no more")
        for name, scale in decision.scales.items():
            if before.get(name) != scale.size:
                self.note("scale", name, scale.reason, cluster=name)
            idle = scale.hold if scale.hold_reason in IDLE - {NONE_READY} else ""
            self.state(
                "scaling", name, idle, "the size follows its metric again", cluster=name, reason=scale.hold_reason
            )

    def _runs(self, world: WantedWorld, observed: Observed, decision: Decision) -> None:
        """How each run of a task ended, once: the record stays, and is seen by every later pass and loop."""
        ended = set()
        for name, wanted in world.clusters.items():
            task = wanted.spec.task if wanted.spec is not None else None
            for run in observed.instances.get(name, ()) if task is not None else ():
                judgement = decision.judgements.get(run.id)
                if task is None or judgement is None or not run.task or run.state not in _RUN_ENDED:
                    continue
                if judgement.verdict not in (Verdict.READY, Verdict.DEAD):
                    continue
                ended.add(run.id)
                if run.id not in self._ended and not self._told(run):
                    self._run(run, task, judgement)
        self._ended = frozenset(ended)

    def _told(self, run: Instance) -> bool:
        """An earlier loop told of it."""
        events = self._store.events(cluster=run.cluster)
        return any(event.kind == "task" and run.id[:_SHORT] in event.cause for event in events)

    def _run(self, run: Instance, task: Task, judgement: Judgement) -> None:
        event = Event(
            at=time.time(),
            cluster=run.cluster,
            kind="task",
            subject=f"{run.cluster}-{run.number}",
            cause=f"run {run.attempt} of at most {task.most_runs} (container {run.id[:_SHORT]})",
            result="done" if judgement.verdict is Verdict.READY else "failed",
            message=judgement.cause.removeprefix("failed: "),
        )
        self._store.record(event)
        log_event(event)
