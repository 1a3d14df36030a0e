from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.chaos.faults import SHAPES, Shape, SplitBrain
from reconciler.chaos.shapes import RECONCILER, Cut, shape_of
from reconciler.errors import UsageError

THREE = ("az1", "az2", "az3")
FIVE = ("az1", "az2", "az3", "az4", "az5")


def cut(shape: Shape, *sides: tuple[str, ...], zones: tuple[str, ...] = THREE) -> Cut:
    return shape_of(SplitBrain(shape=shape, sides=sides), zones)


def both(*pairs: tuple[str, str]) -> set[tuple[str, str]]:
    return {one for a, b in pairs for one in ((a, b), (b, a))}


def test_halves_are_the_first_half_against_the_others() -> None:
    made = cut("halves")
    assert made.blocked == both(("az1", "az2"), ("az1", "az3"))
    assert made.says == "halves az1 | az2,az3"
    assert cut("halves", zones=FIVE).says == "halves az1,az2 | az3,az4,az5"


def test_sides_are_cut_off_as_they_are_named() -> None:
    assert cut("halves", ("az2",)).says == "halves az2 | az1,az3"
    assert cut("halves", ("az3",), ("az1",)).blocked == both(("az1", "az3"))
    three = cut("halves", ("az1",), ("az2",), ("az3",))
    assert three.blocked == set(permutations(THREE, 2))


def test_rest_cuts_one_side_off_from_all_others() -> None:
    assert cut("rest", ("az2",)).blocked == both(("az2", "az1"), ("az2", "az3"))
    assert cut("rest").says == "rest az1 | az2,az3"


def test_in_a_ring_each_zone_sees_its_neighbours_only() -> None:
    made = cut("ring", zones=FIVE)
    seen = {pair for pair in permutations(FIVE, 2) if pair not in made.blocked}
    assert seen == both(("az1", "az2"), ("az2", "az3"), ("az3", "az4"), ("az4", "az5"), ("az5", "az1"))
    assert made.says == "ring az1 - az2 - az3 - az4 - az5 - az1"


def test_the_bridge_sees_both_sides_and_they_dont_see_each_other() -> None:
    assert cut("bridge").blocked == both(("az1", "az3"))
    assert cut("bridge").says == "bridge az1 | az3 over az2"
    made = cut("bridge", ("az5",), zones=FIVE)
    assert made.says == "bridge az1,az2 | az3,az4 over az5"
    assert not any("az5" in pair for pair in made.blocked)
    assert cut("bridge", ("az1",), ("az2",), ("az4",), zones=FIVE).blocked == both(("az2", "az4"))


def test_one_way_leaves_the_way_back() -> None:
    made = cut("one-way", ("az1",), ("az2",))
    assert made.blocked == {("az1", "az2")}
    assert made.zones == ("az1", "az2")
    assert cut("one-way").says == "one-way az1 -> az2,az3"


def test_a_zone_is_cut_off_from_the_reconciler_and_from_nobody_else() -> None:
    assert cut("reconciler", ("az1",)).blocked == both(("az1", RECONCILER))


@pytest.mark.parametrize(
    ("shape", "sides", "zones", "said"),
    [
        ("ring", (), THREE, "ring needs 4 zones or more, and there are 3 (az1,az2,az3)"),
        ("halves", (), ("az1",), "needs 2 zones or more, and there is only az1"),
        ("rest", (), (), "needs 2 zones or more, and there is none"),
        ("bridge", (), ("az1", "az2"), "needs 3 zones or more"),
        ("bridge", (("az1", "az2"),), THREE, "two sides that it joins"),
        ("bridge", (("az1",), ("az2",)), THREE, "two sides that it joins"),
        ("rest", (THREE,), THREE, "are all the zones there are"),
        ("halves", (THREE,), THREE, "are all the zones there are"),
        ("rest", (("az1",), ("az2",)), THREE, "name one side"),
        ("one-way", (("az1",), ("az2",), ("az3",)), THREE, "name two sides"),
        ("reconciler", (), THREE, "name the zone to cut off from it; there are az1, az2, az3"),
        ("halves", (("az1", "az2"), ("az2", "az3")), THREE, "zone az2 is named twice"),
        ("halves", (("az1",), ()), THREE, "a side without zones"),
    ],
)
def test_a_shape_that_cant_be_made_says_why(
    shape: Shape, sides: tuple[tuple[str, ...], ...], zones: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        cut(shape, *sides, zones=zones)
    assert said in str(caught.value)


@given(st.sampled_from([shape for shape in SHAPES if shape != "reconciler"]), st.integers(4, 9))
def test_every_shape_cuts_something_and_nobody_off_from_itself(shape: Shape, count: int) -> None:
    zones = tuple(f"z{n}" for n in range(count))
    made = cut(shape, zones=zones)
    assert made.blocked
    assert all(a != b for a, b in made.blocked)
    assert {zone for pair in made.blocked for zone in pair} <= set(made.zones) <= set(zones)
    assert shape == "one-way" or all((b, a) in made.blocked for a, b in made.blocked)
