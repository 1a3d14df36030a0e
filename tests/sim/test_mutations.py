"""Taking a guard away makes some script fail: the properties bite."""

import random

import pytest

from reconciler.plan import reconcile, thinning
from tests.sim.script import play


def _fails(seeds: int) -> bool:
    kinds = ("tick", "land", "land", "revise", "resize", "die", "wait", "rezone")
    for seed in range(seeds):
        chance = random.Random(seed)
        try:
            play([(chance.choice(kinds), chance.randint(0, 7), chance.randint(0, 3)) for _ in range(15)])
        except AssertionError:
            return True
    return False


def test_without_a_mutation_the_same_scripts_pass() -> None:
    assert not _fails(20)


@pytest.mark.parametrize("mutation", ["surge", "unavailable"])
def test_a_lifted_limit_is_noticed(mutation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room = reconcile if mutation == "surge" else thinning
    monkeypatch.setattr(room, mutation, lambda _: 99)
    assert _fails(20)
