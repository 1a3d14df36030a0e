"""A loop and an engine to measure on: one environment of its own, all of which is gone afterwards.

Before: the figures, which each ask for a stage. After: tests.support.loop_process. Instants are Unix seconds, as the
engine's events have them: engine and measurement share this machine's clock.
"""

import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from reconciler.state.labels import network_name
from tests.support.loop_process import LoopProcess

SLEEPER = "debian:bookworm-slim"
BASE = "reconciler/base:latest"
API_VERSION = "1.41"
PATIENCE_SECONDS = 60.0
_DOWN_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One container event, at the instant that the engine gave it."""

    at: float
    action: str
    name: str


class Events:
    """Follows the engine's container events on a thread of its own."""

    def __init__(self, engine_url: str) -> None:
        self._client = docker.APIClient(base_url=engine_url, version=API_VERSION, timeout=600)
        self._stream: Any = self._client.events(decode=True, filters={"type": "container"})
        self._seen: list[Seen] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="bench-events", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        for message in self._stream:
            name = message["Actor"]["Attributes"].get("name", "")
            with self._news:
                self._seen.append(Seen(message["timeNano"] / 1e9, message["Action"], name))
                self._news.notify_all()

    def close(self) -> None:
        self._stream.close()
        self._thread.join(5)
        self._client.close()

    def of(self, action: str, prefix: str, since: float) -> list[Seen]:
        """What was seen since an instant, of containers whose name begins so, in order."""
        with self._news:
            return [s for s in self._seen if s.action == action and s.at >= since and s.name.startswith(prefix)]

    def nth(self, count: int, action: str, prefix: str, since: float) -> float:
        """The instant of the `count`th such event; waits for it."""
        found: list[Seen] = []

        def enough() -> bool:
            found[:] = [s for s in self._seen if s.action == action and s.at >= since and s.name.startswith(prefix)]
            return len(found) >= count

        with self._news:
            if not self._news.wait_for(enough, PATIENCE_SECONDS):
                raise AssertionError(f"{len(found)} of {count} x {action} of {prefix}… within {PATIENCE_SECONDS:g} s")
        return found[count - 1].at


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`loop` runs in environment `env`; `bare` is the prefix for containers that the loop has nothing to do with."""

    loop: LoopProcess
    events: Events
    engine_url: str

    @property
    def env(self) -> str:
        return self.loop.env

    @property
    def network(self) -> str:
        return network_name(self.env)

    @property
    def bare(self) -> str:
        return f"bare-{self.env}-"

    def cluster(self, name: str) -> str:
        """How the names of a cluster's containers begin."""
        return f"{self.env}-{name}-"

    @staticmethod
    def now() -> float:
        """This instant, on the clock of the engine's events."""
        return time.time()

    def client(self) -> docker.APIClient:
        """A low-level client, for one thread."""
        return docker.APIClient(base_url=self.engine_url, version=API_VERSION, timeout=120)

    def replaced_after(self, name: str) -> float:
        """Kill this container; seconds from just before that to the start of the one that takes its name."""
        client = self.client()
        began = self.now()
        client.kill(name)
        seconds = self.events.nth(1, "start", name, began) - began
        client.close()
        return seconds

    def grow(self, name: str, size: int, seconds: float, **fields: str) -> None:
        """Save the cluster's spec and wait until all are ready."""
        self.loop.save(name, spec(size, **fields))
        self.loop.until_ready(name, size, seconds)

    def empty(self, name: str, **fields: str) -> None:
        """Save the spec with size 0 and wait until nothing is left of the cluster."""
        self.loop.save(name, spec(0, **fields))
        self.loop.until(lambda: not self.loop.containers(name, every=True), PATIENCE_SECONDS, "all are gone")
        self.loop.until_settled()


def spec(size: int, *, image: str = SLEEPER, command: str = "[sleep, infinity]", more: str = "") -> str:
    """A spec as a person writes it, with an end that costs no time."""
    return f"image: {image}\npull: never\nsize: {size}\ncommand: {command}\nstop: {{grace: 0s, drain: 0s}}\n{more}"


@contextmanager
def stage(
    engine_url: str, *, through: Callable[[Path], str] | None = None, options: Sequence[str] = ()
) -> Iterator[Stage]:
    """A running loop. `through` may put something between it and the engine: it gets a directory, gives an address."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        root = Path(place)
        url = through(root) if through is not None else engine_url
        loop = LoopProcess(url, root / "loop", env=f"bench{secrets.token_hex(3)}", options=options)
        events = Events(engine_url)
        made = Stage(loop=loop, events=events, engine_url=engine_url)
        try:
            loop.start()
            yield made
        finally:
            events.close()
            _remove_bare(made)
            put_away(loop)


def put_away(loop: LoopProcess) -> None:
    """Remove the environment. What an engine won't let go of is said, and costs no figure that was measured already."""
    try:
        if loop.running:
            loop.kill()
        ran = loop.cli("down", "--volumes", "--yes", seconds=_DOWN_SECONDS)
        if ran.code != 0:
            print(f"environment {loop.env} is still there: {ran.err}", file=sys.stderr, flush=True)
    finally:
        loop.docker.close()


def _remove_bare(made: Stage) -> None:
    client = made.client()
    for found in client.containers(all=True, filters={"name": f"^/{made.bare}"}):
        client.remove_container(found["Id"], force=True, v=True)
    client.close()
