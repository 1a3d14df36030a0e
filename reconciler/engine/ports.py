"""The ports: what the loop needs of the outside, as Protocols that the real engine and the fake both keep.

Before: plan's actions. After: engine.docker (real), tests.support.fake_engine (fake); tests/contract runs against both.
Every method may raise EngineUnavailable, TransientError or PermanentError; effects are idempotent:
removing what is gone is done, creating what is there under our own labels is done.
Nothing here assumes one host: addresses and paths are the engine's own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Literal, Protocol

from reconciler.spec.cluster import Port, Pull, Resources
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Foreign, Instance
from reconciler.state.names import NameTable
from reconciler.state.records import Record

Signal = Literal["SIGTERM", "SIGKILL", "SIGHUP"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """`id` is the engine's own lasting id; `hostname` its host's name; memory in bytes."""

    id: str
    hostname: str
    version: str
    api_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The environment's bridge: `subnet` in CIDR form, `gateway` its IPv4 address on the host."""

    id: str
    name: str
    subnet: str
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One look at the engine: our instances by cluster (by number within), and what only pretends to be ours."""

    instances: Mapping[str, tuple[Instance, ...]] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One container by its name, whoever made it. `addresses` are its IPv4 addresses by network, while it runs."""

    id: str
    name: str
    labels: Mapping[str, str]
    image_id: str
    state: EngineState
    exit_code: int = 0
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a container has used of the processors since its start, and has in memory without spare file cache."""

    cpu_seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEvent:
    """Something happened to a container of ours (`cluster` set) or to an image (`cluster` None): a hint to look."""

    kind: Literal["container", "image"]
    action: str
    cluster: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file for a container, put there between create and start; `mode` as in chmod, `owner` (uid)."""

    path: str
    content: bytes
    mode: int = 0o400
    owner: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A named volume or an allowed host path at `target`."""

    source: str
    target: str
    read_only: bool = False
    host_path: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joins:
    """What a helper shares with containers that run, by their ids; None: it has its own.

    With `network_of` it is at the other's address and has its resolver. With `pids_of` it sees the other's processes
    and files, and dies with it. With `cgroup_of` its work counts as the other's, where the engine can do that; else
    it runs beside it.
    """

    network_of: str | None = None
    pids_of: str | None = None
    cgroup_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Everything one container is made from; `engine.blueprint` computes it, an engine only translates it.

    `published` maps a Port to its host port. `nameservers` and `search` go into its resolver. `address` is a fixed
    one on the network (None: the engine's choice).

    With `joins` it is a helper: no network, host name, resolver or ports of its own, no init, no capability but
    `capabilities`, and a standard input that stays open for `FaultEngine.converse`.
    """

    name: str
    image: str
    hostname: str
    labels: Mapping[str, str]
    environment: Mapping[str, str]
    network: str
    command: tuple[str, ...] | None = None
    ports: tuple[Port, ...] = ()
    published: tuple[tuple[Port, int], ...] = ()
    mounts: tuple[Mount, ...] = ()
    resources: Resources = field(default_factory=Resources)
    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    stop_seconds: float = 10.0
    address: str | None = None
    joins: Joins | None = None


class Engine(Protocol):
    """A container engine as the loop uses it; safe to call from several threads at once."""

    def info(self) -> EngineInfo: ...
    def listing(self, env: str) -> Listing: ...
    def find(self, name: str) -> Found | None:
        """The container of exactly this name, ours or not; None where there is none."""

    def up_seconds(self, id: str) -> float:
        """Seconds since the container started by the engine's clock; 0.0 where it never did or is gone."""

    def usage(self, id: str) -> Usage | None:
        """None where it doesn't run. May take a second, which the engine needs for a sample."""

    def events(self, env: str, stop: Event) -> Iterator[EngineEvent | None]:
        """Events from now on, until `stop` is set; first yields None once it is subscribed (list then, not before).

        `die` may come before a listing shows it, and isn't repeated.
        Ends by raising EngineUnavailable when the stream breaks.
        """

    def images(self, references: Sequence[str]) -> Mapping[str, Image]: ...
    def pull(self, reference: str, policy: Pull) -> None: ...
    def ensure_network(self, env: str, subnet: str | None) -> Network: ...
    def create(self, blueprint: Blueprint) -> str:
        """The new container's id; of the present one where our own stands under this name with the same labels.

        Raises NotOurs where somebody else's stands there, TransientError where the name is being freed.
        """

    def upload(self, id: str, files: Sequence[File]) -> None: ...
    def start(self, id: str) -> None: ...
    def signal(self, id: str, signal: Signal) -> None:
        """Done when the signal is sent, or where the container runs no more. A frozen one is thawed for it."""

    def remove(self, id: str) -> None:
        """By full id, forcibly, anonymous volumes too, named ones not; done where it is gone or going."""

    def close(self) -> None: ...


class Names(Protocol):
    """Where names are published; `published` is observed like containers are."""

    def published(self) -> Mapping[str, Record]:
        """What answers now, by container id."""

    def table(self) -> NameTable:
        """What every name answers now, from what this loop published: for explaining, and for a server of ours."""

    def reserve(self, clusters: Collection[str]) -> None:
        """These labels belong to clusters of ours, with or without instances."""

    def publish(self, id: str, record: Record) -> None: ...
    def withdraw(self, id: str) -> None: ...


class NameService(Protocol):
    """Names of one environment: where they are published, and what answers for them."""

    @property
    def names(self) -> Names:
        """Where the loop publishes."""

    @property
    def nameservers(self) -> tuple[str, ...]:
        """The addresses that containers ask first; none: they ask the host's resolvers alone."""

    def look_after(self) -> None:
        """Start what isn't there or has died; called when the first names are published and at every resync."""

    def problem(self) -> str:
        """Why names don't answer, and what to do; empty where all is well."""

    def close(self) -> None:
        """Put away what ends with the loop."""
