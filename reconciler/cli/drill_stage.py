"""The real Stage of a drill: the loop's API, chaos' director, the watched directory, load, clients, threads that look.

Before: drilling. After: drill.runner, which knows only the Protocol. Everything begun here ends in `clear`.
"""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random, SystemRandom
from threading import Event
from typing import TYPE_CHECKING, Any

from reconciler.api.client import LoopClient
from reconciler.chaos.attack import Attack
from reconciler.chaos.faults import Fault
from reconciler.chaos.prepare import prepare
from reconciler.chaos.running import Running
from reconciler.chaos.situation import Situation, name_of
from reconciler.cli import output, session
from reconciler.cli.directing import director, unheard
from reconciler.cli.drill_load import ClientRun, LoadRun, check_program, load_blueprint
from reconciler.cli.drill_specs import Specs
from reconciler.cli.drill_watching import Watch, ask
from reconciler.cli.situation import situation
from reconciler.drill.readiness import STAYS_SECONDS, Rest, concerned
from reconciler.drill.recording import Recording, Victim
from reconciler.drill.rules import LONGEST_SECONDS, longest_seconds
from reconciler.drill.stage import Change
from reconciler.drill.values import Clients, Drill, Load, Probe
from reconciler.engine.resolvers import host_resolvers
from reconciler.errors import PermanentError, ReconcilerError, TransientError
from reconciler.loop.settings import Settings
from reconciler.plan.status import WorldStatus
from reconciler.state.labels import network_name

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine

# After an interruption nobody waits long for figures.
_HASTY_SECONDS = 8.0
_AFTERWARDS_SECONDS = 120.0


class RealClock:
    """This machine's time; a signal sets `stop`, and whoever lets time pass then hears of it."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Unix seconds as they were at the start, and monotonic from then on."""
        return self._offset + time.monotonic()

    def pause(self, seconds: float) -> None:
        """Raises KeyboardInterrupt where somebody asked for the end."""
        if self._stop.wait(max(seconds, 0.0)):
            raise KeyboardInterrupt


