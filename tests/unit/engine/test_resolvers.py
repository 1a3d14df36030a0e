"""The host's resolvers, out of files as hosts have them."""

from pathlib import Path

import pytest

from reconciler.engine.resolvers import HostUpstreams, behind_stub, host_resolvers, nameservers, within_reach
from reconciler.setup.resolving.block import with_block

STUB = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n"
UPLINKS = "nameserver 192.168.1.1\nnameserver fe80::1%2\nnameserver 9.9.9.9\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nameserver 10.0.0.1\nnameserver 10.0.0.2\n", ("10.0.0.1", "10.0.0.2")),
        ("nameserver\t10.0.0.1   # the router\n", ("10.0.0.1",)),
        ("nameserver 10.0.0.1\nnameserver 10.0.0.1\n", ("10.0.0.1",)),
        ("# nameserver 10.0.0.1\n; nameserver 10.0.0.2\n", ()),
        ("nameserver\nnameserver resolver.lan\nnameserver 10.0.0.300\n", ()),
        ("nameservers 10.0.0.1\nNAMESERVER 10.0.0.2\n", ()),
        ("nameserver 2001:db8::1\nnameserver fe80::1%eth0\n", ("2001:db8::1", "fe80::1%eth0")),
        ("\x00\xff\r\nnameserver 10.0.0.1\r\n", ("10.0.0.1",)),
        ("", ()),
    ],
)
def test_nameserver_lines_are_read_as_libc_reads_them(text: str, expected: tuple[str, ...]) -> None:
    assert nameservers(text) == expected


def test_the_stub_stands_for_the_servers_behind_it() -> None:
    assert behind_stub(("127.0.0.53",), ("192.168.1.1",)) == ("192.168.1.1",)
    assert behind_stub(("127.0.0.53",), ()) == ("127.0.0.53",)
    assert behind_stub(("10.0.0.1",), ("192.168.1.1",)) == ("10.0.0.1",)


def test_containers_reach_neither_the_hosts_loopback_nor_ipv6() -> None:
    servers = ("127.0.0.1", "127.0.0.11", "::1", "fe80::1%2", "2001:db8::1", "0.0.0.0", "10.0.0.1")
    assert within_reach(servers) == ("10.0.0.1",)


def test_containers_get_what_is_behind_the_stub(tmp_path: Path) -> None:
    stub, uplinks = tmp_path / "resolv.conf", tmp_path / "systemd.conf"
    stub.write_text(STUB)
    assert host_resolvers(stub, uplinks) == ()
    uplinks.write_text(UPLINKS)
    assert host_resolvers(stub, uplinks) == ("192.168.1.1", "9.9.9.9")


def test_servers_of_environments_that_the_host_asks_are_nothing_for_containers(tmp_path: Path) -> None:
    """They would take the place of the host's own ones: only the first three of a list are asked."""
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_bytes(with_block(with_block(b"nameserver 10.0.0.1\n", "dev", "10.224.0.1"), "ci", "10.225.0.1"))
    assert host_resolvers(resolv_conf, tmp_path / "none") == ("10.0.0.1",)
    assert HostUpstreams(resolv_conf, tmp_path / "none")() == ("10.225.0.1", "10.224.0.1", "10.0.0.1")


def test_our_server_on_the_host_may_use_a_loopback_resolver(tmp_path: Path) -> None:
    local = tmp_path / "resolv.conf"
    local.write_text("nameserver 127.0.0.1\n")
    assert HostUpstreams(local, tmp_path / "none")() == ("127.0.0.1",)
    assert host_resolvers(local, tmp_path / "none") == ()


def test_a_file_that_can_not_be_read_is_a_host_without_resolvers(tmp_path: Path) -> None:
    assert host_resolvers(tmp_path, tmp_path / "none") == ()
