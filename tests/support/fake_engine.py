"""A container engine in memory that keeps the Engine port as the real one does: see tests/contract.

Time comes from the clock it is given. What happens to containers from outside (`crash`, `freeze`, …) and what
goes wrong with calls (`failures`) is for tests to say.
"""

import hashlib
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.docker import subnets
from reconciler.engine.ports import Blueprint, EngineEvent, EngineInfo, File, Found, Listing, Network, Signal
from reconciler.errors import EngineUnavailable, NotOurs, PermanentError, TransientError
from reconciler.spec.cluster import Pull
from reconciler.state import labels as keys
from reconciler.state.faults import FaultPart
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Foreign, ImageHealth, Instance
from tests.support.fake_box import Box
from tests.support.fake_failures import Failures
from tests.support.fake_helpers import SIGTERM, FakeConversation, Script, joined, part_of, repeating
from tests.support.fake_network import Addresses, fake_network

_POLL_SECONDS = 0.02
_HISTORY = 50


class FakeEngine:
    """`clock` gives seconds; `images` is what it has, `registry` what it could pull, both by reference.

    `calls` records every call as (method, arguments). `stale_by` makes listings that many changes old.
    `stubborn` holds ids of containers that ignore SIGTERM. `watchers` get every event at once, in that
    thread. `helper` is what the helpers of faults answer.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, images: Mapping[str, Image] | None = None
    ) -> None:
        self.clock = clock
        self.known: dict[str, Image] = dict(images or {})
        self.registry: dict[str, Image] = {}
        self.registry_down = False
        self.failures = Failures()
        self.calls: list[tuple[str, tuple[object, ...]]] = []
        self.stale_by = 0
        self.stubborn: set[str] = set()
        self.watchers: list[Callable[[EngineEvent], None]] = []
        self.boxes: dict[str, Box] = {}
        self.networks: dict[str, Network] = {}
        self.foreign_networks: set[str] = set()
        self._streams: dict[int, tuple[str, queue.Queue[EngineEvent | None]]] = {}
        self._fault_streams: dict[int, tuple[str, queue.Queue[FaultPart | None]]] = {}
        self._past: deque[Mapping[str, Listing]] = deque(maxlen=_HISTORY)
        self._lock = threading.RLock()
        self._made = 0
        self._addresses = Addresses()
        self._closed = False
        self.helper: Script = repeating
        self._conversations: dict[str, list[FakeConversation]] = defaultdict(list)

    # ------------------------------------------------------------ the port

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

    def events(self, env: str, stop: threading.Event) -> Iterator[EngineEvent | None]:
        self._begin("events", env)
        mine: queue.Queue[EngineEvent | None] = queue.Queue()
        self._streams[id(mine)] = (env, mine)
        try:
            yield None
            while not stop.is_set():
                try:
                    event = mine.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    continue
                if event is None:
                    raise EngineUnavailable("following the engine's events: the engine ended the stream")
                yield event
        finally:
            del self._streams[id(mine)]

    def images(self, references: Sequence[str]) -> Mapping[str, Image]:
        self._begin("images", tuple(references))
        return {reference: self.known[reference] for reference in references if reference in self.known}

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
            image = self.known.get(blueprint.image)
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
        mine: queue.Queue[FaultPart | None] = queue.Queue()
        self._fault_streams[id(mine)] = (env, mine)
        try:
            yield None
            while not stop.is_set():
                try:
                    part = mine.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    continue
                if part is None:
                    raise EngineUnavailable("following the engine's events: the engine ended the stream")
                yield part
        finally:
            del self._fault_streams[id(mine)]

    def converse(self, id: str) -> FakeConversation:
        self._begin("converse", id)
        conversation = FakeConversation(self._there(id), self._say)
        self._conversations[id].append(conversation)
        return conversation

    def close(self) -> None:
        self._closed = True
        self._break_streams()

    # ------------------------------------------------------------ what befalls containers

    def crash(self, id: str, code: int = 137) -> None:
        """Its process ends with `code`."""
        with self._lock:
            box = self.boxes[id]
            box.end(code)
            self._tell(box, "die")

    def freeze(self, id: str) -> None:
        """`docker pause`."""
        self._set(id, EngineState.PAUSED, "pause")

    def thaw(self, id: str) -> None:
        """`docker unpause`."""
        self._set(id, EngineState.RUNNING, "unpause")

    def mark_removing(self, id: str) -> None:
        """Its removal takes long: it is listed, and its name is not free yet."""
        self._set(id, EngineState.REMOVING, "kill")

    def set_health(self, id: str, health: ImageHealth) -> None:
        """What the image's own HEALTHCHECK says from now on."""
        with self._lock:
            self.boxes[id].health = health
            self._tell(self.boxes[id], "health_status")

    def disconnect(self, id: str) -> None:
        """`docker network disconnect`: it loses its address and stays ours."""
        with self._lock:
            self.boxes[id].connected = False
            self._remember()

    def add_foreign(self, name: str, *, labels: Mapping[str, str] | None = None, network: str = "bridge") -> str:
        """Somebody else's running container; its id."""
        foreign = Blueprint(
            name=name, image="other", hostname=name, labels=labels or {}, environment={}, network=network
        )
        with self._lock:
            id_ = self._add(foreign, Image(id="sha256:other"))
            self.boxes[id_].state = EngineState.RUNNING
            return id_

    def add_image(self, reference: str, image: Image | None = None, *, action: str = "tag") -> Image:
        """Have (or re-tag) an image; one with an id of its own where none is given."""
        with self._lock:
            self._made += 1
            digest = hashlib.sha256(f"image {self._made}".encode()).hexdigest()
            self.known[reference] = image or Image(id=f"sha256:{digest}")
            self._publish(None, EngineEvent(kind="image", action=action, id=self.known[reference].id))
            return self.known[reference]

    def go_away(self) -> None:
        """Nothing answers any more, and event streams break; the containers go on."""
        self.failures.away = True
        self._break_streams()

    def come_back(self) -> None:
        """Calls are answered again."""
        self.failures.away = False

    # ------------------------------------------------------------ inside

    def _begin(self, method: str, *arguments: object) -> None:
        self.calls.append((method, arguments))
        if self._closed:
            raise EngineUnavailable(f"{method}: the connection to the engine was closed")
        self.failures.before(method, arguments)

    def _list(self, env: str) -> Listing:
        seen = [box.seen(env) for box in self.boxes.values() if box.env == env and box.is_instance]
        clusters: dict[str, list[Instance]] = defaultdict(list)
        for one in seen:
            if isinstance(one, Instance):
                clusters[one.cluster].append(one)
        return Listing(
            instances={name: tuple(sorted(group, key=lambda i: i.number)) for name, group in sorted(clusters.items())},
            foreign=tuple(one for one in seen if isinstance(one, Foreign)),
        )

    def _add(self, blueprint: Blueprint, image: Image) -> str:
        self._made += 1
        made = hashlib.sha256(f"container {self._made}".encode()).hexdigest()
        self.boxes[made] = Box(id=made, blueprint=blueprint, image=image)
        self._tell(self.boxes[made], "create")
        return made

    def _adopted(self, present: Box, blueprint: Blueprint) -> str:
        doing = f"creating container {blueprint.name}"
        if present.state in (EngineState.REMOVING, EngineState.DEAD):
            raise TransientError(f"{doing}: the one before it is still being removed", 0.2)
        if present.labels == blueprint.labels:
            return present.id
        known_by = (keys.CLUSTER, keys.NUMBER) if keys.NUMBER in blueprint.labels else (keys.ROLE,)
        if all(present.labels.get(key) == blueprint.labels[key] for key in (keys.ENV, *known_by)):
            raise TransientError(f"{doing}: an earlier one of ours has the name", 0.2)
        raise NotOurs(f"{doing}: container {present.id[:12]} has that name and isn't ours")

    def _there(self, id: str) -> Box:
        if id not in self.boxes:
            raise TransientError(f"container {id[:12]}: it is gone", 0.2)
        return self.boxes[id]

    def _start_helper(self, box: Box) -> None:
        if not all(self._there(id_).alive for id_ in joined(box)):
            raise TransientError(f"starting container {box.id[:12]}: what it joins has ended", 0.2)
        box.state, box.exit_code, box.started_at = EngineState.RUNNING, None, self.clock()
        self._tell(box, "start")
        self._say(box, None)

    def _say(self, box: Box, line: str | None) -> None:
        answer = self.helper(box, line)
        with self._lock:
            for conversation in self._conversations[box.id]:
                conversation.hear(answer.lines)
            if answer.ends is not None and box.alive:
                box.end(answer.ends)
                self._tell(box, "die")

    def _end_with(self, victim: Box) -> None:
        """Those among its processes go with it."""
        for box in list(self.boxes.values()):
            if box.alive and box.blueprint.joins is not None and box.blueprint.joins.pids_of == victim.id:
                box.end(137)
                self._tell(box, "die")

    def _start(self, box: Box) -> None:
        if box.blueprint.joins is not None:
            self._start_helper(box)
            return
        if box.blueprint.network not in self.networks:
            raise TransientError(f"starting container {box.id[:12]}: network {box.blueprint.network} not found", 0.5)
        running = [other for other in self.boxes.values() if other is not box and other.address]
        taken = {host_port for other in running for _, host_port in other.blueprint.published}
        if any(host_port in taken for _, host_port in box.blueprint.published):
            raise TransientError(f"starting container {box.id[:12]}: port is already allocated", 2.0)
        wanted = box.blueprint.address
        if wanted is not None and any(other.address == wanted for other in running):
            said = "Address already in use; another container has that address"
            raise TransientError(f"starting container {box.id[:12]}: {said}", 2.0)
        box.state, box.exit_code, box.started_at = EngineState.RUNNING, None, self.clock()
        network = self.networks[box.blueprint.network]
        box.address = wanted or self._addresses.next(network, self.boxes.values())
        self._tell(box, "start")

    def _signal(self, box: Box, signal: Signal) -> None:
        box.signals.append(signal)
        self._tell(box, "kill")
        if box.state is EngineState.PAUSED:
            box.state = EngineState.RUNNING
        if signal == "SIGTERM" and box.alive and box.blueprint.joins is not None:
            self._say(box, SIGTERM)
        if signal == "SIGKILL" or (signal == "SIGTERM" and box.alive and box.id not in self.stubborn):
            box.end(137 if signal == "SIGKILL" else 143)
            self._tell(box, "die")

    def _set(self, id: str, state: EngineState, action: str) -> None:
        with self._lock:
            self.boxes[id].state = state
            self._tell(self.boxes[id], action)

    def _tell(self, box: Box, *actions: str) -> None:
        self._remember()
        if "die" in actions:
            self._end_with(box)
        self._tell_of_helper(box, *actions)
        cluster = box.labels.get(keys.CLUSTER)
        if not box.is_instance or not cluster or not box.env:
            return
        for action in actions:
            event = EngineEvent(kind="container", action=action, cluster=cluster, id=box.id)
            self._publish(box.env, event)

    def _tell_of_helper(self, box: Box, *actions: str) -> None:
        part = part_of(box)
        if part is None:
            return
        for action in actions:
            state = {"destroy": EngineState.REMOVING, "die": EngineState.EXITED}.get(action, box.state)
            code = (137 if box.alive else box.exit_code) if action == "die" else None
            for env, stream in list(self._fault_streams.values()):
                if env == box.env and action != "kill":
                    stream.put(replace(part, state=state, exit_code=code))

    def _publish(self, env: str | None, event: EngineEvent) -> None:
        for wanted, stream in list(self._streams.values()):
            if env in (None, wanted):
                stream.put(event)
        for watcher in self.watchers:
            watcher(event)

    def _remember(self) -> None:
        envs = {box.env for box in self.boxes.values() if box.env}
        self._past.append({env: self._list(env) for env in envs})

    def _break_streams(self) -> None:
        for _, stream in list(self._streams.values()):
            stream.put(None)
        for _, faults in list(self._fault_streams.values()):
            faults.put(None)
