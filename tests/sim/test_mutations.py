"""Taking a guard away is noticed: for each one there is a short script that is survived with it and not without it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from reconciler.plan import (
    backoff,
    buckets,
    channel,
    draft,
    ending,
    filling,
    making,
    naming,
    placement,
    reconcile,
    rollouts,
    stages,
    thinning,
    world,
)
from reconciler.plan.groups import Group
from reconciler.plan.guard import Deletions
from reconciler.plan.placement import Ground
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import Instance
from reconciler.state.observed import Canary, Channel, Observed
from tests.sim.script import Happening, play


def _many(*_: object) -> int:
    return 99


def _nought(*_: object) -> int:
    return 0


def _no(*_: object) -> bool:
    return False


def _yes(*_: object) -> bool:
    return True


def _all_new(wanted: Wanted, spec: ClusterSpec, *_: object, **__: object) -> tuple[Group, ...]:
    return (Group(wanted=wanted, size=spec.size),)


def _as_wanted(wanted: Wanted, *_: object) -> Wanted:
    return wanted


def _nothing(*_: object) -> dict[str, str]:
    return {}


def _none(*_: object) -> tuple[()]:
    return ()


def _all_open(spec: ClusterSpec, _: object) -> Ground:
    return Ground(zones=spec.zones)


def _emptiest(ground: Ground, counts: Counter[str], _: object) -> str:
    return placement.emptiest([zone for zone in ground.zones if zone not in ground.closed], counts)


def _not_stuck(spec: ClusterSpec, closed: Collection[str]) -> Ground:
    return replace(placement.ground_of(spec, closed), closed=frozenset())


def _all_allowed(absent: dict[str, int], *_: object, **__: object) -> Deletions:
    return Deletions(allowed=frozenset(absent))


def _never_blind(observed: Observed, *_: object, **__: object) -> Channel:
    return observed.channel


def _every_number(name: str, observed: Observed) -> Iterator[int]:
    taken = {i.number for i in observed.instances.get(name, ())}
    taken |= {flight.number for flight in observed.in_flight.get(name, ()) if flight.number}
    return (number for number in count(1) if number not in taken)


def _anybody(view: Any, canary: Canary, silent: list[Instance], heard_at: float, since: float) -> str | None:
    return min(i.id for i in silent)


def _first_words(view: Any, key: str, heard_at: float, since: float) -> bool:
    replace_at = view.judgements[key].replace_at
    return replace_at is not None and heard_at >= replace_at


def _leads_anyway(spec: ClusterSpec, *given: Any) -> Iterator[Any]:
    return naming.name_actions(replace(spec, traffic=True), *given)


def _unheard(*_: object) -> dict[str, object]:
    return {}


def _add_all(self: draft.Draft, actions: Any) -> None:
    self.actions.extend(actions)


GUARDS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "surge": (making, "surge", _many),
    "unavailable": (thinning, "unavailable", _many),
    "deletions": (world, "allow_deletions", _all_allowed),
    "channel": (world, "assess", _never_blind),
    "benefit of the doubt": (world, "_give_benefit", _nothing),
    "no rollout while blind": (reconcile._Pass, "_may_be_blind", _no),
    "canary's zone": (channel._View, "_turn", _anybody),
    "canary's first words": (channel._View, "_over", _first_words),
    "canary's first words after a cut": (channel._View, "_over", _first_words),
    "suspect budget": (buckets, "_budget", _many),
    "back-off": (backoff, "delay_seconds", _nought),
    "starts in a row": (filling, "starts_in_a_row", _nought),
    "strangers' numbers": (filling, "free_numbers", _every_number),
    "one action a container": (draft.Draft, "add", _add_all),
    "zones": (reconcile, "misplaced", _nothing),
    "outdated": (buckets, "_outdated", _none),
    "closed zones": (buckets, "ground_of", _all_open),
    "data's zone": (filling, "zone_for", _emptiest),
    "traffic before the end": (ending, "_is_to_be_told", _no),
    "stuck in a closed zone": (buckets, "ground_of", _not_stuck),
    "going back": (rollouts, "knows_back", _no),
    "the canary stage": (stages, "in_canary_stage", _no),
    "a pause": (stages, "_beside", _all_new),
    "the old one's template": (stages, "gone_back", _as_wanted),
    "the new group's names first": (naming, "_has_moved", _yes),
    "nobody ends before others are led to": (thinning.Thinning, "_is_led_to", _yes),
    "a person's judgment": (rollouts, "in_judgment", _no),
    "no traffic for who runs": (reconcile, "name_actions", _leads_anyway),
    "no traffic for who comes": (reconcile, "name_actions", _leads_anyway),
    "a person's word": (world, "heeded", _unheard),
}

SCRIPTS: dict[str, list[Happening]] = {
    "surge": [("rebuild", 7, 3)],
    "unavailable": [("break", 5, 1)],
    "deletions": [("delete", 2, 0), ("wait", 6, 0)],
    "channel": [("deaf", 1, 0), ("wait", 5, 0)],
    "benefit of the doubt": [("deaf", 1, 0), ("wait", 5, 0)],
    "no rollout while blind": [("deaf", 1, 1), ("wait", 7, 0), ("revise", 0, 0), ("wait", 7, 0)],
    "canary's zone": [("hang", 0, 0), ("hang", 2, 0), ("deaf", 1, 1), *[("wait", 7, 0)] * 9],
    "canary's first words": [("cut", 0, 2), *[("wait", 7, 0)] * 10],
    "canary's first words after a cut": [
        ("deaf", 0, 1), *[("wait", 7, 0)] * 9, ("mend", 0, 3), ("wait", 0, 0), ("wait", 0, 0),
    ],
    "suspect budget": [
        ("break", 5, 1), ("hang", 0, 1), ("land", 1, 2), ("hang", 2, 0), ("tick", 4, 3), ("restart", 7, 2),
        ("hang", 7, 1),
    ],
    "back-off": [("vanish", 1, 1), ("restart", 6, 3), ("restart", 4, 1)],
    "starts in a row": [("die", 3, 1)],
    "strangers' numbers": [("rebuild", 5, 1), ("foreign", 3, 2)],
    "one action a container": [("restart", 3, 1)],
    "zones": [("rezone", 3, 1)],
    "outdated": [("rebuild", 5, 1)],
    "closed zones": [("close", 0, 0), ("die", 0, 0), ("wait", 0, 0)],
    "traffic before the end": [("resize", 1, 0), ("wait", 2, 0)],
    "data's zone": [
        ("keep", 0, 0), *[("wait", 7, 0)] * 6, ("close", 1, 0), *[("die", n, 0) for n in range(5)], ("wait", 0, 0),
    ],
    "stuck in a closed zone": [
        ("keep", 0, 0), *[("wait", 7, 0)] * 6, ("close", 0, 0), ("revise", 0, 0), *[("wait", 2, 0)] * 4,
    ],
    "going back": [("break", 5, 1), *[("wait", 7, 0)] * 6],
    "the canary stage": [("rollout", 7, 0), ("revise", 0, 0), *[("wait", 0, 0)] * 6],
    "a pause": [("pause", 0, 0), ("revise", 0, 0), *[("wait", 0, 0)] * 6],
    "the old one's template": [
        ("rollout", 0, 3), ("revise", 0, 0), *[("wait", 0, 0)] * 6, ("die", 2, 0), *[("wait", 0, 0)] * 4,
    ],
    "the new group's names first": [("rollout", 6, 0), ("revise", 0, 0), *[("wait", 0, 0)] * 6],
    "nobody ends before others are led to": [("rollout", 1, 0), ("revise", 0, 0), *[("wait", 4, 0)] * 4],
    "a person's judgment": [("rollout", 4, 3), ("revise", 0, 0), *[("wait", 0, 0)] * 6],
    "no traffic for who runs": [("traffic", 0, 0), ("wait", 0, 0)],
    "no traffic for who comes": [
        ("suspend", 0, 0), ("traffic", 0, 0), ("suspend", 0, 0), ("revise", 0, 0), ("wait", 7, 0),
    ],
    "a person's word": [("terminate", 0, 0)],
}  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS)
def test_a_lifted_guard_is_noticed(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    play(SCRIPTS[guard])
    monkeypatch.setattr(*GUARDS[guard])
    with pytest.raises(AssertionError):
        play(SCRIPTS[guard])
