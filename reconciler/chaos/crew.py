"""The helpers of one fault: staged beside all victims first, then told together.

Before: running. After: the engine (containers), helper (words). Never here: when, and whether the fault bites.
What is staged is known by its labels, so that nothing is lost of what was made when this program is interrupted.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from reconciler.chaos.attack import Attack, HelperKind
from reconciler.chaos.helper import Helper, Message, ask
from reconciler.chaos.killing import running
from reconciler.chaos.situation import name_of
from reconciler.engine.fault_ports import FaultEngine
from reconciler.engine.helpers import helper as blueprint
from reconciler.errors import DoesNotBite, TransientError
from reconciler.state.faults import FaultLabels
from reconciler.state.instance import Instance

_AT_ONCE = 8
_READY_SECONDS = 15.0
_ANSWER_SECONDS = 5.0
_HEAL_SECONDS = 3.0


class Crew:
    """The helpers of `attack`, by their victims' ids; all of them end by themselves at `until` (Unix seconds)."""

    def __init__(self, engine: FaultEngine, env: str, attack: Attack, fault_id: str, until: float) -> None:
        self.attack = attack
        self.fault_id = fault_id
        self.until = until
        self._engine = engine
        self._env = env
        self._helpers: dict[str, Helper] = {}

    @property
    def helpers(self) -> tuple[Helper, ...]:
        """Those that still answer, by their victims' names."""
        return tuple(sorted((one for one in self._helpers.values() if not one.ended), key=lambda one: one.name))

    def knows(self, victim_id: str) -> bool:
        """There is a helper beside it."""
        return victim_id in self._helpers

    @property
    def victims(self) -> tuple[Instance, ...]:
        """The victims of those that answer."""
        return tuple(one.instance for one in self.helpers)

    def stage(self, victims: Sequence[Instance], seconds: float) -> tuple[Helper, ...]:
        """A helper beside each, ready and harmless yet; those whose victim has ended meanwhile are left out.

        Raises DoesNotBite where one can't be staged beside a victim that runs.
        """
        with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="staging") as pool:
            results = list(pool.map(lambda victim: self._stage(victim, seconds), victims))
        staged = tuple(one for one in results if isinstance(one, Helper))
        self._helpers |= {one.instance.id: one for one in staged}
        failed = {victim.id: why for victim, why in zip(victims, results, strict=True) if isinstance(why, str)}
        self._insist_on_gone(failed)
        return staged

    def _stage(self, victim: Instance, seconds: float) -> Helper | str:
        """The helper, or why there is none. EngineError other than for this one goes up."""
        try:
            made = self._engine.create(
                blueprint(self._labels(victim), self._kind, seconds=seconds, settings=self.attack.settings)
            )
            helper = Helper(victim, made, self._engine.converse(made))
            self._engine.start(made)
        except TransientError as error:
            return str(error)
        if helper.hear("ready", time.monotonic() + _READY_SECONDS) is None:
            return helper.problem or f"its helper isn't ready within {_READY_SECONDS:g} s"
        return helper

    @property
    def _kind(self) -> HelperKind:
        if self.attack.helper is None:
            raise AssertionError("a kill has no helpers")
        return self.attack.helper

    def _labels(self, victim: Instance) -> FaultLabels:
        return FaultLabels(
            env=self._env,
            fault_id=self.fault_id,
            kind=self.attack.kind,
            says=self.attack.says,
            until=self.until,
            victim_id=victim.id,
            instance=name_of(victim),
            cluster=victim.cluster,
            zone=victim.zone,
        )

    def _insist_on_gone(self, failed: dict[str, str]) -> None:
        """A victim that died meanwhile is no error; one that runs and has no helper is."""
        if not failed:
            return
        for victim in self.running():
            if victim.id in failed:
                raise DoesNotBite(f"{self.attack.kind}: {name_of(victim)}: {failed[victim.id]}; it is undone")

    def running(self) -> tuple[Instance, ...]:
        """Every instance of the environment that runs now."""
        return running(self._engine, self._env)

    def rule(self, helpers: Sequence[Helper], newcomers: Sequence[Instance] = ()) -> None:
        """Tell each what to drop, with the victims of now, and those who are about to be: at once where it bites.

        Raises DoesNotBite where one can't.
        """
        everyone = (*self.victims, *newcomers)
        rules = {
            one.instance.id: [drop.as_json() for drop in self.attack.rules(one.instance, everyone)] for one in helpers
        }
        for one in helpers:
            if not one.bites:  # it only keeps them in mind, and doesn't answer
                one.say("rules", {"drops": rules[one.instance.id]})
        biting = [one for one in helpers if one.bites]
        self._insist(biting, "rules", lambda one: {"drops": rules[one.instance.id]})

    def bite(self, helpers: Sequence[Helper]) -> None:
        """All at once. Raises DoesNotBite where one can't."""
        self._insist(helpers, "bite", lambda _: {})
        for one in helpers:
            one.bites = True

    def _insist(self, helpers: Sequence[Helper], do: str, more: Callable[[Helper], Message]) -> None:
        answers = ask(helpers, do, "bites", _ANSWER_SECONDS, more)
        failed = {one.instance.id: _why(one) for one in helpers if one.name not in answers}
        self._insist_on_gone(failed)

    def relax(self) -> None:
        """No rules any more; the helpers stay, so that they can look whether everybody is reached again."""
        biting = [one for one in self.helpers if one.bites]
        ask(biting, "rules", "bites", _HEAL_SECONDS, lambda _: {"drops": []})

    def forget(self, victim_id: str) -> None:
        """Its victim has ended. One that shares a network lives on in what is left of it: it is put away."""
        helper = self._helpers.pop(victim_id)
        helper.close()
        self._engine.remove(helper.id)

    def heal(self) -> None:
        """Each undoes what it did, and ends."""
        ask(self.helpers, "heal", "healed", _HEAL_SECONDS)
        for helper in self._helpers.values():
            helper.close()


def _why(helper: Helper) -> str:
    if helper.problem:
        return helper.problem
    return "its helper has ended" if helper.ended else f"its helper says nothing within {_ANSWER_SECONDS:g} s"
