"""What contract tests need around an engine, the same for the fake and the real one."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar

from reconciler.engine.docker import connect
from reconciler.engine.docker.adapter import DockerEngine
from reconciler.engine.fault_ports import FaultEngine
from reconciler.engine.ports import Blueprint, Listing, Mount, Network
from reconciler.spec.cluster import Port
from reconciler.state.instance import Instance
from reconciler.state.labels import InstanceLabels, container_name, network_name
from tests.support.fake_engine import FakeEngine

IMAGE = "debian:bookworm-slim"
DEADLINE_SECONDS = 20.0
Found = TypeVar("Found")

# A shell without a trap ignores SIGTERM only as process 1; under the engine's init it ends by it, as others
# do.
SLEEP = ("sleep", "1000")
BUSY = ("sh", "-c", "while :; do :; done")
STUBBORN = ("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")


class World(ABC):
    """One environment on one engine."""

    def __init__(self, engine: FaultEngine, env: str) -> None:
        self.engine = engine
        self.env = env

    def network(self) -> Network:
        return self.engine.ensure_network(self.env, None)

    def blueprint(
        self,
        number: int = 1,
        *,
        cluster: str = "web",
        image: str = IMAGE,
        command: tuple[str, ...] = SLEEP,
        token: str = "aa",
        published: tuple[tuple[Port, int], ...] = (),
        mounts: tuple[Mount, ...] = (),
    ) -> Blueprint:
        labels = InstanceLabels(
            env=self.env,
            cluster=cluster,
            number=number,
            zone="az1",
            revision="v000",
            spec_hash="0123456789ab",
            attempt=2,
            token_sha256=token,
        )
        return Blueprint(
            name=container_name(self.env, cluster, number),
            image=image,
            hostname=f"{cluster}{number}",
            labels=labels.as_labels(),
            environment={"COLOUR": "blue"},
            network=network_name(self.env),
            command=command,
            ports=tuple(port for port, _ in published),
            published=published,
            mounts=mounts,
        )

    def running(self, number: int = 1, *, command: tuple[str, ...] = SLEEP) -> str:
        """The id of a started instance."""
        self.network()
        made = self.engine.create(self.blueprint(number, command=command))
        self.engine.start(made)
        return made

    def listing(self) -> Listing:
        return self.engine.listing(self.env)

    def instance(self, id: str) -> Instance | None:
        everyone = [one for group in self.listing().instances.values() for one in group]
        return next((one for one in everyone if one.id == id), None)

    def until(self, look: Callable[[], Found | None]) -> Found:
        """What `look` gives once it gives something true; the test fails when that takes too long."""
        give_up_at = time.monotonic() + DEADLINE_SECONDS
        while True:
            found = look()
            if found:
                return found
            assert time.monotonic() < give_up_at, "it did not happen in time"
            time.sleep(0.02)

    @abstractmethod
    def freeze(self, id: str) -> None:
        """Pause it from outside."""

    @abstractmethod
    def crash(self, id: str) -> None:
        """Kill its process from outside."""

    @abstractmethod
    def add_foreign(self, name: str, labels: Mapping[str, str], network: str) -> str:
        """Run somebody else's container; its id."""

    @abstractmethod
    def clean_up(self) -> None:
        """Leave nothing."""


class FakeWorld(World):
    """In memory."""

    def __init__(self, engine: FakeEngine, env: str) -> None:
        super().__init__(engine, env)
        self.fake = engine

    def running(self, number: int = 1, *, command: tuple[str, ...] = SLEEP) -> str:
        made = super().running(number, command=command)
        if command == STUBBORN:
            self.fake.stubborn.add(made)
        if command == BUSY:
            self.fake.busy[made] = 1.0
        return made

    def freeze(self, id: str) -> None:
        self.fake.freeze(id)

    def crash(self, id: str) -> None:
        self.fake.crash(id)

    def add_foreign(self, name: str, labels: Mapping[str, str], network: str) -> str:
        return self.fake.add_foreign(name, labels=labels, network=network)

    def clean_up(self) -> None:
        self.fake.close()


class RealWorld(World):
    """On a Docker engine."""

    def __init__(self, engine: DockerEngine, env: str) -> None:
        super().__init__(engine, env)
        self.docker = engine
        self._foreign: list[str] = []

    def freeze(self, id: str) -> None:
        self.docker.api.call("POST", f"/containers/{id}/pause", doing="pausing")

    def crash(self, id: str) -> None:
        self.docker.api.call("POST", f"/containers/{id}/kill", doing="killing")

    def add_foreign(self, name: str, labels: Mapping[str, str], network: str) -> str:
        body = {
            "Image": IMAGE,
            "Cmd": list(SLEEP),
            "Labels": dict(labels),
            "HostConfig": {"NetworkMode": network},
        }
        api = self.docker.api
        made = api.call("POST", "/containers/create", params={"name": name}, body=body, doing="making").payload["Id"]
        self._foreign.append(made)
        api.call("POST", f"/containers/{made}/start", doing="starting")
        return str(made)

    def clean_up(self) -> None:
        self.docker.close()
        cleaner = connect()  # the test may have closed its own
        for id_ in self._foreign:
            cleaner.remove(id_)
        left = cleaner.inventory(self.env)
        for container in left.containers:
            cleaner.remove(container.id)
        for network in left.networks:
            cleaner.remove_network(network.id)
        for volume in left.volumes:
            cleaner.remove_volume(volume.id)
        cleaner.close()
