"""Putting helpers beside victims: several at a time, each ready and harmless when it is done.

Before: crew, which says beside whom. After: the engine. Never here: what a helper is told once it is ready.
Nobody waits for a newcomer's helper: while it is being made, others are looked after. What is made is known by its
labels, so that nothing is lost of it when this program is interrupted.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from reconciler.chaos.attack import Attack
from reconciler.chaos.helper import Helper
from reconciler.chaos.situation import name_of
from reconciler.engine.fault_ports import FaultEngine
from reconciler.engine.helpers import helper as blueprint
from reconciler.errors import TransientError
from reconciler.state.faults import FaultLabels
from reconciler.state.instance import Instance

_AT_ONCE = 8
_READY_SECONDS = 15.0


class Stager:
    """Makes the helpers of one fault, each lasting `seconds` of its own start at most. `done` is called after each."""

    def __init__(self, engine: FaultEngine, env: str, attack: Attack, fault_id: str, until: float) -> None:
        self._engine = engine
        self._env = env
        self._attack = attack
        self._fault_id = fault_id
        self._until = until
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="staging")
        self._pending: dict[str, tuple[Instance, Future[Helper | str]]] = {}
        self._leaving: dict[str, Future[None]] = {}

    @property
    def pending(self) -> tuple[Instance, ...]:
        """The victims whose helpers are being made."""
        return tuple(victim for victim, _ in self._pending.values())

    def begin(self, victims: Iterable[Instance], seconds: float, done: Callable[[], None] = lambda: None) -> None:
        """Have helpers made beside them."""
        for victim in victims:
            future = self._pool.submit(self._stage, victim, seconds)
            self._pending[victim.id] = (victim, future)
            future.add_done_callback(lambda _: done())

    def finish(self, *, every: bool) -> tuple[tuple[Helper, ...], dict[str, str]]:
        """The helpers that are ready by now (`every`: wait for all), and why there is none beside other victims, by id.

        Raises EngineError where the engine refuses or doesn't answer at all.
        """
        if every:
            wait([future for _, future in self._pending.values()])
        results = {id: future.result() for id, (_, future) in self._take().items()}
        ready = tuple(one for one in results.values() if isinstance(one, Helper))
        return ready, {id: why for id, why in results.items() if isinstance(why, str)}

    def _take(self) -> dict[str, tuple[Instance, Future[Helper | str]]]:
        over = {id: one for id, one in self._pending.items() if one[1].done()}
        self._pending = {id: one for id, one in self._pending.items() if id not in over}
        return over

    def discard(self, helper: Helper) -> None:
        """Remove one whose victim has ended; nobody waits for that, and what fails here is put away at the end."""
        helper.close()
        self._leaving[helper.instance.id] = self._pool.submit(self._engine.remove, helper.id)

    def busy(self, victim_id: str) -> bool:
        """A helper is being made beside it, or taken away: its name is not free."""
        leaving = self._leaving.get(victim_id)
        return victim_id in self._pending or (leaving is not None and not leaving.done())

    def close(self) -> None:
        """Nothing is being made any more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _stage(self, victim: Instance, seconds: float) -> Helper | str:
        """The helper, or why there is none."""
        attack = self._attack
        if attack.helper is None:
            return "a kill has no helpers"
        made = blueprint(self._labels(victim), attack.helper, seconds=seconds, settings=attack.settings)
        try:
            id = self._engine.create(made)
        except TransientError as error:
            return str(error)
        helper = None
        try:
            helper = Helper(victim, id, self._engine.converse(id))
            self._engine.start(id)
            if helper.hear("ready", time.monotonic() + _READY_SECONDS) is not None:
                return helper
            why = helper.problem or f"its helper isn't ready within {_READY_SECONDS:g} s"
        except TransientError as error:
            why = str(error)
        if helper is not None:
            helper.close()
        self._engine.remove(id)  # it has done nothing yet, and the next try needs its name
        return why

    def _labels(self, victim: Instance) -> FaultLabels:
        return FaultLabels(
            env=self._env,
            fault_id=self._fault_id,
            kind=self._attack.kind,
            says=self._attack.says,
            until=self._until,
            victim_id=victim.id,
            instance=name_of(victim),
            cluster=victim.cluster,
            zone=victim.zone,
        )
