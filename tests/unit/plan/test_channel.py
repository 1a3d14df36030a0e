"""Whether silence means death, and what happens while that is unclear."""

from dataclasses import replace

from reconciler.plan.status import Verdict
from reconciler.state.beats import Beat
from reconciler.state.instance import Foreign
from reconciler.state.observed import Canary, Channel, Observed
from tests.sim.model import Model
from tests.unit.plan.builders import (
    NOW,
    look,
    make_instance,
    make_observed,
    make_settled,
    make_spec,
    merge,
    sight,
    silence,
    text,
)


def _blind(observed: Observed, *, since: float, heard: bool = False, canary: Canary | None = None) -> Observed:
    channel = Channel(since=0.0, blind_since=since, reason="x", canary=canary, canary_heard=heard)
    return replace(observed, channel=channel)


def test_one_silent_instance_is_replaced() -> None:
    spec = make_spec()
    decision = look(spec, at=silence(make_settled(spec), "web-1", seconds=5))
    assert decision.channel.blind_since is None
    assert str(decision.plans[0]).startswith("create web-1: lost")


def test_more_than_the_fraction_falling_silent_together_replaces_nobody() -> None:
    spec = make_spec(size=20)
    decision = look(spec, at=silence(make_settled(spec), "web-1", "web-2", "web-3", "web-7", seconds=5))
    assert decision.channel.blind_since == NOW
    assert decision.channel.reason == "4 of 20 instances fell silent together"
    assert str(decision.plans[0]) == "held ChannelSuspected: 4 of 20 instances fell silent together"


def test_a_whole_zone_falling_silent_is_not_its_death() -> None:
    spec = make_spec(size=30, zones=tuple("abcdefghijklmno"))
    decision = look(spec, at=silence(make_settled(spec), "web-1", "web-16", seconds=5))
    assert decision.channel.reason == "all 2 instances of zone a fell silent together"


def test_a_newcomer_that_was_never_heard_does_not_speak_for_its_zone() -> None:
    spec = make_spec(size=31, zones=tuple("abcdefghijklmno"))
    observed = silence(make_settled(spec), "web-1", "web-16", seconds=5)
    young = replace(observed.sightings["web-31"], up_since=NOW - 1, ready_since=None)
    beats = {key: beat for key, beat in observed.beats.items() if key != "web-31"}
    observed = replace(observed, beats=beats, sightings={**observed.sightings, "web-31": young})
    assert look(spec, at=observed).channel.blind_since == NOW


def test_the_never_heard_are_our_deafness_only_while_nobody_is_heard() -> None:
    spec = make_spec()
    nobody = replace(make_settled(spec), beats={})
    assert look(spec, at=nobody).channel.blind_since == NOW
    others = merge(nobody, make_settled(make_spec("db", size=3)))
    assert look(spec, make_spec("db", size=3), at=others).channel.blind_since is None


def test_while_blind_names_and_readiness_stay() -> None:
    spec, dependent = make_spec(), make_spec("db", size=0, depends_on=("web",))
    decision = look(spec, dependent, at=silence(make_settled(spec), "web-1", "web-2", "web-3", seconds=9))
    assert {j.verdict for j in decision.judgements.values()} == {Verdict.UNKNOWN}
    assert decision.plans[0].actions == ()
    assert decision.ready_clusters == {"web"}


def test_leaving_blindness_counts_silence_from_that_moment() -> None:
    spec = make_spec()
    observed = _blind(silence(make_settled(spec), "web-1", seconds=2.5), since=NOW - 20)
    decision = look(spec, at=observed)
    assert decision.channel == Channel(since=NOW)


def test_a_canary_is_started_when_blindness_lasts() -> None:
    spec = make_spec()
    silent = silence(make_settled(spec), "web-1", "web-2", "web-3", seconds=90)
    early = look(spec, at=_blind(silent, since=NOW - 59))
    assert early.channel.canary is None
    late = look(spec, at=_blind(silent, since=NOW - 60))
    assert late.channel.canary == Canary(cluster="web", number=4, zone="a")
    assert "create web-4: canary: zone a has gone silent" in str(late.plans[0])


def test_a_canary_is_looked_for_only_where_something_may_be_made() -> None:
    spec = make_spec(suspend=True)
    silent = silence(make_settled(spec), "web-1", "web-2", "web-3", seconds=90)
    assert look(spec, at=_blind(silent, since=NOW - 99)).channel.canary is None


def test_without_a_beat_of_the_canary_all_stays_held_and_only_the_canary_is_tried_again() -> None:
    spec = make_spec()
    observed = make_settled(spec, 4)
    observed = silence(observed, "web-1", "web-2", "web-3", seconds=400)
    beats = {key: beat for key, beat in observed.beats.items() if key != "web-4"}
    canary = Canary(cluster="web", number=4, zone="a")
    observed = _blind(replace(observed, beats=beats), since=NOW - 300, canary=canary)
    booting = look(spec, at=sight(observed, "web-4", up_since=NOW - 29)).plans[0]
    assert not [a for a in booting.actions if a.kind != "publish"]
    assert booting.held is not None
    again = look(spec, at=sight(observed, "web-4", up_since=NOW - 30))
    assert {a.subject for a in again.plans[0].actions if a.kind != "publish"} == {"web-4"}
    assert again.channel.turn is None


