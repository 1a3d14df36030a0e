"""What we rely on of Eureka, the same from the fake and from Netflix's own server."""

import uuid
from collections.abc import Iterator

import docker
import pytest

from reconciler.engine.eureka.answers import Entry, entries_of
from reconciler.engine.eureka.client import ask, server_of
from tests.support.edge_ask import ask as plain_ask
from tests.support.eureka_client import cancel, register
from tests.support.fake_eureka import FakeEureka
from tests.support.waiting import eventually

IMAGE = "reconciler/eureka:latest"
REAL = pytest.param("real", marks=[pytest.mark.engine, pytest.mark.heavy])


@pytest.fixture(scope="module", params=["fake", REAL])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An Eureka's API."""
    if request.param == "fake":
        fake = FakeEureka()
        yield fake.url
        fake.close()
        return
    yield from real_eureka(request.getfixturevalue("engine"))


def real_eureka(engine: str) -> Iterator[str]:
    client = docker.APIClient(base_url=engine, version="auto", timeout=30)
    name = f"t{uuid.uuid4().hex[:8]}-eureka"
    made = client.create_container(IMAGE, hostname="eureka", name=name)["Id"]
    try:
        client.start(made)
        address = client.inspect_container(made)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        eventually(lambda: plain_ask(f"http://{address}:8080/healthcheck").status == 200)
        yield f"http://{address}:8080/eureka/v2"
    finally:
        client.remove_container(made, force=True, v=True)
        client.close()


@pytest.fixture
def app(url: str) -> str:
    return f"APP{uuid.uuid4().hex[:8].upper()}"


def entries(url: str, app: str) -> list[Entry]:
    answer = ask(server_of(url), "GET", f"/apps/{app}", seconds=5.0)
    return list(entries_of(answer.status, answer.content_type, answer.body))


def statuses(url: str, app: str) -> dict[str, tuple[str, bool]]:
    return {entry.id: (entry.status, entry.held_out) for entry in entries(url, app)}


def put(url: str, app: str, entry: str, method: str, value: str) -> int:
    path = f"/apps/{app}/{entry.replace(':', '%3A')}/status?value={value}"
    return ask(server_of(url), method, path, seconds=5.0).status


def hold(url: str, app: str, entry: str) -> int:
    return put(url, app, entry, "PUT", "OUT_OF_SERVICE")


def give(url: str, app: str, entry: str) -> int:
    return put(url, app, entry, "DELETE", "UP")


def test_nobody_is_there_before_anybody_registers(url: str, app: str) -> None:
    assert entries(url, app) == []
    assert (hold(url, app, "x"), give(url, app, "x")) == (404, 404)


def test_an_instance_is_there_with_its_address_and_its_own_word(url: str, app: str) -> None:
    assert register(url, app, "web1:8080", "192.0.2.1", "STARTING").status == 204
    assert register(url, app, "web2:8080", "192.0.2.2").status == 204
    found = {entry.id: (entry.address, entry.status, entry.held_out) for entry in entries(url, app)}
    assert found == {"web1:8080": ("192.0.2.1", "STARTING", False), "web2:8080": ("192.0.2.2", "UP", False)}
    assert all(entry.born > 0 for entry in entries(url, app))


def test_an_application_is_found_however_it_is_spelt(url: str, app: str) -> None:
    register(url, app, "a", "192.0.2.1")
    assert entries(url, app) == entries(url, app.lower()) != []


def test_one_that_is_held_out_stays_so_whatever_it_says_and_is_up_when_given_back(url: str, app: str) -> None:
    register(url, app, "a:1", "192.0.2.1", "STARTING")
    assert hold(url, app, "a:1") == 200
    assert statuses(url, app) == {"a:1": ("OUT_OF_SERVICE", True)}
    register(url, app, "a:1", "192.0.2.1", "UP")
    assert statuses(url, app) == {"a:1": ("OUT_OF_SERVICE", True)}
    for _ in range(2):
        assert give(url, app, "a:1") == 200
        assert statuses(url, app) == {"a:1": ("UP", False)}


def test_what_is_put_on_an_instance_holds_its_successor_at_the_same_id(url: str, app: str) -> None:
    register(url, app, "a", "192.0.2.1")
    hold(url, app, "a")
    register(url, app, "a", "192.0.2.7")
    found = entries(url, app)
    assert [(entry.address, entry.status, entry.held_out) for entry in found] == [("192.0.2.7", "OUT_OF_SERVICE", True)]


def test_it_goes_with_the_lease_of_the_predecessor(url: str, app: str) -> None:
    register(url, app, "a", "192.0.2.1")
    hold(url, app, "a")
    assert cancel(url, app, "a").status == 200
    register(url, app, "a", "192.0.2.7")
    assert statuses(url, app) == {"a": ("UP", False)}


def test_giving_does_not_overrule_the_own_word(url: str, app: str) -> None:
    register(url, app, "a", "192.0.2.1", "OUT_OF_SERVICE")
    assert statuses(url, app) == {"a": ("OUT_OF_SERVICE", False)}
    assert give(url, app, "a") == 200
    assert statuses(url, app) == {"a": ("OUT_OF_SERVICE", False)}


def test_a_wrong_path_is_told_from_an_application_that_nobody_is_in(url: str) -> None:
    answer = ask(server_of(url.removesuffix("/v2")), "GET", "/apps/A", seconds=5.0)
    assert (answer.status, answer.content_type) == (404, "")
