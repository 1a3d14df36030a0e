"""Following an application in Eureka: what is seen of it, what is said, and what a dead one does to us."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

import pytest

from reconciler.engine.eureka.follower import EurekaFollower
from reconciler.engine.eureka.known import BELIEVED_SECONDS
from reconciler.engine.registries import Place, View
from reconciler.errors import RegistryError
from reconciler.state.registered import Registered
from tests.support.eureka_client import register
from tests.support.fake_eureka import FakeEureka
from tests.support.waiting import eventually

KEY = "WEB at eureka"


@dataclass
class Bench:
    """A follower of one application on one or two Eurekas; `now` is the attended time."""

    eureka: FakeEureka
    other: FakeEureka
    now: float = 100.0
    told: "SimpleQueue[str]" = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        self.follower = EurekaFollower(lambda: self.now, self.told.put, interval_seconds=0.05)

    def watch(self, *servers: str) -> None:
        place = Place(app="WEB", servers=servers or (self.eureka.url,), clusters=frozenset({"web"}))
        self.follower.watch({KEY: place})

    @property
    def view(self) -> View:
        return self.follower.views()[KEY]

    def status(self, address: str = "192.0.2.1") -> tuple[str, bool] | None:
        seen = self.view.instances.get(address)
        return None if seen is None else (seen.status, seen.held_out)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(FakeEureka(), FakeEureka())
    yield made
    made.follower.stop()
    made.eureka.close()
    made.other.close()


def test_nothing_is_known_before_the_first_answer_and_nobody_is_in_an_application_unheard_of(bench: Bench) -> None:
    bench.eureka.hang()
    bench.watch()
    assert bench.view == View()
    bench.eureka.hanging.clear()
    eventually(lambda: bench.view.known)
    assert bench.view == View(known=True)


def test_who_registers_is_seen_by_address_and_its_cluster_is_looked_at(bench: Bench) -> None:
    bench.watch()
    assert bench.told.get(timeout=10) == "web"
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1", "STARTING")
    assert bench.told.get(timeout=10) == "web"
    expected = Registered(status="STARTING", place=KEY, entry="web1:8080", since=100.0)
    assert {address: replace(seen, born=0) for address, seen in bench.view.instances.items()} == {"192.0.2.1": expected}
    bench.now = 200.0
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1", "UP")
    assert bench.told.get(timeout=10) == "web"
    assert bench.view.instances["192.0.2.1"].since == 200.0


def test_what_was_said_is_known_at_once(bench: Bench) -> None:
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1")
    bench.watch()
    eventually(lambda: bench.status() == ("UP", False))
    bench.follower.deactivate(KEY, "web1:8080")
    assert bench.status() == ("OUT_OF_SERVICE", True)
    bench.follower.activate(KEY, "web1:8080")
    assert bench.status() == ("UP", False)


def test_saying_it_of_one_that_has_gone_is_done_and_it_is_known_no_more(bench: Bench) -> None:
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1")
    bench.watch()
    eventually(lambda: bench.status() is not None)
    bench.eureka.forget()
    bench.follower.deactivate(KEY, "web1:8080")
    assert bench.status() is None


def test_another_lease_of_the_same_instance_is_news(bench: Bench) -> None:
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1")
    bench.watch()
    eventually(lambda: bench.status() == ("UP", False))
    first, bench.now = bench.view.instances["192.0.2.1"], 101.0

    def told() -> bool:
        register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1")
        return bench.view.instances["192.0.2.1"].since == 101.0

    eventually(told)
    assert bench.view.instances["192.0.2.1"].born > first.born


def test_of_two_leases_at_one_address_the_later_is_meant(bench: Bench) -> None:
    register(bench.eureka.url, "WEB", "web9:8080", "192.0.2.1")
    eventually(lambda: register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1", "STARTING").status == 204)
    bench.watch()
    eventually(lambda: bench.status() is not None)
    assert bench.view.instances["192.0.2.1"].entry in {"web1:8080", "web9:8080"}
    born = {entry: lease["leaseInfo"]["registrationTimestamp"] for (_, entry), lease in bench.eureka._leases.items()}
    if born["web1:8080"] > born["web9:8080"]:
        assert bench.status() == ("STARTING", False)


def test_an_eureka_that_goes_away_is_believed_for_a_moment_then_said_once(bench: Bench) -> None:
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1")
    bench.watch()
    assert bench.told.get(timeout=10) == "web"
    bench.eureka.answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    failed = bench.eureka.asked["GET"] + 2
    eventually(lambda: bench.eureka.asked["GET"] >= failed)
    assert (bench.status(), bench.view.problem) == (("UP", False), "")
    assert bench.told.empty()
    bench.now += BELIEVED_SECONDS + 0.1
    assert bench.told.get(timeout=10) == "web"
    assert bench.view == View(problem=f"{bench.eureka.url}: it answers 503")
    failed = bench.eureka.asked["GET"] + 2
    eventually(lambda: bench.eureka.asked["GET"] >= failed)
    assert bench.told.empty()
    bench.eureka.answer = None
    assert bench.told.get(timeout=10) == "web"
    assert bench.status() == ("UP", False)


def test_where_there_is_no_server_the_reason_is_told(bench: Bench) -> None:
    lacking = Place(app="WEB", servers=(), clusters=frozenset({"web"}), lacking="no instance of cluster eureka runs")
    bench.follower.watch({KEY: lacking})
    eventually(lambda: bench.follower._followed[KEY].known._problem != "")
    bench.now += BELIEVED_SECONDS + 0.1
    assert bench.told.get(timeout=10) == "web"
    assert bench.view.problem == "no instance of cluster eureka runs"
    with pytest.raises(RegistryError, match="no Eureka has answered yet"):
        bench.follower.deactivate(KEY, "web1:8080")


def test_another_server_answers_and_is_told_where_the_first_is_dead(bench: Bench) -> None:
    register(bench.other.url, "WEB", "web1:8080", "192.0.2.1")
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1")
    bench.watch(bench.eureka.url, bench.other.url)
    eventually(lambda: bench.status() == ("UP", False))
    bench.eureka.answer = b"no HTTP\r\n\r\n"
    eventually(lambda: bench.other.asked["GET"] > 0)
    bench.follower.deactivate(KEY, "web1:8080")
    assert (bench.status(), bench.other.asked["PUT"]) == (("OUT_OF_SERVICE", True), 1)


def test_one_that_hangs_is_given_up_and_says_so(bench: Bench) -> None:
    register(bench.eureka.url, "WEB", "web1:8080", "192.0.2.1")
    bench.watch()
    eventually(lambda: bench.status() == ("UP", False))
    bench.eureka.hang()
    with pytest.raises(RegistryError, match=r"no answer within"):
        bench.follower.deactivate(KEY, "web1:8080")
    assert bench.status() == ("UP", False)


def test_what_is_not_followed_any_more_is_let_go(bench: Bench) -> None:
    bench.watch()
    thread = bench.follower._followed[KEY]._thread
    bench.follower.watch({})
    assert bench.follower.views() == {}
    eventually(lambda: thread is not None and not thread.is_alive())
    with pytest.raises(RegistryError, match="isn't followed any more"):
        bench.follower.activate(KEY, "web1:8080")
