"""Judging one instance, where its image says nothing, says something, or is asked from outside."""

from dataclasses import replace

import pytest

from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement, judge
from reconciler.spec.cluster import Health, Heartbeat, Probe
from reconciler.state.beats import Beat, Sounding
from reconciler.state.instance import EngineState, ImageHealth, Instance
from reconciler.state.observed import Channel, Observed, Sighting
from tests.unit.plan.builders import look, make_instance, make_settled, make_spec, make_wanted, silence

STARTED = 100.0
PROBE = Health(probe=Probe(port=80, interval_seconds=1.0, timeout_seconds=1.0, misses=3))
PLAIN = make_instance(make_spec(), 1, has_agent=False)


def _judge(
    instance: Instance = PLAIN, health: Health | None = None, *, now: float, since: float = 0.0,
    sighting: Sighting | None = None, sounded_at: float | None = None, beat_at: float | None = None,
) -> Judgement:  # fmt: skip
    observed = Observed(
        channel=Channel(since=since),
        sightings={instance.id: sighting or Sighting(up_since=STARTED)},
        soundings={} if sounded_at is None else {instance.id: Sounding(last_success_at=sounded_at, failures=0)},
        beats={} if beat_at is None else {instance.id: Beat(at=beat_at)},
    )
    return judge(instance, health or Health(), observed, now)


def _words(judgement: Judgement) -> tuple[str, str]:
    return judgement.verdict.value, judgement.cause


def test_an_image_without_health_is_ready_after_running_for_a_second() -> None:
    young = _judge(now=100.5)
    assert _words(young) == ("starting", "just started")
    assert young.changes_at == 101.0
    assert _words(_judge(now=101.0)) == ("ready", "")


def test_how_long_it_has_to_run_is_the_specs_to_say() -> None:
    assert _words(_judge(now=100.0, health=Health(settle_seconds=0.0))) == ("ready", "")
    assert _words(_judge(now=104.9, health=Health(settle_seconds=5.0))) == ("starting", "just started")


def test_a_paused_one_without_health_is_suspect_and_replaced_after_its_grace() -> None:
    """Three intervals of the default heartbeat, and the suspect's second."""
    paused = replace(PLAIN, state=EngineState.PAUSED)
    judgement = _judge(paused, now=201.0, sighting=Sighting(up_since=STARTED, paused_since=200.0))
    assert _words(judgement) == ("suspect", "lost: frozen")
    assert (judgement.replace_at, judgement.changes_at) == (204.0, 204.0)


def test_one_first_seen_paused_is_given_its_grace_from_now() -> None:
    assert _judge(replace(PLAIN, state=EngineState.PAUSED), now=201.0).replace_at == 205.0


@pytest.mark.parametrize(
    ("said", "now", "expected"),
    [
        (ImageHealth.HEALTHY, 100.1, ("ready", "")),
        (ImageHealth.UNHEALTHY, 500.0, ("suspect", "lost: its health check fails")),
        (ImageHealth.STARTING, 129.0, ("starting", "its health check has not passed yet")),
        (ImageHealth.STARTING, 130.0, ("suspect", "not ready: no health check passed in time")),
    ],
)
def test_an_image_with_a_health_check_is_judged_by_it(said: ImageHealth, now: float, expected: tuple[str, str]) -> None:
    assert _words(_judge(replace(PLAIN, health=said), now=now)) == expected


def test_asked_for_health_of_an_image_that_has_none_is_missed_in_time() -> None:
    assert _judge(health=Health(docker=True), now=129.0).verdict is Verdict.STARTING
    assert _judge(health=Health(docker=True), now=130.0).verdict is Verdict.SUSPECT


def test_a_probe_that_has_not_succeeded_yet_leaves_time_to_start() -> None:
    assert _words(_judge(health=PROBE, now=129.0)) == ("starting", "no probe yet")
    late = _judge(health=PROBE, now=130.0)
    assert _words(late) == ("suspect", "not ready: no probe within 30 s of its start")
    assert late.mute


