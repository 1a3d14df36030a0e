"""What the victim itself would meet: connections, names, lost datagrams. Each question takes half a second at most.

Before: net. After: TCP, DNS and UDP at the victim's address. Never here: what the answers should be.
"""

import contextlib
import errno
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fault_helper.fault import Message
from fault_helper.rules import address
from fault_helper.settings import Unusable, number

WAIT_SECONDS = 0.5
_MOST_PEERS = 200
_DISCARD_PORT = 9
_DATAGRAMS = 400
_QUERY_ID = 0x4711


def connect(request: Mapping[str, Any]) -> Message:
    """To each [address, port]: `open`, `refused` (there, nobody listens) or `silent`. All at once."""
    wanted = request.get("to")
    if not isinstance(wanted, list) or len(wanted) > _MOST_PEERS:
        raise Unusable(f"to {wanted!r} is no list of up to {_MOST_PEERS} addresses with their ports")
    peers = [_peer(one) for one in wanted]
    results = _connected(peers, time.monotonic() + WAIT_SECONDS)
    return {"type": "connected", "to": [[*peer, result] for peer, result in zip(peers, results, strict=True)]}


def _peer(found: object) -> tuple[str, int]:
    if not isinstance(found, list) or len(found) != 2:
        raise Unusable(f"{found!r} is no address with its port")
    return address(found[0]), int(number(found[1], "port", 1, 65535))


def _connected(peers: list[tuple[str, int]], give_up_at: float) -> list[str]:
    results = ["silent"] * len(peers)
    with contextlib.ExitStack() as stack:
        poll, waiting = select.poll(), {}
        for index, peer in enumerate(peers):
            one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            one.settimeout(0)
            code = one.connect_ex(peer)
            if code == errno.EINPROGRESS:
                poll.register(one, select.POLLOUT)
                waiting[one.fileno()] = (index, one)
            else:
                results[index] = _word(code)
        while waiting and (left := give_up_at - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(left * 1000):
                index, one = waiting.pop(descriptor)
                poll.unregister(descriptor)
                results[index] = _word(one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    return results


def _word(code: int) -> str:
    return {0: "open", errno.ECONNREFUSED: "refused"}.get(code, "silent")


def resolve(request: Mapping[str, Any]) -> Message:
    """Whether one of the victim's resolvers answers anything at all when asked for `name` (default: its own)."""
    name = request.get("name", socket.gethostname())
    if not isinstance(name, str):
        raise Unusable(f"name {name!r} is no text")
    servers = nameservers(Path("/etc/resolv.conf").read_text(encoding="utf-8"))
    return {"type": "resolved", "answered": _answered(query(name), servers, time.monotonic() + WAIT_SECONDS)}


def nameservers(text: str) -> list[str]:
    """The addresses in a resolv.conf."""
    rows = [line.split() for line in text.splitlines()]
    return [row[1] for row in rows if len(row) > 1 and row[0] == "nameserver" and ":" not in row[1]]


def query(name: str) -> bytes:
    """A question for the IPv4 addresses of `name` (RFC 1035). Raises Unusable for what is no name."""
    labels = [label.encode("ascii", errors="replace") for label in name.rstrip(".").split(".")]
    if not all(0 < len(label) < 64 for label in labels):
        raise Unusable(f"{name!r} is no name")
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack(">6H", _QUERY_ID, 0x0100, 1, 0, 0, 0) + question + struct.pack(">2H", 1, 1)


def _answered(question: bytes, servers: list[str], give_up_at: float) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for server in servers:
            with contextlib.suppress(OSError):  # not even sent
                asked.sendto(question, (server, 53))
        while (left := give_up_at - time.monotonic()) > 0:
            asked.settimeout(left)
            with contextlib.suppress(OSError):  # TimeoutError too: then nothing is left
                if asked.recv(4096)[:2] == question[:2]:
                    return True
    return False


def lossy(request: Mapping[str, Any]) -> Message:
    """How many of its own datagrams to `to` (default: the gateway) the kernel drops: it says so to the sender."""
    peer = address(request["to"]) if request.get("to") is not None else gateway()
    dropped = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(_DATAGRAMS):
            try:
                sender.sendto(b"", (peer, _DISCARD_PORT))
            except PermissionError:
                dropped += 1
    return {"type": "lossy", "sent": _DATAGRAMS, "dropped": dropped, "share": dropped / _DATAGRAMS}


def gateway(table: Path = Path("/proc/net/route")) -> str:
    """The default route's. Raises Unusable where there is none."""
    for row in (line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]):
        if row[1] == "00000000":
            return socket.inet_ntoa(struct.pack("=L", int(row[2], 16)))
    raise Unusable("there is no default route; say to whom the datagrams go")


answers: dict[str, Callable[[Mapping[str, Any]], Message]] = {"connect": connect, "resolve": resolve, "lossy": lossy}