def test_the_canary_is_tried_again_with_back_off() -> None:
    spec = make_spec()
    observed = silence(make_settled(spec, 4), "web-1", "web-2", "web-3", seconds=400)
    fourth = replace(observed.instances["web"][3], attempt=4)
    beats = {key: beat for key, beat in observed.beats.items() if key != "web-4"}
    observed = replace(observed, beats=beats, instances={"web": (*observed.instances["web"][:3], fourth)})
    observed = _blind(observed, since=NOW - 300, canary=Canary(cluster="web", number=4, zone="a"))
    waiting = text(spec, at=sight(observed, "web-4", up_since=NOW - 33))
    why = "web-4 not ready: no heartbeat within 30 s of its start"
    assert f"wait CrashBackOff: {why}; start 5 in a row in 1 s" in waiting
    assert "create web-4" in text(spec, at=sight(observed, "web-4", up_since=NOW - 34))


def test_a_canary_whose_number_a_stranger_takes_gets_another_number() -> None:
    spec = make_spec()
    observed = silence(make_settled(spec), "web-1", "web-2", "web-3", seconds=400)
    strangers = (Foreign(id="x", container="dev-web-4", reason="no label"),)
    observed = replace(observed, foreign=strangers)
    observed = _blind(observed, since=NOW - 300, canary=Canary(cluster="web", number=4, zone="a"))
    assert look(spec, at=observed).channel.canary == Canary(cluster="web", number=5, zone="a")


def test_after_the_canary_was_heard_the_silent_are_replaced_one_at_a_time() -> None:
    spec = make_spec()
    observed = silence(make_settled(spec, 4), "web-1", "web-2", "web-3", seconds=400)
    observed = _blind(observed, since=NOW - 300, canary=Canary(cluster="web", number=4, zone="a"))
    decision = look(spec, at=observed)
    assert decision.channel.turn == "web-1"
    assert [a.subject for a in decision.plans[0].actions if a.kind == "create"] == ["web-1"]


def test_the_next_turn_waits_until_the_successor_is_ready() -> None:
    spec = make_spec(zones=("a",))
    observed = silence(make_settled(spec, 4), "web-2", "web-3", seconds=400)
    observed = _blind(observed, since=NOW - 300, heard=True, canary=Canary(cluster="web", number=4, zone="a"))
    young = replace(observed.sightings["web-1"], up_since=NOW - 1, ready_since=None)
    beats = {key: beat for key, beat in observed.beats.items() if key != "web-1"}
    starting = replace(observed, beats=beats, sightings={**observed.sightings, "web-1": young})
    assert look(spec, at=starting).channel.turn is None
    ready = replace(observed, beats={**observed.beats, "web-1": Beat(at=NOW)})
    assert look(spec, at=ready).channel.turn == "web-2"


def test_a_canary_that_was_heard_proves_nothing_of_another_zone() -> None:
    spec = make_spec()
    observed = silence(make_settled(spec, 4), "web-2", "web-3", seconds=400)
    observed = _blind(observed, since=NOW - 300, heard=True, canary=Canary(cluster="web", number=4, zone="a"))
    channel = look(spec, at=observed).channel
    assert (channel.turn, channel.canary) == (None, Canary(cluster="web", number=5, zone="b"))


def test_a_canary_proves_nothing_of_who_fell_silent_after_it_was_last_heard() -> None:
    spec = make_spec(zones=("a",))
    observed = silence(make_settled(spec, 4), "web-1", "web-2", "web-3", seconds=5.0)
    observed = replace(observed, beats={**observed.beats, "web-4": Beat(at=NOW - 1.5)})
    observed = _blind(observed, since=NOW - 300, heard=True, canary=Canary(cluster="web", number=4, zone="a"))
    assert look(spec, at=observed).channel.turn is None
    assert look(spec, at=silence(observed, "web-1", seconds=5.5)).channel.turn == "web-1"


def test_who_is_given_up_while_outdated_ones_take_all_the_room_ends_without_a_successor() -> None:
    old, new = make_spec(zones=("a",), size=4), make_spec(zones=("a",), size=2, environment={"A": "1"})
    observed = silence(make_settled(old), "web-1", "web-2", seconds=400)
    canary = make_instance(new, 5, revision="v001")
    observed = merge(observed, make_observed(new, canary, instances={"web": (*observed.instances["web"], canary)}))
    observed = _blind(observed, since=NOW - 300, heard=True, canary=Canary(cluster="web", number=5, zone="a"))
    first = text(new, at=observed).splitlines()[0]
    assert first == "remove web-1: no room for a successor, lost: no heartbeat for 400 s"


def test_all_hung_at_once_are_replaced_in_the_end_and_all_deaf_at_once_are_not() -> None:
    for hung in (True, False):
        model = Model()
        model.want(make_spec())
        model.run(20)
        first = set(model.boxes)
        if hung:
            for box in model.boxes.values():
                box.beats = False
        else:
            model.deaf = frozenset("abc")
        for _ in range(150):
            model.step()
            for action in list(model.flights):
                model.land(action)
            model.tick(1.0)
        assert bool(first & set(model.boxes)) is not hung
        assert hung or first <= set(model.boxes)


def test_a_fixed_spec_replaces_those_that_never_beat_even_while_blind() -> None:
    model = Model()
    bad = make_spec(environment={"BROKEN": "1"})
    model.broken = frozenset({bad.spec_hash()})
    model.want(bad)
    for _ in range(45):
        model.step()
        for action in list(model.flights):
            model.land(action)
        model.tick(1.0)
    assert model.channel.blind_since is not None
    model.want(make_spec())
    assert model.run(200, seconds=1.0) < 200


def test_the_dead_are_replaced_though_the_channel_is_suspected() -> None:
    spec = make_spec()
    observed = silence(make_settled(spec, 2), "web-1", "web-2", seconds=9)
    assert "create web-3" in text(spec, at=observed)
