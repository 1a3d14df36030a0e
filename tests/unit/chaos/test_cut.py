from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.chaos.cut import drops, meant
from reconciler.chaos.faults import SHAPES, Shape, SplitBrain
from reconciler.chaos.matrix import Matrix
from reconciler.chaos.shapes import RECONCILER, shape_of
from reconciler.chaos.situation import name_of
from tests.unit.chaos.situations import GATEWAY, instance, spread

WEB = spread("web", 6)


def test_a_victim_drops_what_comes_from_the_other_side() -> None:
    cut = shape_of(SplitBrain(shape="halves"), ("az1", "az2", "az3"))
    rules = drops(cut, WEB[0], WEB, GATEWAY)
    assert {(rule.direction, rule.peer) for rule in rules} == {("in", f"10.9.3.{n}") for n in (2, 3, 5, 6)}


def test_one_way_is_dropped_where_it_would_arrive() -> None:
    cut = shape_of(SplitBrain(shape="one-way", sides=(("az1",), ("az2",))), ("az1", "az2", "az3"))
    assert drops(cut, WEB[0], WEB, GATEWAY) == ()
    assert {rule.peer for rule in drops(cut, WEB[1], WEB, GATEWAY)} == {"10.9.3.1", "10.9.3.4"}


def test_the_reconciler_is_cut_off_both_ways() -> None:
    cut = shape_of(SplitBrain(shape="reconciler", sides=(("az1",),)), ("az1", "az2"))
    assert [(rule.direction, rule.peer) for rule in drops(cut, WEB[0], WEB, GATEWAY)] == [
        ("in", GATEWAY),
        ("out", GATEWAY),
    ]
    assert drops(cut, WEB[1], WEB, GATEWAY) == ()
    matrix = meant(cut, WEB[:2])
    assert matrix.reaches["web-1", RECONCILER] is False
    assert matrix.reaches["web-2", RECONCILER] is True
    assert matrix.reaches["web-1", "web-2"] is True


def test_who_has_no_address_yet_is_dropped_when_it_has_one() -> None:
    cut = shape_of(SplitBrain(shape="halves"), ("az1", "az2"))
    nameless = replace(instance("web", 2, "az2"), address=None)
    assert drops(cut, WEB[0], [WEB[0], nameless], GATEWAY) == ()


@given(
    st.sampled_from([shape for shape in SHAPES if shape != "reconciler"]),
    st.integers(4, 6),
    st.integers(4, 14),
)
def test_the_rules_leave_exactly_the_matrix_that_is_meant(shape: Shape, zones: int, size: int) -> None:
    names = tuple(f"z{n}" for n in range(zones))
    everyone = spread("web", size, names)
    cut = shape_of(SplitBrain(shape=shape), names)
    expected = meant(cut, everyone)
    for hearer in everyone:
        deaf_to = {rule.peer for rule in drops(cut, hearer, everyone, GATEWAY)}
        for sender in everyone:
            if sender is not hearer:
                assert expected.reaches[name_of(sender), name_of(hearer)] is (sender.address not in deaf_to)


def test_matrices_are_compared_pair_by_pair() -> None:
    zones = {"web-1": "az1", "web-2": "az2", "web-3": "az2"}
    meant = Matrix(zones=zones, reaches={("web-1", "web-2"): False, ("web-2", "web-1"): True, ("web-1", "web-3"): True})
    found = Matrix(zones=zones, reaches={("web-1", "web-2"): True, ("web-2", "web-1"): True})
    assert meant.differences(found) == (("web-1", "web-2"), ("web-1", "web-3"))
    assert meant.only(["web-1", "web-2"]).differences(found) == (("web-1", "web-2"),)
    assert meant.differences(meant) == ()
    assert meant.cut == 1


def test_by_zones_a_pair_is_whole_or_in_part() -> None:
    zones = {"web-1": "az1", "web-2": "az2", "web-3": "az2"}
    matrix = Matrix(
        zones=zones, reaches={("web-1", "web-2"): False, ("web-1", "web-3"): True, ("web-2", "web-1"): True}
    )
    cells = matrix.by_zone()
    assert cells["az1", "az2"] == "part"
    assert cells["az2", "az1"] == "yes"
    assert cells["az1", "az1"] == "none"


def test_who_was_out_of_reach_before_is_not_asked_for() -> None:
    zones = {"web-1": "az1", "web-2": "az2"}
    before = Matrix(zones=zones, reaches={("web-1", "web-2"): False, ("web-2", "web-1"): True})
    free = Matrix(zones=zones, reaches={("web-1", "web-2"): True, ("web-2", "web-1"): True})
    assert free.within(before).reaches == before.reaches