class RealStrike:
    """A fault of the director's."""

    def __init__(self, attack: Attack, running: Running, ended: Callable[[], None]) -> None:
        self._running = running
        self._ended = ended
        self.says = attack.says
        self.victims = tuple(
            Victim(instance=name_of(one), id=one.id, cluster=one.cluster, zone=one.zone) for one in attack.victims
        )

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it measured so far."""
        told = self._running.report().as_json()
        return {key: value for key, value in told.items() if key not in ("kind", "says", "victims")}

    def end(self) -> Mapping[str, Any]:
        """Undo it. Raises ReconcilerError where something of it is left."""
        elsewhere = self._running.over.is_set()
        self._running.end()
        self._ended()
        return {**self.facts, **({"ended_elsewhere": True} if elsewhere else {})}


class RealStage:
    """One environment, as its running loop sees it."""

    def __init__(
        self, settings: Settings, engine: "DockerEngine", loop: LoopClient, drill: Drill, report: Path, stop: Event
    ) -> None:
        self.clock = RealClock(stop)
        self._settings = settings
        self._engine = engine
        self._loop = loop
        self._report = report
        self._base = Path(drill.file).absolute().parent
        self._directory = Path(loop.info().get("specs", "") or settings.specs)
        self._specs = Specs(settings, self._directory, self._base, loop)
        self._director = director(settings, engine, loop, stop, tell=unheard, remark=unheard)
        self._rehearsed: Situation | None = None
        self._settled = True
        self._moved = False
        self._rest = Rest(0.0)
        self._needed = drill.needs.clusters
        self._strikes: list[RealStrike] = []
        self._watch: Watch | None = None
        self._load: LoadRun | None = None
        self._clients: ClientRun | None = None
        self._recording: Recording | None = None
        self._load_seconds = drill.load.finish_seconds if drill.load else 0.0
        self._clients_seconds = drill.clients.finish_seconds if drill.clients else 0.0

    @property
    def load_words(self) -> str:
        """What the load said last."""
        return self._load.last_words if self._load is not None else ""

    def world(self) -> WorldStatus:
        return self._loop.status()

    def taken_up(self) -> bool:
        if not self._settled:
            self._settled = self._rest.lasts(self._at_rest(), self.clock.now())
        return self._settled

    def _at_rest(self) -> bool:
        try:
            return session.taken_up(self._loop, self._directory, self._settings.policy, self._concerned()).at_rest
        except OSError as error:
            raise TransientError(f"{self._directory}: {error.strerror or error}") from error

    def _concerned(self) -> tuple[str, ...]:
        """Whom the drill's changes concern: a zone that it closed or opened all that it is about."""
        if not self._moved:
            return self._specs.changed
        return self._needed or tuple(cluster.name for cluster in concerned(self.world(), ()))

    def rehearse(self, fault: Fault) -> tuple[str, ...]:
        if self._rehearsed is None:
            self._rehearsed = self._situation()
        attack = prepare(fault, self._rehearsed, SystemRandom())
        self._director.check(attack)
        return attack.sentences

    def strike(self, fault: Fault, rng: Random) -> RealStrike:
        attack = prepare(fault, self._situation(), rng)
        strike = RealStrike(attack, self._director.unleash(attack), lambda: self._unsettle(attack))
        self._unsettle(attack)
        self._strikes.append(strike)
        return strike

    def _unsettle(self, attack: Attack) -> None:
        """Who moves out of a zone or back into it is moved by the loop in its own time. While one is under way nothing
        is planned: the rest must last.
        """
        if attack.closes is not None:
            self._moved, self._settled = True, False
            self._rest = Rest(STAYS_SECONDS)

    def check_change(self, change: Change) -> str:
        return self._specs.check(change)

    def change(self, change: Change) -> str:
        self._settled, self._rest = False, Rest(self._rest.seconds)
        return self._specs.make(change)

    def put_back(self) -> tuple[str, ...]:
        return self._specs.put_back()

    def ask(self, probe: Probe) -> str:
        return ask(probe, self._base)

    def check_load(self, load: Load) -> None:
        if load.image not in self._engine.images([load.image]):
            name = load.image.rpartition("/")[2].partition(":")[0]
            raise PermanentError(f"the image {load.image} is not on the engine; `reconciler images build {name}`?")

    def check_clients(self, clients: Clients) -> None:
        check_program(clients, self._base)

    def begin(self, drill: Drill, recording: Recording) -> None:
        self._recording = recording
        self._watch = Watch(self._loop, drill.steady, self._base, recording, self.clock)
        if drill.load is not None:
            self._load = self._start_load(drill, drill.load)
        if drill.clients is not None:
            environ = {**os.environ, "RECONCILER_ENV": self._settings.env}
            self._clients = ClientRun(drill.clients, self._base, self._report, environ, self.clock)

    def finish(self, recording: Recording) -> None:
        if self._load is not None:
            self._load.finish(recording, self._load_seconds, self.clock.pause)
            self._load = None
        if self._clients is not None:
            self._clients.finish(recording, self._clients_seconds, self.clock.pause)
            self._clients = None

    def clear(self) -> None:
        for strike in self._strikes:
            self._tried("a fault", strike.end)
        recording, load, clients = self._recording, self._load, self._clients
        self._load = self._clients = None
        if load is not None and recording is not None:
            self._tried("the load", lambda: load.finish(recording, _HASTY_SECONDS, time.sleep))
            with suppress(ReconcilerError):
                load.remove()
        if clients is not None and recording is not None:
            clients.kill()
            recording.history(None, "the clients were ended before they could read back")
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _tried(self, what: str, end: Any) -> None:
        try:
            end()
        except ReconcilerError as error:
            said = f"{what} could not be ended: {error}; `reconciler chaos list` shows what is in force"
            if self._recording is not None:
                self._recording.remark(self.clock.now(), said)
            output.remark(said)

    def _situation(self) -> Situation:
        return situation(self._settings, self._engine, self._loop.status())

    def _start_load(self, drill: Drill, load: Load) -> LoadRun:
        settings = self._settings
        name = f"{settings.env}.{settings.domain}"
        nameservers: tuple[str, ...] = ()
        if load.network == "environment":
            nameservers = (*self._loop.lookup(name).nameservers, *host_resolvers())
        blueprint = load_blueprint(
            load,
            settings.env,
            network=network_name(settings.env),
            nameservers=nameservers,
            search=name,
            seconds=min(LONGEST_SECONDS, longest_seconds(drill.steps) + _AFTERWARDS_SECONDS),
        )
        return LoadRun(self._engine, settings.env, blueprint, self.clock)
