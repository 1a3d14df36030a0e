"""What is wanted: the frozen values that a spec file becomes.

Before: parse (text to these values). After: plan. Nothing here reads files or knows of containers.
Defaults are those of the format; durations are seconds, sizes are bytes, instances are counted from 1.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from reconciler.spec.chaos import Chaos

Pull = Literal["missing", "always", "never"]
StartOrder = Literal["parallel", "ordered"]
Strategy = Literal["rolling", "in-place", "red-black", "canary"]
Protocol = Literal["tcp", "udp"]
OWN_KEY = ""  # as `ssh_keys`: the environment's own key, which is made when it is first needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of the container; published on the host where `host_first` is given (one host port for each
    number).
    """

    container: int
    protocol: Protocol = "tcp"
    host_ip: str = "127.0.0.1"
    host_first: int | None = None
    host_last: int | None = None

    def host_port(self, number: int) -> int | None:
        """The host port of instance `number`, None where it isn't published or the range is too short."""
        if self.host_first is None or self.host_last is None:
            return None
        port = self.host_first + number - 1
        return port if port <= self.host_last else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A file that appears at /run/secrets/<name>; `file` is as written, relative to the specs or the secrets
    directory.
    """

    name: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A named volume for each number (`host_path` false), or an allowed host path."""

    source: str
    target: str
    read_only: bool = False
    host_path: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Limits of one container; None is the engine's default. Memory in bytes."""

    memory_bytes: int | None = None
    cpus: float | None = None
    pids: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Judged by beats that the instance sends: silent after `misses` times `interval_seconds`."""

    interval_seconds: float = 1.0
    misses: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Judged by asking from outside, over HTTP (`path` set) or by opening a TCP connection (`path` None)."""

    port: int
    path: str | None = None
    interval_seconds: float = 1.0
    timeout_seconds: float = 1.0
    misses: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How instances are judged. Nothing of heartbeat, probe, docker: see the format's defaults in
    `plan.verdicts`; who is judged by nothing is ready after running for `settle_seconds`.
    """

    heartbeat: Heartbeat | None = None
    probe: Probe | None = None
    docker: bool = False
    start_seconds: float = 30.0
    suspect_seconds: float = 1.0
    settle_seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStage:
    """The first instances of a new revision, `size` of them or `percent` of the cluster (one of the two).

    When all of them have been available for `after_seconds` the rollout goes on; None: when a person promotes it.
    With a `metric` (only with `after_seconds`) its mean over them must not exceed `most` meanwhile: else it has failed.
    """

    size: int | None = 1
    percent: float | None = None
    after_seconds: float | None = None
    metric: str | None = None
    most: float | None = None

    def count(self, size: int) -> int:
        """How many of a cluster of `size` they are: one at least, all at most."""
        wanted = self.size if self.percent is None else math.ceil(size * self.percent / 100)
        return min(size, max(1, wanted or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RedBlack:
    """How long the old group is kept, without traffic, for an instant return after traffic has moved. `judged`: it
    moves only when a person has promoted the new group, which stands complete until then.
    """

    keep_seconds: float = 60.0
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How a change reaches the instances; bake is how long one must be ready to count as available.

    `deadline_seconds` is how long a rollout may go without one more instance becoming available before it has failed
    (None: `health.start` and `bake` together); `rollback`: it then goes back by itself. `paused`: nothing more begins.
    `promoted` is the revision that a person has let go on: out of its canary stage, or to the traffic. `restarted` is
    when a person asked for new instances of the same (a text that is part of the revision, empty: never).
    """

    strategy: Strategy = "rolling"
    surge: int = 1
    unavailable: int = 0
    bake_seconds: float = 1.0
    deadline_seconds: float | None = None
    rollback: bool = True
    red_black: RedBlack = RedBlack()
    canary: CanaryStage = CanaryStage()
    paused: bool = False
    promoted: str = ""
    restarted: str = ""

    @property
    def in_place(self) -> bool:
        """The old instance goes first, and its successor has its number: two of them can't be there at once."""
        return self.strategy == "in-place" or (self.strategy == "canary" and not self.surge)

    def most(self, size: int) -> int:
        """How many instances of a cluster of `size` there may be during a change."""
        return 2 * size if self.strategy == "red-black" else size + self.surge


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscale:
    """The size follows a metric's mean over the ready instances, so that it comes near `target`.

    `metric` is `cpu` (percent of an instance's limit, of one processor where it has none), `load` (processors,
    1-minute mean), `memory` (percent of its limit), `requests` (a second) or a name of the image's own.
    """

    min: int
    max: int
    metric: str
    target: float
    cooldown_out_seconds: float = 30.0
    cooldown_in_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Eureka:
    """Where instances of application `app` register: a cluster of the environment (its `port`, `path`), or `url`."""

    app: str
    cluster: str | None = None
    port: int = 8080
    path: str = "/eureka/v2"
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The registries, beside our own names, that lead traffic to the cluster."""

    eureka: Eureka | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How an instance ends: name withdrawn, `drain_seconds`, SIGTERM, `grace_seconds`, SIGKILL."""

    grace_seconds: float = 10.0
    drain_seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What makes a spec a task: one run to completion for each revision.

    A run that fails is repeated at most `retries` times; one that lasts longer than `deadline_seconds` is killed
    and has failed (None: it may take as long as it likes).
    """

    retries: int = 6
    deadline_seconds: float | None = None

    @property
    def most_runs(self) -> int:
        """How many runs of one revision there may be in all."""
        return self.retries + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSpec:
    """One cluster as its file wants it; a task where `task` is set, with size 1."""

    name: str
    image: str
    size: int
    zones: tuple[str, ...] = ("default",)
    dns: str = ""
    pull: Pull = "missing"
    ports: tuple[Port, ...] = ()
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    volumes: tuple[Volume, ...] = ()
    resources: Resources = Resources()
    depends_on: tuple[str, ...] = ()
    start: StartOrder = "parallel"
    health: Health = Health()
    rollout: Rollout = Rollout()
    stop: Stop = Stop()
    ssh_keys: str | None = None  # a file of public keys, OWN_KEY, or None: no sshd
    suspend: bool = False
    traffic: bool = True
    task: Task | None = None
    chaos: Chaos | None = None
    autoscale: Autoscale | None = None
    discovery: Discovery = Discovery()

    @property
    def dns_label(self) -> str:
        """The cluster's label in names; instances are this label followed by their number."""
        return self.dns or self.name

    def spec_hash(self) -> str:
        """Twelve hex digits over what is baked into a container: what differs here needs a new container.

        Left out, because it changes without one: size, zones, dns, pull, health, rollout, stop, depends_on,
        start, suspend, traffic, chaos, autoscale, discovery, and a task's retries and deadline. Of rollout
        only `restarted` counts.
        """
        baked: dict[str, object] = {
            "image": self.image,
            "command": self.command,
            "environment": dict(sorted(self.environment.items())),
            "ports": [[p.container, p.protocol, p.host_ip, p.host_first, p.host_last] for p in self.ports],
            "secrets": [[s.name, s.file] for s in self.secrets],
            "volumes": [[v.source, v.target, v.read_only, v.host_path] for v in self.volumes],
            "resources": [self.resources.memory_bytes, self.resources.cpus, self.resources.pids],
            "ssh": self.ssh_keys,
        }
        if self.task is not None:
            baked["kind"] = "TaskSpec"  # only then, so that no cluster of an earlier version is outdated
        if self.rollout.restarted:
            baked["restarted"] = self.rollout.restarted
        text = json.dumps(baked, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def dressed_as(self, earlier: "ClusterSpec") -> "ClusterSpec":
        """This cluster with what its instances are made from and judged by taken from an earlier spec of it: all that
        is baked in, and pull, health, stop, discovery. Size, zones, rollout and the rest stay; but what has volumes or
        published ports of its own is replaced in place, whatever the present file may do.
        """
        rollout = replace(self.rollout, restarted=earlier.rollout.restarted)
        if not rollout.in_place and (earlier.volumes or any(port.host_first is not None for port in earlier.ports)):
            rollout = replace(rollout, strategy="in-place", surge=0, unavailable=max(1, rollout.unavailable))
        return replace(
            self,
            image=earlier.image, pull=earlier.pull, command=earlier.command, environment=earlier.environment,
            ports=earlier.ports, secrets=earlier.secrets, volumes=earlier.volumes, resources=earlier.resources,
            ssh_keys=earlier.ssh_keys, health=earlier.health, stop=earlier.stop, discovery=earlier.discovery,
            rollout=rollout,
        )  # fmt: skip
