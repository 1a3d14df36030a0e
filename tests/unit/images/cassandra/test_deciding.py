"""What an empty node does, given what the others say."""

from importlib import import_module
from typing import Any

cards = import_module("cassandra_node.cards")
deciding = import_module("cassandra_node.deciding")
token_of = import_module("cassandra_node.tokens").token_of

ONE, TWO, THREE = "cassandra1.cassandra", "cassandra2.cassandra", "cassandra3.cassandra"


def card(number: int, state: str = cards.EMPTY, **more: Any) -> Any:
    return cards.Card(number=number, **{"id": f"volume{number}", "state": state, **more})


def place(number: int, *, alive: bool = True, joining: bool = False) -> Any:
    return cards.Place(token=token_of(number), address=f"10.0.0.{number}", alive=alive, joining=joining)


def member(number: int, *ring: Any, cluster: str = "c") -> Any:
    return card(number, cards.MEMBER, cluster=cluster, ring=tuple(ring) or (place(number),))


def decided(me: int, seeds: dict[str, Any], *, is_seed: bool = True, others: dict[str, Any] | None = None) -> Any:
    return deciding.decide(card(me), deciding.Heard(seeds=seeds, others=others or {}, is_seed=is_seed))


def test_seeds_that_are_all_empty_found_the_cluster_together_and_agree_on_everything() -> None:
    first = decided(1, {TWO: card(2), THREE: card(3)})
    assert first == deciding.Form(cluster="volume1", members={1: "volume1", 2: "volume2", 3: "volume3"})
    assert first == decided(3, {ONE: card(1), TWO: card(2)})


def test_a_seed_alone_founds_alone() -> None:
    assert decided(1, {}) == deciding.Form(cluster="volume1", members={1: "volume1"})


def test_nothing_is_founded_while_a_seed_is_silent() -> None:
    waiting = decided(1, {TWO: None, THREE: card(3)})
    assert isinstance(waiting, deciding.Wait)
    assert TWO in waiting.reason
    assert THREE not in waiting.reason


def test_a_founder_that_counted_this_volume_is_followed_even_where_another_is_silent() -> None:
    members = {1: "volume1", 2: "volume2", 3: "volume3"}
    founder = card(1, cards.FORMING, cluster="volume1", members=members)
    assert decided(2, {ONE: founder, THREE: None}) == deciding.Form(cluster="volume1", members=members)


def founding(number: int, *lost: int, state: str = cards.FORMING) -> Any:
    members = {n: "lost" if n in lost else f"volume{n}" for n in (1, 2, 3)}
    return card(number, state, cluster="volume1", members=members)


def test_a_founding_that_counted_a_lost_volume_is_completed_as_long_as_nobody_serves() -> None:
    together = deciding.Form(cluster="volume1", members={1: "volume1", 2: "volume2", 3: "volume3"})
    assert decided(2, {ONE: founding(1, 2), THREE: founding(3, 2)}) == together
    assert decided(2, {ONE: founding(1, 2), THREE: card(3)}) == together


def test_a_founding_that_may_serve_already_is_waited_for() -> None:
    """What the others have by then must be streamed."""
    for other in (None, founding(3, 2, state=cards.RETURNING), card(3, cards.JOINING)):
        assert isinstance(decided(2, {ONE: founding(1, 2), THREE: other}), deciding.Wait)
    served = member(3, place(1), place(2, alive=False), place(3), cluster="volume1")
    assert decided(2, {ONE: founding(1, 2), THREE: served}).address == "10.0.0.2"


def test_a_founding_of_others_is_waited_for_by_who_is_no_seed() -> None:
    assert isinstance(decided(4, {ONE: founding(1), TWO: founding(2)}, is_seed=False), deciding.Wait)


def test_a_member_that_returns_is_waited_for_until_it_knows_the_ring() -> None:
    assert isinstance(decided(2, {ONE: card(1, cards.RETURNING, cluster="c")}), deciding.Wait)


def test_a_lost_volume_is_streamed_anew_in_the_place_of_the_dead_node() -> None:
    known = member(1, place(1), place(2, alive=False))
    assert decided(2, {ONE: known}) == deciding.Replace(cluster="c", via=(ONE,), alive=1, address="10.0.0.2")


def test_members_that_take_the_dead_node_for_alive_are_told_first() -> None:
    unaware, aware = member(1, place(1), place(2), place(3)), member(3, place(1), place(2, alive=False), place(3))
    assert decided(2, {ONE: unaware, THREE: aware}) == deciding.Lost(members=(ONE,), address="10.0.0.2")


def test_a_number_that_no_member_knows_is_a_new_member() -> None:
    members = member(1, place(1), place(2))
    joining = deciding.Bootstrap(cluster="c", via=(ONE,), alive=2)
    assert decided(3, {ONE: members, TWO: None}, is_seed=False) == joining
    assert decided(3, {ONE: members, TWO: card(2)}, is_seed=True) == joining


def test_new_members_join_one_by_one() -> None:
    waiting = decided(4, {ONE: member(1, place(1), place(2), place(3, joining=True))}, is_seed=False)
    assert isinstance(waiting, deciding.Wait)
    assert "10.0.0.3" in waiting.reason


def test_own_joining_that_broke_off_is_no_place_in_the_ring() -> None:
    members = member(1, place(1), place(3, joining=True))
    assert isinstance(decided(3, {ONE: members}, is_seed=False), deciding.Wait)


def test_who_is_no_seed_founds_nothing() -> None:
    assert isinstance(decided(3, {ONE: card(1), TWO: card(2)}, is_seed=False), deciding.Wait)


def test_a_lone_seed_that_lost_its_volume_finds_the_members_under_the_cluster_name() -> None:
    others = {"10.0.0.2": member(2, place(1, alive=False), place(2))}
    found = decided(1, {}, others=others)
    assert found == deciding.Replace(cluster="c", via=("10.0.0.2",), alive=1, address="10.0.0.1")


def test_members_of_different_clusters_are_a_matter_for_people() -> None:
    waiting = decided(3, {ONE: member(1, cluster="a"), TWO: member(2, cluster="b")})
    assert isinstance(waiting, deciding.Wait)
    assert "different clusters" in waiting.reason


def test_a_seed_named_twice_founds_nothing() -> None:
    assert isinstance(decided(1, {TWO: card(2), "db2.cassandra": card(2)}), deciding.Wait)
