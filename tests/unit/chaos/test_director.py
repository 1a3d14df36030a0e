"""Faults on the fake engine: staged, in force, followed, undone; and what happens when anything of that goes wrong."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from reconciler.chaos import checking, healing, sight
from reconciler.chaos.attack import Attack
from reconciler.chaos.director import Director
from reconciler.chaos.faults import Agent, Dns, Fault, Freeze, Gorilla, Loss, Monkey, SplitBrain, Target
from reconciler.chaos.prepare import prepare
from reconciler.chaos.shapes import RECONCILER
from reconciler.chaos.situation import KnownCluster, Situation
from reconciler.engine.helpers import IMAGE as HELPER_IMAGE
from reconciler.errors import ChaosRefused, DoesNotBite, EngineDenied, EngineUnavailable, ReconcilerError
from reconciler.state.instance import EngineState, Instance
from tests.support.fake_box import Box
from tests.support.fake_chaos import FakeChaos
from tests.support.fake_engine import FakeEngine
from tests.support.waiting import eventually
from tests.support.worlds import IMAGE, FakeWorld

ENV = "dev"
INSTANCE = "io.reconciler.fault-instance"
ZONES = ("az1", "az2", "az3")
HALVES = SplitBrain(shape="halves", seconds=30)


class Town:
    """Six instances in three zones, and a director."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        for image in (IMAGE, HELPER_IMAGE):
            self.engine.add_image(image)
        self.world = FakeWorld(self.engine, ENV)
        self.gateway = self.world.network().gateway
        self.helpers = FakeChaos(self.engine, self.gateway)
        for number in range(1, 7):
            self.add(number)
        self.notes: list[tuple[str, str, str]] = []
        self.zones: list[tuple[str, object]] = []
        self.steps: list[str] = []
        self.stop = threading.Event()
        self.director = Director(
            self.engine,
            ENV,
            note=lambda *told: self.notes.append(told),
            close_zone=lambda zone, seconds, _: self.zones.append((zone, seconds)),
            open_zone=lambda zone: self.zones.append((zone, "open")),
            tell=self.steps.append,
            stop=self.stop,
            rng=Random(1),
        )

    def add(self, number: int, zone: str | None = None) -> str:
        blueprint = self.world.blueprint(number)
        labels = {**blueprint.labels, "io.reconciler.zone": zone or ZONES[(number - 1) % 3]}
        made = self.engine.create(replace(blueprint, labels=labels))
        self.engine.start(made)
        return made

    def instances(self) -> tuple[Instance, ...]:
        return self.engine.listing(ENV).instances["web"]

    def named(self, number: int) -> Instance:
        return next(one for one in self.instances() if one.number == number)

    def attack(self, fault: Fault) -> Attack:
        known = KnownCluster(name="web", opted_in=True, zones=ZONES)
        where = Situation(env=ENV, instances=self.instances(), clusters=(known,), gateway=self.gateway)
        return prepare(fault, where, Random(1))

    def nothing_left(self) -> bool:
        return self.engine.faults(ENV) == () and self.helpers.biting() == set()


@pytest.fixture
def town() -> Iterator[Town]:
    made = Town()
    yield made
    made.engine.close()


def test_a_cut_is_in_force_everywhere_and_undone(town: Town) -> None:
    with town.director.unleash(town.attack(HALVES)) as running:
        told = running.report()
        assert told.pairs == (30, 30)
        assert told.meant is not None
        assert told.meant.cut == 16
        assert told.in_force_seconds is not None
        assert {part.kind for part in town.engine.faults(ENV)} == {"split-brain"}
        assert town.helpers.biting() == {f"web-{n}" for n in range(1, 7)}
    assert town.nothing_left()
    assert running.report().unhealed == ()
    assert running.report().healed_seconds is not None
    assert running.end() == running.report()


def test_nobody_bites_before_all_are_ready(town: Town) -> None:
    staged_at_bite: list[int] = []

    def listen(_: Box, word: str) -> None:
        if word == "bite":
            staged_at_bite.append(sum(1 for part in town.engine.faults(ENV) if part.state is EngineState.RUNNING))

    town.helpers.on_word = listen
    with town.director.unleash(town.attack(HALVES)):
        assert staged_at_bite == [6] * 6


