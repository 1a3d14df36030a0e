"""The yardsticks: what Docker itself takes, asked directly by the low-level client with nothing in between.

Before: start and heal. After: the engine. Nothing of the reconciler is used here.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import docker

from tests.bench.stage import SLEEPER, Stage

THREADS = 8


class BareStarts:
    """Starts and removes containers with 8 threads, each with a client of its own that is connected already."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._local = threading.local()
        self._clients: list[docker.APIClient] = []
        self._pool = ThreadPoolExecutor(THREADS, initializer=self._connect)

    def _connect(self) -> None:
        self._local.client = self._stage.client()
        self._local.client.ping()
        self._clients.append(self._local.client)

    def start(self, count: int) -> None:
        """Create and start so many; returns when each is running."""
        list(self._pool.map(self._start, range(1, count + 1)))

    def _start(self, number: int) -> None:
        create_and_start(self._local.client, f"{self._stage.bare}{number}", self._stage.network)

    def remove(self) -> None:
        """Remove what `start` made."""
        found = self._stage.client().containers(all=True, filters={"name": f"^/{self._stage.bare}"})
        list(self._pool.map(lambda one: self._local.client.remove_container(one["Id"], force=True, v=True), found))

    def close(self) -> None:
        self._pool.shutdown()
        for client in self._clients:
            client.close()


def create_and_start(client: docker.APIClient, name: str, network: str) -> None:
    """The least that gives a running container on a network."""
    host: Any = client.create_host_config(network_mode=network)
    made = client.create_container(SLEEPER, ["sleep", "infinity"], name=name, host_config=host)
    client.start(made["Id"])


@contextmanager
def healer(stage: Stage, name: str) -> Iterator[None]:
    """A minimal script that keeps one container running: wait for its end, remove, create, start."""
    listening, acting = stage.client(), stage.client()
    create_and_start(acting, name, stage.network)
    stream: Any = listening.events(decode=True, filters={"type": "container", "event": "die", "container": name})

    def heal() -> None:
        for message in stream:
            acting.remove_container(message["id"], force=True, v=True)
            create_and_start(acting, name, stage.network)

    thread = threading.Thread(target=heal, name="bare-healer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stream.close()
        thread.join(5)
        acting.remove_container(name, force=True, v=True)
        listening.close()
        acting.close()
