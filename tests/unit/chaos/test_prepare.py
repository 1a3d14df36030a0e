from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.chaos.faults import (
    Agent,
    Burn,
    Dns,
    Fault,
    Fill,
    Freeze,
    Gorilla,
    Loss,
    Monkey,
    SplitBrain,
    Target,
)
from reconciler.chaos.prepare import prepare
from reconciler.chaos.situation import Situation, in_order
from reconciler.errors import ChaosRefused, UsageError
from reconciler.state.instance import EngineState
from tests.unit.chaos.situations import GATEWAY, active, instance, prepared, situation, spread

MIXED = (*spread("web", 6), *spread("db", 3))


def test_a_monkey_kills_one_and_says_its_seed() -> None:
    attack = prepared(Monkey(cluster="web", seed=7))
    assert len(attack.victims) == 1
    assert "with seed 7" in attack.sentences[0]
    assert attack.helper is None


def test_the_same_seed_chooses_the_same_victim_whatever_its_container_is() -> None:
    before = situation()
    renewed = replace(before, instances=tuple(replace(one, id=one.id[::-1]) for one in reversed(before.instances)))
    for seed in range(20):
        first, second = (prepared(Monkey(cluster="web", seed=seed), where) for where in (before, renewed))
        assert first.names == second.names


def test_a_monkey_without_a_seed_draws_one_that_repeats_it() -> None:
    drawn = prepare(Monkey(cluster="web"), situation(), Random(3))
    seed = int(drawn.sentences[0].rpartition(" ")[2])
    assert prepared(Monkey(cluster="web", seed=seed)).names == drawn.names


def test_every_instance_is_a_monkeys_victim_some_day() -> None:
    hit = {prepared(Monkey(cluster="web", seed=seed)).names for seed in range(200)}
    assert len(hit) == 6


def test_a_monkey_without_a_cluster_keeps_to_those_that_are_opted_in() -> None:
    hit = {prepared(Monkey(seed=seed), situation(*MIXED)).victims[0].cluster for seed in range(50)}
    assert hit == {"web"}


def test_a_monkey_of_one_zone_and_of_one_name() -> None:
    assert {prepared(Monkey(cluster="web", zone="az2", seed=s)).victims[0].zone for s in range(20)} == {"az2"}
    assert prepared(Monkey(cluster="web-3")).names == ("web-3",)


def test_a_gorilla_kills_everything_in_the_zone_and_nothing_else() -> None:
    attack = prepared(Gorilla(zone="az2"))
    assert attack.names == ("web-2", "web-5")
    assert attack.closes is None
    assert attack.seconds == 0


def test_a_zone_that_is_kept_down_is_closed_as_long() -> None:
    attack = prepared(Gorilla(zone="az2", keep_down=True, seconds=40))
    assert (attack.closes, attack.seconds) == ("az2", 40)
    assert attack.sentences[0].startswith("close az2 for 40 s")


def test_who_is_not_opted_in_is_spared_by_name() -> None:
    attack = prepared(Gorilla(zone="az1", spare=True), situation(*MIXED))
    assert attack.names == ("web-1", "web-4")
    assert attack.sentences[-1] == "spare db-1: not opted in"


def test_a_split_brain_follows_newcomers_of_its_zones_and_clusters() -> None:
    attack = prepared(SplitBrain(shape="rest", sides=(("az1",),), spare=True), situation(*MIXED))
    assert attack.follows is not None
    assert attack.follows.includes(instance("web", 99, "az3"))
    assert not attack.follows.includes(instance("web", 99, "az9"))
    assert not attack.follows.includes(instance("db", 99, "az1"))
    assert attack.sentences[0] == "cut az1 <-/-> az2, az1 <-/-> az3"