def test_a_probe_is_believed_for_as_long_as_its_misses_take() -> None:
    """Each of three misses takes an interval and a time-out: six seconds."""
    assert _judge(health=PROBE, now=206.0, sounded_at=200.0).verdict is Verdict.READY
    lost = _judge(health=PROBE, now=206.5, sounded_at=200.0)
    assert _words(lost) == ("suspect", "lost: no probe for 6 s")
    assert lost.replace_at == 207.0


def test_what_the_last_probe_met_is_said() -> None:
    refused = Sounding(last_success_at=None, failures=4, problem="connection refused")
    sightings = {PLAIN.id: Sighting(up_since=STARTED)}
    observed = Observed(channel=Channel(since=0.0), sightings=sightings, soundings={PLAIN.id: refused})
    assert judge(PLAIN, PROBE, observed, 129.0).cause == "no probe yet (connection refused)"
    broken = replace(observed, soundings={PLAIN.id: replace(refused, last_success_at=190.0, problem="HTTP status 500")})
    assert judge(PLAIN, PROBE, broken, 200.0).cause == "lost: no probe for 10 s (HTTP status 500)"


def test_with_heartbeat_and_probe_both_have_to_be_well() -> None:
    both = replace(PROBE, heartbeat=Heartbeat())
    assert _judge(health=both, now=200.5, beat_at=200.0, sounded_at=200.0).verdict is Verdict.READY
    assert _judge(health=both, now=200.5, beat_at=195.0, sounded_at=200.0).cause == "lost: no heartbeat for 6 s"
    assert _judge(health=both, now=200.5, beat_at=200.0, sounded_at=190.0).cause == "lost: no probe for 10 s"


def test_an_agent_in_the_image_is_listened_to_without_being_asked_for() -> None:
    agent = replace(PLAIN, has_agent=True)
    assert _words(_judge(agent, now=105.0)) == ("starting", "no heartbeat yet")
    assert _judge(agent, now=105.0, beat_at=104.0).heard


def test_whoever_was_heard_before_listening_began_is_presumed_well_for_one_limit() -> None:
    agent = replace(PLAIN, has_agent=True)
    presumed = _judge(agent, now=302.0, since=300.0, beat_at=299.0)
    assert (presumed.verdict, presumed.presumed) == (Verdict.READY, True)
    assert _judge(agent, now=303.5, since=300.0, beat_at=299.0).verdict is Verdict.SUSPECT


@pytest.mark.parametrize(
    ("state", "exit_code", "cause"),
    [
        (EngineState.EXITED, 3, "died: exit 3"),
        (EngineState.DEAD, None, "died"),
        (EngineState.CREATED, None, "left half made: never started"),
    ],
)
def test_what_the_engine_calls_ended_is_dead(state: EngineState, exit_code: int | None, cause: str) -> None:
    ended = replace(PLAIN, state=state, exit_code=exit_code)
    assert _words(_judge(ended, now=200.0)) == ("dead", cause)


def test_one_told_to_end_is_stopping_whatever_else_is_said() -> None:
    told = Sighting(up_since=STARTED, terminated_at=150.0)
    assert _judge(replace(PLAIN, state=EngineState.EXITED), now=200.0, sighting=told).verdict is Verdict.STOPPING
    assert _judge(replace(PLAIN, state=EngineState.REMOVING), now=200.0).verdict is Verdict.STOPPING


def test_an_outdated_instance_is_judged_by_the_health_of_its_own_revision() -> None:
    old = make_spec(health=Health(heartbeat=Heartbeat(interval_seconds=10.0)))
    new = make_spec(environment={"A": "1"}, health=Health(heartbeat=Heartbeat(interval_seconds=0.5)))
    at = silence(make_settled(old), "web-1", seconds=5.0)
    known = make_wanted(new, earlier={old.spec_hash(): old})
    assert look(known, at=at).judgements["web-1"].verdict is Verdict.READY
    assert look(new, at=at).judgements["web-1"].verdict is Verdict.SUSPECT
