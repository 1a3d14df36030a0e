"""The load image, running beside a cloud: users on their journeys through Zuul, and the figures that it prints.

Before: the image `reconciler/load`, a cloud. After: end-to-end tests and figures. It runs in the host's network, so its
requests go to the loopback port that Zuul is published on; its time and its number of users are bounded.
"""

import json
import re
import secrets
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.support.acmeair import Cloud

IMAGE = "reconciler/load:latest"
_LEAVING_SECONDS = 60
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What its users met; times in seconds, `failures` the texts with their counts."""

    requests: int
    failed: int
    per_second: float
    journeys: int
    journey_p99: float
    failures: tuple[str, ...]


class Load:
    """Runs from `with` on; `figures()` waits for its end, and keeps the whole `document`. `began` is Unix seconds."""

    def __init__(self, cloud: Cloud, *, seconds: int, users: int = 8, pause_seconds: float = 0.2) -> None:
        self._docker = cloud.loop.docker
        self._seconds = seconds
        self._words = ["--host", f"http://127.0.0.1:{cloud.site}", "--users", str(users), "--seconds", str(seconds)]
        self._words += ["--pause-seconds", str(pause_seconds)]
        self._name = f"{cloud.loop.env}_load_{secrets.token_hex(4)}"
        self._id = ""
        self.document: dict[str, Any] = {}
        self.began = 0.0

    def __enter__(self) -> Self:
        host = self._docker.create_host_config(network_mode="host", mem_limit="256m")
        made = self._docker.create_container(IMAGE, command=self._words, name=self._name, host_config=host)
        self._id = made["Id"]
        self._docker.start(self._id)
        self.began = time.time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._docker.remove_container(self._id, force=True, v=True)

    @property
    def running(self) -> bool:
        """Whether its users are still on their way."""
        return bool(self._docker.inspect_container(self._id)["State"]["Running"])

    def until_answered(self) -> None:
        """Until its users have been answered for the first time."""
        deadline = time.monotonic() + _LEAVING_SECONDS
        while not re.search(rb" [1-9]\d* requests", self._docker.logs(self._id, stdout=False, stderr=True)):
            if time.monotonic() > deadline or not self.running:
                raise AssertionError(f"no request in {_LEAVING_SECONDS} s: {self._docker.logs(self._id)!r}")
            time.sleep(_LOOK_SECONDS)

    def stop(self) -> None:
        """No further journey is begun; those under way go on to their end."""
        self._docker.kill(self._id, signal="SIGTERM")

    def figures(self) -> Figures:
        """Waits for its end, and reads the document that it printed then."""
        self._docker.wait(self._id, timeout=self._seconds + _LEAVING_SECONDS)
        out = self._docker.logs(self._id, stdout=True, stderr=False)
        try:
            self.document = json.loads(out)
            return _read(self.document)
        except ValueError:
            said = self._docker.logs(self._id, stdout=True, stderr=True).decode(errors="replace")
            raise AssertionError(f"the load printed no figures: {said[-2000:]}") from None


def _read(found: dict[str, Any]) -> Figures:
    requests, journeys = found["requests"], found["journeys"]
    return Figures(
        requests=requests["count"],
        failed=requests["failures"],
        per_second=requests["per_second"] or 0.0,
        journeys=journeys["count"],
        journey_p99=(journeys["p99_ms"] or 0.0) / 1000,
        failures=tuple(f"{one['count']} x {one['name']}: {one['text']}" for one in found["failures"]),
    )
