"""A container engine in memory that keeps the Engine port as the real one does: see tests/contract.

Time comes from the clock it is given. What happens to containers from outside (`crash`, `freeze`, …) and what
goes wrong with calls (`failures`) is for tests to say.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.engine.docker import subnets
from reconciler.engine.ports import Blueprint, EngineEvent, EngineInfo, File, Found, Listing, Network, Signal, Usage
from reconciler.errors import EngineUnavailable, NotOurs, PermanentError, TransientError
from reconciler.spec.cluster import Pull
from reconciler.state import labels as keys
from reconciler.state.faults import FaultPart
from reconciler.state.image import Image
from reconciler.state.instance import EngineState
from tests.support.fake_containers import FakeContainers
from tests.support.fake_helpers import FakeConversation, part_of
from tests.support.fake_network import fake_network


class FakeEngine(FakeContainers):
    """`registry` is what it could pull, by reference. `calls` records every call as (method, arguments).

    `stale_by` makes listings that many changes old. `busy` are processors in use, `memory` bytes, by container.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, images: Mapping[str, Image] | None = None
    ) -> None:
        super().__init__(clock=clock, images=images)
        self.registry: dict[str, Image] = {}
        self.registry_down = False
        self.calls: list[tuple[str, tuple[object, ...]]] = []
        self.stale_by = 0
        self.busy: dict[str, float] = {}
        self.memory: dict[str, int] = {}
        self._closed = False

    def info(self) -> EngineInfo:
        self._begin("info")
        return EngineInfo(id="FAKE:ENGINE", hostname="fake", version="20.10.24", api_version="1.41")

    def listing(self, env: str) -> Listing:
        self._begin("listing", env)
        with self._lock:
            if self.stale_by and self._past:
                past = self._past[max(0, len(self._past) - 1 - self.stale_by)]
                return past.get(env, Listing())
            return self._list(env)

    def find(self, name: str) -> Found | None:
        self._begin("find", name)
        with self._lock:
            return next((box.found() for box in self.boxes.values() if box.blueprint.name == name), None)

    def up_seconds(self, id: str) -> float:
        self._begin("up_seconds", id)
        box = self.boxes.get(id)
        return 0.0 if box is None or box.started_at is None else max(0.0, self.clock() - box.started_at)

    def usage(self, id: str) -> Usage | None:
        self._begin("usage", id)
        box = self.boxes.get(id)
        if box is None or box.started_at is None or not box.alive:
            return None
        used = self.busy.get(id, 0.0) * (self.clock() - box.started_at)
        return Usage(cpu_seconds=0.01 + used, memory_bytes=self.memory.get(id, 2**20))

    def events(self, env: str, stop: threading.Event) -> Iterator[EngineEvent | None]:
        self._begin("events", env)
        yield from self._streams.follow(env, stop)

    def images(self, references: Sequence[str]) -> Mapping[str, Image]:
        self._begin("images", tuple(references))
        found = {reference: self.image(reference) for reference in references}
        return {reference: image for reference, image in found.items() if image is not None}

    def pull(self, reference: str, policy: Pull) -> None:
        self._begin("pull", reference, policy)
        if policy != "always" and reference in self.known:
            return
        if policy == "never":
            raise PermanentError(f"image {reference} is not on the engine and `pull: never` forbids fetching it")
        if self.registry_down:
            raise TransientError(f"pulling image {reference}: the registry can't be reached", 5.0)
        if reference not in self.registry:
            raise PermanentError(f"pulling image {reference}: pull access denied")
        self.add_image(reference, self.registry[reference], action="pull")
        self.failures.after("pull", (reference, policy))

    def ensure_network(self, env: str, subnet: str | None) -> Network:
        self._begin("ensure_network", env, subnet)
        name = keys.network_name(env)
        wanted = subnets.parse(subnet) if subnet else None
        with self._lock:
            if name in self.foreign_networks:
                raise NotOurs(f"creating network {name}: a network of that name is there and isn't ours")
            present = self.networks.get(name)
            if present is None:
                present = self.networks[name] = fake_network(env, wanted, self.networks.values())
            elif wanted is not None and str(wanted) != present.subnet:
                raise PermanentError(f"creating network {name}: it is there with subnet {present.subnet}")
        self.failures.after("ensure_network", (env, subnet))
        return present

    def create(self, blueprint: Blueprint) -> str:
        self._begin("create", blueprint)
        with self._lock:
            image = self.image(blueprint.image)
            if image is None:
                raise PermanentError(f"creating container {blueprint.name}: No such image: {blueprint.image}")
            present = next((box for box in self.boxes.values() if box.blueprint.name == blueprint.name), None)
            made = self._add(blueprint, image) if present is None else self._adopted(present, blueprint)
        self.failures.after("create", (blueprint,))
        return made

    def upload(self, id: str, files: Sequence[File]) -> None:
        self._begin("upload", id, tuple(files))
        for file in files:
            if not file.path.startswith("/") or ".." in file.path.split("/") or file.path.endswith("/"):
                raise PermanentError(f"{file.path} is no path for a file in a container")
        self._there(id).files.update({file.path: file for file in files})
        self.failures.after("upload", (id, tuple(files)))

    def start(self, id: str) -> None:
        self._begin("start", id)
        with self._lock:
            box = self._there(id)
            if box.state is EngineState.PAUSED:
                raise PermanentError(f"starting container {id[:12]}: cannot start a paused container")
            if box.state is not EngineState.RUNNING:
                self._start(box)
        self.failures.after("start", (id,))

    def signal(self, id: str, signal: Signal) -> None:
        self._begin("signal", id, signal)
        with self._lock:
            box = self.boxes.get(id)
            if box is not None and box.state in (EngineState.RUNNING, EngineState.PAUSED):
                self._signal(box, signal)
        self.failures.after("signal", (id, signal))

    def remove(self, id: str) -> None:
        self._begin("remove", id)
        if len(id) != 64:
            raise PermanentError(f"removing container {id}: that is no full container id")
        with self._lock:
            box = self.boxes.pop(id, None)
            if box is not None:
                if box.state in (EngineState.RUNNING, EngineState.PAUSED):
                    box.end(137)
                    self._tell(box, "kill", "die")
                self._tell(box, "destroy")
        self.failures.after("remove", (id,))

    def faults(self, env: str) -> tuple[FaultPart, ...]:
        self._begin("faults", env)
        parts = [part for box in list(self.boxes.values()) if box.env == env and (part := part_of(box)) is not None]
        return tuple(sorted(parts, key=lambda part: (part.instance, part.fault_id, part.id)))

    def fault_events(self, env: str, stop: threading.Event) -> Iterator[FaultPart | None]:
        self._begin("fault_events", env)
        yield from self._fault_streams.follow(env, stop)

    def converse(self, id: str) -> FakeConversation:
        self._begin("converse", id)
        conversation = FakeConversation(self._there(id), self._say)
        self._conversations[id].append(conversation)
        return conversation

    def close(self) -> None:
        self._closed = True
        self._break_streams()

    def _begin(self, method: str, *arguments: object) -> None:
        self.calls.append((method, arguments))
        if self._closed:
            raise EngineUnavailable(f"{method}: the connection to the engine was closed")
        self.failures.before(method, arguments)
