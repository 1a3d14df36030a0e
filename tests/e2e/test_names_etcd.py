"""Names in a real etcd, answered by a real CoreDNS, both run by the loop itself as examples/dns-etcd has them: the same
addresses as our own server gives, and correct again by themselves after whatever becomes of etcd, CoreDNS or the loop.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from reconciler.setup.build_all import build_missing
from reconciler.setup.images import folders
from reconciler.setup.locate import find_engine
from reconciler.state.entry import host_label
from tests.support.dig import Dug, dig, reverse
from tests.support.loop_process import DOMAIN, ROOT, LoopProcess
from tests.support.spec_text import SLIM, spec

pytestmark = [pytest.mark.engine, pytest.mark.heavy, pytest.mark.timeout(1200)]

EXAMPLE = ROOT / "examples" / "dns-etcd"
FOREIGN = '{"host":"192.0.2.1","port":80}'
FORMS = (
    "", "*", "webapp", "WebApp", "v000.webapp", "az1.v000.webapp", "az2.v000.webapp", "HOST.az1.v000.webapp",
    "webapp1.HOST.az1.v000.webapp", "webapp3.HOST.az2.v000.webapp", "*.*.az1.*.webapp", "*.*.*.*.webapp",
    "any.any.az2.any.webapp", "webapp2.*.*.*.webapp", "az2.*.webapp", "*.webapp", "v000.*", "az1.v000.*", "*.*.az2.*.*",
    "webapp1.webapp", "webapp4.webapp", "idle1.idle", "idle", "*.idle", "idle1.HOST.az1.v000.idle", "idle1.*",
    "webapp9.webapp", "az9.v000.webapp", "v009.webapp", "nothing", "nothing.dns", "_.webapp",
)  # fmt: skip
"""HOST stands for the engine's host; `idle` runs and is never ready."""


