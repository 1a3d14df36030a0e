"""Traffic in a real Eureka: withdrawn before an end, given when ready, moved at a switch; a dead one stops nothing."""

from collections.abc import Iterator

import pytest

from reconciler.plan.status import ClusterStatus
from tests.support.eureka_customer import Customer
from tests.support.loop_process import LoopProcess
from tests.support.registrar import APP, EUREKA_SPEC, registrar

pytestmark = [pytest.mark.engine, pytest.mark.heavy, pytest.mark.timeout(180)]
RED_BLACK = "strategy: red-black, bake: 0s, red-black: {keep: 60s}"


@pytest.fixture(scope="module")
def site(loop: LoopProcess) -> LoopProcess:
    """An Eureka, and two that are registered there."""
    loop.save("eureka", EUREKA_SPEC)
    loop.until_ready("eureka", 1, seconds=60)
    loop.follow("web", registrar(2, 1, ready_after=4.0), 2)
    return loop


@pytest.fixture
def customer(site: LoopProcess) -> Iterator[Customer]:
    with Customer(APP, lambda: address(site)) as made:
        site.until(lambda: len(made.answers) > 5, what="the customer is served")
        yield made
    assert made.failures == []
    assert made.empty == 0


def address(loop: LoopProcess) -> str:
    row = loop.cluster("eureka")
    found = [one.address for one in row.instances if one.address] if row else []
    if not found:
        raise LookupError("no Eureka runs")
    return found[0]


def web(loop: LoopProcess) -> ClusterStatus:
    row = loop.cluster("web")
    assert row is not None
    return row


def words(loop: LoopProcess, revision: str | None = None) -> list[str]:
    """Eureka's word for each, as status has it."""
    return [one.registry for one in web(loop).instances if revision in (None, one.revision)]


def steps(loop: LoopProcess, subject: str) -> list[str]:
    """What was done with one number, in order."""
    kinds = {"create", "withdraw", "activate", "deactivate", "terminate"}
    return [e.kind for e in loop.events("web") if e.subject == subject and e.kind in kinds and e.result == "done"]


def test_one_that_says_up_too_early_has_traffic_only_when_it_is_ready(site: LoopProcess) -> None:
    site.until(lambda: words(site) == ["UP", "UP"], what="both are UP")
    for subject in ("web-1", "web-2"):
        assert steps(site, subject) == ["create", "deactivate", "activate"]


def test_a_push_loses_no_request_though_its_servers_end_at_once_when_told(
    site: LoopProcess, customer: Customer
) -> None:
    before = site.containers("web")
    site.follow("web", registrar(2, 2), 2)
    site.until_settled()
    site.until(lambda: words(site) == ["UP", "UP"], what="both are UP")
    assert not set(before.values()) & set(site.containers("web").values())
    site.until(lambda: customer.answers[-1].endswith(" 2"), what="the new ones serve")
    for subject in ("web-1", "web-2"):
        done = steps(site, subject)
        assert done[3:6] == ["withdraw", "deactivate", "terminate"], done


def test_at_a_red_black_switch_traffic_moves_and_comes_back_at_once(site: LoopProcess, customer: Customer) -> None:
    site.follow("web", registrar(2, 2, rollout=RED_BLACK), 2)
    site.save("web", registrar(2, 3, rollout=RED_BLACK))
    site.until(lambda: words(site, "v002") == ["UP", "UP"], seconds=60, what="the new group has the traffic")
    site.until(lambda: words(site, "v001") == ["OUT_OF_SERVICE"] * 2, what="the old one has none")
    site.until(lambda: {answer[-1] for answer in customer.answers[-20:]} == {"3"}, what="only the new ones serve")
    site.save("web", registrar(2, 2, rollout=RED_BLACK))
    site.until(lambda: words(site, "v001") == ["UP", "UP"], what="the old group has it again")
    site.until(lambda: words(site, "v002") == ["OUT_OF_SERVICE"] * 2, what="the new one has none any more")
    site.until(lambda: {answer[-1] for answer in customer.answers[-20:]} == {"2"}, what="only the old ones serve")


def test_a_eureka_that_hangs_holds_up_no_end_and_is_said(site: LoopProcess) -> None:
    site.follow("web", registrar(2, 2), 2)
    site.until_settled()
    eureka = f"{site.env}-eureka-1"
    site.docker.pause(eureka)
    try:
        site.follow("web", registrar(1, 2), 1)
        site.until(lambda: site.condition("web", "Degraded").startswith("True EurekaUnreachable"), what="it is said")
        cause = site.events("web", "terminate")[-1].cause
        assert cause.startswith("surplus: 1 wanted; "), cause
        assert "no answer within" in cause, cause
    finally:
        site.docker.unpause(eureka)
    site.until(lambda: site.condition("web", "Degraded").startswith("False"), what="it is over")


def test_a_eureka_killed_in_the_middle_of_a_push_forgets_and_is_told_again(site: LoopProcess) -> None:
    site.save("web", registrar(2, 4, rollout=RED_BLACK, ready_after=4.0))
    site.until(lambda: "OUT_OF_SERVICE" in words(site), what="the new ones are held out")
    site.docker.kill(f"{site.env}-eureka-1")
    site.until_ready("eureka", 1, seconds=60)
    site.until(lambda: sorted(words(site)).count("UP") == 2, seconds=60, what="the new group is UP")
    site.follow("web", registrar(2, 4), 2, seconds=90)
    site.until(lambda: words(site) == ["UP", "UP"], what="all are UP")


def test_a_file_that_wants_no_traffic_holds_out_all_of_them_and_gives_it_back(site: LoopProcess) -> None:
    site.until(lambda: words(site) == ["UP", "UP"], seconds=60, what="all are UP")
    before, text = site.containers("web"), (site.specs / "web.yaml").read_text()
    site.save("web", f"{text}traffic: false\n")
    site.until(lambda: words(site) == ["OUT_OF_SERVICE"] * 2, what="nobody is led to them")
    assert not any(one.serving for one in web(site).instances)
    assert web(site).all_ready
    site.save("web", text)
    site.until(lambda: words(site) == ["UP", "UP"], what="all of it is given back")
    assert site.containers("web") == before
