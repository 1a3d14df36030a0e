"""Eureka and Zuul as images, before a web tier of two stubs that count what reaches them."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.beating import eventually
from tests.support.edge_ask import Answer, ask
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.heavy, pytest.mark.timeout(400)]

STUB = Path(__file__).resolve().parents[1] / "support" / "edge_stub.py"
COMMAND = "command: [sleep, infinity]\n"
EUREKA_URLS = "http://eureka1.eureka:8080/eureka/v2/"
VARIABLES = f"environment: {{EUREKA_URLS: {json.dumps(EUREKA_URLS)}}}"
HEALTH = "health: {http: {port: 8080, path: /healthcheck, interval: 200ms, timeout: 2s, misses: 15}, start: 120s}"


class Edge:
    """The running environment, seen from outside."""

    def __init__(self, loop: LoopProcess) -> None:
        self.loop = loop
        self.zuul = self.url("zuul", 1)
        self.eureka = self.url("eureka", 1)

    def url(self, cluster: str, number: int) -> str:
        networks = self.loop.inspect(f"{self.loop.env}-{cluster}-{number}")["NetworkSettings"]["Networks"]
        return f"http://{next(iter(networks.values()))['IPAddress']}:8080"

    def mode(self, now: str, *numbers: int) -> None:
        for number in numbers or (1, 2):
            assert ask(f"{self.url('web', number)}/stub/mode/{now}").status == 200

    def seen(self, what: str) -> int:
        """How often a request has reached a stub, all stubs together."""
        return sum(ask(f"{self.url('web', number)}/stub/count").body.get(what, 0) for number in (1, 2))

    def servers(self) -> set[str]:
        """Who answers now, by ten requests."""
        return {ask(f"{self.zuul}/who").headers.get("X-Zuul-Server", "nobody") for _ in range(10)}

    def both(self) -> None:
        assert eventually(lambda: self.servers() == {"web1:8080", "web2:8080"}, 30)


@pytest.fixture(scope="module")
def running(loop: LoopProcess) -> Edge:
    """Eureka, Zuul and two stubs, all ready."""
    loop.save("eureka", spec(1, VARIABLES, HEALTH, image="reconciler/eureka:latest").replace(COMMAND, ""))
    loop.save("zuul", spec(1, VARIABLES, HEALTH, image="reconciler/zuul:latest").replace(COMMAND, ""))
    command = json.dumps(["python3", "-c", STUB.read_text(encoding="utf-8")])
    loop.save("web", spec(2, VARIABLES, "zones: [az1, az2]", image=BASE, command=command))
    for cluster, size in (("eureka", 1), ("web", 2), ("zuul", 1)):
        loop.until_ready(cluster, size, seconds=120)
    return Edge(loop)


@pytest.fixture
def edge(running: Edge) -> Iterator[Edge]:
    """Both stubs well and known to Zuul, before each test."""
    running.mode("ok")
    running.both()
    yield running
    running.mode("ok")


def test_requests_go_round_and_arrive_as_they_were_sent(edge: Edge) -> None:
    names = [ask(f"{edge.zuul}/page?q=a%20b").body["name"] for _ in range(20)]
    assert 8 <= names.count("web1") <= 12
    told = ask(f"{edge.zuul}/rest/api/x%2Fy?q=a%20b&z=1", body="text").body
    assert (told["path"], told["body"]) == ("/rest/api/x%2Fy?q=a%20b&z=1", "text")


def test_eureka_lists_everybody_with_the_zone_and_its_page_shows_them(edge: Edge) -> None:
    with urllib.request.urlopen(f"{edge.eureka}/eureka/", timeout=10) as page:
        text = page.read().decode()
    for name in ("eureka1:8080", "zuul1:8080", "web1:8080", "web2:8080", "<b>az1</b>", "<b>az2</b>"):
        assert name in text


def test_one_that_is_out_of_service_gets_nothing_two_seconds_later(edge: Edge) -> None:
    status = f"{edge.eureka}/eureka/v2/apps/ACMEAIR_WEBAPP/web1:8080/status?value="
    assert ask(status + "OUT_OF_SERVICE", method="PUT").status == 200
    try:
        assert eventually(lambda: edge.servers() == {"web2:8080"}, 3)
    finally:
        assert ask(status + "UP", method="DELETE").status == 200
    edge.both()


@pytest.mark.parametrize("mode", ["reset", "503"])
def test_a_bad_server_costs_no_get(edge: Edge, mode: str) -> None:
    edge.mode(mode, 1)
    answers = [ask(f"{edge.zuul}/x/get-{mode}") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 6
    assert any(answer.headers["X-Zuul-Attempts"] == "2" for answer in answers)


def test_a_post_without_a_key_is_never_sent_twice(edge: Edge) -> None:
    edge.mode("reset")
    answer = ask(f"{edge.zuul}/x/plain-reset", body="book")
    assert (answer.status, answer.body["error"]["code"]) == (502, "outcome_unknown")
    assert edge.seen("POST /x/plain-reset") == 1
    edge.mode("503")
    assert ask(f"{edge.zuul}/x/plain-503", body="book").body == {"error": "busy"}
    assert edge.seen("POST /x/plain-503") == 1
    edge.mode("hang")
    answer = ask(f"{edge.zuul}/x/plain-hang", body="book")
    assert (answer.status, answer.body["error"]["code"]) == (504, "outcome_unknown")
    assert edge.seen("POST /x/plain-hang") == 1


@pytest.mark.parametrize("mode", ["reset", "503", "hang"])
def test_a_post_with_a_key_is_sent_again_with_its_body(edge: Edge, mode: str) -> None:
    edge.mode(mode, 1)
    answers = [ask(f"{edge.zuul}/x/keyed-{mode}", body="book", key="a1.B~c_d-9") for _ in range(2)]
    assert [(answer.status, answer.body["body"]) for answer in answers] == [(200, "book")] * 2
    assert edge.seen(f"POST /x/keyed-{mode}") > 2


@pytest.mark.parametrize(("mode", "as_last"), [("reset", "web_unreachable"), ("unsure", "busy")])
def test_a_refusal_after_a_try_of_which_nobody_knows_is_no_refusal(edge: Edge, mode: str, as_last: str) -> None:
    edge.mode(mode, 1)
    edge.mode("503", 2)
    answers = [ask(f"{edge.zuul}/x/{mode}-doubt", body="book", key="doubt") for _ in range(8)]
    assert {answer.status for answer in answers} == {503}
    codes = {json.dumps(answer.body["error"]) for answer in answers}
    assert any("outcome_unknown" in code for code in codes), codes
    assert all("outcome_unknown" in code or as_last in code for code in codes), codes
    unknown = [answer for answer in answers if "outcome_unknown" in json.dumps(answer.body)]
    assert all(answer.headers["X-Zuul-Server"] for answer in unknown)
    edge.mode("503", 1)
    assert ask(f"{edge.zuul}/x/sure", body="book", key="sure").body == {"error": "busy"}


def test_a_key_that_is_none_repeats_nothing(edge: Edge) -> None:
    edge.mode("reset")
    assert ask(f"{edge.zuul}/x/no-key", body="book", key="no key!").status == 502
    assert edge.seen("POST /x/no-key") == 1


def test_a_killed_server_costs_no_get_and_comes_back(edge: Edge) -> None:
    answers: list[Answer] = []
    ended = threading.Event()

    def browse() -> None:
        while not ended.is_set():
            answers.append(ask(f"{edge.zuul}/browse"))

    clients = [threading.Thread(target=browse) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        assert eventually(lambda: len(answers) > 40, 20)
        edge.loop.docker.kill(f"{edge.loop.env}-web-1")
        killed = len(answers)
        assert eventually(lambda: len(answers) > killed + 100, 30)
        edge.loop.until_ready("web", 2, seconds=60)
        edge.both()
    finally:
        ended.set()
        for client in clients:
            client.join()
    assert {answer.status for answer in answers} == {200}


def test_what_is_no_request_is_refused_and_the_edge_lives(edge: Edge) -> None:
    answer = ask(f"{edge.zuul}/x/large", body="x" * (1024 * 1024 + 1))
    assert (answer.status, answer.body["error"]["code"]) == (413, "too_large")
    assert edge.seen("POST /x/large") == 0
    whole = ask(f"{edge.zuul}/x/whole", body="x" * (1024 * 1024))
    assert len(whole.body["body"]) == 1024 * 1024
    host = edge.zuul.removeprefix("http://").removesuffix(":8080")
    for text in (b"rubbish\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"\x16\x03\x01\x00"):
        with socket.create_connection((host, 8080), timeout=10) as raw:
            raw.sendall(text)
            raw.shutdown(socket.SHUT_WR)
            assert b" 200 " not in raw.recv(4096)
    chunked = b"POST /x/chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    with socket.create_connection((host, 8080), timeout=10) as raw:
        raw.sendall(chunked)
        assert b" 411 " in raw.recv(4096)
    assert ask(f"{edge.zuul}/fine").status == 200


def test_an_eureka_that_starts_again_costs_no_request(edge: Edge) -> None:
    edge.loop.docker.kill(f"{edge.loop.env}-eureka-1")
    edge.loop.until(lambda: edge.loop.numbers("eureka") == [], 20, "eureka is gone")
    answers = [ask(f"{edge.zuul}/without-eureka") for _ in range(20)]
    edge.loop.until_ready("eureka", 1, seconds=120)
    edge.eureka = edge.url("eureka", 1)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        answers.append(ask(f"{edge.zuul}/with-eureka"))
    assert [answer for answer in answers if answer.status != 200] == []
    assert ask(f"{edge.zuul}/healthcheck").status == 200


def test_none_registered_is_said_clearly_and_is_over_when_one_is(edge: Edge) -> None:
    text = (edge.loop.specs / "web.yaml").read_text(encoding="utf-8")
    edge.loop.save("web", text.replace("size: 2", "size: 0"))
    edge.loop.until(lambda: edge.loop.numbers("web") == [], 30, "the web tier is gone")
    assert eventually(lambda: ask(f"{edge.zuul}/x").body.get("error", {}).get("code") == "no_web", 30)
    answer = ask(f"{edge.zuul}/x")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert ask(f"{edge.zuul}/healthcheck").status == 200
    edge.loop.save("web", text)
    edge.loop.until_ready("web", 2, seconds=60)
    edge.both()
