"""Our lease in Eureka, through its absence and its forgetting."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from acmeair import registration
from acmeair.errors import CallFailed
from acmeair.eureka import Identity
from acmeair.ports import Answer
from acmeair.registration import Registration
from tests.unit.images.acmeair.calls import FakeCaller, Reply, says

IDENTITY = Identity(app="A", vip="a", hostname="web1", address="10.0.0.7", port=8080, zone="az1", cluster="web")
URLS = ("http://one:8080/eureka/v2", "http://two:8080/eureka/v2")
LEASE = "/eureka/v2/apps/A/web1:8080"


class FakeEureka:
    """Knows leases and statuses; may be away, or forget."""

    def __init__(self) -> None:
        self.leases: set[str] = set()
        self.away: set[str] = set()
        self.caller = FakeCaller(self.reply)

    def reply(self, host: str, method: str, path: str) -> Reply:
        if host in self.away:
            return CallFailed("no connection")
        known = "web1" in self.leases
        if method == "POST":
            self.leases.add("web1")
            return says(204)
        if method == "DELETE":
            self.leases.discard("web1")
        return says(200 if known else 404)

    def statuses(self) -> list[str]:
        return [json.loads(body)["instance"]["status"] for body in self.caller.bodies if body]

    def methods(self, host: str) -> list[str]:
        return [method for place, method, _ in self.caller.asked if place == host]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a fake's list has no event
            await asyncio.sleep(0.005)


def play(scene: Callable[[FakeEureka, Registration], Awaitable[None]], urls: tuple[str, ...] = URLS) -> FakeEureka:
    async def run() -> FakeEureka:
        eureka = FakeEureka()
        lease = Registration(eureka.caller, urls, IDENTITY)
        task = asyncio.create_task(lease.run())
        await scene(eureka, lease)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return eureka

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "RENEW_SECONDS", 0.02)


def test_the_predecessor_s_lease_goes_first_then_starting_then_up() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        await until(lambda: "POST" in eureka.methods("one"))
        await lease.up()

    eureka = play(scene)
    assert eureka.caller.asked[:2] == [("one", "DELETE", LEASE), ("one", "POST", "/eureka/v2/apps/A")]
    assert eureka.statuses() == ["STARTING", "UP"]


def test_it_is_renewed_and_registered_again_where_eureka_has_forgotten_it() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        await lease.up()
        await until(lambda: eureka.methods("one").count("PUT") >= 3)
        eureka.leases.clear()
        await until(lambda: "web1" in eureka.leases)

    assert play(scene).statuses()[-2:] == ["UP", "UP"]


def test_a_renewal_says_what_was_said_last_and_when_so_that_an_older_word_from_a_peer_is_noticed() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        await lease.up()
        await until(lambda: eureka.caller.asked[-1][1] == "PUT")

    eureka = play(scene)
    (_, _, renewal), bodies = eureka.caller.asked[-1], [body for body in eureka.caller.bodies if body]
    said = json.loads(bodies[-1])["instance"]["lastDirtyTimestamp"]
    assert renewal == f"{LEASE}?status=UP&lastDirtyTimestamp={said}"


def test_the_next_eureka_is_used_while_the_first_is_away() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        eureka.away.add("one")
        await lease.up()

    assert "POST" in play(scene).methods("two")


def test_nothing_ends_while_no_eureka_is_there_and_up_waits_for_it() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        eureka.away |= {"one", "two"}
        told = asyncio.create_task(lease.up())
        await until(lambda: len(eureka.caller.asked) > 6)
        assert not told.done()
        eureka.away.clear()
        await told

    assert play(scene).statuses()[-1] == "UP"


def test_it_leaves_with_a_status_and_then_altogether() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        await lease.up()
        await lease.leave()
        await lease.deregister()

    asked = play(scene).caller.asked
    assert ("one", "PUT", f"{LEASE}/status?value=OUT_OF_SERVICE") in asked
    assert [method for _, method, _ in asked][-1] == "DELETE"


def test_a_lease_that_is_forgotten_while_leaving_is_never_up_again() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        await lease.up()
        await lease.leave()
        eureka.leases.clear()
        await until(lambda: "web1" in eureka.leases)
        await until(lambda: eureka.caller.asked[-1][1] == "PUT")

    eureka = play(scene)
    assert eureka.statuses() == ["UP", "OUT_OF_SERVICE"]


def test_the_next_eureka_is_told_of_the_end_where_the_first_is_away() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        await lease.up()
        eureka.away.add("one")
        await lease.leave()
        await lease.deregister()

    asked = play(scene).caller.asked
    assert ("two", "PUT", f"{LEASE}/status?value=OUT_OF_SERVICE") in asked
    assert ("two", "DELETE", LEASE) in asked


def test_leaving_does_not_fail_where_eureka_is_away() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        await lease.up()
        eureka.away |= {"one", "two"}
        await lease.leave()
        await lease.deregister()

    play(scene)


def test_without_an_address_there_is_nobody_to_tell() -> None:
    async def scene(_eureka: FakeEureka, lease: Registration) -> None:
        await lease.up()
        await lease.leave()
        await lease.deregister()

    assert play(scene, urls=()).caller.asked == []


def test_an_answer_that_eureka_would_not_give_is_a_failure_like_any_other() -> None:
    async def scene(eureka: FakeEureka, lease: Registration) -> None:
        eureka.caller.reply = lambda *_: Answer(302)
        await until(lambda: len(eureka.caller.asked) > 3)

    assert play(scene).statuses() == []