@pytest.mark.parametrize(
    "fault",
    [
        HALVES,
        SplitBrain(shape="one-way", sides=(("az1",), ("az2",))),
        SplitBrain(shape="bridge"),
        SplitBrain(shape="reconciler", sides=(("az1",),)),
        Freeze(target=Target(name="web-1")),
        Loss(target=Target(name="web"), percent=30),
        Dns(target=Target(zone="az2")),
        Agent(target=Target(name="web", one=True, seed=3)),
    ],
    ids=lambda fault: f"{fault.kind} {getattr(fault, 'shape', '')}".strip(),
)
def test_twice_in_a_row_each_fault_is_made_and_undone(town: Town, fault: Fault) -> None:
    for _ in range(2):
        attack = town.attack(fault)
        with town.director.unleash(attack) as running:
            assert town.helpers.biting() == set(attack.names)
            asked, right = running.report().pairs
            assert asked == right
        assert town.nothing_left()


def test_whether_the_reconciler_is_reached_is_asked_too(town: Town) -> None:
    with town.director.unleash(town.attack(SplitBrain(shape="reconciler", sides=(("az1",),)))) as running:
        found = running.report().found
        assert found is not None
        assert found.reaches == {
            ("web-1", RECONCILER): False,
            ("web-4", RECONCILER): False,
            ("web-1", "web-4"): True,
            ("web-4", "web-1"): True,
        }


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (HALVES, "web-2 still reaches web-1"),
        (Loss(target=Target(name="web")), "web-1: 0.0% of its datagrams are lost, not 20.0%"),
        (Loss(target=Target(name="web"), percent=1), "web-1: 0.0% of its datagrams are lost, not 1.0%"),
        (Dns(target=Target(name="web")), "names are answered still"),
        (Agent(target=Target(name="web")), "the listener still answers it"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_fault_that_does_not_bite_is_an_error_and_undone(
    town: Town, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    monkeypatch.setattr(checking, "TRY_SECONDS", 0.1)
    monkeypatch.setattr(sight, "PHASE_SECONDS", 0.1)
    town.helpers.blunt = {"web-1"}
    with pytest.raises(DoesNotBite) as caught:
        town.director.unleash(town.attack(fault))
    assert said in str(caught.value)
    assert town.nothing_left()


@pytest.mark.parametrize("word", ["bite", "rules"])
def test_a_helper_that_fails_undoes_the_others(town: Town, word: str) -> None:
    town.helpers.broken = {"web-3": word}
    with pytest.raises(DoesNotBite, match="web-3: it is broken"):
        town.director.unleash(town.attack(HALVES))
    assert town.nothing_left()


def test_a_victim_that_dies_while_it_is_staged_is_no_error(town: Town) -> None:
    attack = town.attack(HALVES)
    town.engine.remove(town.named(2).id)
    with town.director.unleash(attack) as running:
        assert running.report().pairs == (20, 20)
    assert town.nothing_left()


@pytest.mark.parametrize("word", ["probe", "bite"])
def test_a_victim_that_dies_while_a_cut_begins_is_no_error(town: Town, word: str) -> None:
    _dies_at(town, word)
    with town.director.unleash(town.attack(HALVES)) as running:
        assert running.report().pairs == (20, 20)
        assert running.report().checks == (), "nobody was out of reach before"
        assert running.report().gone == ("web-2",)
    assert town.nothing_left()


def test_a_victim_that_dies_while_a_cut_ends_is_not_called_apart(town: Town) -> None:
    running = town.director.unleash(town.attack(HALVES))
    _dies_at(town, "rules")
    told = running.end()
    assert (told.unhealed, told.gone) == ((), ("web-2",))
    assert town.nothing_left()


def _dies_at(town: Town, word: str) -> None:
    """The second instance, at the first such word; its helper lives on in what is left of its network."""

    def listen(_: Box, said: str) -> None:
        if said == word:
            town.helpers.on_word = lambda *_: None
            town.engine.crash(town.named(2).id)

    town.helpers.on_word = listen


def test_a_helper_that_cant_be_staged_beside_one_that_runs_is_an_error(town: Town) -> None:
    town.engine.failures.fail("converse")
    with pytest.raises(DoesNotBite, match=r"web-.: converse: made to fail"):
        town.director.unleash(town.attack(HALVES))
    assert town.nothing_left()


def test_a_replacement_is_cut_as_well(town: Town) -> None:
    with town.director.unleash(town.attack(HALVES)) as running:
        town.engine.remove(town.named(2).id)
        town.add(2)
        new = town.named(2)
        eventually(lambda: any(part.victim_id == new.id for part in town.engine.faults(ENV)))
        eventually(lambda: [one.name for one in running.report().newcomers] == ["web-2"])
        eventually(lambda: running.report().pairs == (30, 30))
        assert running.report().gone == ("web-2",)
        assert all(part.victim_id in {one.id for one in town.instances()} for part in town.engine.faults(ENV))
    assert town.nothing_left()


def test_one_that_was_started_again_is_cut_again(town: Town) -> None:
    """Its network is another one, although it is the same container."""
    with town.director.unleash(town.attack(HALVES)) as running:
        victim = town.named(5).id
        before = {part.id for part in town.engine.faults(ENV)}
        town.engine.crash(victim)
        town.engine.start(victim)
        eventually(lambda: any(p.id not in before and p.victim_id == victim for p in town.engine.faults(ENV)))
        eventually(lambda: running.report().pairs == (30, 30) and running.report().newcomers != ())
    assert town.nothing_left()


def test_a_replacement_of_a_frozen_one_is_left_alone(town: Town) -> None:
    with town.director.unleash(town.attack(Freeze(target=Target(name="web-2")))) as running:
        town.engine.remove(town.named(2).id)
        town.add(2)
        assert running.over.wait(10.0), "with its only victim gone, it is over"
        assert running.why_over == "none of its victims is left"
    assert running.report().newcomers == ()
    assert town.nothing_left()


def test_others_close_themselves_to_a_newcomer_before_its_own_helper_is_ready(town: Town) -> None:
    with town.director.unleash(town.attack(HALVES)) as running:

        def shut_out() -> bool:
            address = town.named(7).address
            other = next(one for one in town.engine.boxes.values() if one.labels.get(INSTANCE) == "web-2")
            drops = town.helpers.filters[other.id].drops
            return {"in", "out"} <= {one["direction"] for one in drops if one["peer"] == address}

        def slow(method: str, _: tuple[object, ...]) -> None:
            if method == "converse":
                eventually(shut_out)

        town.engine.failures.delay = slow
        town.add(7)
        eventually(lambda: [one.name for one in running.report().newcomers] == ["web-7"])
        eventually(lambda: running.report().pairs == (42, 42))
        newcomer = running.report().newcomers[0]
        assert newcomer.shut_out_seconds is not None
        assert newcomer.shut_out_seconds <= newcomer.seconds
        drops = [one for mine in town.helpers.filters.values() for one in mine.drops]
        assert {one["direction"] for one in drops} == {"in"}, "and open themselves again where it hears nothing"


def test_two_that_begin_at_once_are_refused(town: Town) -> None:
    first, second = town.attack(HALVES), town.attack(HALVES)
    with town.director.unleash(first):
        with pytest.raises(ChaosRefused, match="cuts the zones already"):
            town.director.unleash(second)
        assert town.helpers.biting() == set(first.names)
    assert town.nothing_left()


def test_who_ends_it_elsewhere_is_believed(town: Town) -> None:
    with town.director.unleash(town.attack(HALVES)) as running:
        healing.heal(town.engine, ENV, None, 0.0)
        assert running.over.wait(10.0)
        assert running.why_over == "it was ended elsewhere"
    assert town.nothing_left()


def test_a_helper_that_was_killed_and_put_away_ends_the_fault_and_is_told(town: Town) -> None:
    with town.director.unleash(town.attack(HALVES)) as running:
        town.engine.remove(town.engine.faults(ENV)[0].id)
        assert running.over.wait(10.0)
        assert running.why_over == "its helper beside web-1 was killed, and put away"
    assert town.nothing_left()


def test_what_a_dead_helper_left_is_cleaned_up(town: Town) -> None:
    cleaned: list[str] = []
    with town.director.unleash(town.attack(HALVES)):
        part = town.engine.faults(ENV)[0]
        town.engine.crash(part.id)
        make = town.engine.create

        def create(blueprint: object) -> str:
            made = make(blueprint)  # type: ignore[arg-type]
            cleaned.append(town.engine.boxes[made].blueprint.environment["RECONCILER_FAULT"])
            return made

        town.engine.create = create  # type: ignore[method-assign]
    assert town.nothing_left()
    assert len(cleaned) == 1
    assert '"kind": "flush"' in cleaned[0]


def test_told_to_stop_while_staging_it_is_given_up_and_nothing_was_felt(town: Town) -> None:
    town.stop.set()
    with pytest.raises(KeyboardInterrupt):
        town.director.unleash(town.attack(HALVES))
    assert town.nothing_left()
    assert "biting" not in town.steps


@pytest.mark.parametrize(
    "fault", [Monkey(cluster="web"), Gorilla(zone="az2", keep_down=True)], ids=["monkey", "gorilla"]
)
def test_told_to_stop_before_the_blow_nobody_is_killed(town: Town, fault: Fault) -> None:
    attack = town.attack(fault)
    town.stop.set()
    with pytest.raises(KeyboardInterrupt):
        town.director.unleash(attack)
    assert all(one.alive for one in town.instances())
    assert (town.notes, town.zones) == ([], [])


@pytest.mark.parametrize("word", ["rules", "bite", "probe"])
def test_an_interrupt_at_any_word_leaves_nothing(town: Town, word: str) -> None:
    def interrupt(_: Box, said: str) -> None:
        if said == word and threading.current_thread() is threading.main_thread():
            town.helpers.on_word = lambda *_: None
            raise KeyboardInterrupt

    town.helpers.on_word = interrupt
    with pytest.raises(KeyboardInterrupt):
        town.director.unleash(town.attack(HALVES))
    assert town.nothing_left()


def test_a_monkey_kills_its_victim_and_tells(town: Town) -> None:
    attack = town.attack(Monkey(cluster="web", seed=7))
    with town.director.unleash(attack) as running:
        assert running.report().in_force_seconds is not None
    (name,) = attack.names
    assert [one.number for one in town.instances() if not one.alive] == [int(name[-1])]
    assert town.notes == [("web", name, f"killed on purpose: monkey kills {name} (seed 7)")]
    assert town.engine.faults(ENV) == ()


def test_a_gorilla_keeps_its_zone_closed_and_opens_it(town: Town) -> None:
    with town.director.unleash(town.attack(Gorilla(zone="az2", keep_down=True, seconds=20))):
        assert town.zones == [("az2", 20)]
        assert {one.number for one in town.instances() if not one.alive} == {2, 5}
    assert town.zones == [("az2", 20), ("az2", "open")]


def test_a_zone_is_opened_where_the_kill_fails(town: Town) -> None:
    town.engine.failures.fail("signal", times=2)
    with pytest.raises(ReconcilerError):
        town.director.unleash(town.attack(Gorilla(zone="az2", keep_down=True, seconds=20)))
    assert town.zones[-1] == ("az2", "open")


def test_without_its_image_it_is_refused_before_anything(town: Town) -> None:
    attack = town.attack(HALVES)
    del town.engine.known[HELPER_IMAGE]
    town.engine.calls.clear()
    with pytest.raises(ChaosRefused, match="images build chaos"):
        town.director.unleash(attack)
    assert [method for method, _ in town.engine.calls] == ["images"]


def test_without_permission_it_is_refused_before_anything(town: Town) -> None:
    attack = town.attack(HALVES)
    town.engine.failures.fail("images", EngineDenied("looking for images"))
    with pytest.raises(EngineDenied):
        town.director.unleash(attack)
    assert town.nothing_left()


def test_an_engine_that_is_away_at_the_end_is_told_and_what_is_left_can_be_healed_later(town: Town) -> None:
    running = town.director.unleash(town.attack(HALVES))
    town.engine.go_away()
    with pytest.raises(EngineUnavailable):
        running.end()
    town.engine.come_back()
    healing.heal(town.engine, ENV, None, 0.0)
    assert town.nothing_left()


def test_while_an_engine_is_away_nothing_is_given_up(town: Town) -> None:
    with town.director.unleash(town.attack(HALVES)) as running:
        town.engine.go_away()
        town.engine.come_back()
        town.add(7)
        eventually(lambda: [one.name for one in running.report().newcomers] == ["web-7"])
    assert town.nothing_left()
