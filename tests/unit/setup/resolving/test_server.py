"""Which address is asked: the loop's word, else a server in a container, else the network's gateway."""

from typing import Any

import dns.message
import dns.rcode
import pytest

from reconciler.engine.ports import Network
from reconciler.setup.resolving import server
from reconciler.setup.resolving.server import server_address
from tests.support.fake_resolver import FakeResolver

NETWORK = Network(id="0123456789abcdef", name="reconciler-dev", subnet="10.224.0.0/20", gateway="10.224.0.1")


class Rows:
    """The engine's answer to a listing of system containers."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.payload = list(rows)

    def call(self, *_: object, **__: object) -> "Rows":
        return self


def asked(*rows: dict[str, Any], told: str | None = None) -> str:
    return server_address(Rows(*rows), "dev", NETWORK, told)  # type: ignore[arg-type]


def row(name: str, attached: dict[str, Any], network: str = "reconciler-dev") -> dict[str, Any]:
    return {"Names": [f"/{name}"], "NetworkSettings": {"Networks": {network: attached}}}


def test_the_gateway_where_nothing_else_is_known() -> None:
    assert asked() == "10.224.0.1"


def test_a_server_in_a_container_answers_also_while_the_loop_is_away() -> None:
    assert asked(row("dev_system_skydns", {"IPAddress": "10.224.0.3"})) == "10.224.0.3"
    fixed = {"IPAddress": "", "IPAMConfig": {"IPv4Address": "10.224.0.3"}}
    assert asked(row("dev_system_skydns", fixed)) == "10.224.0.3"


def test_other_system_containers_and_other_networks_are_no_server() -> None:
    others = row("dev_system_other", {"IPAddress": "10.224.0.9"})
    elsewhere = row("dev_system_skydns", {"IPAddress": "172.17.0.2"}, network="bridge")
    assert asked(others, elsewhere) == "10.224.0.1"


def test_the_loop_knows_best() -> None:
    assert asked(row("dev_system_skydns", {"IPAddress": "10.224.0.3"}), told="10.224.0.53") == "10.224.0.53"


@pytest.mark.parametrize(("code", "right"), [(dns.rcode.NOERROR, True), (dns.rcode.REFUSED, False)])
def test_a_server_answers_where_it_knows_the_zone(
    monkeypatch: pytest.MonkeyPatch, code: dns.rcode.Rcode, right: bool
) -> None:
    def says(packet: bytes, _tcp: bool) -> list[bytes]:
        response = dns.message.make_response(dns.message.from_wire(packet))
        response.set_rcode(code)
        return [response.to_wire()]

    with FakeResolver(says) as resolver:
        address, _, port = resolver.text.partition(":")
        monkeypatch.setattr(server, "_PORT", int(port))
        assert server.answers(address, "dev.docker") is right


def test_a_closed_port_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeResolver(lambda _packet, _tcp: []) as resolver:
        port = int(resolver.text.partition(":")[2])
    monkeypatch.setattr(server, "_PORT", port)
    monkeypatch.setattr(server, "_ANSWER_SECONDS", 0.05)
    assert not server.answers("127.0.0.1", "dev.docker")
