"""Docker Swarm on an engine of its own on the same machine: one service, one of whose tasks is killed, or all updated.

Before: chaos.kills, rollouts.push. After: an engine in its own namespaces (tests.support.private_engine), so that the
machine's engine never joins a swarm. Swarm's own defaults, the restart delay of 5 s among them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import docker

from tests.bench.stage import PATIENCE_SECONDS, SLEEPER, Events
from tests.support.private_engine import PrivateEngine

_SERVICE = "sleepers"
_ADDRESS = "127.0.0.1"
_LOOK_SECONDS = 0.1
Order = Literal["stop-first", "start-first"]


class Service:
    """So many tasks that sleep."""

    def __init__(self, engine: PrivateEngine, count: int) -> None:
        self._client = engine.api()
        self._events = Events(engine.url)
        self._mode = docker.types.ServiceMode("replicated", replicas=count)
        self._version = 0
        self._client.init_swarm(advertise_addr=_ADDRESS, listen_addr=_ADDRESS)
        self._client.create_service(self._template(), name=_SERVICE, mode=self._mode)  # type: ignore[no-untyped-call]
        self._until(count)

    def _template(self, *, init: bool = True) -> docker.types.TaskTemplate:
        container = docker.types.ContainerSpec(
            SLEEPER, command=["sleep", "infinity"], init=init, env={"VERSION": str(self._version)}
        )
        return docker.types.TaskTemplate(container)

    def update(self, parallelism: int, order: Order, *, init: bool = True) -> float:
        """Seconds from just before the update of every task until all new ones have started and all old ones ended.

        `order` is the service's own word: start-first or stop-first. Its monitoring time, which comes after, isn't
        counted. Without `init` the new ones are as a service is by default: a `sleep` that doesn't hear SIGTERM.
        """
        count = len(self._running())
        self._version += 1
        config = docker.types.UpdateConfig(parallelism=parallelism, order=order)
        found = self._service()
        began = time.time()
        self._client.update_service(
            _SERVICE, version=found["Version"]["Index"], task_template=self._template(init=init), name=_SERVICE,
            mode=self._mode, update_config=config,
        )  # fmt: skip
        started = self._events.nth(count, "start", f"{_SERVICE}.", began)
        ended = self._events.nth(count, "die", f"{_SERVICE}.", began)
        self._until_updated()
        return max(started, ended) - began

    def _until_updated(self) -> None:
        """Until the swarm calls it completed: the next update would else join this one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._service().get("UpdateStatus", {}).get("State") != "completed":
            if time.monotonic() > deadline:
                raise AssertionError(f"Swarm calls its update not completed after {PATIENCE_SECONDS:g} s")
            time.sleep(_LOOK_SECONDS)

    def kill_one(self) -> float:
        """Seconds from just before the kill of the oldest task's container to the start of another one."""
        tasks = self._running()
        victim = min(tasks, key=lambda one: one["Created"])
        began = time.time()
        self._client.kill(victim["Id"])
        seconds = self._events.nth(1, "start", f"{_SERVICE}.", began) - began
        self._until(len(tasks))
        return seconds

    def _service(self) -> Any:
        return self._client.inspect_service(_SERVICE)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """The engine's end takes the swarm along."""
        self._events.close()
        self._client.close()

    def _running(self) -> list[Any]:
        return list(self._client.containers(filters={"name": f"^/{_SERVICE}\\."}))

    def _until(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self._running()) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"Swarm runs {len(self._running())} of {count} after {PATIENCE_SECONDS:g} s")
            time.sleep(_LOOK_SECONDS)


@contextmanager
def service(engine_url: str, count: int) -> Iterator[Service]:
    """A swarm of one node with the service running; gone afterwards."""
    engine = PrivateEngine()
    try:
        engine.start()
        engine.load(SLEEPER, source=engine_url)
        made = Service(engine, count)
        try:
            yield made
        finally:
            made.close()
    finally:
        engine.close()
