"""An environment to ask names in: what runs in it, and asking from the host and from inside a container.

Before: LoopProcess, dig. After: tests of names, each with a loop of its own (the fixture `world`).
One instance runs and is never ready, one cluster has nothing ready, one has another label than its name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import docker

from tests.support.dig import Dug, dig, dig_inside
from tests.support.loop_process import DOMAIN, LoopProcess
from tests.support.spec_text import BASE, spec

# Number 3 never listens; all others listen on what they are probed at.
_SERVE = 'case "$HOSTNAME" in webapp3) exec sleep infinity;; *) exec python3 -m http.server 8080;; esac'
WEBAPP = spec(
    3, "zones: [az1, az2]", "ports: [8080, 8443]", "health: {tcp: {port: 8080, interval: 200ms}, start: 1h}",
    image=BASE, command=json.dumps(["sh", "-c", _SERVE]),
)  # fmt: skip
AUTH = spec(1, "dns: login", image=BASE)
IDLE = spec(1, "health: {tcp: {port: 9, interval: 200ms}, start: 1h}", image=BASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The running environment, and what a test needs to ask in it."""

    loop: LoopProcess
    server: str
    host: str
    client: str
    addresses: Mapping[str, str]

    @property
    def zone(self) -> str:
        return f"{self.loop.env}.{DOMAIN}"

    def name(self, form: str) -> str:
        return f"{form.replace('HOST', self.host)}.{self.zone}"

    def asked(self, form: str, type_: str = "A", *options: str) -> Dug:
        """From the host, at our server."""
        return dig(self.name(form), type_, *options, server=self.server)

    def asked_inside(self, form: str, type_: str = "A", *options: str) -> Dug:
        """From a container, by its own resolver."""
        return dig_inside(self.loop.docker, self.client, self.name(form), type_, *options)

    def serial(self) -> int:
        """Of the zone: it rises with every change of any name."""
        (soa,) = dig(self.zone, "SOA", server=self.server).data("SOA")
        return int(soa.split()[2])

    def of(self, *instances: str) -> set[str]:
        """The addresses of `webapp-1` and the like."""
        return {self.addresses[one] for one in instances}


def server_of(loop: LoopProcess) -> str:
    """Where the environment's containers ask first."""
    found: str = loop.inspect(next(iter(loop.containers())))["HostConfig"]["Dns"][0]
    return found


def host_label(loop: LoopProcess) -> str:
    """As SkyDNS has it: dots are dashes."""
    return str(loop.docker.info()["Name"]).lower().replace(".", "-")


def ran_inside(api: docker.APIClient, container: str, *command: str) -> str:
    """What a command in a container printed."""
    made = api.exec_create(container, list(command))
    out: bytes = api.exec_start(made["Id"])
    return out.decode()


def told_inside(loop: LoopProcess, container: str, name: str) -> set[str]:
    """The addresses that a program in a container is told by the C library."""
    return {line.split()[0] for line in ran_inside(loop.docker, container, "getent", "ahostsv4", name).splitlines()}


def make_world(loop: LoopProcess) -> World:
    """Cluster `webapp` with two ready of three, `auth` with one, `idle` with none."""
    for name, text in {"webapp": WEBAPP, "auth": AUTH, "idle": IDLE}.items():
        loop.save(name, text)
    loop.until_ready("auth", 1)
    loop.until(
        lambda: verdicts(loop, "webapp") == {1: "ready", 2: "ready", 3: "starting"}, what="two of webapp are ready"
    )
    loop.until(lambda: verdicts(loop, "idle") == {1: "starting"}, what="idle runs")
    loop.until_settled()
    addresses = {container.removeprefix(f"{loop.env}-"): address(loop, container) for container in loop.containers()}
    return World(
        loop=loop, server=server_of(loop), host=host_label(loop), client=f"{loop.env}-auth-1", addresses=addresses
    )


def verdicts(loop: LoopProcess, cluster: str) -> dict[int, str]:
    """What is concluded of each number."""
    row = loop.cluster(cluster)
    return {one.number: str(one.verdict) for one in row.instances} if row else {}


def address(loop: LoopProcess, container: str) -> str:
    """By the engine itself."""
    found: str = loop.inspect(container)["NetworkSettings"]["Networks"][f"reconciler-{loop.env}"]["IPAddress"]
    return found
