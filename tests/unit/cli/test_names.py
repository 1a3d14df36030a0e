"""Names that can't be served: the loop's status says so, and what to do."""

import http.client
import socket
from contextlib import closing

import pytest

from reconciler.api import decode, encode
from reconciler.dns.in_process import InProcess
from reconciler.dns.listen import CannotListen
from reconciler.dns.server import DnsServer
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Network
from reconciler.plan.status import WorldStatus


def test_a_denied_port_is_a_problem_until_it_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = [True]

    def start(server: DnsServer, addresses: object) -> None:
        del server, addresses
        if denied[0]:
            raise CannotListen("10.89.0.1:53: ports below 1024 need root", "denied")

    monkeypatch.setattr(DnsServer, "start", start)
    network = Network(id="n", name="dev", subnet="10.89.0.0/16", gateway="10.89.0.1")
    embedded = EmbeddedNames("dev", "host1.example.com")
    names = InProcess(embedded, embedded, "docker", network, skydns_port=0)
    assert names.problem() == ""
    names.look_after()
    assert "names do not answer" in names.problem()
    assert "run the loop as root" in names.problem()
    denied[0] = False
    names.look_after()
    assert names.problem() == ""


def test_a_taken_port_of_the_skydns_api_is_a_problem_and_names_are_answered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reconciler.dns.in_process.PORT", 0)
    network = Network(id="n", name="dev", subnet="127.0.0.0/8", gateway="127.0.0.1")
    embedded = EmbeddedNames("dev", "host1.example.com")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        names = InProcess(embedded, embedded, "docker", network, skydns_port=port, skydns_secret="s3cret")
        names.look_after()
        assert names.problem() == (
            f"nobody can register names: SkyDNS API: can't listen on 127.0.0.1:{port}: another program listens there"
            " (`ss -lntp` names it); give it another port with --skydns-port, 0 for none"
        )
    try:
        names.look_after()
        assert names.problem() == ""
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client:
            client.request("GET", "/skydns/regions/")
            assert client.getresponse().status == 403
            client.close()
            client.request("GET", "/skydns/regions/", headers={"Authorization": "s3cret"})
            assert client.getresponse().read() == b"{}\n"
    finally:
        names.close()


def test_the_problem_reaches_whoever_asks_the_loop() -> None:
    world = WorldStatus(environment="dev", domain="docker", names_problem="port 53")
    assert decode.status(encode.status_dict(world)) == world
