"""The host's own name servers, read from resolv.conf: those for containers, and those our DNS server forwards
to.

Before: the files, as resolv.conf(5) and systemd-resolved(8) describe them. After: engine.blueprint, dns.
A container has its own loopback, so a resolver on the host's is out of its reach; systemd-resolved's stub
(127.0.0.53, 127.0.0.54) stands for the servers in its own file, and asking those can't lead back to us.
Never here: asking anything.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

RESOLV_CONF = Path("/etc/resolv.conf")
SYSTEMD_RESOLV_CONF = Path("/run/systemd/resolve/resolv.conf")

_STUBS = frozenset({"127.0.0.53", "127.0.0.54"})
_MAX_BYTES = 65_536
# What `dns setup` writes (setup.resolving.block): servers of environments, which answer this host and their own
# containers, but no others'.
_OF_ENVIRONMENTS = re.compile(r"^# reconciler (\w+): begin$.*?^# reconciler \1: end$", re.MULTILINE | re.DOTALL)


def nameservers(text: str) -> tuple[str, ...]:
    """The addresses on `nameserver` lines, each once, in order; what is no IP address is passed over, as libc
    does.
    """
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver" and _address(words[1]) is not None:
            found.append(words[1])
    return tuple(dict.fromkeys(found))


def behind_stub(servers: tuple[str, ...], systemd: tuple[str, ...]) -> tuple[str, ...]:
    """`servers` with systemd-resolved's stub replaced by the servers behind it (kept where those aren't
    known).
    """
    if not systemd or not _STUBS.intersection(servers):
        return servers
    without = [[server] if server not in _STUBS else systemd for server in servers]
    return tuple(dict.fromkeys(server for group in without for server in group))


def within_reach(servers: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `servers` that a container on an IPv4 bridge can send to."""
    return tuple(server for server in servers if _reachable(_address(server)))


def host_resolvers(resolv_conf: Path = RESOLV_CONF, systemd_resolv_conf: Path = SYSTEMD_RESOLV_CONF) -> tuple[str, ...]:
    """The IPv4 resolvers that containers get after ours; none where the host has none in their reach."""
    known = nameservers(_OF_ENVIRONMENTS.sub("", _read(resolv_conf)))
    return within_reach(behind_stub(known, nameservers(_read(systemd_resolv_conf))))


class HostUpstreams:
    """Where our DNS server forwards: call it for the host's resolvers of this moment (loopback ones too).

    The files are read again when one of them changes (inode, size or time of change); an unreadable file has
    no servers.
    """

    def __init__(self, resolv_conf: Path = RESOLV_CONF, systemd_resolv_conf: Path = SYSTEMD_RESOLV_CONF) -> None:
        self._files = (resolv_conf, systemd_resolv_conf)
        self._seen: tuple[tuple[int, int, int] | None, ...] | None = None
        self._servers: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        seen = tuple(_fingerprint(path) for path in self._files)
        if seen != self._seen:
            self._servers = _host_servers(*self._files)
            self._seen = seen
        return self._servers


def _host_servers(resolv_conf: Path, systemd_resolv_conf: Path) -> tuple[str, ...]:
    return behind_stub(nameservers(_read(resolv_conf)), nameservers(_read(systemd_resolv_conf)))


def _read(path: Path) -> str:
    """The file's text; a missing or unreadable one is a host without resolvers, which is no error."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _reachable(address: IPv4Address | IPv6Address | None) -> bool:
    return isinstance(address, IPv4Address) and not (address.is_loopback or address.is_unspecified)
