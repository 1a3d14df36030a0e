"""The web tier asks the auth tier, and lets nobody through whom the auth tier doesn't vouch for."""

import asyncio
from typing import Any

import pytest

from acmeair.balance import Balancer
from acmeair.errors import CallFailed, NotSent, Refusal
from acmeair.eureka import Server
from acmeair_web.auth_client import AuthClient, Session
from tests.unit.images.acmeair.calls import FakeCaller, Reply, says

NUMBER, CUSTOMER = "n" * 43, "uid0@email.com"
NEAR, FAR = Server("auth1:8080", "near", 8080, "az1"), Server("auth2:8080", "far", 8080, "az2")
GOOD = {"id": NUMBER, "customerid": CUSTOMER, "lastAccessedTime": "t0", "timeoutTime": "t1"}
UNKNOWN = says(404, {"error": {"code": "unknown_session", "message": "…"}})


class World:
    """Two auth instances that answer as told."""

    def __init__(self, near: Reply, far: Reply) -> None:
        self.caller = FakeCaller(lambda host, _method, _path: near if host == "near" else far)
        self.balancer = Balancer("az1")
        self.balancer.replace([NEAR, FAR])
        self.client = AuthClient(self.caller, self.balancer)

    def find(self, number: str = NUMBER) -> Session | None:
        return asyncio.run(self.client.find(number))

    def hosts(self) -> list[str]:
        return [host for host, _, _ in self.caller.asked]


def code_of(work: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        asyncio.run(work)
    return caught.value.status, caught.value.code


def test_our_zone_s_instance_is_asked_alone() -> None:
    world = World(says(200, GOOD), says(200, GOOD))
    assert world.find() == Session(NUMBER, CUSTOMER, "t1")
    assert world.hosts() == ["near"]


@pytest.mark.parametrize(
    "near",
    [
        CallFailed("no connection"),
        says(503, {"error": {"code": "database_unavailable"}}),
        says(500),
        says(404),
        says(404, {"error": {"code": "unknown_path"}}),
        says(404, {"error": "Not Found"}),
        says(404, {"error": ["unknown_session"]}),
        says(503, {"error": "Service Unavailable"}),
        says(200),
        says(200, []),
        says(200, {"customerid": CUSTOMER}),
        says(200, {**GOOD, "id": "another"}),
        says(200, {**GOOD, "customerid": ""}),
        says(302, GOOD),
    ],
)
def test_whatever_is_not_the_auth_tier_s_word_is_asked_again_elsewhere(near: Reply) -> None:
    world = World(near, says(200, GOOD))
    assert world.find() == Session(NUMBER, CUSTOMER, "t1")
    assert world.hosts() == ["near", "far"]


def test_when_nobody_gives_its_word_nobody_gets_through() -> None:
    for reply in (CallFailed("dead"), says(500), says(200, {**GOOD, "id": "another"}), says(503)):
        assert code_of(World(reply, reply).client.find(NUMBER)) == (503, "auth_unavailable")


def test_with_no_instance_known_nobody_gets_through() -> None:
    client = AuthClient(FakeCaller(lambda *_: says(200, GOOD)), Balancer("az1"))
    assert code_of(client.find(NUMBER)) == (503, "auth_unavailable")


def test_an_unknown_session_is_a_no_and_not_asked_elsewhere() -> None:
    world = World(UNKNOWN, says(200, GOOD))
    assert world.find() is None
    assert world.hosts() == ["near"]


def test_dead_instances_are_soon_not_even_tried() -> None:
    world = World(CallFailed("dead"), CallFailed("dead"))
    for _ in range(10):
        code_of(world.client.find(NUMBER))
    assert len(world.caller.asked) == 6  # three each, then both circuits are open


def test_an_instance_that_says_that_it_cannot_is_not_taken_for_dead() -> None:
    world = World(says(503), says(503))
    for _ in range(10):
        code_of(world.client.find(NUMBER))
    assert len(world.caller.asked) == 20


def test_a_forged_id_cannot_become_another_path() -> None:
    world = World(UNKNOWN, UNKNOWN)
    world.find("../byuserid/x")
    assert world.caller.asked == [("near", "GET", "/rest/api/authtoken/..%2Fbyuserid%2Fx")]


def test_a_new_session_is_asked_for_elsewhere_only_where_nothing_was_done() -> None:
    made = says(200, {**GOOD, "id": "new"})
    world = World(NotSent("refused"), made)
    assert asyncio.run(world.client.create(CUSTOMER)).id == "new"
    assert world.hosts() == ["near", "far"]
    for reply in (CallFailed("it hung up"), says(503), says(500)):
        world = World(reply, made)
        assert code_of(world.client.create(CUSTOMER)) == (503, "auth_unavailable")
        assert world.hosts() == ["near"]


def test_an_instance_whose_database_link_is_bad_does_not_stop_its_zone_s_sign_ins() -> None:
    world = World(says(503, {"error": {"code": "database_unavailable"}}), says(200, {**GOOD, "id": "new"}))
    for _ in range(3):
        assert asyncio.run(world.client.create(CUSTOMER)).id == "new"
    assert world.hosts() == ["near", "far", "far", "far"]  # the sick one isn't the first to be asked for a while


def test_a_sign_in_of_which_nobody_knows_whether_it_was_done_is_not_sent_again() -> None:
    world = World(says(503, {"error": {"code": "outcome_unknown"}}), says(200, {**GOOD, "id": "new"}))
    assert code_of(world.client.create(CUSTOMER)) == (503, "auth_unavailable")
    assert world.hosts() == ["near"]


def test_a_new_session_has_to_be_this_customer_s() -> None:
    made = {**GOOD, "id": "new"}
    assert asyncio.run(World(says(200, made), says(500)).client.create(CUSTOMER)).id == "new"
    assert code_of(World(says(200, made), says(200, made)).client.create("uid1@email.com")) == (503, "auth_unavailable")


def test_a_session_that_could_not_be_ended_is_said_to_go_on() -> None:
    asyncio.run(World(says(200), says(500)).client.end(NUMBER))
    assert code_of(World(says(503), says(503)).client.end(NUMBER)) == (503, "auth_unavailable")
