"""A loop turned by hand, in virtual time, on the fake engine: one process of it after the other.

Before: tests/support/fake_engine. After: tests of the loop. Time moves only when nothing is left to do now: to the
next timer or the next heartbeat. A process that died at a boundary has no effect any more; the next one starts on
the same engine with the same state directory, as after SIGKILL.
Never here: real waiting, but for the workers to finish what they were handed.
"""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from reconciler.engine.heartbeats import HeartbeatListener
from reconciler.engine.making import BeatRegister, ContainerMaker
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Engine
from reconciler.engine.registries import Registries
from reconciler.engine.store import Store
from reconciler.errors import EngineUnavailable
from reconciler.loop.around import Surroundings
from reconciler.loop.clock import AttendedClock
from reconciler.loop.runner import Loop
from reconciler.loop.settings import Settings
from reconciler.loop.workqueue import ALL, WorkQueue
from reconciler.plan.status import ClusterStatus, WorldStatus
from reconciler.state import labels as keys
from reconciler.state.beats import Beat
from reconciler.state.image import Image
from reconciler.state.instance import EngineState
from tests.support.fake_box import Box
from tests.support.fake_engine import FakeEngine
from tests.support.fake_registries import FakeRegistries

ENV = "dev"
BASE = "base:1"
PLAIN = "plain:1"
WORKERS_SECONDS = 20.0
QUIET_SECONDS = 12.0  # more than a resync, and more than any heartbeat's limit here


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Died(EngineUnavailable):
    """What a dead process' calls come to: nothing."""


class Life:
    """Whether a process lives. `at` is the boundary where it dies, the `turn`th time that it comes there."""

    def __init__(self, at: str | None = None, turn: int = 1) -> None:
        self.dead = False
        self.seen: Counter[str] = Counter()
        self._at = at
        self._turn = turn

    def boundary(self, name: str) -> None:
        self.check()
        self.seen[name] += 1
        if name == self._at and self.seen[name] == self._turn:
            self.dead = True
        self.check()

    def check(self) -> None:
        if self.dead:
            raise Died("this process is dead")


class Wire:
    """The engine, or the registries, as one process sees them."""

    def __init__(self, engine: FakeEngine | FakeRegistries, life: Life) -> None:
        self._engine = engine
        self._life = life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        def call(*arguments: object) -> object:
            self._life.check()
            return method(*arguments)

        return call


class Ears(HeartbeatListener):
    """The heartbeat register without sockets."""

    def __init__(self, clock: Callable[[], float], on_first_beat: Callable[[str], None]) -> None:
        super().__init__(clock, on_first_beat)
        self.listening = True
        self.figures: dict[str, float] = {}
        self.now = clock
        self.tell = on_first_beat

    def alive(self) -> bool:
        return self.listening

    def hear(self, box: Box) -> None:
        """A beat of this container, if it is one that is expected."""
        entry = self._register._by_name.get(box.blueprint.name)
        if not self.listening or entry is None or entry.expected.id != box.id:
            return
        first = box.id not in self._register._beats
        self._register._beats[box.id] = Beat(
            at=self.now(), load=0.1, memory_bytes=1, uptime_seconds=1.0, metrics=dict(self.figures)
        )
        if first:
            self.tell(entry.expected.cluster)


class _Unwatched:
    """No inotify: the harness says which file was saved."""

    def ensure(self) -> bool:
        return False

    def stop(self) -> None:
        return None


