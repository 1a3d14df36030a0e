"""What a client of names went through, and what the engine says became of the instances meanwhile.

Before: name_asker, which runs in a container; the engine's events. After: tests of names under faults.
Both tell time by the machine's one clock (`time.time`). Never here: the loop's own opinion of anything.
"""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import docker

from tests.support.loop_process import LoopProcess
from tests.support.name_asker import CONNECT_SECONDS
from tests.support.spec_text import BASE

GREETER = """
import os, socket, socketserver
GREETING = b"HTTP/1.0 200 OK\\r\\n\\r\\n" + os.environ["HOSTNAME"].encode()
class Greet(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(GREETING)
        self.request.shutdown(socket.SHUT_WR)
        while self.request.recv(1024): pass
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128
Server(("", 8080), Greet).serve_forever()
"""
"""A server for instances: it tells everyone its name, whether asked by HTTP or not at all."""

GREETER_COMMAND = json.dumps(["python3", "-c", GREETER])
_ASKER = (Path(__file__).parent / "name_asker.py").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was told to somebody who asked at `at`."""

    who: str
    at: float
    addresses: tuple[str, ...]
    ttl_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """A connection begun at `at`; `said` is the name of who answered, `error` why nobody did."""

    who: str
    at: float
    address: str
    said: str
    error: str


@dataclass(slots=True, kw_only=True)
class Life:
    """One instance by the engine's events; instants are None until they come. `address` is the one it started with."""

    container: str
    address: str
    started_at: float
    paused_at: float | None = None
    lost_at: float | None = None
    signalled_at: float | None = None
    ended_at: float | None = None

    @property
    def gone_at(self) -> float | None:
        """When it could no more be reached."""
        instants = [at for at in (self.paused_at, self.lost_at, self.ended_at) if at is not None]
        return min(instants, default=None)

    def had(self, at: float) -> bool:
        """Its address was its own at that moment."""
        return self.started_at <= at and (self.ended_at is None or at <= self.ended_at)


@dataclass(slots=True)
class Story:
    """What a client was told and what it met, in a span of time."""

    answers: list[Answer] = field(default_factory=list)
    connects: list[Connect] = field(default_factory=list)
    unanswered: list[dict[str, Any]] = field(default_factory=list)

    def add(self, said: dict[str, Any]) -> None:
        """One line of the asker."""
        match said["kind"]:
            case "answer":
                self.answers.append(answer_of(said))
            case "connect":
                self.connects.append(Connect(**{key: value for key, value in said.items() if key != "kind"}))
            case _:
                self.unanswered.append(said)

    @property
    def fewest(self) -> int:
        """The smallest number of addresses in an answer; 0 where a question stayed without one."""
        return 0 if self.unanswered else min(len(answer.addresses) for answer in self.answers)

    def failed(self, who: str) -> list[Connect]:
        return [one for one in self.connects if one.who == who and one.error]

    def met(self, who: str) -> set[str]:
        """The names of those that were reached."""
        return {one.said for one in self.connects if one.who == who and one.said}


def answer_of(said: dict[str, Any]) -> Answer:
    """From a line of the asker."""
    return Answer(who=said["who"], at=said["at"], addresses=tuple(said["addresses"]), ttl_seconds=said["ttl_seconds"])


class NameClient:
    """A container on the environment's network that asks for `name` all the time. It has the resolvers that the
    instance `like` has.
    """

    def __init__(self, loop: LoopProcess, name: str, port: int, *, like: str) -> None:
        theirs = loop.inspect(like)["HostConfig"]
        self._api = docker.APIClient(base_url=loop.engine_url, version="auto", timeout=30)
        host = self._api.create_host_config(
            network_mode=theirs["NetworkMode"], dns=theirs["Dns"], dns_search=theirs["DnsSearch"], init=True
        )
        self._id = self._api.create_container(
            BASE, ["-u", "-c", _ASKER, name, str(port)], entrypoint=["python3"], host_config=host,
            name=f"{loop.env}-asking",
        )["Id"]  # fmt: skip
        self._said: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._api.start(self._id)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._api.remove_container(self._id, force=True)
        self._reader.join()
        self._api.close()

    def story(self, since: float) -> Story:
        """Everything from `since` (seconds since the epoch) until now."""
        story = Story()
        for said in list(self._said):
            if said["at"] >= since:
                story.add(said)
        return story

    def told(self) -> Answer | None:
        """The newest answer that the watching client was given."""
        newest = next((one for one in reversed(self._said) if one["kind"] == "answer" and one["who"] == "watch"), None)
        return None if newest is None else answer_of(newest)

    def _read(self) -> None:
        rest = b""
        for part in self._api.logs(self._id, stream=True, follow=True):
            *lines, rest = (rest + part).split(b"\n")
            self._said += [json.loads(line) for line in lines]


