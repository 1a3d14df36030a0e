"""The engine ports kept by Docker: each method a few requests, translated both ways.

Before: engine.executor, loop. After: the modules beside this one. Never here: decisions, retries, waiting.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event

from reconciler.engine.docker import containers, events, faults, images, inventory, networks
from reconciler.engine.docker.api import Api
from reconciler.engine.docker.files import fetch, upload
from reconciler.engine.docker.listing import read_listing
from reconciler.engine.docker.usage import usage
from reconciler.engine.fault_ports import Conversation
from reconciler.engine.ports import Blueprint, EngineEvent, EngineInfo, File, Found, Listing, Network, Signal, Usage
from reconciler.spec.cluster import Pull
from reconciler.state import labels as keys
from reconciler.state.faults import FaultPart
from reconciler.state.image import Image


class DockerEngine:
    """A Docker engine at `base_url` (as in DOCKER_HOST; None: the default socket), asked by any number of
    threads.

    Each thread that asks keeps a connection; `close` ends them all.
    """

    def __init__(self, base_url: str | None = None, *, tls_directory: Path | None = None) -> None:
        self.api = Api(base_url, tls_directory)

    def info(self) -> EngineInfo:
        doing = "asking the engine who it is"
        found = self.api.call("GET", "/info", doing=doing).payload
        return EngineInfo(
            id=found["ID"],
            hostname=found["Name"],
            version=found["ServerVersion"],
            api_version=self.api.version(doing),
        )

    def listing(self, env: str) -> Listing:
        filters = json.dumps({"label": [f"{keys.ENV}={env}"]})
        params = {"all": "1", "filters": filters}
        rows = self.api.call("GET", "/containers/json", params=params, doing="listing containers").payload
        return read_listing(rows, env)

    def find(self, name: str) -> Found | None:
        return containers.find(self.api, name)

    def up_seconds(self, id: str) -> float:
        return containers.up_seconds(self.api, id)

    def usage(self, id: str) -> Usage | None:
        return usage(self.api, id)

    def events(self, env: str, stop: Event) -> Iterator[EngineEvent | None]:
        return events.follow(self.api, env, stop)

    def images(self, references: Sequence[str]) -> Mapping[str, Image]:
        return images.images(self.api, references)

    def pull(self, reference: str, policy: Pull) -> None:
        images.pull(self.api, reference, policy)

    def ensure_network(self, env: str, subnet: str | None) -> Network:
        return networks.ensure_network(self.api, env, subnet)

    def create(self, blueprint: Blueprint) -> str:
        return containers.create(self.api, blueprint)

    def upload(self, id: str, files: Sequence[File]) -> None:
        upload(self.api, id, files)

    def start(self, id: str) -> None:
        containers.start(self.api, id)

    def signal(self, id: str, signal: Signal) -> None:
        containers.signal(self.api, id, signal)

    def remove(self, id: str) -> None:
        containers.remove(self.api, id)

    def faults(self, env: str) -> tuple[FaultPart, ...]:
        return faults.faults(self.api, env)

    def fault_events(self, env: str, stop: Event) -> Iterator[FaultPart | None]:
        return events.follow_faults(self.api, env, stop)

    def converse(self, id: str) -> Conversation:
        return faults.converse(self.api, id)

    # Beyond the ports, for the command line.

    def pause(self, id: str) -> None:
        """Freeze every process in it; done where it is frozen or gone."""
        containers.pause(self.api, id)

    def inventory(self, env: str) -> inventory.Inventory:
        """Every container, network and volume with the environment's label."""
        return inventory.inventory(self.api, env)

    def remove_network(self, id: str) -> None:
        """Done where it is gone; PermanentError while a container is on it."""
        inventory.remove_network(self.api, id)

    def remove_volume(self, name: str) -> None:
        """With what is in it; done where it is gone, PermanentError while a container has it."""
        inventory.remove_volume(self.api, name)

    def fetch(self, id: str, path: str) -> bytes | None:
        """A small file's content, None where there is none; see `files.fetch`."""
        return fetch(self.api, id, path)

    def logs(self, id: str, *, follow: bool, tail: int | None, stop: Event) -> Iterator[tuple[bool, bytes]]:
        """Pieces of what it wrote, as (is it stderr, bytes); see `terminal.logs`."""
        from reconciler.engine.docker import terminal

        return terminal.logs(self.api, id, follow=follow, tail=tail, stop=stop)

    def execute(self, id: str, argv: Sequence[str], *, with_tty: bool) -> int:
        """Run `argv` inside on this process' standard streams; its exit code. See `terminal.execute`."""
        from reconciler.engine.docker import terminal

        return terminal.execute(self.api, id, argv, with_tty=with_tty)

    def capture(self, id: str, argv: Sequence[str], *, seconds: float, most_bytes: int) -> tuple[int | None, bytes]:
        """Run `argv` inside; its exit code and its output. See `terminal.capture`."""
        from reconciler.engine.docker import terminal

        return terminal.capture(self.api, id, argv, seconds=seconds, most_bytes=most_bytes)

    def close(self) -> None:
        self.api.close()
