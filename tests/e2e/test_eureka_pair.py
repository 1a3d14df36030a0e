"""Two Eurekas that know each other, as the larger example has them."""

import json

import pytest

from tests.support.beating import eventually
from tests.support.edge_ask import ask
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.heavy, pytest.mark.timeout(300)]

URLS = ",".join(f"http://eureka{number}.eureka:8080/eureka/v2/" for number in (1, 2))
HEALTH = "health: {http: {port: 8080, path: /healthcheck, interval: 200ms, timeout: 2s, misses: 15}, start: 120s}"
LEASE_SECONDS = 60


class Pair:
    """Both servers, seen from outside."""

    def __init__(self, loop: LoopProcess) -> None:
        self.loop = loop

    def url(self, number: int) -> str:
        networks = self.loop.inspect(f"{self.loop.env}-eureka-{number}")["NetworkSettings"]["Networks"]
        return f"http://{next(iter(networks.values()))['IPAddress']}:8080/eureka/v2/apps"

    def register(self, number: int, name: str) -> None:
        """One instance, at one of the two."""
        body = {
            "instanceId": name, "hostName": name, "app": "PAIR", "ipAddr": "127.0.0.1", "status": "UP",
            "port": {"$": 80, "@enabled": "true"},
            "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
            "leaseInfo": {"renewalIntervalInSecs": 1, "durationInSecs": LEASE_SECONDS},
        }  # fmt: skip
        answer = ask(self.url(number) + "/PAIR", body=json.dumps({"instance": body}), kind="application/json")
        assert answer.status == 204, answer

    def names(self, number: int) -> set[str]:
        """Whom one of the two knows."""
        answer = ask(self.url(number))
        if answer.status != 200:
            return set()
        found = answer.body["applications"]["application"]
        return {instance["instanceId"] for application in found for instance in application["instance"]}


@pytest.fixture
def pair(loop: LoopProcess) -> Pair:
    variables = f"environment: {{EUREKA_URLS: {json.dumps(URLS)}}}"
    text = spec(2, variables, HEALTH, image="reconciler/eureka:latest").replace("command: [sleep, infinity]\n", "")
    loop.save("eureka", text)
    loop.until_ready("eureka", 2, seconds=120)
    return Pair(loop)


def test_each_knows_what_the_other_was_told_and_gets_it_back_after_a_kill(pair: Pair) -> None:
    selves = {"eureka1:8080", "eureka2:8080"}
    pair.register(1, "one")
    pair.register(2, "two")
    for number in (1, 2):
        assert eventually(lambda: pair.names(number) == selves | {"one", "two"}, 20), pair.names(number)  # noqa: B023
    victim = f"{pair.loop.env}-eureka-2"
    before = pair.loop.containers("eureka")[victim]
    pair.loop.docker.kill(victim)
    replaced = {None, before}.isdisjoint
    pair.loop.until(lambda: replaced({pair.loop.containers("eureka").get(victim)}), 30, "it is replaced")
    pair.loop.until_ready("eureka", 2, seconds=120)
    assert {"one", "two"} <= pair.names(2), "the copy is there when the server is ready"
    pair.register(2, "three")
    for number in (1, 2):
        assert eventually(lambda: pair.names(number) == selves | {"one", "two", "three"}, 20), pair.names(number)  # noqa: B023
