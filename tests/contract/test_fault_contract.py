"""What every engine does for the helpers of faults: they join what runs, are talked to, and are listed apart."""

import threading
from dataclasses import replace

import pytest

from reconciler.engine.fault_ports import Conversation, FaultEngine
from reconciler.engine.ports import Blueprint, Joins
from reconciler.errors import PermanentError, TransientError
from reconciler.state.faults import FaultLabels, FaultPart
from reconciler.state.instance import EngineState
from tests.support.worlds import IMAGE, World

NOBODY = "0123456789abcdef" * 4
PATIENCE_SECONDS = 20.0
# Says what the fake's usual helper says.
REPEATING = (
    "sh",
    "-c",
    'echo ready; while read line; do [ "$line" = bye ] && { echo bye; exit 0; }; echo "heard $line"; done',
)


@pytest.fixture
def engine(world: World) -> FaultEngine:
    return world.engine


def _labels(world: World, victim: str, *, fault_id: str = "k3f9", kind: str = "split-brain") -> FaultLabels:
    return FaultLabels(
        env=world.env,
        fault_id=fault_id,
        kind=kind,
        says="az1 is cut from az2",
        until=1_800_000_000.5,
        victim_id=victim,
        instance="web-1",
        cluster="web",
        zone="az1",
    )


def _blueprint(world: World, victim: str, joins: Joins | None = None, **changed: str) -> Blueprint:
    labels = _labels(world, victim, **changed)
    return Blueprint(
        name=labels.name,
        image=IMAGE,
        hostname="",
        labels=labels.as_labels(),
        environment={},
        network="none",
        command=REPEATING,
        joins=joins or Joins(network_of=victim),
    )


def _staged(engine: FaultEngine, blueprint: Blueprint) -> tuple[str, Conversation]:
    made = engine.create(blueprint)
    conversation = engine.converse(made)
    engine.start(made)
    assert conversation.receive(PATIENCE_SECONDS) == "ready"
    return made, conversation


def _only(world: World, engine: FaultEngine, state: EngineState) -> FaultPart | None:
    (part,) = engine.faults(world.env)
    return part if part.state is state else None


def test_a_helper_is_listed_as_a_fault_and_as_nothing_else(world: World, engine: FaultEngine) -> None:
    victim = world.running()
    made, conversation = _staged(engine, _blueprint(world, victim))
    conversation.close()
    (part,) = engine.faults(world.env)
    assert part == FaultPart(
        id=made,
        fault_id="k3f9",
        kind="split-brain",
        says="az1 is cut from az2",
        until=1_800_000_000.5,
        victim_id=victim,
        instance="web-1",
        cluster="web",
        zone="az1",
        state=EngineState.RUNNING,
    )
    assert [one.id for group in world.listing().instances.values() for one in group] == [victim]
    assert world.listing().foreign == ()
    assert engine.faults(f"{world.env}x") == ()


def test_one_that_only_pretends_to_be_a_helper_is_left_out(world: World, engine: FaultEngine) -> None:
    network = world.network()
    labels = _labels(world, NOBODY).as_labels()
    world.add_foreign(f"{world.env}_fault_other", labels, network.name)
    assert engine.faults(world.env) == ()


def test_a_helper_is_talked_to_line_by_line(world: World, engine: FaultEngine) -> None:
    made, conversation = _staged(engine, _blueprint(world, world.running()))
    for word in ("one", "two"):
        conversation.send(word)
    assert [conversation.receive(PATIENCE_SECONDS) for _ in range(2)] == ["heard one", "heard two"]
    with pytest.raises(TransientError, match="says nothing"):
        conversation.receive(0.0)
    conversation.send("three")
    assert conversation.receive(PATIENCE_SECONDS) == "heard three"
    conversation.send("bye")
    assert [conversation.receive(PATIENCE_SECONDS) for _ in range(3)] == ["bye", None, None]
    with pytest.raises(TransientError, match="has ended"):
        conversation.send("anybody?")
    conversation.close()
    part = world.until(lambda: _only(world, engine, EngineState.EXITED))
    assert (part.id, part.exit_code) == (made, 0)


