"""Scaling the web tier while customers use it: the new ones take traffic, and on the way back no request fails."""

import pytest

from tests.support.acmeair import Cloud
from tests.support.acmeair_eureka import registered
from tests.support.acmeair_load import Load

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(400)]


def webs(air: Cloud) -> set[str]:
    """The web instances that Eureka gives to those who ask."""
    found = registered("127.0.0.1", air.eureka).values()
    return {one.id for one in found if one.app == "ACMEAIR_WEBAPP" and one.status == "UP"}


def served_by(air: Cloud) -> set[str]:
    """Who answers a dozen requests through Zuul."""
    person = air.person()
    return {person.ask("GET", "/").headers.get("x-instance", "") for _ in range(12)}


def resize(air: Cloud, size: int) -> None:
    ran = air.loop.cli("scale", "web", str(size))
    assert ran.code == 0, ran.err
    air.loop.until_ready("web", size, 60)


def test_two_become_four_under_load_and_two_again_without_a_failed_request(air: Cloud) -> None:
    with Load(air, seconds=60) as load:
        load.until_answered()
        resize(air, 4)
        air.loop.until(lambda: len(webs(air)) == 4, 20, "Eureka knows all four")
        air.loop.until(lambda: {"web3", "web4"} <= served_by(air), 20, "the new ones take traffic")
        resize(air, 2)
        air.loop.until(lambda: webs(air) == {"web1:8080", "web2:8080"}, 20, "Eureka names two")
        air.loop.until(lambda: len(air.loop.containers("web")) == 2, 30, "the others have ended")
        assert served_by(air) == {"web1", "web2"}
        assert load.running  # or the way down was nobody's trouble
        figures = load.figures()
    assert figures.requests > 200
    assert figures.failed == 0, figures.failures
