"""The containers, images and networks of the fake engine, what befalls them, and who is told.

Before: fake_engine, whose calls do something to them; tests, which crash and freeze them from outside. After: fake_box,
fake_streams. Never here: calls that fail.
"""

import hashlib
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler.engine.ports import Blueprint, EngineEvent, Listing, Network, Signal
from reconciler.errors import NotOurs, TransientError
from reconciler.state import labels as keys
from reconciler.state.faults import FaultPart
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Foreign, ImageHealth, Instance
from tests.support.fake_box import Box
from tests.support.fake_failures import Failures
from tests.support.fake_helpers import SIGTERM, FakeConversation, Script, joined, part_of, repeating
from tests.support.fake_network import Addresses
from tests.support.fake_streams import Streams

_HISTORY = 50


class FakeContainers:
    """`clock` gives seconds; `images` is what there is, by reference.

    `stubborn` holds ids of containers that ignore SIGTERM. `watchers` get every event at once, in that thread.
    `helper` is what the helpers of faults answer.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, images: Mapping[str, Image] | None = None
    ) -> None:
        self.clock = clock
        self.known: dict[str, Image] = dict(images or {})
        self._untagged: list[Image] = []
        self.failures = Failures()
        self.stubborn: set[str] = set()
        self.watchers: list[Callable[[EngineEvent], None]] = []
        self.boxes: dict[str, Box] = {}
        self.networks: dict[str, Network] = {}
        self.foreign_networks: set[str] = set()
        self._streams = Streams[EngineEvent]()
        self._fault_streams = Streams[FaultPart]()
        self._past: deque[Mapping[str, Listing]] = deque(maxlen=_HISTORY)
        self._lock = threading.RLock()
        self._made = 0
        self._addresses = Addresses()
        self.helper: Script = repeating
        self._conversations: dict[str, list[FakeConversation]] = defaultdict(list)

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
            self._untagged += [self.known[reference]] if reference in self.known else []
            self.known[reference] = image or Image(id=f"sha256:{digest}")
            self._publish(None, EngineEvent(kind="image", action=action, id=self.known[reference].id))
            return self.known[reference]

    def image(self, reference: str) -> Image | None:
        """What a reference or an id means: an image that has lost its tag is still there under its id."""
        by_id = {image.id: image for image in (*self._untagged, *self.known.values())}
        return self.known.get(reference) or by_id.get(reference)

    def go_away(self) -> None:
        """Nothing answers any more, and event streams break; the containers go on."""
        self.failures.away = True
        self._break_streams()

    def come_back(self) -> None:
        """Calls are answered again."""
        self.failures.away = False

    # ------------------------------------------------------------ inside

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
            if box.env and action != "kill":
                self._fault_streams.put(box.env, replace(part, state=state, exit_code=code))

    def _publish(self, env: str | None, event: EngineEvent) -> None:
        self._streams.put(env, event)
        for watcher in self.watchers:
            watcher(event)

    def _remember(self) -> None:
        envs = {box.env for box in self.boxes.values() if box.env}
        self._past.append({env: self._list(env) for env in envs})

    def _break_streams(self) -> None:
        self._streams.break_off()
        self._fault_streams.break_off()
