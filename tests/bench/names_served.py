"""The DNS servers that are measured side by side, each with the same records and on the same core.

Before: names_load, names_etcd. After: names_server (a process), the images etcd and coredns, the name server's
container. Each is gone afterwards.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import docker
from rich.console import Console

from reconciler.dns.container.service import InContainer
from reconciler.dns.etcd.names import EtcdNames
from reconciler.engine.docker import connect
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.system import system_name
from reconciler.setup.build_all import build_missing
from reconciler.setup.images import folders
from reconciler.setup.locate import find_engine
from tests.bench.names_server import DOMAIN, ENV, HOST, records
from tests.bench.stage import API_VERSION, PATIENCE_SECONDS, put_away
from tests.support.loop_process import ROOT, LoopProcess

ETCD_IMAGE = "reconciler/etcd:latest"
COREDNS_IMAGE = "reconciler/coredns:latest"
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server that answers for `env` at `address`; `inside` is put before a command that is to run in its network.

    `what` says which one it is, with its version, where it isn't ours.
    """

    address: tuple[str, int]
    what: str = ""
    env: str = ENV
    inside: tuple[str, ...] = ()


def cores() -> tuple[int, int]:
    """One for the server and another one for whoever asks. Raises RuntimeError where there is one only."""
    found = sorted(os.sched_getaffinity(0))
    if len(found) < 2:
        raise RuntimeError("the server and whoever asks need a core each; this machine has one")
    return found[0], found[-1]


@contextmanager
def embedded(count: int, core: int) -> Iterator[Served]:
    """The embedded server in a process of its own, on loopback."""
    command = ["taskset", "--cpu-list", str(core), sys.executable, "-m", "tests.bench.names_server", str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline() if process.stdout else ""
        if not said.strip().isdigit():
            raise RuntimeError("the embedded DNS server did not start")
        yield Served(address=("127.0.0.1", int(said)))


# ------------------------------------------------------------ etcd and CoreDNS


class Box:
    """A running container that is removed at the end of its `with`."""

    def __init__(self, engine_url: str, image: str, **host: Any) -> None:
        self._api = docker.APIClient(base_url=engine_url, version=API_VERSION, timeout=60)
        config = cast("Any", self._api.create_host_config(**host))
        self.id = self._api.create_container(image, host_config=config, name=f"bench-{secrets.token_hex(4)}")["Id"]

    def __enter__(self) -> Self:
        try:
            self._api.start(self.id)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._api.remove_container(self.id, force=True, v=True)
        self._api.close()

    @property
    def address(self) -> str:
        """On the engine's default network."""
        return str(self._api.inspect_container(self.id)["NetworkSettings"]["IPAddress"])

    @property
    def pid(self) -> int:
        return int(self._api.inspect_container(self.id)["State"]["Pid"])

    def run(self, *words: str) -> str:
        """What a program in it prints; RuntimeError where it fails."""
        made = self._api.exec_create(self.id, list(words))
        said: bytes = self._api.exec_start(made["Id"])
        if self._api.exec_inspect(made["Id"])["ExitCode"]:
            raise RuntimeError(f"{' '.join(words)}: {said.decode(errors='replace').strip()}")
        return said.decode()


@contextmanager
def etcd(engine_url: str, core: int) -> Iterator[Box]:
    """An empty etcd, built where its image is missing."""
    wanted = [folder for folder in folders() if folder.reference in (ETCD_IMAGE, COREDNS_IMAGE)]
    build_missing(find_engine({"DOCKER_HOST": engine_url}, Path.home()), wanted, Console(stderr=True))
    with Box(engine_url, ETCD_IMAGE, cpuset_cpus=str(core)) as box:
        yield box


@contextmanager
def published(box: Box, count: int) -> Iterator[EtcdNames]:
    """So many names in it, looked after as a loop's are."""
    inner = EmbeddedNames(ENV, HOST)
    names = EtcdNames(
        f"etcd://{box.address}:2379", env=ENV, domain=DOMAIN, host=HOST, inner=inner, on_change=lambda: None
    )
    for id, record in records(count).items():
        names.publish(id, record)
    names.start()
    try:
        deadline_at = time.monotonic() + PATIENCE_SECONDS
        while names.problem() or len(names.published()) < count:
            assert time.monotonic() < deadline_at, f"{len(names.published())} of {count} names: {names.problem()}"
            time.sleep(_LOOK_SECONDS)
        yield names
    finally:
        names.close()


@contextmanager
def coredns(engine_url: str, count: int, core: int) -> Iterator[Served]:
    """CoreDNS on etcd, both on the core; one network namespace, so that they talk over its loopback as we do."""
    with (
        etcd(engine_url, core) as store,
        published(store, count),
        Box(engine_url, COREDNS_IMAGE, network_mode=f"container:{store.id}", cpuset_cpus=str(core)) as server,
    ):
        what = f"{_first_line(server.run('coredns', '-version'))}, {_first_line(store.run('etcd', '--version'))}"
        yield Served(address=(store.address, 53), what=what, inside=_within(server.pid))


def _first_line(said: str) -> str:
    return said.strip().splitlines()[0]


# ------------------------------------------------------------ the name server's container


@contextmanager
def contained(engine_url: str, count: int, core: int) -> Iterator[Served]:
    """The embedded server in the container that a loop without port 53 keeps."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        loop = LoopProcess(engine_url, Path(place), env=f"bench{secrets.token_hex(3)}")
        engine = connect(engine_url)
        try:
            names = EmbeddedNames(loop.env, HOST)
            service = InContainer(names, names, DOMAIN, engine.ensure_network(loop.env, None), engine)
            names.replace(records(count))
            service.look_after()
            try:
                pid = _pinned(loop, core)
                yield Served(address=(service.nameservers[0], 53), env=loop.env, inside=_within(pid))
            finally:
                service.close()
        finally:
            engine.close()
            put_away(loop)


def _pinned(loop: LoopProcess, core: int) -> int:
    """Its process id, once it runs; on the core from then on."""
    name = system_name(loop.env, "skydns")

    def state() -> dict[str, Any]:
        found = loop.docker.containers(all=True, filters={"name": f"^/{name}$"})
        return dict(loop.docker.inspect_container(found[0]["Id"])["State"]) if found else {}

    deadline_at = time.monotonic() + PATIENCE_SECONDS
    while not state().get("Running"):
        assert time.monotonic() < deadline_at, "the name server's container does not run"
        time.sleep(_LOOK_SECONDS)
    loop.docker.update_container(name, cpuset_cpus=str(core))
    return int(state()["Pid"])


def _within(pid: int) -> tuple[str, ...]:
    """Run a command of this host in a process's network; needs root."""
    return ("nsenter", "--target", str(pid), "--net", "--")