def test_a_helper_outlives_whoever_talked_to_it_and_can_be_talked_to_again(world: World, engine: FaultEngine) -> None:
    made, first = _staged(engine, _blueprint(world, world.running()))
    first.close()
    first.close()
    second = engine.converse(made)
    second.send("still there?")
    assert second.receive(PATIENCE_SECONDS) == "heard still there?"
    second.close()


def test_one_killed_meanwhile_ends_the_conversation(world: World, engine: FaultEngine) -> None:
    made, conversation = _staged(engine, _blueprint(world, world.running()))
    engine.signal(made, "SIGKILL")
    assert conversation.receive(PATIENCE_SECONDS) is None
    part = world.until(lambda: _only(world, engine, EngineState.EXITED))
    assert part.exit_code == 137
    assert part.ended_badly
    conversation.close()


def test_one_among_anothers_processes_ends_with_it(world: World, engine: FaultEngine) -> None:
    victim = world.running()
    joins = Joins(pids_of=victim, cgroup_of=victim)
    _, conversation = _staged(engine, _blueprint(world, victim, joins))
    world.crash(victim)
    assert conversation.receive(PATIENCE_SECONDS) is None
    world.until(lambda: _only(world, engine, EngineState.EXITED))
    conversation.close()


def test_one_that_joins_what_is_gone_or_ended_is_told_so(world: World, engine: FaultEngine) -> None:
    victim = world.running()
    made = engine.create(_blueprint(world, victim))
    world.crash(victim)
    world.until(lambda: (one := world.instance(victim)) is not None and one.state is EngineState.EXITED)
    with pytest.raises(TransientError, match="ended"):
        engine.start(made)
    (part,) = engine.faults(world.env)
    assert (part.state, part.exit_code) == (EngineState.CREATED, None)
    engine.remove(victim)
    with pytest.raises(TransientError):
        engine.start(made)
    with pytest.raises(TransientError):
        engine.start(engine.create(_blueprint(world, victim, fault_id="other")))
    with pytest.raises(TransientError):
        engine.converse(NOBODY)


def test_the_same_helper_twice_is_one_and_another_ones_name_is_not_taken(world: World, engine: FaultEngine) -> None:
    victim = world.running()
    blueprint = _blueprint(world, victim)
    assert engine.create(blueprint) == engine.create(blueprint)
    with pytest.raises(TransientError, match="has the name"):
        engine.create(_blueprint(world, victim, kind="loss"))


def test_a_helper_needs_its_image(world: World, engine: FaultEngine) -> None:
    blueprint = replace(_blueprint(world, world.running()), image="reconciler.test/nothing:here")
    with pytest.raises(PermanentError, match="No such image"):
        engine.create(blueprint)


def test_what_befalls_a_helper_is_told_even_where_it_is_gone_at_once(world: World, engine: FaultEngine) -> None:
    told: list[FaultPart | None] = []
    stop = threading.Event()
    follow = engine.fault_events(world.env, stop)
    follower = threading.Thread(target=told.extend, args=(follow,), daemon=True)
    follower.start()
    world.until(lambda: told == [None])
    victim = world.running()
    killed, conversation = _staged(engine, _blueprint(world, victim))
    conversation.close()
    engine.signal(killed, "SIGKILL")
    engine.remove(killed)
    world.until(lambda: told[-1] is not None and told[-1].state is EngineState.REMOVING)
    stop.set()
    follower.join(PATIENCE_SECONDS)
    parts = [part for part in told if part is not None]
    assert {part.id for part in parts} == {killed}
    ends = [part for part in parts if part.state is EngineState.EXITED]
    assert [(part.exit_code, part.ended_badly) for part in ends] == [(137, True)]
    assert [part.state for part in parts if part.state is not EngineState.EXITED] == [
        EngineState.CREATED,
        EngineState.RUNNING,
        EngineState.REMOVING,
    ]
    assert {(part.fault_id, part.victim_id, part.instance, part.until) for part in parts} == {
        ("k3f9", victim, "web-1", 1_800_000_000.5)
    }