class World:
    """The environment with etcd and CoreDNS in it, and how to ask both servers."""

    def __init__(self, engine: str, root: Path) -> None:
        self.etcd_port, self.dns_port = _free_port(), _free_port()
        self.loop = LoopProcess(engine, root, options=("--names", f"etcd://127.0.0.1:{self.etcd_port}"))
        self.host = host_label(self.loop.docker.info()["Name"])
        for name in ("etcd", "coredns", "webapp"):
            text = (EXAMPLE / f"{name}.yaml").read_text(encoding="utf-8")
            for old, new in (
                ("127.0.0.1:2379:", f"127.0.0.1:{self.etcd_port}:"),
                ("127.0.0.1:1053:", f"127.0.0.1:{self.dns_port}:"),
            ):
                text = text.replace(old, new)
            self.loop.save(name, text)
        self.loop.save("idle", spec(1, "zones: [az1]", "health: {tcp: {port: 9, interval: 200ms}, start: 1h}"))

    def start(self) -> None:
        self.loop.start()
        for name, size in (("etcd", 1), ("coredns", 1), ("webapp", 4)):
            self.loop.until_ready(name, size, seconds=60)
        self.loop.until(lambda: len(self.loop.containers("idle")) == 1, what="idle runs")
        self.until_same()

    # ------------------------------------------------------------ the two servers

    @property
    def gateway(self) -> str:
        network = self.loop.docker.inspect_network(f"reconciler-{self.loop.env}")
        return str(network["IPAM"]["Config"][0]["Gateway"])

    def name(self, form: str) -> str:
        zone = f"{self.loop.env}.{DOMAIN}"
        return f"{form.replace('HOST', self.host)}.{zone}" if form else zone

    def ours(self, form: str, kind: str = "A") -> Dug:
        return dig(self.name(form), kind, server=self.gateway)

    def coredns(self, form: str, kind: str = "A") -> Dug:
        return self.at_coredns(self.name(form), kind)

    def at_coredns(self, name: str, kind: str) -> Dug:
        return dig(name, kind, f"-p {self.dns_port}", server="127.0.0.1")

    def addresses(self, cluster: str) -> set[str]:
        """Of the running containers, by the engine."""
        found = (self.loop.inspect(id) for id in self.loop.containers(cluster).values())
        return {next(iter(one["NetworkSettings"]["Networks"].values()))["IPAddress"] for one in found}

    def until_same(self, seconds: float = 30.0) -> None:
        """Until both servers tell of exactly the four instances that run."""

        def same() -> bool:
            wanted = self.addresses("webapp")
            answers = (self.ours("webapp"), self.coredns("webapp"))
            return len(wanted) == 4 and all(one.addresses == wanted for one in answers)

        self.loop.until(same, seconds, "both servers tell of the instances that run")

    # ------------------------------------------------------------ etcd

    def ctl(self, *words: str) -> str:
        """`etcdctl` in etcd's container."""
        (id_,) = self.loop.containers("etcd").values()
        made = self.loop.docker.exec_create(id_, ["etcdctl", *words])
        output: bytes = self.loop.docker.exec_start(made["Id"])
        assert self.loop.docker.exec_inspect(made["Id"])["ExitCode"] == 0, output
        return output.decode()

    def keys(self) -> dict[str, dict[str, Any]]:
        """What etcd has under `/skydns`, without values."""
        found = json.loads(self.ctl("get", "--prefix", "/skydns", "--keys-only", "--write-out=json"))
        return {one["key"]: one for one in found.get("kvs", ())}

    def leases(self) -> set[int]:
        """Those that keys are under."""
        return {one.get("lease", 0) for one in self.keys().values()}

    def run_in_etcd(self, *command: str) -> None:
        (id_,) = self.loop.containers("etcd").values()
        made = self.loop.docker.exec_create(id_, list(command))
        self.loop.docker.exec_start(made["Id"])

    def kill(self, cluster: str) -> str:
        """The id of the instance that was killed."""
        id_ = next(iter(self.loop.containers(cluster).values()))
        self.loop.docker.kill(id_)
        return id_

    def until_replaced(self, cluster: str, id_: str, seconds: float = 20.0) -> None:
        """Until another container runs in this one's place, and is ready."""

        def replaced() -> bool:
            found = set(self.loop.containers(cluster).values())
            return len(found) == 1 and id_ not in found

        self.loop.until(replaced, seconds, f"{cluster} is replaced")
        self.loop.until_ready(cluster, 1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def world(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    wanted = [folder for folder in folders() if folder.directory.name in ("etcd", "coredns")]
    build_missing(find_engine(os.environ, Path.home()), wanted, Console(quiet=True))
    made = World(engine, tmp_path_factory.mktemp("etcd"))
    try:
        made.start()
        yield made
    finally:
        made.loop.close()


@pytest.mark.parametrize("form", FORMS)
def test_both_servers_answer_the_same_addresses(world: World, form: str) -> None:
    world.loop.until(
        lambda: world.coredns(form).addresses == world.ours(form).addresses, 10.0, f"{form!r} has the same addresses"
    )


def test_the_forms_lead_somewhere(world: World) -> None:
    found = {form: len(world.ours(form).addresses) for form in FORMS}
    assert (found["webapp"], found["*.*.az1.*.webapp"], found["idle1.idle"], found["idle"]) == (4, 2, 1, 0)


def test_each_ready_instance_has_its_service_record_with_a_shared_weight_and_its_address(world: World) -> None:
    answer = world.coredns("webapp", "SRV")
    found = [line.split() for line in answer.data("SRV")]
    assert [line[:3] for line in found] == [["10", "25", "8080"]] * 4
    targets = {line[3] for line in found}
    assert {line.name for line in answer.additional if line.type == "A"} == targets
    assert {line.data for line in answer.additional if line.type == "A"} == world.addresses("webapp")
    assert all(world.at_coredns(target, "A").addresses for target in targets)


def test_a_port_that_is_both_udp_and_tcp_is_one_service_record(world: World) -> None:
    assert len(world.coredns("coredns", "SRV").data("SRV")) == 1


def test_an_address_leads_back_to_the_short_name(world: World) -> None:
    (address,) = world.coredns("webapp1.webapp").addresses
    assert world.at_coredns(reverse(address), "PTR").data("PTR") == [f"{world.name('webapp1.webapp')}."]


def test_what_is_not_there_is_denied_as_our_own_server_denies_it(world: World) -> None:
    for form, kind in (("idle", "A"), ("webapp", "AAAA"), ("nothing", "A"), ("webapp9.webapp", "A")):
        assert world.coredns(form, kind).denied == world.ours(form, kind).denied
    assert world.coredns("idle").denied == "NODATA"
    assert world.coredns("nothing").denied == "NXDOMAIN"


def test_answers_and_denials_may_be_kept_for_a_moment_only(world: World) -> None:
    assert all(line.ttl_seconds <= 5 for line in world.coredns("webapp").answer)
    assert all(line.ttl_seconds <= 1 for line in world.coredns("nothing").authority)


def test_a_killed_instance_leaves_both_servers_and_its_replacement_comes(world: World) -> None:
    world.until_same()
    (gone,) = world.ours("webapp2.webapp").addresses
    world.loop.docker.kill(f"{world.loop.env}-webapp-2")
    world.loop.until(
        lambda: gone not in world.coredns("webapp").addresses or gone in world.addresses("webapp"), 10, "it is gone"
    )
    world.loop.until_ready("webapp", 4)
    world.until_same()


def test_foreign_keys_are_left_alone_and_one_in_our_place_is_told(world: World) -> None:
    root = f"/skydns/{DOMAIN}/{world.loop.env}"
    beside, inside = f"{root}/other/x1", f"{root}/newcomer/newcomer1/_/_/_/{world.host}/_"
    world.ctl("put", beside, FOREIGN)
    world.ctl("put", inside, FOREIGN)
    world.loop.save("newcomer", spec(1, image=SLIM))
    world.loop.until_ready("newcomer", 1)
    world.loop.until(lambda: inside in world.loop.cli("status").out.replace("\n", ""), what="status tells of it")
    (world.loop.specs / "newcomer.yaml").unlink()
    world.loop.until_gone("newcomer")
    for key in (beside, inside):
        assert FOREIGN in world.ctl("get", key)
        world.ctl("del", key)


def test_everything_deleted_by_somebody_is_back_at_once(world: World) -> None:
    before = set(world.keys())
    world.ctl("del", "--prefix", "/skydns")
    world.loop.until(lambda: set(world.keys()) == before, 5.0, "all keys are back")
    world.until_same()


def test_a_lost_lease_is_replaced(world: World) -> None:
    before = set(world.keys())
    (lost,) = world.leases()
    world.ctl("lease", "revoke", f"{lost:x}")
    world.loop.until(lambda: set(world.keys()) == before, 10.0, "all keys are back")
    assert lost not in world.leases()
    world.until_same()


def test_an_etcd_that_comes_back_without_its_data_gets_everything_again(world: World) -> None:
    before = set(world.keys())
    world.run_in_etcd("sh", "-c", "rm -rf /var/lib/etcd/member")
    killed = world.kill("etcd")
    world.until_replaced("etcd", killed)
    world.loop.until(lambda: set(world.keys()) == before, 10.0, "all keys are back")
    world.until_same()


def test_a_frozen_etcd_delays_no_healing_and_knows_everything_afterwards(world: World) -> None:
    (etcd,) = world.loop.containers("etcd").values()
    world.loop.docker.pause(etcd)
    (gone,) = world.ours("webapp3.webapp").addresses
    old = world.loop.containers("webapp")[f"{world.loop.env}-webapp-3"]
    killed_at = time.monotonic()
    world.loop.docker.kill(old)
    world.loop.until(
        lambda: world.loop.containers("webapp").get(f"{world.loop.env}-webapp-3", old) != old, 10, "it is replaced"
    )
    print(f"replaced {time.monotonic() - killed_at:.1f} s after the kill, etcd frozen; its address was {gone}")
    world.until_replaced("etcd", etcd, 60)
    world.until_same()


def test_a_loop_that_was_killed_finds_its_names_in_place(world: World) -> None:
    before = {key: one["create_revision"] for key, one in world.keys().items()}
    world.loop.kill()
    world.loop.docker.kill(f"{world.loop.env}-webapp-1")
    assert world.coredns("webapp").addresses
    world.loop.start()
    world.loop.until_ready("webapp", 4)
    world.until_same()
    after = {key: one["create_revision"] for key, one in world.keys().items()}
    kept = {key for key in before if after.get(key) == before[key]}
    assert len(kept) >= len(before) - 4, "what went on running never left etcd"
    world.loop.until(lambda: len(world.leases()) == 1, 10.0, "all keys are under the new loop's lease")


def test_coredns_starts_again_and_answers(world: World) -> None:
    killed = world.kill("coredns")
    world.until_replaced("coredns", killed)
    world.until_same()


def test_in_the_end_the_loop_has_nothing_to_do(world: World) -> None:
    world.loop.until_settled()
    assert world.loop.status().held == ()
