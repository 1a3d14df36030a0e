"""Instances are killed, frozen, removed, replaced, scaled away, and the loop itself is killed, while a client in a
container asks for the cluster's name and connects every 10 ms. What it was told and met is held against the engine's
own record of who lived when.
"""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests.support.loop_process import DOMAIN, LoopProcess
from tests.support.name_client import (
    GREETER_COMMAND,
    NameClient,
    Story,
    Witness,
    lost_connects,
    now,
    stale_answers,
)  # fmt: skip
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

# By where the DNS server runs. In the loop it keeps answers shorter than usual, so that what a client
# holds is soon forgotten; a server in a container has up to that time to find out what is gone while the loop is away.
TTLS_SECONDS = {"loop": 2.0, "container": 5.0}
GONE_SECONDS = 1.0  # so long after an instance's end nobody is sent to it any more
SILENCE_SECONDS = 1.0  # how long it takes until one that hangs counts as silent, by the health checks below
DRAIN_SECONDS = 1.0
_HEALTH = (
    "health: {heartbeat: {interval: 200ms, misses: 3}, "
    "http: {port: 8080, path: /, interval: 200ms, timeout: 200ms, misses: 2}, suspect: 500ms}"
)


def webapp(size: int, version: int, drain_seconds: float) -> str:
    return spec(
        size, "ports: [8080]", _HEALTH, f"environment: {{VERSION: '{version}'}}",
        image=BASE, command=GREETER_COMMAND, stop=f"grace: 2s, drain: {drain_seconds:g}s",
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Scene:
    """The loop with a cluster `webapp`, its client and its witness. A `version` is a change of what runs."""

    loop: LoopProcess
    client: NameClient
    witness: Witness
    server: str
    version: int = 1

    @property
    def ttl_seconds(self) -> float:
        return TTLS_SECONDS[self.server]

    def webapp(self, size: int, drain_seconds: float = DRAIN_SECONDS) -> str:
        return webapp(size, self.version, drain_seconds)

    def name(self, number: int) -> str:
        return f"{self.loop.env}-webapp-{number}"

    def told_now(self) -> set[str]:
        """What a client that asks now is told."""
        told = self.client.told()
        return set(told.addresses) if told and told.at > now() - 1.0 else set()

    def alive_now(self) -> set[str]:
        return {life.address for life in self.witness.lives() if life.gone_at is None}

    def settled_names(self, size: int) -> bool:
        """Whoever lives is in the client's answers, and nobody else."""
        told = self.told_now()
        return len(told) == size and told == self.alive_now()

    def until_forgotten(self, at: float) -> None:
        """Until the caching client was told anew after `at`, so that nothing it holds is of before."""

        def anew() -> bool:
            return any(one.who == "cached" and one.addresses for one in self.client.story(at).answers)

        self.loop.until(anew, self.ttl_seconds + 10, "the caching client asks again")


@pytest.fixture(scope="module", params=["loop", pytest.param("container", marks=pytest.mark.heavy)])
def server(request: pytest.FixtureRequest) -> str:
    """Where the DNS server runs."""
    return str(request.param)


@pytest.fixture(scope="module")
def loop(engine: str, server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    options = ("--dns-server", server, "--ttl", f"{TTLS_SECONDS[server]:g}s")
    process = LoopProcess(engine, tmp_path_factory.mktemp("loop"), options=options)
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture(scope="module")
def asking(loop: LoopProcess, server: str) -> Iterator[Scene]:
    with Witness(loop, "webapp") as witness:
        loop.save("webapp", webapp(3, 1, DRAIN_SECONDS))
        loop.until_ready("webapp", 3)
        like = next(iter(loop.containers("webapp")))
        with NameClient(loop, f"webapp.{loop.env}.{DOMAIN}", 8080, like=like) as client:
            yield Scene(loop=loop, client=client, witness=witness, server=server)


@pytest.fixture
def scene(asking: Scene) -> Scene:
    """Whatever a test before has left: three, all of them named."""
    loop = asking.loop
    if not loop.running:
        loop.start()
    loop.save("webapp", asking.webapp(3))
    loop.until_ready("webapp", 3)
    loop.until_settled()
    loop.until(lambda: asking.settled_names(3), what="the client is told of all three")
    return asking


def checked(scene: Scene, since: float, gone_seconds: float = GONE_SECONDS) -> Story:
    """The story since, once all that was told before is forgotten: nobody was led to what was gone for longer."""
    scene.until_forgotten(now())
    story = scene.client.story(since)
    assert stale_answers(story, scene.witness, gone_seconds, silence_seconds=SILENCE_SECONDS) == []
    reach = {"fresh": gone_seconds, "cached": scene.ttl_seconds + gone_seconds}
    for who, seconds in reach.items():
        assert lost_connects(story, who, scene.witness, seconds, silence_seconds=SILENCE_SECONDS) == []
    assert {answer.ttl_seconds for answer in story.answers if answer.addresses} == {scene.ttl_seconds}
    assert {name.rstrip("0123456789") for who in reach for name in story.met(who)} == {"webapp"}
    return story


def ended(scene: Scene, id_: str) -> Callable[[], bool]:
    """Whether the engine told that this container died."""
    return lambda: scene.witness.life(id_).ended_at is not None


def cut_off(scene: Scene, id_: str) -> None:
    """From the network, by hand; it runs on."""
    scene.loop.docker.disconnect_container_from_network(id_, f"reconciler-{scene.loop.env}")
    scene.witness.lost(id_)


def hang(scene: Scene, id_: str) -> None:
    """Its server stops; its heartbeats go on, and the kernel still takes connections for it."""
    top = scene.loop.docker.top(id_)
    pid_at = top["Titles"].index("PID")
    (pid,) = [int(one[pid_at]) for one in top["Processes"] if one[-1].startswith("python3 -c")]
    os.kill(pid, signal.SIGSTOP)
    scene.witness.lost(id_)


@pytest.mark.parametrize("fault", ["killed", "removed", "frozen", "hung", "cut off"])
def test_nobody_is_led_to_one_that_was(scene: Scene, fault: str) -> None:
    loop, began = scene.loop, now()
    victim = loop.containers("webapp")[scene.name(2)]
    {
        "killed": lambda: loop.docker.kill(victim),
        "removed": lambda: loop.docker.remove_container(victim, force=True),
        "frozen": lambda: loop.docker.pause(victim),
        "hung": lambda: hang(scene, victim),
        "cut off": lambda: cut_off(scene, victim),
    }[fault]()
    loop.until(lambda: victim not in loop.containers("webapp", every=True).values(), what="it is taken away")
    loop.until_ready("webapp", 3)
    loop.until(lambda: scene.settled_names(3), what="the client is told of three again")
    story = checked(scene, began)
    assert story.fewest >= 2  # the others were named all the time


def test_a_change_and_a_scale_down_are_noticed_by_nobody_who_asks_each_time(scene: Scene) -> None:
    """Each name is withdrawn a drain before its instance is told to end, so that no connection fails."""
    loop, began = scene.loop, now()
    scene.version += 1
    for size in (3, 2):
        loop.follow("webapp", scene.webapp(size), size)
        loop.until_settled()
        loop.until(partial(scene.settled_names, size), what=f"the client is told of {size}")
        assert scene.client.story(began).fewest >= size
    story = checked(scene, began)
    assert story.failed("fresh") == []
    left = [life for life in scene.witness.lives() if life.gone_at is not None and life.gone_at > began]
    assert len(left) == 4  # three of the old version, one too many
    for life in left:
        assert life.signalled_at is not None, f"{life} was not told to end"
        told = [answer.at for answer in story.answers if life.address in answer.addresses and life.had(answer.at)]
        assert max(told) + DRAIN_SECONDS <= life.signalled_at


def test_with_a_drain_above_the_ttl_nobody_notices_a_scale_down(scene: Scene) -> None:
    loop, began = scene.loop, now()
    loop.follow("webapp", scene.webapp(3, scene.ttl_seconds + 0.5), 3)
    loop.follow("webapp", scene.webapp(2, scene.ttl_seconds + 0.5), 2)
    loop.until_settled()
    story = checked(scene, began)
    assert story.failed("fresh") == story.failed("cached") == []


def test_names_come_back_with_a_loop_that_was_killed(scene: Scene) -> None:
    """Nothing is replaced, nobody is told anything wrong meanwhile; a server in a container answers all the time."""
    loop, began = scene.loop, now()
    before = loop.containers("webapp", every=True)
    loop.kill()
    if scene.server == "loop":
        loop.until(lambda: scene.told_now() == set(), what="names are gone with their server")
    loop.start()
    loop.until(lambda: scene.settled_names(3), what="names are back")
    loop.until_settled()
    assert loop.containers("webapp", every=True) == before
    story = checked(scene, began)
    assert story.failed("fresh") == story.failed("cached") == []
    assert scene.server == "loop" or story.fewest == 3


def test_one_that_died_while_the_loop_was_away_is_never_named_again(scene: Scene) -> None:
    """A server in a container finds out by itself, while the others stay named."""
    loop, began = scene.loop, now()
    before = loop.containers("webapp")
    loop.kill()
    victim = before.pop(scene.name(1))
    loop.docker.kill(victim)
    loop.until(ended(scene, victim), what="it ended")
    if scene.server == "container":
        loop.until(lambda: scene.settled_names(2), what="the client is told of the others")
    loop.start()
    loop.until(lambda: scene.settled_names(3), what="the client is told of three")
    assert before.items() <= loop.containers("webapp").items()
    away_seconds = GONE_SECONDS if scene.server == "loop" else scene.ttl_seconds
    story = checked(scene, began, away_seconds)
    assert scene.server == "loop" or story.fewest >= 2


def test_a_loop_that_was_frozen_leads_nobody_to_what_died_meanwhile(scene: Scene) -> None:
    """What was asked meanwhile is answered when it goes on, from what it knew; then it looks."""
    loop = scene.loop
    victim = loop.containers("webapp")[scene.name(3)]
    loop.freeze()
    try:
        loop.docker.kill(victim)
        loop.until(ended(scene, victim), what="it ended")
        loop.until(partial(gone_for, scene, victim, GONE_SECONDS + 1), what="it is gone for long")
    finally:
        loop.thaw()
    thawed_at = now()
    loop.until(lambda: scene.settled_names(3), what="the client is told of three")
    checked(scene, thawed_at + GONE_SECONDS)


def gone_for(scene: Scene, id_: str, seconds: float) -> bool:
    """Whether the container died so long ago."""
    ended_at = scene.witness.life(id_).ended_at
    return ended_at is not None and now() > ended_at + seconds


def test_the_last_ones_name_is_gone_before_it(scene: Scene) -> None:
    loop, began = scene.loop, now()
    loop.follow("webapp", scene.webapp(0), 0)
    loop.until(lambda: not loop.containers("webapp", every=True), what="all are gone")
    story = scene.client.story(began)
    assert story.failed("fresh") == []
    assert scene.told_now() == set()
