"""The deciding thread: takes names from the queue, makes passes, and keeps everything around it alive.

Before: watchers, listeners, outcomes and timers, which only enqueue. After: executor, store, snapshot.
Everything that a pass reads or writes is touched by this thread alone; others hand it a note through the inbox.
Never here: an end of the thread but by `stop`. A pass that fails is told, and tried again after a back-off.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from queue import SimpleQueue

from reconciler.engine.executor import Executor, Outcome
from reconciler.engine.ports import EngineEvent
from reconciler.engine.probes import Prober
from reconciler.engine.steps import Steps
from reconciler.engine.store_values import SpecsDirectory
from reconciler.errors import EngineError, ReconcilerError
from reconciler.loop.around import Surroundings
from reconciler.loop.asking import Errand, Question, answer_plans, run_errands
from reconciler.loop.audience import Audience
from reconciler.loop.chronicle import Chronicle
from reconciler.loop.cycle import Cycle, Senses, Turn
from reconciler.loop.desk import Desk
from reconciler.loop.engine_watch import EngineWatch
from reconciler.loop.gauges import Gauges
from reconciler.loop.history import History
from reconciler.loop.memory import LoopMemory
from reconciler.loop.presence import Presence
from reconciler.loop.registered import Following
from reconciler.loop.rollout_news import RolloutNews
from reconciler.loop.scanner import Scanner
from reconciler.loop.settings import Settings
from reconciler.loop.snapshot import Snapshot, advance
from reconciler.loop.waking import wake
from reconciler.loop.watch import DirectoryWatch
from reconciler.loop.workqueue import ALL, FILES, drain
from reconciler.loop.zones import Zones
from reconciler.plan.actions import PullImage
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Plan
from reconciler.plan.sizes import resized
from reconciler.plan.world import Decision
from reconciler.spec.wanted import WantedWorld
from reconciler.state.observed import Channel, Observed

log = logging.getLogger(__name__)
_DEBOUNCE_SECONDS = 0.02
_ENGINE_AGAIN_SECONDS = 1.0
_FIRST_NAMES_SECONDS = 0.1
_FAILED_FIRST_SECONDS = 0.5
_FAILED_MOST_SECONDS = 30.0


class Loop(Desk):
    """One environment's reconcile loop; what other threads may call is inherited from the desk."""

    def __init__(self, settings: Settings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._clock = around.clock
        self._queue = around.queue
        self._limits = Limits(lost_after_seconds=settings.lost_after_seconds)
        self._policy = settings.policy
        self._stop = threading.Event()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._questions: SimpleQueue[Question] = SimpleQueue()
        self._errands: SimpleQueue[Errand] = SimpleQueue()
        self._settled: SimpleQueue[str] = SimpleQueue()
        self._started_at = time.time()
        self._failures = 0
        self._not_before = 0.0
        self.passes = 0
        self._assemble()

    def _assemble(self) -> None:
        settings, around = self._settings, self._around
        store = around.store
        self._chronicle = Chronicle(store)
        self._zones = Zones(store, self._queue, self._chronicle.note, around.wall)
        files = store.last_good_files()
        last_good = {name: (files.get(name, ""), text) for name, text in store.last_good().items()}
        watched = store.specs_directory()
        identity = (watched.dev, watched.inode) if watched else None
        self._scanner = Scanner(settings.specs, self._policy, settings.secrets_dir, last_good, identity)
        self._history = History(store, self._policy, around.wall, self._scanner.in_force)
        self._news = RolloutNews(self._history, self._chronicle)
        now = self._clock()
        self._memory = LoopMemory(now, self._history.rollouts(now), store.take_confirmed(), store.held())
        steps = Steps(
            engine=around.engine, names=around.names, make=around.make, register=around.register,
            stop=self._stop, boundary=around.boundary, registries=around.registries,
        )  # fmt: skip
        self._executor = Executor(steps, self._outcomes.put, self._queue.add)
        self._prober = Prober(self._clock, self._queue.add)
        self._gauges = Gauges(around.engine.usage, self._clock)
        self._audience = Audience(around.listener, self._prober, self._gauges)
        self._senses = Senses(
            engine=around.engine, names=around.names, beats=around.listener.beats,
            soundings=self._prober.soundings, clock=self._clock, closed_zones=self._zones.now_closed,
            history=lambda: self._history.versions, gauges=self._gauges.gauges,
            following=Following(around.registries),
        )  # fmt: skip
        self._cycle = Cycle(settings.env, self._senses, self._executor, self._memory, self._limits)
        self._directory = DirectoryWatch(settings.specs, self._on_file, polling=settings.polling)
        self._presence = Presence(settings.specs, lambda: self._queue.add(FILES))
        self._events = EngineWatch(around.engine, settings.env, self._on_event, self._on_lost)
        self._world = WantedWorld(untrusted="not read yet")
        nothing = Observed(channel=Channel(since=now))
        decision = Decision(plans=(), judgements={}, channel=nothing.channel)
        self._snapshot = Snapshot(world=self._world, observed=nothing, decision=decision)

    # ------------------------------------------------------------ the deciding thread

    def run(self) -> None:
        """Make passes until `stop`; containers stay as they are. Blocks."""
        self._prober.start()
        self._directory.ensure()
        self._presence.start()
        self._events.start()
        self._queue.add(ALL)
        self._chronicle.note("loop", self._settings.env, f"watching {self._settings.specs}")
        try:
            while not self._stop.is_set():
                due, ripe = self._queue.take()
                if due or ripe:
                    self.turn(due, ripe)
        finally:
            self._end()

    def turn(self, due: frozenset[str], ripe: frozenset[str]) -> None:
        """One pass over what is `due` or whose timer is `ripe`; what goes wrong in it costs this pass only."""
        if (wait := self._not_before - time.monotonic()) > 0:
            self._queue.add_after(ALL, wait)
            return
        try:
            self._look(due, ripe)
        except Exception as bug:
            log.exception("a pass failed in a way that nobody foresaw")
            self._failed(repr(bug))
        else:
            if self._failures:
                self._failures = 0
                self._chronicle.state("loop", "pass", "", "passes are made again")

    def _failed(self, bug: str) -> None:
        """Say that nothing is decided, and why; look at everything again after a back-off."""
        wait = min(_FAILED_FIRST_SECONDS * 2.0 ** min(self._failures, 16), _FAILED_MOST_SECONDS)
        self._failures += 1
        self._not_before = time.monotonic() + wait
        self._queue.add_after(ALL, wait)
        problem = f"a pass failed inside reconciler ({bug}): nothing is decided, it is tried again; please report it"
        self._snapshot = replace(self._snapshot, engine_problem=problem)
        self._chronicle.state("loop", "pass", problem, "")

    def _look(self, due: frozenset[str], ripe: frozenset[str]) -> None:
        names = due | ripe
        if ALL in names:
            self._queue.add_after(ALL, self._settings.resync_seconds)
        if not self._around.listener.alive():
            self._memory.listen_anew(self._clock())
            self._look_after_services()
        flights = self._executor.in_flight()
        self._take_notes()
        scanned = FILES in names or ALL in names
        if scanned:
            self._scan()
        everything = scanned or ALL in names
        try:
            chosen = None if everything else names
            turn = self._cycle.turn(self._world, chosen, flights, look=bool(due) or ALL in ripe)
        except EngineError as problem:
            self._blind(str(problem))
            for question in drain(self._questions):
                question.answer.set_exception(problem)
            run_errands(self._errands)
            return
        self._audience.follow(turn.world, turn.observed)
        self._history.conclude(turn.observed, turn.decision)
        self._cycle.hand_out(turn)
        self._conclude(turn)
        if everything:
            answer_plans(self._questions, turn.decision.plans, partial(self._suppose, turn))
            run_errands(self._errands)
        if ALL in names and self.passes > 1:
            self._look_after_services()

    def _take_notes(self) -> None:
        outcomes = list(drain(self._outcomes))
        self._memory.absorb(outcomes, self._clock())
        for outcome in outcomes:
            self._chronicle.outcome(outcome)
            if isinstance(outcome.action, PullImage) and not outcome.error:
                self._cycle.forget_images()
                wanted = self._world.clusters.get(outcome.action.cluster)
                self._memory.pulled[outcome.action.cluster] = wanted.generation if wanted else 0
        for note in drain(self._inbox):
            note()

    def _scan(self) -> None:
        if self._directory.ensure():
            self._queue.add(FILES)
        now = self._clock()
        scan = self._scanner.scan(frozenset(drain(self._settled)), now)
        self._world = self._history.heed(scan.world, scan.accepted)
        self._around.names.reserve(scan.world.dns_labels)
        for name in scan.accepted:
            self._memory.fresh_spec(name)
            self._chronicle.note("spec", name, "read: now in force", cluster=name)
        if scan.again_at is not None:
            self._queue.add_after(FILES, scan.again_at - now + 0.01)
        if scan.world.untrusted is None and (identity := self._scanner.identity) is not None:
            path = str(self._settings.specs.resolve())
            watched = SpecsDirectory(path=path, dev=identity[0], inode=identity[1])
            self._around.store.remember_specs_directory(watched)

    def _suppose(self, turn: Turn, world: WantedWorld, named: frozenset[str]) -> tuple[Plan, ...]:
        return self._cycle.suppose(self._history.dress(world), turn, named)

    def _conclude(self, turn: Turn) -> None:
        before, decision = self._snapshot, turn.decision
        observed = turn.observed
        retiring = {name: len(observed.instances[name]) for name in decision.retiring}
        self._memory.note_retired(retiring, turn.now)
        plans = {**before.plans, **{plan.cluster: plan for plan in decision.plans if plan.cluster}}
        known = turn.world.clusters.keys() | observed.instances.keys()
        plans = {name: plan for name, plan in plans.items() if name in known}
        if turn.world.untrusted is None:
            self._history.forget(known)
            self._memory.forget(known, turn.now)
        elif not self._scanner.lacking & observed.instances.keys():
            self._scanner.accept_directory()  # another directory, and nothing runs that it could take away
        self._around.store.remember_held(self._memory.held)
        snapshot = Snapshot(world=turn.world, observed=observed, decision=decision, plans=plans)
        rows = snapshot.clusters(turn.now)
        transitions = advance(before.transitions, rows, time.time())
        self._snapshot = replace(snapshot, transitions=transitions)
        self._chronicle.state("engine", self._around.engine_info.hostname, "", "answers again")
        self._chronicle.conclusions(turn.world, observed, decision)
        self._news.tell(rows, decision.rollouts)
        wake(self._queue, turn.world, observed, decision, before.decision)
        if not self.passes:  # the services start when the first names have been handed out
            self._queue.add_after(ALL, _FIRST_NAMES_SECONDS)
        self.passes += 1

    def _blind(self, problem: str) -> None:
        """The engine can't be asked: nothing is decided, names and verdicts stay as they were."""
        self._memory.lose_sight()
        self._chronicle.state("engine", self._around.engine_info.hostname, problem, "")
        world = resized(self._world, self._memory.scales)
        self._snapshot = replace(self._snapshot, world=world, engine_problem=problem)
        self._queue.add_after(ALL, _ENGINE_AGAIN_SECONDS)

    def _look_after_services(self) -> None:
        if not self._events.alive():
            self._events = EngineWatch(self._around.engine, self._settings.env, self._on_event, self._on_lost)
            self._events.start()
        if not self._prober.alive():
            self._prober.start()
        for number, guardian in enumerate(self._around.guardians):
            problem = ""
            try:
                guardian()
            except ReconcilerError as error:
                problem = f"can't be looked after now: {error}"
            self._chronicle.state("service", str(number), problem, "looked after again")

    def _end(self) -> None:
        self._chronicle.note("loop", self._settings.env, "stopped; containers stay as they are")
        with ExitStack() as stack:  # whatever one of these raises, the others are ended too
            stack.callback(self._events.stop, timeout_seconds=0.3)
            stack.callback(self._prober.stop)
            stack.callback(self._gauges.stop)
            stack.callback(self._directory.stop)
            stack.callback(self._presence.stop)
            stack.callback(self._executor.stop, timeout_seconds=0.5)

    # ------------------------------------------------------------ other threads: enqueue, never decide

    def _on_event(self, event: EngineEvent | None) -> None:
        self._inbox.put(partial(self._cycle.hear, event))
        self._queue.add((event and event.cluster) or ALL)

    def _on_lost(self, problem: str) -> None:
        log.debug("event stream: %s", problem)
        self._queue.add(ALL)

    def _on_file(self, name: str, *, settled: bool) -> None:
        if settled:
            self._settled.put(name)
        self._queue.add_after(FILES, _DEBOUNCE_SECONDS)
