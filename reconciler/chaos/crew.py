"""The helpers of one fault: staged beside all victims first, then told together.

Before: running, holding. After: staging (makes them), helper (words). Never here: when, and whether the fault bites.
"""

from collections.abc import Callable, Sequence

from reconciler.chaos.attack import Attack
from reconciler.chaos.helper import Helper, Message, ask
from reconciler.chaos.killing import running
from reconciler.chaos.situation import name_of
from reconciler.chaos.staging import Stager
from reconciler.engine.fault_ports import FaultEngine
from reconciler.errors import DoesNotBite
from reconciler.state.instance import Instance

_ANSWER_SECONDS = 5.0
_HEAL_SECONDS = 3.0


class Crew:
    """The helpers of `attack`, by their victims' ids; all of them end by themselves at `until` (Unix seconds).

    `shut_out`: when all others had closed themselves to a newcomer, in seconds of its age.
    """

    def __init__(self, engine: FaultEngine, env: str, attack: Attack, fault_id: str, until: float) -> None:
        self.attack = attack
        self._engine = engine
        self._env = env
        self._stager = Stager(engine, env, attack, fault_id, until)
        self._helpers: dict[str, Helper] = {}
        self.shut_out: dict[str, float] = {}

    @property
    def helpers(self) -> tuple[Helper, ...]:
        """Those that still answer, by their victims' names."""
        return tuple(sorted((one for one in self._helpers.values() if not one.ended), key=lambda one: one.name))

    @property
    def biting(self) -> tuple[Helper, ...]:
        """Those that were told to bite, and do."""
        return tuple(one for one in self.helpers if one.bites)

    @property
    def fresh(self) -> tuple[Helper, ...]:
        """Those that are ready and not told to bite yet."""
        return tuple(one for one in self.helpers if not one.bites)

    @property
    def victims(self) -> tuple[Instance, ...]:
        """The victims of those that bite."""
        return tuple(one.instance for one in self.biting)

    @property
    def expected(self) -> tuple[Instance, ...]:
        """Those whose helpers are being made."""
        return self._stager.pending

    def knows(self, victim_id: str) -> bool:
        """There is a helper beside it, or one comes or goes just now."""
        return victim_id in self._helpers or self._stager.busy(victim_id)

    def running(self) -> tuple[Instance, ...]:
        """Every instance of the environment that runs now."""
        return running(self._engine, self._env)

    def stage(self, victims: Sequence[Instance], seconds: float) -> None:
        """A helper beside each, ready and harmless yet; those whose victim has ended meanwhile are left out.

        Raises DoesNotBite where one can't be staged beside a victim that runs.
        """
        self._stager.begin(victims, seconds)
        self.welcome(every=True)

    def expect(self, newcomers: Sequence[Instance], seconds: float, done: Callable[[], None]) -> None:
        """Have helpers made beside them; `done` is called when one is ready to be welcomed."""
        self._stager.begin(newcomers, seconds, done)

    def welcome(self, *, every: bool = False) -> None:
        """Take in those that are ready by now; they are `fresh` then. Raises as `stage` does."""
        ready, failed = self._stager.finish(every=every)
        self._helpers |= {one.instance.id: one for one in ready}
        self._insist_on_gone(failed)

    def rule(self) -> None:
        """Tell each what to drop, with the victims of now: at once where it bites.

        Those whose helpers are still being made are shut out both ways by all others. Raises DoesNotBite where one
        can't.
        """
        pending = self._stager.pending
        everyone = (*(one.instance for one in self.helpers), *pending)
        rules = {
            one.instance.id: [drop.as_json() for drop in self.attack.rules(one.instance, everyone, pending)]
            for one in self.helpers
        }
        for one in self.fresh:  # it only keeps them in mind, and doesn't answer
            one.say("rules", {"drops": rules[one.instance.id]})
        self._insist(self.biting, "rules", lambda one: {"drops": rules[one.instance.id]})

    def bite(self) -> tuple[Helper, ...]:
        """All that are fresh, at once; they are returned. Raises DoesNotBite where one can't."""
        fresh = self.fresh
        self._insist(fresh, "bite", lambda _: {})
        for one in fresh:
            one.bites = True
        return fresh

    def _insist(self, helpers: Sequence[Helper], do: str, more: Callable[[Helper], Message]) -> None:
        answers = ask(helpers, do, "bites", _ANSWER_SECONDS, more)
        for one in helpers:
            one.detail = answers.get(one.name, {}).get("detail", one.detail)
        self._insist_on_gone({one.instance.id: _why(one) for one in helpers if one.name not in answers})

    def _insist_on_gone(self, failed: dict[str, str]) -> None:
        """A victim that died meanwhile is no error; one that runs and has no helper is."""
        if not failed:
            return
        for victim in self.running():
            if victim.id in failed:
                raise DoesNotBite(f"{self.attack.kind}: {name_of(victim)}: {failed[victim.id]}")

    def relax(self) -> None:
        """No rules any more; the helpers stay, so that they can look whether everybody is reached again."""
        ask(self.biting, "rules", "bites", _HEAL_SECONDS, lambda _: {"drops": []})

    def forget(self, victim_id: str) -> None:
        """Its victim has ended. One that shares a network lives on in what is left of it: it is put away."""
        self._stager.discard(self._helpers.pop(victim_id))

    def forget_gone(self) -> tuple[str, ...]:
        """Put away the helpers whose victims run no more, and name them."""
        there = {one.id for one in self.running()}
        gone = [one for one in self.helpers if one.instance.id not in there]
        for one in gone:
            self.forget(one.instance.id)
        return tuple(one.name for one in gone)

    def heal(self) -> None:
        """Each undoes what it did, and ends; none is made any more."""
        self._stager.close()
        ask(self.helpers, "heal", "healed", _HEAL_SECONDS)
        for helper in self._helpers.values():
            helper.close()


def _why(helper: Helper) -> str:
    if helper.problem:
        return helper.problem
    return "its helper has ended" if helper.ended else f"its helper says nothing within {_ANSWER_SECONDS:g} s"
