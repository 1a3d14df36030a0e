"""Whether silence means death, and what happens while that is unclear."""

from dataclasses import replace

from reconciler.plan.actions import CreateInstance
from reconciler.plan.channel import channel_problem
from reconciler.plan.status import Verdict
from reconciler.spec.cluster import ClusterSpec, Health, Probe
from reconciler.state.beats import Beat, Sounding
from reconciler.state.image import Image
from reconciler.state.instance import Foreign
from reconciler.state.observed import Canary, Channel, Observed
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState
from tests.sim.model import Model
from tests.unit.plan.builders import (
    IMAGE,
    NOW,
    look,
    make_instance,
    make_observed,
    make_settled,
    make_spec,
    make_wanted,
    merge,
    sight,
    silence,
    text,
)


def _blind(observed: Observed, *, since: float, heard: bool = False, canary: Canary | None = None) -> Observed:
    """`heard`: the canary speaks, and has for as long as anybody's silence is borne."""
    channel = Channel(
        since=0.0, blind_since=since, reason="x", canary=canary, canary_heard_at=NOW - 1.0 if heard else None,
        canary_speaks_since=NOW - 60.0 if heard else None,
    )  # fmt: skip
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
    assert decision.channel.reason == "4 of 20 instances fell silent together (heartbeats)"
    assert str(decision.plans[0]) == "held ChannelSuspected: 4 of 20 instances fell silent together (heartbeats)"


def test_a_whole_zone_falling_silent_is_not_its_death() -> None:
    spec = make_spec(size=30, zones=tuple("abcdefghijklmno"))
    decision = look(spec, at=silence(make_settled(spec), "web-1", "web-16", seconds=5))
    assert decision.channel.reason == "all 2 instances of zone a fell silent together (heartbeats)"


def test_a_newcomer_that_was_never_heard_does_not_speak_for_its_zone() -> None:
    spec = make_spec(size=31, zones=tuple("abcdefghijklmno"))
    observed = silence(make_settled(spec), "web-1", "web-16", seconds=5)
    young = replace(observed.sightings["web-31"], up_since=NOW - 1, ready_since=None)
    beats = {key: beat for key, beat in observed.beats.items() if key != "web-31"}
    observed = replace(observed, beats=beats, sightings={**observed.sightings, "web-31": young})
    assert look(spec, at=observed).channel.blind_since == NOW


def test_the_never_heard_are_our_deafness_only_while_nobody_is_heard() -> None:
    spec, db, ok = make_spec(), make_spec("db", size=1), make_spec("ok", size=1)
    nobody = replace(merge(make_settled(spec), make_settled(db)), beats={})
    assert look(spec, db, at=nobody).channel.blind_since == NOW
    others = merge(nobody, make_settled(ok))
    assert look(spec, db, ok, at=others).channel.blind_since is None


def test_one_cluster_that_never_spoke_is_its_own_fault() -> None:
    spec = make_spec()
    decision = look(spec, at=replace(make_settled(spec), beats={}))
    assert decision.channel.blind_since is None
    assert str(decision.plans[0]).startswith("create web-1: not ready: no heartbeat within 30 s of its start")


def test_one_cluster_that_ran_before_the_loop_and_is_not_heard_may_be_our_deafness() -> None:
    spec = make_spec()
    observed = replace(make_settled(spec), beats={}, channel=Channel(since=NOW - 5))
    for key in ("web-1", "web-2", "web-3"):
        observed = sight(observed, key, adopted=True, up_since=NOW - 600)
    assert look(spec, at=observed).channel.reason == "3 of 3 instances fell silent together (heartbeats)"


def _probed(name: str = "hp", *, succeeded: float | None = None, adopted: bool = False) -> tuple[ClusterSpec, Observed]:
    """Two instances of a probed cluster: failing since ever, or since `succeeded`."""
    health = Health(probe=Probe(port=1234), start_seconds=3.0)
    spec = make_spec(name, size=2, health=health)
    sounding = Sounding(last_success_at=succeeded, failures=9, problem="connection refused")
    observed = make_settled(spec, soundings={f"{name}-{n}": sounding for n in (1, 2)})
    if adopted:
        for key in (f"{name}-1", f"{name}-2"):
            observed = sight(observed, key, adopted=True)
        observed = replace(observed, channel=Channel(since=NOW - 60))
    return spec, replace(observed, beats={})