def test_an_aim_is_an_instance_a_cluster_a_zone_or_both() -> None:
    def names(**target: object) -> tuple[str, ...]:
        return prepared(Freeze(target=Target(**target))).names  # type: ignore[arg-type]

    assert names(name="web-2") == names(name="web2") == names(name="dev-web-2") == ("web-2",)
    assert len(names(name="web")) == 6
    assert names(zone="az3") == ("web-3", "web-6")
    assert names(name="web", zone="az3") == ("web-3", "web-6")
    assert len(names(name="web", one=True, seed=4)) == 1


def test_a_replacement_of_a_victim_is_followed_and_its_neighbour_is_not() -> None:
    attack = prepared(Loss(target=Target(name="web-2")))
    assert attack.follows is not None
    assert attack.follows.includes(instance("web", 2, "az1"))
    assert not attack.follows.includes(instance("web", 3, "az1"))


@pytest.mark.parametrize("fault", [Freeze(target=Target(name="web")), Agent(target=Target(name="web"))])
def test_the_replacement_of_one_that_was_taken_for_dead_is_left_alone(fault: Fault) -> None:
    assert prepared(fault).follows is None


def test_what_helpers_are_told() -> None:
    web = Target(name="web-1")
    assert {(d.direction, d.probability) for d in prepared(Loss(target=web, percent=25)).drops} == {
        ("in", 0.25),
        ("out", 0.25),
    }
    assert {(d.peer, d.port) for d in prepared(Dns(target=web)).drops} == {(None, 53), ("127.0.0.11", None)}
    beats = prepared(Agent(target=web)).drops[0]
    assert (beats.direction, beats.peer, beats.protocol, beats.port) == ("out", GATEWAY, "tcp", 7070)
    assert prepared(Burn(target=web, workers=2)).settings == {"cpus": 2}
    assert prepared(Fill(target=web, size_bytes=2**20)).settings == {"bytes": 2**20, "path": "/tmp"}


NOT_OPTED_IN = "db is not opted in: write `chaos: {enabled: true}` into specs/db.yaml"


