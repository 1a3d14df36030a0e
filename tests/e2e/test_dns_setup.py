"""This machine's own programs resolve an environment's names, after `dns setup --apply` and until `--undo`.

All of it happens in a mount namespace of the test's own, in which /etc/resolv.conf is a mount of a copy, as it is in a
container: the machine's own file is never touched. The host's resolver of before is one of the test's own.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.support.fake_resolver import FakeResolver, address_answer
from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

# Port 53 of an address on loopback that no other run of these tests has.
RESOLVER = f"127.83.{os.getpid() // 256 % 256}.{os.getpid() % 254 + 1}"
ELSEWHERE = "www.example.org"
ORIGINAL = f"# by hand\nnameserver {RESOLVER}\noptions timeout:2".encode()  # and no end of line
_HOLD = 'set -e; mount --bind "$1" /etc/resolv.conf; echo ready; exec sleep infinity'


def says(packet: bytes, _tcp: bool) -> list[bytes]:
    """The world outside: one name, and nothing else."""
    query = dns.message.from_wire(packet)
    if query.question[0].name.to_text() == f"{ELSEWHERE}.":
        return [address_answer(packet)]
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.NXDOMAIN)
    return [response.to_wire()]


class Machine:
    """A mount namespace with a resolv.conf of its own; `inside` put before a command runs it there."""

    def __init__(self, resolv_conf: Path) -> None:
        self.resolv_conf = resolv_conf
        resolv_conf.write_bytes(ORIGINAL)
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _HOLD, "hold", str(resolv_conf)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"ready\n", "this test needs root for a mount namespace"
        self.inside = ("nsenter", f"--target={self._holder.pid}", "--mount", "--")

    def resolve(self, name: str) -> set[str]:
        """The IPv4 addresses that libc finds, as any program here would."""
        done = subprocess.run(
            [*self.inside, "getent", "ahostsv4", name], capture_output=True, text=True, timeout=60, check=False
        )
        return {line.split()[0] for line in done.stdout.splitlines()}

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()
        if self._holder.stdout is not None:
            self._holder.stdout.close()


@pytest.fixture
def outside() -> Iterator[FakeResolver]:
    with FakeResolver(says, RESOLVER, 53) as resolver:
        yield resolver


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tmp_path / "resolv.conf")
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def loops(engine: str, machine: Machine, tmp_path: Path) -> Iterator[list[LoopProcess]]:
    """Two environments whose loops see the machine's resolv.conf, started by the test."""
    with ExitStack() as stack:
        made = []
        for name in ("one", "two"):
            made.append(LoopProcess(engine, tmp_path / name, inside=machine.inside, options=("--dns-server", "loop")))
            stack.callback(made[-1].close)
        yield made


def address_of(loop: LoopProcess, container: str) -> str:
    networks = loop.inspect(container)["NetworkSettings"]["Networks"]
    return str(networks[f"reconciler-{loop.env}"]["IPAddress"])


def gateway_of(loop: LoopProcess) -> str:
    found = loop.docker.inspect_network(f"reconciler-{loop.env}")
    return str(found["IPAM"]["Config"][0]["Gateway"])


def addresses(loop: LoopProcess) -> set[str]:
    return {address_of(loop, container) for container in loop.containers("webapp")}


def fine(loop: LoopProcess, *words: str) -> str:
    ran = loop.cli("dns", "setup", *words)
    assert ran.code == 0, ran.out + ran.err
    return ran.out


def test_programs_of_this_machine_resolve_our_names_until_it_is_taken_back(
    machine: Machine, outside: FakeResolver, loops: list[LoopProcess]
) -> None:
    loop = loops[0]
    assert "`reconciler run" in loop.cli("dns", "setup").err
    loop.start()
    loop.save("webapp", spec(2))
    loop.until_ready("webapp", 2)
    name = f"webapp.{loop.env}.docker"
    assert machine.resolve(name) == set()
    assert "Nothing was changed" in fine(loop)
    assert machine.resolv_conf.read_bytes() == ORIGINAL

    fine(loop, "--apply")
    applied = machine.resolv_conf.read_bytes()
    assert "nothing to do" in " ".join(fine(loop, "--apply").split())
    assert machine.resolv_conf.read_bytes() == applied
    assert machine.resolve(name) == addresses(loop)
    assert machine.resolve(f"webapp1.{name}") == {address_of(loop, f"{loop.env}-webapp-1")}
    outside.asked.clear()
    assert machine.resolve(ELSEWHERE) == {"192.0.2.7"}
    assert len(outside.asked) == 1
    # Our server itself, which stands first among its own host's resolvers, asks the next one and never itself.
    answer = dns.query.udp(dns.message.make_query(ELSEWHERE, "A"), gateway_of(loop), timeout=20)
    assert [item.address for rrset in answer.answer for item in rrset] == ["192.0.2.7"]
    assert len(outside.asked) == 2

    # With the server away its port is closed: libc goes on to the next one.
    assert loop.stop() == 0
    assert machine.resolve(ELSEWHERE) == {"192.0.2.7"}
    assert "No server answers" in fine(loop)
    fine(loop, "--undo")
    assert machine.resolv_conf.read_bytes() == ORIGINAL
    assert [path.name for path in machine.resolv_conf.parent.glob("resolv.conf*")] == ["resolv.conf"]


def test_two_environments_stand_beside_each_other(
    machine: Machine, outside: FakeResolver, loops: list[LoopProcess]
) -> None:
    for loop in loops:
        loop.start()
        loop.save("webapp", spec(1))
    for loop in loops:
        loop.until_ready("webapp", 1)
        fine(loop, "--apply")
    for loop in loops:
        assert machine.resolve(f"webapp.{loop.env}.docker") == addresses(loop)
    outside.asked.clear()
    assert machine.resolve(ELSEWHERE) == {"192.0.2.7"}
    assert len(outside.asked) == 1, "the servers asked each other in a circle"

    # A container that is made now gets its own server, and none of the others that the host asks.
    loops[0].save("webapp", spec(2))
    loops[0].until_ready("webapp", 2)
    assert loops[0].inspect(f"{loops[0].env}-webapp-2")["HostConfig"]["Dns"] == [gateway_of(loops[0])]

    fine(loops[0], "--undo")
    assert machine.resolve(f"webapp.{loops[0].env}.docker") == set()
    assert machine.resolve(f"webapp.{loops[1].env}.docker") == addresses(loops[1])
    fine(loops[1], "--undo")
    assert machine.resolv_conf.read_bytes() == ORIGINAL