class Witness:
    """Follows the engine's events of one cluster from its first instance on: who lived when, at which address."""

    def __init__(self, loop: LoopProcess, cluster: str) -> None:
        self._lives: dict[str, Life] = {}
        self._api = docker.APIClient(base_url=loop.engine_url, version="auto", timeout=30)
        labels = [f"io.reconciler.env={loop.env}", f"io.reconciler.cluster={cluster}"]
        self._events = self._api.events(decode=True, filters={"type": "container", "label": labels})
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._events.close()
        self._thread.join()
        self._api.close()

    def lives(self) -> Sequence[Life]:
        return list(self._lives.values())

    def life(self, id_: str) -> Life:
        """Of the container with this id, which was seen to start."""
        return self._lives[id_]

    def alive(self, address: str, since: float, until: float, *, silence_seconds: float = 0.0) -> bool:
        """Some instance had the address at some moment in the span. One that was lost while it ran counts on for
        `silence_seconds`, which it takes anybody to notice.
        """
        for life in self.lives():
            gone_at = life.gone_at
            if gone_at is not None and gone_at != life.ended_at:
                gone_at += silence_seconds
            if life.address == address and life.started_at <= until and (gone_at is None or gone_at >= since):
                return True
        return False

    def lost(self, id_: str) -> None:
        """It can't be reached from now on, though no event of the engine says so: told by who did that to it."""
        self._lives[id_].lost_at = now()

    def _follow(self) -> None:
        for event in self._events:
            at, id_, what = event["timeNano"] / 1e9, event["id"], event["Action"]
            if what == "start":
                self._born(id_, at)
            elif id_ in self._lives:
                self._note(self._lives[id_], what, at, event["Actor"]["Attributes"])

    def _born(self, id_: str, at: float) -> None:
        try:
            found = self._api.inspect_container(id_)
        except docker.errors.NotFound:
            return  # it is gone again: nobody was ever led to it
        (network,) = found["NetworkSettings"]["Networks"].values()
        name = found["Name"].removeprefix("/")
        self._lives[id_] = Life(container=name, address=network["IPAddress"], started_at=at)

    def _note(self, life: Life, what: str, at: float, details: dict[str, str]) -> None:
        if what == "pause":
            life.paused_at = at
        elif what == "kill" and details.get("signal") == "15":
            life.signalled_at = at
        elif what == "die":
            life.ended_at = at


def stale_answers(story: Story, witness: Witness, seconds: float, *, silence_seconds: float = 0.0) -> list[str]:
    """Answers with an address that nobody had had for more than `seconds` when they were asked for, as sentences."""
    return [
        f"{answer.who} was told {address} at {answer.at:.3f}; {_last_life(witness, address, answer.at)}"
        for answer in story.answers
        for address in answer.addresses
        if not witness.alive(address, answer.at - seconds, answer.at, silence_seconds=silence_seconds)
    ]


def lost_connects(
    story: Story, who: str, witness: Witness, seconds: float, *, silence_seconds: float = 0.0
) -> list[str]:
    """Connections that failed though nobody had gone from there in the `seconds` before, as sentences: either nobody
    had been there for longer, or somebody was there all the time.
    """
    found = []
    for one in story.failed(who):
        recent = any(_left(life, one, seconds + silence_seconds) for life in witness.lives())
        if not recent:
            found.append(f"{one}; {_last_life(witness, one.address, one.at)}")
    return found


def _left(life: Life, one: Connect, seconds: float) -> bool:
    """It left the address before or while the connection was tried, but not longer ago than `seconds`."""
    gone_at = life.gone_at
    return (
        life.address == one.address and gone_at is not None and one.at - seconds <= gone_at <= one.at + CONNECT_SECONDS
    )


def _last_life(witness: Witness, address: str, at: float) -> str:
    """Who had the address last before `at`."""
    earlier = [life for life in witness.lives() if life.address == address and life.started_at <= at]
    return str(max(earlier, key=lambda life: life.started_at, default="nobody ever had it"))


def now() -> float:
    """The clock of stories and lives."""
    return time.time()
