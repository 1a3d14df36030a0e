"""Traffic in a registry: given to who is ready and serves, withdrawn before an end, and nothing waits for it."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.actions import OnInstance
from reconciler.plan.traffic import EARLY_SECONDS, traffic_actions
from reconciler.spec.cluster import Discovery, Eureka, Rollout, Stop
from reconciler.state.beats import Beat
from reconciler.state.instance import Instance
from reconciler.state.observed import InFlight, Observed, Setback
from reconciler.state.registered import Registered
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState
from tests.unit.plan.builders import IMAGE, NOW, look, make_instance, make_settled, make_spec, make_wanted, sight, text

PLACE = "WEB at eureka"
SPEC = make_spec(
    size=2,
    stop=Stop(drain_seconds=2.0, grace_seconds=10.0),
    discovery=Discovery(eureka=Eureka(app="WEB", cluster="eureka")),
)


def registered(**statuses: str) -> dict[str, Registered]:
    """By id, as in `web_1="UP"`; HELD is OUT_OF_SERVICE by our word."""
    return {
        key.replace("_", "-"): Registered(
            status="OUT_OF_SERVICE" if status == "HELD" else status, held_out=status == "HELD", place=PLACE,
            entry=key.replace("_", "") + ":80", since=NOW - 60,
        )
        for key, status in statuses.items()
    }  # fmt: skip


def settled(count: int = 2, **statuses: str) -> Observed:
    return make_settled(SPEC, count, registered=registered(**statuses))


def unpublished(observed: Observed, key: str, **steps: float) -> Observed:
    """It is on its way out: its name is withdrawn."""
    names = {id: record for id, record in observed.names.items() if id != key}
    return sight(replace(observed, names=names), key, withdrawn_at=NOW, **steps)


def say(observed: Observed, status: str) -> Observed:
    return replace(observed, registered={**observed.registered, **registered(web_3=status)})


# ---------------------------------------------------------------- who stays


def test_where_everybody_is_up_there_is_nothing_to_do() -> None:
    assert text(SPEC, at=settled(web_1="UP", web_2="UP")) == "nothing to do"


def test_who_is_ready_and_held_out_gets_it_back_whoever_held_it() -> None:
    assert text(SPEC, at=settled(web_1="UP", web_2="HELD")) == "activate web-2: ready"


def test_an_own_word_is_left_alone() -> None:
    for word in ("OUT_OF_SERVICE", "DOWN", "STARTING", "UNKNOWN"):
        assert text(SPEC, at=settled(web_1="UP", web_2=word)) == "nothing to do"


def test_where_the_file_leads_nobody_there_any_more_only_what_holds_him_out_is_taken_back() -> None:
    observed = settled(web_1="UP", web_2="HELD")
    observed = replace(observed, registered={k: replace(r, parted=True) for k, r in observed.registered.items()})
    assert text(SPEC, at=observed) == "activate web-2: its file says this registry no more"
    judgements = dict(look(SPEC, at=observed).judgements)
    actions = traffic_actions(observed.instances["web"], judgements, observed, (), NOW, lambda _: False)
    assert [(action.kind, action.subject) for action in actions] == [("activate", "web-2")]


def test_who_is_not_registered_is_no_trouble() -> None:
    assert text(SPEC, at=settled(web_1="UP")) == "nothing to do"


def _starting(status: str, since: float) -> Observed:
    """web-2 has just started and was not heard yet."""
    observed = sight(settled(web_1="UP"), "web-2", up_since=NOW - 2.0, ready_since=None)
    beats = {"web-1": Beat(at=NOW - 0.5)}
    there = replace(registered(web_2=status)["web-2"], since=since)
    running = replace(observed.names["web-2"], ready=False)
    observed = replace(observed, names={**observed.names, "web-2": running})
    return replace(observed, beats=beats, registered={**observed.registered, "web-2": there})


def test_one_that_says_up_before_it_is_ready_is_believed_for_a_moment_only() -> None:
    plan = look(SPEC, at=_starting("UP", NOW)).plans[0]
    assert not [action for action in plan.actions if action.kind == "deactivate"]
    assert plan.requeue_after_seconds is not None
    assert plan.requeue_after_seconds <= EARLY_SECONDS
    later = text(SPEC, at=_starting("UP", NOW - EARLY_SECONDS))
    assert "deactivate web-2: registered as UP, but" in later


def test_the_lease_of_one_that_had_its_address_before_says_nothing_of_it() -> None:
    assert "deactivate" not in text(SPEC, at=_starting("UP", NOW - 60))


def test_the_predecessors_mark_stays_until_the_successor_is_ready() -> None:
    assert "activate" not in text(SPEC, at=_starting("HELD", NOW - 60))


def test_a_suspended_cluster_gets_its_traffic_too() -> None:
    suspended = replace(SPEC, suspend=True)
    assert text(suspended, at=settled(web_1="UP", web_2="HELD")).startswith("activate web-2")


# ---------------------------------------------------------------- two groups


def old_ones(instance: Instance) -> bool:
    return instance.number <= 2


def new_ones(instance: Instance) -> bool:
    return instance.number > 2


def planned(observed: Observed, *, old_serve: bool) -> list[str]:
    judgements = dict(look(SPEC, at=observed).judgements)
    serves = old_ones if old_serve else new_ones
    actions = traffic_actions(observed.instances["web"], judgements, observed, (), NOW, serves)
    return [f"{action.kind} {action.subject}" for action in actions]


def test_a_group_without_traffic_is_held_out_before_it_is_up() -> None:
    held = settled(4, web_1="UP", web_2="UP", web_3="STARTING", web_4="UP")
    assert planned(held, old_serve=True) == ["deactivate web-3", "deactivate web-4"]


def test_at_the_switch_the_new_get_it_first_and_the_old_lose_it_when_all_of_them_have_it() -> None:
    before = settled(4, web_1="UP", web_2="UP", web_3="HELD", web_4="HELD")
    assert planned(before, old_serve=False) == ["activate web-3", "activate web-4"]
    half = settled(4, web_1="UP", web_2="UP", web_3="UP", web_4="HELD")
    assert planned(half, old_serve=False) == ["activate web-4"]
    given = settled(4, web_1="UP", web_2="UP", web_3="UP", web_4="UP")
    assert planned(given, old_serve=False) == ["deactivate web-1", "deactivate web-2"]
    assert planned(settled(4, web_1="HELD", web_2="HELD", web_3="UP", web_4="UP"), old_serve=False) == []


def test_nobody_is_held_out_for_the_sake_of_nobody() -> None:
    assert planned(settled(4, web_3="UP", web_4="UP"), old_serve=True) == []
    assert planned(settled(4, web_1="DOWN", web_3="UP", web_4="UP"), old_serve=True) == []


WORDS = st.sampled_from(["UP", "HELD", "STARTING", "DOWN", "OUT_OF_SERVICE", ""])


@given(st.lists(WORDS, min_size=4, max_size=4), st.sets(st.integers(1, 4)), st.randoms(use_true_random=False))
def test_however_traffic_moves_it_never_leaves_everybody(words: list[str], serving: set[int], chance: Random) -> None:
    """One action at a time, in any order: who ends up with it serves, where anybody who serves can have it."""
    said = {f"web_{number}": word for number, word in enumerate(words, 1) if word}
    judgements = dict(look(SPEC, at=settled(4)).judgements)
    for _ in range(12):
        observed = settled(4, **said)
        ups = [key for key, word in said.items() if word == "UP"]
        instances = observed.instances["web"]
        actions = [*traffic_actions(instances, judgements, observed, (), NOW, lambda i: i.number in serving)]
        if not actions:
            break
        chosen = chance.choice(actions)
        said[f"web_{chosen.number}"] = "UP" if chosen.kind == "activate" else "HELD"
        assert not ups or "UP" in said.values()
    else:
        raise AssertionError(f"it never ends: {said}")
    if any(said.get(f"web_{number}") == "UP" for number in serving) and "DOWN" not in words:
        stuck = any(said.get(f"web_{number}") not in ("UP", None) for number in serving)
        assert stuck or not any(said.get(f"web_{n}") in ("UP", "STARTING") for n in {1, 2, 3, 4} - serving)


# ---------------------------------------------------------------- endings


def test_one_that_ends_is_out_of_service_after_its_name_and_before_the_drain() -> None:
    observed = settled(3, web_1="UP", web_2="UP", web_3="UP")
    assert text(SPEC, at=observed) == "withdraw web-3: surplus: 2 wanted"
    observed = unpublished(observed, "web-3")
    assert text(SPEC, at=observed) == "deactivate web-3: surplus: 2 wanted"
    told = say(sight(observed, "web-3", withdrawn_at=NOW - 2.5, held_out_at=NOW - 1.5), "HELD")
    assert text(SPEC, at=told) == "wait Stopping: web-3 is ending: surplus: 2 wanted"
    assert look(SPEC, at=told).plans[0].requeue_after_seconds == 0.5
    drained = say(sight(observed, "web-3", withdrawn_at=NOW - 3.0, held_out_at=NOW - 2.0), "HELD")
    assert text(SPEC, at=drained) == "terminate web-3: surplus: 2 wanted"


def test_one_without_a_lease_needs_no_word() -> None:
    observed = unpublished(settled(3, web_1="UP", web_2="UP"), "web-3")
    assert text(SPEC, at=sight(observed, "web-3", withdrawn_at=NOW - 2.0)).startswith("terminate web-3")


def test_a_registry_that_does_not_take_it_is_not_waited_for_and_the_cause_says_so() -> None:
    observed = unpublished(settled(3, web_1="UP", web_2="UP", web_3="UP"), "web-3")
    observed = sight(observed, "web-3", withdrawn_at=NOW - 2.0)
    refused = {"web": {"deactivate-3": Setback(count=1, at=NOW - 0.5, message="no answer within 1.5 s")}}
    line = text(SPEC, at=replace(observed, setbacks=refused)).splitlines()[0]
    expected = "surplus: 2 wanted; WEB at eureka leads traffic to it still: no answer within 1.5 s"
    assert line == f"terminate web-3: {expected}"


def test_it_is_tried_again_while_the_drain_lasts() -> None:
    observed = unpublished(settled(3, web_1="UP", web_2="UP", web_3="UP"), "web-3")
    observed = sight(observed, "web-3", withdrawn_at=NOW - 1.5)
    refused = {"web": {"deactivate-3": Setback(count=1, at=NOW - 1.0, message="refused")}}
    assert text(SPEC, at=replace(observed, setbacks=refused)).startswith("deactivate web-3")


def test_a_registry_that_forgets_again_and_again_is_not_told_for_ever() -> None:
    observed = unpublished(settled(3, web_1="UP", web_2="UP", web_3="UP"), "web-3")
    told = sight(observed, "web-3", withdrawn_at=NOW - 4.9, held_out_at=NOW - 2.0)
    assert text(SPEC, at=told).startswith("deactivate web-3")
    stubborn = sight(observed, "web-3", withdrawn_at=NOW - 5.0, held_out_at=NOW - 2.0)
    assert text(SPEC, at=stubborn).startswith("terminate web-3: surplus: 2 wanted; WEB at eureka leads traffic to it")


def test_it_is_told_once_however_late_whatever_was_said_before_this_ending() -> None:
    observed = unpublished(settled(3, web_1="UP", web_2="UP", web_3="UP"), "web-3")
    for held_out_at in (None, NOW - 90.0):
        late = sight(observed, "web-3", withdrawn_at=NOW - 60.0, held_out_at=held_out_at)
        assert text(SPEC, at=late).startswith("deactivate web-3")


def test_where_it_can_not_be_asked_the_end_goes_on_and_status_says_why() -> None:
    observed = sight(unpublished(settled(3), "web-3"), "web-3", withdrawn_at=NOW - 2.0)
    observed = replace(observed, deaf={"web": "no answer within 1 s"})
    line = text(SPEC, at=observed).splitlines()[0]
    assert line.startswith("terminate web-3: surplus: 2 wanted; whether anybody leads traffic to it can't be asked")


def test_while_it_is_being_told_nothing_else_is_done_to_it() -> None:
    observed = unpublished(settled(3, web_1="UP", web_2="UP", web_3="UP"), "web-3")
    flight = InFlight(kind="deactivate", cluster="web", number=3, id="web-3")
    plan = look(SPEC, at=replace(observed, in_flight={"web": (flight,)})).plans[0]
    assert [action for action in plan.actions if isinstance(action, OnInstance)] == []


def test_a_cluster_without_a_file_is_withdrawn_before_it_ends() -> None:
    observed = unpublished(settled(1, web_1="UP"), "web-1")
    assert text(at=observed) == "deactivate web-1: no spec wants it any more"


# ---------------------------------------------------------------- who counts


def _rolling(**statuses: str) -> Observed:
    """web-1 and web-2 are outdated, web-3 is new and ready; who of them is UP."""
    old = tuple(make_instance(SPEC, number, spec_hash="old") for number in (1, 2))
    observed = settled(3, **statuses)
    unlisted = frozenset({"web-3"}) - observed.registered.keys()
    return replace(observed, instances={"web": (*old, observed.instances["web"][2])}, unlisted=unlisted)


def test_nobody_ends_before_his_successor_is_registered_where_the_others_are() -> None:
    spec = replace(SPEC, rollout=Rollout(bake_seconds=0.0))
    assert "withdraw" not in text(make_wanted(spec), at=_rolling(web_1="UP", web_2="UP"))
    assert "withdraw web-1" in text(make_wanted(spec), at=_rolling(web_1="UP", web_2="UP", web_3="UP"))


def test_a_push_that_fails_because_it_does_not_register_says_so() -> None:
    observed = _rolling(web_1="UP", web_2="UP")
    to = Version(revision="v001", spec_hash=SPEC.spec_hash(), image_id=IMAGE.id)
    since = RolloutState(
        to=to, back=replace(to, revision="v000", spec_hash="old"), progressed_at=NOW - 60, looked_at=NOW
    )
    failed = look(SPEC, at=replace(observed, rollouts={"web": since})).rollouts["web"].failed
    assert failed.endswith(": web-3 is ready, but not registered as UP where others are")


def test_one_that_is_held_out_counts_for_nobodys_end() -> None:
    spec = replace(SPEC, rollout=Rollout(bake_seconds=0.0))
    lines = text(make_wanted(spec), at=_rolling(web_1="UP", web_2="UP", web_3="HELD")).splitlines()
    assert "activate web-3: ready" in lines
    assert not [line for line in lines if line.startswith("withdraw")]
