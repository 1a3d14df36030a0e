"""A client of names, run inside a container with nothing but Python: it asks, connects, and tells each in a line.

Before: name_client starts it (`python3 -u -c SOURCE NAME PORT`). After: name_client reads its lines.
Every 10 ms: `watch` only asks; `fresh` asks and connects to one of the answer; `cached` asks when what it was told has
outlived its TTL, and connects to one of what it holds. It asks the container's own resolver, as programs do.
"""

import json
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PACE_SECONDS = 0.01
CONNECT_SECONDS = 2.0  # a busy machine is no failure
ANSWER_SECONDS = 2.0
A, IN, HEADER = 1, 1, 12

writing = threading.Lock()


def tell(**said: Any) -> None:
    line = json.dumps(said)
    with writing:
        print(line)


def resolver() -> str:
    with open("/etc/resolv.conf", encoding="ascii") as lines:  # noqa: PTH123 - pathlib is slow to load
        return next(line.split()[1] for line in lines if line.startswith("nameserver"))


def ask(server: str, name: str) -> tuple[list[str], float]:
    """The addresses and the TTL; raises OSError where nothing is answered in time."""
    query_id = random.randrange(2**16)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    packet = struct.pack(">6H", query_id, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, A, IN)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ANSWER_SECONDS)
        asking.connect((server, 53))
        asking.send(packet)
        while True:
            reply = asking.recv(4096)
            if reply[:2] == packet[:2]:
                return read(reply, len(packet))


def read(reply: bytes, at: int) -> tuple[list[str], float]:
    """The A records behind the question, which ends at `at`; servers point back to its name."""
    addresses, ttl_seconds = [], 0.0
    for _ in range(struct.unpack(">H", reply[6:8])[0]):
        while reply[at] and reply[at] < 0xC0:
            at += reply[at] + 1
        at += 2 if reply[at] else 1
        kind, _class, ttl, length = struct.unpack(">HHIH", reply[at : at + 10])
        at += 10
        if kind == A:
            addresses.append(socket.inet_ntoa(reply[at : at + length]))
            ttl_seconds = float(ttl)
        at += length
    return addresses, ttl_seconds


def connect(address: str, port: int) -> tuple[str, str]:
    """What the server said of itself, and what went wrong."""
    try:
        with socket.create_connection((address, port), CONNECT_SECONDS) as connection:
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as answer:
                return answer.read().split(b"\r\n")[-1].decode(), ""
    except OSError as error:
        return "", f"{type(error).__name__}: {error}"


class Client:
    """Asks for `name`, connects to `port`."""

    def __init__(self, name: str, port: int) -> None:
        self.name, self.port, self.server = name, port, resolver()
        self.held: list[str] = []
        self.held_until = 0.0

    def asked(self, who: str) -> tuple[list[str], float]:
        at = time.time()
        try:
            addresses, ttl_seconds = ask(self.server, self.name)
        except OSError as error:
            tell(kind="unanswered", who=who, at=at, error=str(error))
            return [], 0.0
        tell(kind="answer", who=who, at=at, addresses=addresses, ttl_seconds=ttl_seconds)
        return addresses, ttl_seconds

    def connected(self, who: str, address: str) -> None:
        at = time.time()
        said, error = connect(address, self.port)
        tell(kind="connect", who=who, at=at, address=address, said=said, error=error)

    def watch(self) -> None:
        self.asked("watch")

    def fresh(self) -> None:
        addresses, _ = self.asked("fresh")
        if addresses:
            self.connected("fresh", random.choice(addresses))

    def cached(self) -> None:
        if time.time() >= self.held_until:
            self.held, ttl_seconds = self.asked("cached")
            self.held_until = time.time() + ttl_seconds
        if self.held:
            self.connected("cached", random.choice(self.held))


def again_and_again(turn: Callable[[], None]) -> None:
    while True:
        turn()
        time.sleep(PACE_SECONDS)


def main() -> None:
    client = Client(sys.argv[1], int(sys.argv[2]))
    for turn in (client.watch, client.fresh):
        threading.Thread(target=again_and_again, args=(turn,)).start()
    again_and_again(client.cached)


if __name__ == "__main__":
    main()
