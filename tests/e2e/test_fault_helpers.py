"""Helpers of faults on a real engine: each kind bites, is undone however it ends, and leaves nothing that stays."""

from collections.abc import Iterator

import pytest

from reconciler.engine.docker import connect
from reconciler.state.instance import EngineState
from tests.support.fault_helpers import Helper, Victim
from tests.support.worlds import RealWorld

pytestmark = pytest.mark.engine

ENV = "helpers"
CHAINS = "RCF-"
MIB = 2**20


@pytest.fixture(scope="module")
def world(engine: str) -> Iterator[RealWorld]:
    made = RealWorld(connect(engine), ENV)
    try:
        yield made
    finally:
        made.clean_up()


def _victim(world: RealWorld, number: int) -> Victim:
    found = world.instance(world.running(number))
    assert found is not None
    assert found.address is not None
    return Victim(engine=world.docker, env=ENV, id=found.id, name=f"web-{number}", address=found.address)


@pytest.fixture(scope="module")
def one(world: RealWorld) -> Victim:
    return _victim(world, 1)


@pytest.fixture(scope="module")
def two(world: RealWorld) -> Victim:
    return _victim(world, 2)


def _heard(world: RealWorld, speaker: Helper, listener: Helper, to: str, round_: int) -> list[str]:
    """Whom the listener has heard once a datagram of its own came through, which was sent after the speaker's."""
    speaker.say("probe", round=round_, to=[to])
    assert speaker.ask("heard", round=round_)["type"] == "heard"  # it has sent them
    listener.say("probe", round=round_, to=[to])

    def heard() -> list[str]:
        found: list[str] = listener.ask("heard", round=round_)["from"]
        return found if to in found else []

    return [peer for peer in world.until(heard) if peer != to]


def test_a_cut_in_one_direction_is_in_force_and_seen_as_such(world: RealWorld, one: Victim, two: Victim) -> None:
    with one.beside("net", "cut1") as here, two.beside("net", "cut1") as there:
        assert _heard(world, there, here, one.address, 1) == [two.address]
        here.say("rules", drops=[{"direction": "in", "peer": two.address}])
        assert here.bite() == {"drops": 1}
        assert _heard(world, there, here, one.address, 2) == []
        assert _heard(world, here, there, two.address, 2) == [one.address]
        assert there.ask("connect", to=[[one.address, 81]])["to"] == [[one.address, 81, "silent"]]
        assert here.ask("rules", drops=[]) == {"type": "bites", "detail": {"drops": 0}}
        assert _heard(world, there, here, one.address, 3) == [two.address]
        assert there.ask("connect", to=[[one.address, 81]])["to"] == [[one.address, 81, "refused"]]


def test_names_and_a_share_of_packets_fail_for_the_victim_alone(one: Victim, two: Victim) -> None:
    drops = [
        {"direction": "out", "peer": "127.0.0.11"},
        {"direction": "out", "port": 53},
        {"direction": "out", "probability": 0.5},
    ]
    with one.beside("net", "lossy1", drops=drops) as here, two.beside("net", "lossy1") as there:
        assert here.ask("resolve") == {"type": "resolved", "answered": True}
        here.bite()
        there.bite()
        assert here.ask("resolve") == {"type": "resolved", "answered": False}
        assert there.ask("resolve", name=f"{ENV}-web-1") == {"type": "resolved", "answered": True}
        assert 0.3 < here.ask("lossy")["share"] < 0.7
        assert there.ask("lossy")["dropped"] == 0


@pytest.mark.parametrize("end", ["word", "signal", "time"])
def test_rules_are_gone_however_the_helper_is_ended(one: Victim, end: str) -> None:
    seconds = 2.0 if end == "time" else 60.0
    with one.beside("net", f"end{end}", seconds=seconds, drops=[{"direction": "in", "port": 81}]) as here:
        here.bite()
        if end == "word":
            assert "--dport 81 -j DROP" in one.rules()
            here.say("heal")
        if end == "signal":
            here.engine.signal(here.id, "SIGTERM")
        assert here.hear() == {"type": "healed"}
        assert here.exit_code() == 0
        assert CHAINS not in one.rules()