def _of_the_engine(name: str = "roll") -> tuple[ClusterSpec, Observed]:
    """A settled cluster whose image carries no agent: nothing is to be heard of it."""
    spec = make_spec(name, size=4, image="plain:1")
    observed = make_settled(spec, images={"plain:1": replace(IMAGE, has_agent=False)}, beats={})
    mute = tuple(replace(i, has_agent=False) for i in observed.instances[name])
    return spec, replace(observed, instances={name: mute})


def test_a_probe_that_never_succeeded_blinds_nobody() -> None:
    for adopted in (False, True):
        spec, observed = _probed(adopted=adopted)
        roll, others = _of_the_engine()
        decision = look(spec, roll, at=merge(observed, others))
        assert decision.channel.blind_since is None
        known = "no probe within 3 s of its start (connection refused)" in decision.plans[0].actions[0].cause
        assert known is not adopted
        assert decision.plans[0].actions[0].kind == "create"


def test_probes_that_succeeded_before_and_fail_together_are_suspected_first() -> None:
    spec, observed = _probed(succeeded=NOW - 60)
    roll, others = _of_the_engine()
    decision = look(spec, roll, at=merge(observed, others))
    assert decision.channel.reason == "2 of 6 instances fell silent together (probes)"
    assert decision.plans[0].actions == ()


def test_several_probed_clusters_that_ran_before_the_loop_and_fail_together_are_suspected_first() -> None:
    (one, observed), (two, others) = _probed("hp", adopted=True), _probed("ht", adopted=True)
    both = replace(merge(observed, others), soundings={**observed.soundings, **others.soundings})
    assert look(one, two, at=both).channel.blind_since == NOW


def test_while_blind_who_is_judged_by_the_engine_rolls_on_and_who_is_judged_by_news_waits() -> None:
    spec = make_spec()
    roll, others = _of_the_engine()
    heard = make_spec("heard", size=2)
    observed = merge(make_settled(spec), others, make_settled(heard))
    observed = silence(observed, "web-1", "web-2", "web-3", seconds=9)
    changed, waiting = replace(roll, environment={"A": "1"}), replace(heard, environment={"A": "1"})
    plans = look(spec, changed, waiting, at=observed).plans
    assert [plan.held is not None for plan in plans] == [True, False, False]
    assert str(plans[1]).startswith("create roll-5: outdated")
    assert [a for a in plans[2].actions if a.kind != "publish"] == []


def test_while_blind_a_rollout_of_who_is_judged_by_the_engine_comes_to_its_end() -> None:
    model = Model()
    plain = make_spec("plain", size=4, image="plain:1")
    model.images["plain:1"] = Image(id="sha256:plain", has_agent=False)
    for spec in (make_spec(), plain):
        model.want(spec)
    model.run(20)
    model.deaf = frozenset("abc")
    changed = replace(plain, environment={"A": "1"})
    for number in range(40):
        if number == 10:
            assert model.channel.blind_since is not None
            model.want(changed)
        model.step()
        for action in list(model.flights):
            model.land(action)
        model.tick(1.0)
    assert model.channel.blind_since is not None
    assert {box.instance.spec_hash for box in model.alive("plain")} == {changed.spec_hash()}
    assert len(model.alive("plain")) == 4


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


def _two_zones(*, canary_zone: str) -> tuple[ClusterSpec, Observed]:
    """Zone a (of 1 and 3) is silent, its canary under number 4 too; zone b (of 2) is the emptier one."""
    spec = make_spec(zones=("a", "b"))
    instances = [*(make_instance(spec, n) for n in (1, 2, 3)), make_instance(spec, 4, canary_zone)]
    observed = silence(make_observed(spec, *instances), "web-1", "web-3", seconds=400)
    return spec, _blind(observed, since=NOW - 300, heard=True, canary=Canary(cluster="web", number=4, zone="a"))


def test_the_canary_is_tried_again_in_the_zone_that_it_asks_for() -> None:
    spec, observed = _two_zones(canary_zone="a")
    plan = look(spec, at=silence(observed, "web-4", seconds=20)).plans[0]
    assert [(a.number, a.zone) for a in plan.actions if isinstance(a, CreateInstance)] == [(4, "a")]


def test_what_stands_in_another_zone_under_the_canarys_number_is_no_canary() -> None:
    spec, observed = _two_zones(canary_zone="b")
    channel = look(spec, at=observed).channel
    assert (channel.canary, channel.turn) == (Canary(cluster="web", number=5, zone="a"), None)