@pytest.mark.parametrize(
    ("fault", "where", "said"),
    [
        (Monkey(cluster="db"), situation(*MIXED), f"monkey is refused: {NOT_OPTED_IN}"),
        (Monkey(), situation(*spread("db", 3), opted_in=()), NOT_OPTED_IN),
        (Gorilla(zone="az1"), situation(*MIXED), f"{NOT_OPTED_IN}, or spare them with --spare"),
        (SplitBrain(shape="halves"), situation(*MIXED), NOT_OPTED_IN),
        (Freeze(target=Target(zone="az1")), situation(*MIXED), NOT_OPTED_IN),
        (Gorilla(zone="az1", spare=True), situation(*spread("db", 3), opted_in=()), "nobody is left to hit"),
        (Monkey(cluster="web"), situation(troubles=("web: 1 of 6 ready",)), "web: 1 of 6 ready"),
        (Monkey(cluster="web"), situation(troubles=("deletion held",)), "--anyway"),
        (Gorilla(zone="az3"), situation(*spread("web", 2)), "nothing runs in az3"),
        (
            Gorilla(zone="az3", keep_down=True),
            situation(closed=("az3",)),
            "az3 is closed already",
        ),
        (SplitBrain(shape="halves"), situation(active=(active("split-brain"),)), "cuts the zones already"),
        (
            Freeze(target=Target(name="web")),
            situation(active=(active("freeze", "web-2", "web-9"),)),
            "fault k3f9 (freeze of before) hits web-2 already",
        ),
        (
            Loss(target=Target(name="web")),
            situation(active=(active("loss", "web-2", leftover=True),)),
            "`reconciler chaos heal k3f9` ends it",
        ),
        (
            Freeze(target=Target(name="web-1")),
            situation(instance("web", 1, "az1", state=EngineState.PAUSED)),
            "web-1 is paused already",
        ),
        (
            SplitBrain(shape="rest", sides=(("az3",),)),
            situation(*spread("web", 2)),
            "cuts nobody off",
        ),
        (
            Monkey(cluster="web"),
            situation(instance("web", 1, "az1", state=EngineState.EXITED)),
            "web has no running instance",
        ),
        (Monkey(cluster="web"), situation(instance("web", 1, "az1", task=True)), "web has no running instance to kill"),
        (Monkey(), situation(instance("web", 1, "az1", task=True)), "no cluster has a running instance to kill"),
        (Freeze(target=Target(name="web", zone="az3")), situation(*spread("web", 2)), "nothing runs of web in az3"),
        (Agent(target=Target(name="web")), replace(situation(), gateway=""), "no network yet"),
    ],
)
def test_a_fault_is_refused_with_its_reason(fault: Fault, where: Situation, said: str) -> None:
    with pytest.raises(ChaosRefused) as caught:
        prepared(fault, where)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Monkey(cluster="webb"),
            "there is no cluster or running instance 'webb' in environment dev; there are web, web-1",
        ),
        (Monkey(cluster="web", zone="az9"), "no zone 'az9' in environment dev; there are az1, az2, az3"),
        (Gorilla(zone="az9"), "there are az1, az2, az3"),
        (SplitBrain(shape="rest", sides=(("az9",),)), "there are az1, az2, az3"),
        (Freeze(target=Target()), "name a cluster or an instance"),
        (Freeze(target=Target(name="web"), seconds=0.5), "lasts from 1 s to 1 h"),
        (Freeze(target=Target(name="web"), seconds=3601), "lasts from 1 s to 1 h"),
        (Freeze(target=Target(name="web"), seconds=float("nan")), "lasts from 1 s to 1 h"),
        (Loss(target=Target(name="web"), percent=0), "from 0.5 to 100"),
        (Loss(target=Target(name="web"), percent=0.1), "from 0.5 to 100"),
        (Loss(target=Target(name="web"), percent=101), "from 0.5 to 100"),
        (Loss(target=Target(name="web"), percent=float("nan")), "from 0.5 to 100"),
        (Burn(target=Target(name="web"), workers=0), "give 1 to 64"),
        (Fill(target=Target(name="web"), size_bytes=1000), "fill 1000b: give 1MiB to 16GiB"),
        (Fill(target=Target(name="web"), path="../etc"), "absolute path"),
    ],
)
def test_what_cant_be_is_a_usage_error(fault: Fault, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        prepared(fault)
    assert said in str(caught.value)


def test_anyway_passes_trouble_and_nothing_else() -> None:
    troubled = situation(*MIXED, troubles=("held",))
    assert prepared(Monkey(cluster="web", anyway=True), troubled).victims
    with pytest.raises(ChaosRefused, match="not opted in"):
        prepared(Monkey(cluster="db", anyway=True), troubled)


def test_another_kind_of_fault_on_the_same_victim_is_no_contradiction() -> None:
    assert prepared(Loss(target=Target(name="web")), situation(active=(active("freeze", "web-1"),))).victims
    assert prepared(Loss(target=Target(name="web-2")), situation(active=(active("loss", "web-1"),))).victims


def test_zones_are_counted_as_people_count() -> None:
    assert in_order(["az10", "az2", "az1", "az2"]) == ("az1", "az2", "az10")


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_nobody_who_is_not_opted_in_is_ever_hit(seed: int, size: int) -> None:
    where = situation(*spread("web", size), *spread("db", size))
    for fault in (Monkey(), Gorilla(zone="az1", spare=True), Freeze(target=Target(zone="az1"), spare=True)):
        attack = prepare(fault, where, Random(seed))
        assert {one.cluster for one in attack.victims} == {"web"}


def test_sparing_is_proposed_only_where_it_leaves_somebody_to_hit() -> None:
    for fault in (Monkey(cluster="db"), Freeze(target=Target(name="db"))):
        with pytest.raises(ChaosRefused) as caught:
            prepared(fault, situation(*MIXED))
        assert str(caught.value).endswith(NOT_OPTED_IN)