def test_rules_of_a_killed_helper_die_at_their_date_and_can_be_flushed(
    world: RealWorld, one: Victim, two: Victim
) -> None:
    asked, drops = [[one.address, 81]], [{"direction": "in", "peer": two.address}]
    with two.beside("net", "killed") as there:
        with one.beside("net", "killed", seconds=3.0, drops=drops) as here:
            here.bite()
            here.engine.signal(here.id, "SIGKILL")
            assert here.exit_code() == 137
            assert there.ask("connect", to=asked)["to"] == [[one.address, 81, "silent"]]
            (part,) = [part for part in world.docker.faults(ENV) if part.id == here.id]
            assert part.ended_badly
        world.until(lambda: there.ask("connect", to=asked)["to"] == [[one.address, 81, "refused"]])
    assert CHAINS in one.rules()
    with one.beside("flush", "cleaner", of="killed") as cleaner:
        assert cleaner.hear() == {"type": "bites", "detail": {"flushed": True}}
        assert cleaner.exit_code() == 0
    assert CHAINS not in one.rules()


def test_everything_but_the_init_freezes_newcomers_too_and_goes_on_again(world: RealWorld, one: Victim) -> None:
    with one.beside("freeze", "ice") as here:
        assert here.bite() == {"frozen": 1, "names": ["sleep"]}
        assert one.processes()["sleep 1000"] == "T"
        one.run_beside("sleep", "999")
        world.until(lambda: one.processes().get("sleep 999") == "T")
        assert here.ask("heal") == {"type": "healed"}
        world.until(lambda: one.processes()["sleep 1000"] == one.processes()["sleep 999"] == "S")


def test_what_a_killed_helper_left_frozen_is_thawed(world: RealWorld, one: Victim) -> None:
    with one.beside("freeze", "ice2") as here:
        here.bite()
        here.engine.signal(here.id, "SIGKILL")
        assert here.exit_code() == 137
        assert one.processes()["sleep 1000"] == "T"
    with one.beside("thaw", "warm") as cleaner:
        assert cleaner.hear()["detail"]["thawed"] >= 1
        assert cleaner.exit_code() == 0
    world.until(lambda: one.processes()["sleep 1000"] == "S")


def test_space_is_taken_and_given_back_also_by_a_killed_helper(world: RealWorld, one: Victim) -> None:
    for end in ("word", "kill"):
        with one.beside("fill", f"fill{end}", bytes=32 * MIB, path="/dev/shm", keep_bytes=0) as here:
            detail = here.bite()
            assert detail == {"bytes": 32 * MIB, "free_before": 64 * MIB, "free_after": 32 * MIB}
            if end == "word":
                assert here.ask("heal") == {"type": "healed"}
            else:
                here.engine.signal(here.id, "SIGKILL")
            assert here.exit_code() == (0 if end == "word" else 137)
    with one.beside("fill", "disk", bytes=MIB) as here:
        assert here.bite()["bytes"] == MIB  # where the victim keeps its files, no name shows it
        assert one.run("sh", "-c", 'test -z "$(ls -A /tmp)"') == 0


def test_processor_time_is_the_victims_and_a_removed_victim_takes_its_helper_along(world: RealWorld) -> None:
    victim = _victim(world, 3)
    with victim.beside("burn", "fire", cpus=1) as here:
        assert here.bite()["cpus"] > 0
        world.docker.remove(victim.id)
        assert here.hear() == {}
        (part,) = [part for part in world.docker.faults(ENV) if part.id == here.id]
        assert (part.state, part.exit_code) == (EngineState.EXITED, 137)
    assert world.instance(victim.id) is None


def test_what_cannot_bite_says_so_and_ends(one: Victim) -> None:
    with one.beside("fill", "toomuch", bytes=MIB, keep_bytes=10**15) as here:
        said = here.ask("bite")
        assert said["type"] == "fails"
        assert "have to stay" in said["problem"]
        assert here.exit_code() == 1