def test_the_canary_is_tried_again_with_back_off() -> None:
    spec = make_spec()
    observed = silence(make_settled(spec, 4), "web-1", "web-2", "web-3", seconds=400)
    fourth = replace(observed.instances["web"][3], attempt=4)
    beats = {key: beat for key, beat in observed.beats.items() if key != "web-4"}
    observed = replace(observed, beats=beats, instances={"web": (*observed.instances["web"][:3], fourth)})
    observed = _blind(observed, since=NOW - 300, canary=Canary(cluster="web", number=4, zone="a"))
    waiting = text(spec, at=sight(observed, "web-4", up_since=NOW - 33))
    why = "web-4 not ready: no heartbeat within 30 s of its start"
    assert f"wait CrashBackOff: {why}; start 5 follows in 1 s" in waiting
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
    silent = silence(make_settled(spec, 4), "web-1", "web-2", "web-3", seconds=400)
    canary = Canary(cluster="web", number=4, zone="a")
    first_words = look(spec, at=_blind(silent, since=NOW - 300, canary=canary)).channel
    assert (first_words.canary_heard_at, first_words.turn) == (silent.beats["web-4"].at, None)
    decision = look(spec, at=_blind(silent, since=NOW - 300, heard=True, canary=canary))
    assert decision.channel.turn == "web-1"
    assert [a.subject for a in decision.plans[0].actions if a.kind == "create"] == ["web-1"]


def test_a_pause_of_the_canary_that_no_pass_saw_is_a_pause_as_well() -> None:
    """The engine took long over its list: the last look was at the canary's first words, six seconds and more ago."""
    spec = make_spec()
    silent = silence(make_settled(spec, 4), "web-1", "web-2", "web-3", seconds=400)
    observed = _blind(silent, since=NOW - 300, heard=True, canary=Canary(cluster="web", number=4, zone="a"))
    for gap, turn in ((5.9, "web-1"), (6.1, None)):
        before = silent.beats["web-4"].at - gap
        channel = replace(observed.channel, canary_heard_at=before, canary_speaks_since=before)
        assert look(spec, at=replace(observed, channel=channel)).channel.turn == turn


def test_what_is_told_of_the_canary_is_what_it_does_now() -> None:
    spec, canary = make_spec(), Canary(cluster="web", number=4, zone="a")
    silent = silence(make_settled(spec, 4), "web-1", "web-2", "web-3", seconds=400)
    heard = look(spec, at=_blind(silent, since=NOW - 300, heard=True, canary=canary)).channel
    assert channel_problem(heard).endswith(
        "suspected; canary web-4 is heard: if it goes on, the silent beside it are replaced one at a time"
    )
    silent = silence(silent, "web-4", seconds=20)
    silent_again = look(spec, at=_blind(silent, since=NOW - 300, heard=True, canary=canary)).channel
    assert channel_problem(silent_again).endswith("nobody is replaced; canary web-4 is not heard either")
    assert channel_problem(Channel(since=0.0)) == ""


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
    bad, worse = make_spec(environment={"BROKEN": "1"}), make_spec("db", environment={"BROKEN": "1"})
    model.broken = frozenset({bad.spec_hash(), worse.spec_hash()})
    model.want(bad)
    model.want(worse)
    for _ in range(45):
        model.step()
        for action in list(model.flights):
            model.land(action)
        model.tick(1.0)
    assert model.channel.blind_since is not None
    model.want(make_spec())
    model.want(make_spec("db"))
    assert model.run(200, seconds=1.0) < 200


def test_the_dead_are_replaced_though_the_channel_is_suspected() -> None:
    spec = make_spec()
    observed = silence(make_settled(spec, 2), "web-1", "web-2", seconds=9)
    assert "create web-3" in text(spec, at=observed)


def test_the_silence_of_a_version_that_is_gone_back_from_says_nothing_of_the_channel() -> None:
    """A loop that is started again finds what had failed before: it was never heard, and is to go."""
    old, new = make_spec(size=2), make_spec(size=2, image="web:2")
    instances = [make_instance(old, 1), make_instance(old, 2)]
    instances += [make_instance(new, number, revision="v001") for number in (3, 4)]
    observed = silence(make_observed(old, *instances), "web-3", "web-4", seconds=60)
    to, back = (
        Version(revision=i.revision, spec_hash=i.spec_hash, image_id=i.image_id) for i in (instances[3], instances[0])
    )
    wanted = make_wanted(new, earlier={old.spec_hash(): old})
    for failed in ("never ready", ""):
        rollouts = {"web": RolloutState(to=to, back=back, looked_at=NOW, failed=failed)}
        decision = look(wanted, at=replace(observed, images={"web:2": IMAGE, IMAGE.id: IMAGE}, rollouts=rollouts))
        assert (decision.channel.blind_since is None) == bool(failed)
