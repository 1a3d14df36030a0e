"""Probes and questions, on this machine's own loopback."""

import select
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from fault_helper.asking import connect, gateway, lossy, nameservers, query
from fault_helper.probes import Probes, usual_port
from fault_helper.settings import Unusable

LOOPBACK = "127.0.0.1"


@pytest.fixture
def probes() -> Iterator[Probes]:
    made = Probes("k1", _free_port())
    made.open()
    yield made
    made.close()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


def _heard(probes: Probes, round_: int) -> object:
    """Of a round in which somebody is heard."""
    while not (found := probes.heard({"round": round_})["from"]):
        ready, _, _ = select.select(probes.descriptors(), (), (), 10.0)
        assert ready, "nobody is heard"
    return found


def test_who_is_heard_is_told_by_round(probes: Probes) -> None:
    probes.send({"round": 7, "to": [LOOPBACK]})
    assert _heard(probes, 7) == [LOOPBACK]
    assert probes.heard({"round": 8}) == {"type": "heard", "round": 8, "from": []}


def test_strangers_and_other_faults_are_not_heard(probes: Probes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for data in (b"hello", b"[]", b'{"id": "other", "round": 1}', b'{"id": "k1", "round": "1"}'):
            stranger.sendto(data, (LOOPBACK, probes.port))
    probes.send({"round": 2, "to": [LOOPBACK]})
    assert _heard(probes, 2) == [LOOPBACK]
    assert probes.heard({"round": 1})["from"] == []


def test_a_port_that_the_victim_uses_is_said(probes: Probes) -> None:
    with pytest.raises(Unusable, match="is taken"):
        Probes("k2", probes.port).open()


def test_all_helpers_of_a_fault_have_one_port_above_the_kernels_own() -> None:
    assert usual_port("k1") == usual_port("k1") > 60999
    assert usual_port("k1") != usual_port("k2")


def test_connections_are_open_refused_or_silent() -> None:
    with socket.create_server((LOOPBACK, 0)) as server, socket.socket() as unused:
        unused.bind((LOOPBACK, 0))
        ports = [server.getsockname()[1], unused.getsockname()[1]]
        answer = connect({"to": [[LOOPBACK, port] for port in ports]})
    assert answer == {"type": "connected", "to": [[LOOPBACK, ports[0], "open"], [LOOPBACK, ports[1], "refused"]]}


@pytest.mark.parametrize("wrong", [None, "x", [["a", 1]], [[LOOPBACK]], [[LOOPBACK, 0]]])
def test_a_peer_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(Unusable):
        connect({"to": wrong})


def test_nothing_is_lost_where_nothing_is_dropped() -> None:
    assert lossy({"to": LOOPBACK})["dropped"] == 0


def test_resolvers_are_read() -> None:
    text = "search dev.docker\nnameserver 127.0.0.11\nnameserver ::1\noptions ndots:0\n"
    assert nameservers(text) == ["127.0.0.11"]


def test_a_question_is_written_as_rfc_1035_says() -> None:
    asked = query("web1.dev")
    assert struct.unpack(">6H", asked[:12])[1:] == (0x0100, 1, 0, 0, 0)
    assert asked[12:] == b"\x04web1\x03dev\x00\x00\x01\x00\x01"
    for wrong in ("", "a..b", "x" * 64):
        with pytest.raises(Unusable):
            query(wrong)


def test_the_gateway_is_that_of_the_default_route(tmp_path: Path) -> None:
    table = tmp_path / "route"
    head = "Iface\tDestination\tGateway\tFlags\n"
    table.write_text(f"{head}eth0\t0000E60A\t00000000\t0001\neth0\t00000000\t0100E60A\t0003\n")
    assert gateway(table) == "10.230.0.1"
    table.write_text(head)
    with pytest.raises(Unusable, match="default route"):
        gateway(table)