class Turning:
    """An environment: the engine, the files, the time, and the process that runs the loop now.

    Containers in `mute`, and those of images (by id) in `broken`, run and are never heard.
    """

    def __init__(self, root: Path, **settings: Any) -> None:
        self.time = Time()
        images = {BASE: Image(id="sha256:b", has_agent=True), PLAIN: Image(id="sha256:p")}
        self.engine = FakeEngine(clock=self.time, images=images)
        self.specs = root / "specs"
        self.state = root / "state"
        self.specs.mkdir()
        self.state.mkdir()
        self.settings = Settings(env=ENV, domain="docker", state=self.state, specs=self.specs, **settings)
        self.registries = FakeRegistries()
        self.mute: set[str] = set()
        self.figures: dict[str, float] = {}  # what every main process writes
        self.broken: set[str] = set()
        self.blocked = False
        self.events: list[tuple[str, str]] = []
        self.most_running: Counter[str] = Counter()
        self.first: set[str] = set()
        self.problems: list[str] = []
        self._beat_at = self.time.now + 1.0
        self.engine.watchers.append(self._watch)
        self._begun = False

    # ------------------------------------------------------------ one process after the other

    def start(self, life: Life | None = None) -> None:
        """Start a process of the loop."""
        self.life = life or Life()
        clock = AttendedClock(self.time, gap_seconds=1e9)
        self.queue = WorkQueue(self.time)
        self.ears = Ears(clock, self.queue.add)
        self.ears.figures = self.figures
        self.names = EmbeddedNames("dev", "host1.example.com")
        self.store = Store(self.state / "state.db", self.problems.append)
        network = self.engine.ensure_network(ENV, None)
        around = Surroundings(
            engine=cast("Engine", Wire(self.engine, self.life)),
            engine_info=self.engine.info(),
            network=network,
            names=self.names,
            store=self.store,
            listener=self.ears,
            clock=clock,
            make=ContainerMaker(
                env=ENV, domain="docker", network=network, nameservers=(), listener="1.2.3.4:7070",
                own_key=lambda: b"ssh-ed25519 key",
                read_file=lambda file: (self.specs / file).read_bytes(),
            ),
            register=BeatRegister(env=ENV, listener=self.ears),
            queue=self.queue,
            boundary=self.life.boundary,
            wall=self.time,
            registries=cast("Registries", Wire(self.registries, self.life)),
        )  # fmt: skip
        self.loop = Loop(self.settings, around)
        cast("Any", self.loop)._directory = _Unwatched()
        self._begun = True
        self.queue.add(ALL)

    def end(self) -> None:
        """The process is gone; whatever it still had under way comes to nothing."""
        if not self._begun:
            return
        self._begun = False
        self.life.dead = True
        self.loop.stop()
        self.loop._end()
        self.store.close()

    def restart(self, life: Life | None = None) -> None:
        self.end()
        self.start(life)

    # ------------------------------------------------------------ files

    def save(self, name: str, text: str) -> None:
        """Save a spec; the loop is told of it."""
        (self.specs / f"{name}.yaml").write_text(text, encoding="utf-8")
        if self._begun:
            self.loop._on_file(f"{name}.yaml", settled=True)

    def delete(self, name: str) -> None:
        (self.specs / f"{name}.yaml").unlink()
        if self._begun:
            self.loop._on_file(f"{name}.yaml", settled=False)

    # ------------------------------------------------------------ turning

    def turn(self) -> bool:
        """One pass, where something is due now; False where nothing is."""
        self._await_workers()
        later = self.queue._later
        if self.life.dead or not (self.queue._due or any(at <= self.time.now for at in later.values())):
            return False
        self.loop.turn(*self.queue.take())
        return True

    def run_for(self, seconds: float) -> None:
        """Let so much time go by."""
        until = self.time.now + seconds
        while True:
            while self.turn():
                pass
            if self.life.dead or self.time.now >= until:
                return
            self._tick(until)

    def settle(self, seconds: float = 900.0) -> None:
        """Turn until all is as the specs say, and stays so for as long as anybody's silence may go unnoticed."""
        until = self.time.now + seconds
        quiet_since: float | None = None
        while not self.life.dead:
            if self.turn():
                continue
            if not self.quiet():
                quiet_since = None
                assert self.time.now < until, f"not settled:\n{self.picture()}"
            elif quiet_since is None:
                quiet_since = self.time.now
            elif self.time.now - quiet_since >= QUIET_SECONDS:
                return
            self._tick(until + QUIET_SECONDS)

    def quiet(self) -> bool:
        """Nothing planned, everybody ready; or rolled back, or waiting for nothing but a person."""
        snapshot = self.loop._snapshot
        if not self.loop.passes or not all(plan.at_rest for plan in snapshot.plans.values()):
            return False
        status = self.status()
        over = all(row.all_ready or row.rolled_back or row.awaits_person for row in status.clusters)
        return over and not status.engine_problem

    def _tick(self, until: float) -> None:
        timers = [at for at in self.queue._later.values() if at > self.time.now]
        self.time.now = min([until, self._beat_at, *timers])
        if self.time.now < self._beat_at:
            return
        self._beat_at += 1.0
        for box in list(self.engine.boxes.values()):
            beats = box.id not in self.mute and box.image.id not in self.broken and not self.blocked
            if box.state is EngineState.RUNNING and beats:
                self.ears.hear(box)
                self._register(box)

    def _register(self, box: Box) -> None:
        """Where its cluster is followed in a registry, its own word there is UP for as long as it lives."""
        name, number = box.labels.get(keys.CLUSTER), box.labels.get(keys.NUMBER)
        if name and any(name in place.clusters for place in self.registries.places.values()):
            self.registries.hear(f"{name}{number}", box.address or "")
            self.queue.add(name)

    def _await_workers(self) -> None:
        executor = self.loop._executor
        deadline_at = time.monotonic() + WORKERS_SECONDS
        while executor._flights or executor._lanes._busy or executor._pulls._busy:
            if self.life.dead:
                return
            assert time.monotonic() < deadline_at, f"workers don't finish: {executor._flights}"
            time.sleep(0.0005)

    # ------------------------------------------------------------ what is seen

    def status(self) -> WorldStatus:
        return self.loop.status()

    def cluster(self, name: str) -> ClusterStatus:
        return next(row for row in self.status().clusters if row.name == name)

    def ours(self, cluster: str = "web") -> list[Box]:
        """The cluster's containers, by number."""
        prefix = f"{ENV}-{cluster}-"
        found = [box for box in self.engine.boxes.values() if box.blueprint.name.startswith(prefix)]
        return sorted(found, key=lambda box: box.blueprint.name)

    def ids(self, cluster: str = "web") -> dict[str, str]:
        """Name to id of the cluster's containers."""
        return {box.blueprint.name: box.id for box in self.ours(cluster)}

    def lost(self) -> set[str]:
        """Of the containers in `first`, those that are gone."""
        return self.first - self.engine.boxes.keys()

    def picture(self) -> str:
        rows = [f"{box.blueprint.name} {box.state} {box.labels}" for box in self.engine.boxes.values()]
        plans = [str(plan) for plan in self.loop._snapshot.plans.values()]
        return "\n".join([*rows, *plans, *map(str, self.status().clusters), self.status().engine_problem])

    def _watch(self, event: Any) -> None:
        if self._begun and not self.life.dead:
            self.loop._on_event(event)
        if event.kind != "container":
            return
        self.events.append((event.action, event.id))
        alive = Counter(
            box.labels["io.reconciler.cluster"]
            for box in self.engine.boxes.values()
            if box.is_instance and box.env == ENV and box.state is EngineState.RUNNING
        )
        for cluster, count in alive.items():
            self.most_running[cluster] = max(self.most_running[cluster], count)
