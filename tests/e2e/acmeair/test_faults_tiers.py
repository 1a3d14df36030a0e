"""A tier, Eureka or the loader is broken: the site says so or goes on, and comes back by itself."""

import pytest

from tests.support.acmeair import Cloud
from tests.support.acmeair_eureka import registered
from tests.support.acmeair_load import Load
from tests.support.acmeair_site import Person, SiteError

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(400)]


def resize(air: Cloud, name: str, size: int) -> None:
    ran = air.loop.cli("scale", name, str(size))
    assert ran.code == 0, ran.err


def signed_in(air: Cloud, number: int) -> Person:
    person = air.person(number)
    person.sign_in()
    return person


def test_without_an_auth_tier_nobody_gets_in_and_the_site_says_so(air: Cloud) -> None:
    person = signed_in(air, 20)
    resize(air, "auth", 0)
    air.loop.until(lambda: not air.loop.containers("auth"), 60, "the auth tier is gone")
    answer = person.ask("GET", f"/rest/api/bookings/byuser/{person.user}")
    assert (answer.status, answer.json()["error"]["code"]) == (503, "auth_unavailable")
    assert "retry-after" in answer.headers
    answer = air.person(20).ask("POST", "/rest/api/login", form={"login": person.user, "password": "password"})
    assert answer.status == 503
    assert air.person().ask("GET", "/").status == 200
    resize(air, "auth", 2)
    air.loop.until_ready("auth", 2, 60)
    air.until_journey(30)
    assert person.bookings() is not None  # the session outlived the tier: it is in the database


def test_a_session_is_over_when_its_time_is(air: Cloud) -> None:
    usual = (air.loop.specs / "auth.yaml").read_text(encoding="utf-8")
    short = usual.replace("environment:\n", 'environment:\n  ACMEAIR_SESSION_SECONDS: "3"\n')
    air.loop.follow("auth", short, 2, 90)
    try:
        person = signed_in(air, 22)
        assert person.bookings() is not None
        path = f"/rest/api/bookings/byuser/{person.user}"
        air.loop.until(lambda: person.ask("GET", path).status == 401, 15, "the session is over")
        assert person.ask("GET", path).json()["error"]["code"] == "session_ended"
    finally:
        air.loop.follow("auth", usual, 2, 90)


def test_eureka_killed_is_not_noticed_by_customers_and_knows_everybody_again(air: Cloud) -> None:
    before = {id_: one.address for id_, one in registered("127.0.0.1", air.eureka).items()}
    with Load(air, seconds=15, users=4) as load:
        load.until_answered()
        air.loop.docker.kill(f"{air.loop.env}-eureka-1")
        figures = load.figures()
    assert figures.requests > 50
    assert figures.failed == 0, figures.failures
    air.loop.until_ready("eureka", 1, 60)

    def all_there() -> bool:
        try:
            found = registered("127.0.0.1", air.eureka)
        except OSError:
            return False
        return {id_: one.address for id_, one in found.items() if one.status == "UP"} == before

    air.loop.until(all_there, 30, "everybody is registered again")


def test_one_web_instance_killed_under_load_costs_hardly_a_request(air: Cloud) -> None:
    with Load(air, seconds=20) as load:
        load.until_answered()
        before = air.loop.containers("web")
        air.loop.docker.kill(f"{air.loop.env}-web-1")
        air.loop.until(
            lambda: len(air.loop.containers("web")) == 2 and air.loop.containers("web") != before, 20, "it is replaced"
        )
        figures = load.figures()
    assert figures.requests > 100
    assert figures.failed < figures.requests / 1000, figures.failures


def test_the_loader_run_again_changes_nothing_that_customers_have(air: Cloud, key: str) -> None:
    person = signed_in(air, 21)
    flight = person.flights()[0]
    number = person.book(flight, key)
    before = air.loop.containers("loader", every=True)
    air.loop.docker.remove_container(f"{air.loop.env}-loader-1", force=True)
    air.loop.until(
        lambda: (
            air.loop.containers("loader", every=True).keys() == before.keys()
            and air.loop.containers("loader", every=True) != before
        ),
        30,
        "the loader runs again",
    )
    air.loop.until(air.all_ready, 60, "it is done")
    assert number in person.bookings()
    assert [one["pkey"] for one in person.flights()][:1] == [flight["pkey"]]


def test_the_loader_killed_halfway_runs_again_and_ends_well(air: Cloud) -> None:
    name = f"{air.loop.env}-loader-1"
    air.loop.docker.remove_container(name, force=True)
    air.loop.until(lambda: name in air.loop.containers("loader"), 30, "the loader runs")
    air.loop.docker.kill(name)
    air.loop.until(air.all_ready, 60, "it ran again, to its end")
    row = air.loop.cluster("loader")
    assert row is not None
    assert [one.exit_code for one in row.instances] == [0]
    assert row.instances[0].attempt == 2
    air.until_journey(10)


def test_all_of_zuul_gone_is_back_without_help(air: Cloud) -> None:
    air.loop.docker.kill(f"{air.loop.env}-zuul-1")
    with pytest.raises(SiteError):
        air.person(timeout_seconds=1).journey()
    air.until_journey(30)
