"""Names by Debian's dig, from the host and from inside a container: each form of SkyDNS v1, what isn't there, and whose
they are. One environment for all, with one instance that runs and is never ready.
"""

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import docker
import pytest

from tests.support.dig import Dug, dig, dig_inside, reverse
from tests.support.loop_process import DOMAIN, LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

# Number 3 never listens; all others listen on what they are probed at.
_SERVE = 'case "$HOSTNAME" in webapp3) exec sleep infinity;; *) exec python3 -m http.server 8080;; esac'
WEBAPP = spec(
    3, "zones: [az1, az2]", "ports: [8080, 8443]", "health: {tcp: {port: 8080, interval: 200ms}, start: 1h}",
    image=BASE, command=json.dumps(["sh", "-c", _SERVE]),
)  # fmt: skip
AUTH = spec(1, "dns: login", image=BASE)
IDLE = spec(1, "health: {tcp: {port: 9, interval: 200ms}, start: 1h}", image=BASE)

FORMS: Mapping[str, set[int]] = {
    "webapp": {1, 2},
    "v000.webapp": {1, 2},
    "az1.v000.webapp": {1},
    "az2.v000.webapp": {2},
    "HOST.az1.v000.webapp": {1},
    "webapp1.HOST.az1.v000.webapp": {1},
    "webapp2.HOST.az2.v000.webapp": {2},
    "*.*.az1.*.webapp": {1},
    "*.*.az2.*.webapp": {2},
    "*.*.*.*.webapp": {1, 2},
    "any.any.az2.any.webapp": {2},
    "all.HOST.az1.any.webapp": {1},
    "webapp2.*.*.*.webapp": {2},
    "az2.*.webapp": {2},
    "*.webapp": {1, 2},
    "webapp1.webapp": {1},
    "webapp2.webapp": {2},
    "webapp3.webapp": {3},  # the short form: it runs
    "WebApp": {1, 2},
    "ANY.any.AZ1.Any.WEBAPP": {1},
}
"""Each form, and the numbers of the instances that it leads to; HOST stands for the engine's host."""


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


@pytest.fixture(scope="module", params=["loop", pytest.param("container", marks=pytest.mark.heavy)])
def place(request: pytest.FixtureRequest) -> str:
    """Where the DNS server runs."""
    return str(request.param)


@pytest.fixture(scope="module")
def loop(engine: str, place: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    process = LoopProcess(engine, tmp_path_factory.mktemp("loop"), options=("--dns-server", place))
    try:
        process.start()
        yield process
    finally:
        process.close()


@pytest.fixture(scope="module")
def world(loop: LoopProcess) -> World:
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


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(("form", "numbers"), FORMS.items(), ids=FORMS)
def test_a_form_leads_to_the_same_instances_from_everywhere(world: World, form: str, numbers: set[int]) -> None:
    """From the host over UDP and TCP, from a container at our server and by its own resolver."""
    expected = world.of(*(f"webapp-{number}" for number in numbers))
    answers = [
        world.asked(form),
        world.asked(form, "A", "+tcp"),
        dig_inside(world.loop.docker, world.client, world.name(form), server=world.server),
        world.asked_inside(form),
    ]
    for answer in answers:
        assert (answer.status, answer.addresses) == ("NOERROR", expected), answer.text
        assert len(answer.answer) == len(expected)  # each once
    assert "aa" in answers[0].flags
    assert {line.ttl_seconds for line in answers[0].answer} == {5}


def test_the_environment_and_any_cluster_lead_to_everything_that_is_ready(world: World) -> None:
    expected = world.of("webapp-1", "webapp-2", "auth-1")
    for name in (world.zone, world.name("*"), world.name("any"), world.name("*.all")):
        assert dig(name, server=world.server).addresses == expected
        assert dig_inside(world.loop.docker, world.client, name).addresses == expected


@pytest.mark.parametrize(
    ("name", "instances"),
    {
        "webapp": ("webapp-1", "webapp-2"),
        "webapp1.webapp": ("webapp-1",),
        "webapp3.webapp": ("webapp-3",),
        "az2.v000.webapp": ("webapp-2",),
        "login": ("auth-1",),
        "login1.login": ("auth-1",),
        "idle1.idle": ("idle-1",),
        "idle": (),
        "auth": (),  # its spec gives it another label
        "webapp9.webapp": (),
    }.items(),
)
def test_a_program_in_a_container_needs_no_domain(world: World, name: str, instances: tuple[str, ...]) -> None:
    for asked in (name, world.name(name)):
        assert told_inside(world.loop, world.client, asked) == world.of(*instances)


def test_answers_come_in_another_order_each_time(world: World) -> None:
    world.loop.until(lambda: world.asked("webapp").data("A")[0] in world.of("webapp-1"), what="the first comes first")
    world.loop.until(lambda: world.asked("webapp").data("A")[0] in world.of("webapp-2"), what="the second comes first")


# ---------------------------------------------------------------- other records


def services(world: World, answer: Dug) -> set[tuple[int, int, int, str]]:
    """Priority, weight, port and the target's instance of each SRV record."""
    found = [line.split() for line in answer.data("SRV")]
    end = f".webapp.{world.zone}."
    assert all(target.endswith(end) for *_, target in found), answer.text
    return {
        (int(priority), int(weight), int(port), target.removesuffix(end)) for priority, weight, port, target in found
    }


_ALL = {(10, 25, port, name) for port in (8080, 8443) for name in ("webapp1", "webapp2")}
_FIRST = {(10, 50, port, "webapp1") for port in (8080, 8443)}
_SECOND = {(10, 50, port, "webapp2") for port in (8080, 8443)}


def elsewhere(found: set[tuple[int, int, int, str]]) -> set[tuple[int, int, int, str]]:
    return {(20, weight, port, name) for _, weight, port, name in found}


@pytest.mark.parametrize(
    ("form", "expected"),
    {
        "webapp": _ALL,
        "v000.webapp": _ALL,
        "*.*.*.*.webapp": _ALL,
        "az1.v000.webapp": _FIRST | elsewhere(_SECOND),
        "*.*.az2.*.webapp": _SECOND | elsewhere(_FIRST),
        "any.HOST.az1.any.webapp": _FIRST | elsewhere(_SECOND),
        "az9.v000.webapp": elsewhere(_ALL),  # nobody is there (any more): its clients go elsewhere
        "webapp1.webapp": _FIRST,
        "webapp2.HOST.az2.v000.webapp": _SECOND,
    }.items(),
)
def test_services_name_each_port_and_other_zones_as_second_choice(
    world: World, form: str, expected: set[tuple[int, int, int, str]]
) -> None:
    answer = world.asked(form, "SRV")
    assert (answer.status, services(world, answer)) == ("NOERROR", expected), answer.text
    told = {line.name: line.data for line in answer.additional}  # the targets' addresses come along
    assert told == {
        f"{name}.webapp.{world.zone}.": world.addresses[name.replace("webapp", "webapp-")] for *_, name in expected
    }
    assert services(world, world.asked_inside(form, "SRV")) == expected
    for target, where in told.items():
        assert dig(target, server=world.server).addresses == {where}


def test_an_address_has_the_short_name_of_its_instance(world: World) -> None:
    """Asked at the server itself: Docker's resolver answers its own."""
    for instance, name in {
        "webapp-1": "webapp1.webapp",
        "webapp-3": "webapp3.webapp",
        "auth-1": "login1.login",
    }.items():
        answer = dig(reverse(world.addresses[instance]), "PTR", server=world.server)
        assert answer.data("PTR") == [f"{world.name(name)}."], answer.text
    inside = dig_inside(
        world.loop.docker, world.client, reverse(world.addresses["webapp-1"]), "PTR", server=world.server
    )
    assert inside.data("PTR") == [f"{world.name('webapp1.webapp')}."]


def test_an_address_that_nobody_has_is_denied_and_never_asked_for_outside(world: World) -> None:
    network = ipaddress.ip_network(
        world.loop.docker.inspect_network(f"reconciler-{world.loop.env}")["IPAM"]["Config"][0]["Subnet"]
    )
    answer = dig(reverse(str(network.broadcast_address - 1)), "PTR", server=world.server)
    assert answer.denied == "NXDOMAIN", answer.text
    assert "aa" in answer.flags
    assert dig(reverse(world.addresses["webapp-1"]), "A", server=world.server).denied == "NODATA"


def test_the_zone_names_its_server(world: World) -> None:
    server = f"ns.dns.{world.zone}."
    answer = dig(world.zone, "NS", server=world.server)
    assert answer.data("NS") == [server]
    assert [(line.name, line.data) for line in answer.additional] == [(server, world.server)]
    assert dig(server, server=world.server).addresses == {world.server}
    assert dig(reverse(world.server), "PTR", server=world.server).data("PTR") == [server]
    (soa,) = dig(world.zone, "SOA", server=world.server).data("SOA")
    assert soa.split()[:2] == [server, f"hostmaster.{world.zone}."]


def test_text_tells_who_stands_behind_a_name(world: World) -> None:
    assert sorted(world.asked("webapp", "TXT").data("TXT")) == [
        '"instance=webapp1 zone=az1 revision=v000 ready=yes"',
        '"instance=webapp2 zone=az2 revision=v000 ready=yes"',
    ]
    assert world.asked("webapp3.webapp", "TXT").data("TXT") == ['"instance=webapp3 zone=az1 revision=v000 ready=no"']


def test_any_type_is_answered_with_addresses_and_transfers_are_refused(world: World) -> None:
    assert world.asked("webapp", "ANY").addresses == world.of("webapp-1", "webapp-2")
    assert dig(world.zone, "AXFR", server=world.server).answer == ()
    assert world.asked("webapp", "A", "-c CH").status == "REFUSED"


def test_a_change_makes_the_zones_serial_rise(world: World) -> None:
    before = world.serial()
    world.loop.save("passing", spec(1))
    world.loop.until_ready("passing", 1)
    assert world.asked("passing").addresses == {address(world.loop, f"{world.loop.env}-passing-1")}
    risen = world.serial()
    assert risen > before
    assert world.loop.cli("delete", "passing").code == 0
    world.loop.until_gone("passing")
    assert world.asked("passing").denied == "NXDOMAIN"
    assert world.serial() > risen


# ---------------------------------------------------------------- what isn't there


@pytest.mark.parametrize(
    ("form", "type_"),
    [
        ("webapp", "AAAA"),
        ("webapp1.webapp", "AAAA"),
        ("*.*.az1.*.webapp", "AAAA"),
        ("webapp", "MX"),
        ("idle", "A"),
        ("idle", "SRV"),
        ("webapp3.HOST.az1.v000.webapp", "A"),
        ("webapp3.*.*.*.webapp", "A"),
    ],
)
def test_a_name_without_such_records_is_no_missing_name(world: World, form: str, type_: str) -> None:
    answer = world.asked(form, type_)
    assert answer.denied == "NODATA", answer.text
    assert "aa" in answer.flags
    assert {line.ttl_seconds for line in answer.authority} == {1}
    assert world.asked_inside(form, type_).denied == "NODATA"


@pytest.mark.parametrize("type_", ["A", "AAAA", "SRV"])
@pytest.mark.parametrize(
    "form",
    ["nothing", "webapp9.webapp", "v009.webapp", "az1.v009.webapp", "other.az1.v000.webapp", "x.*.*.*.webapp",
     "a.webapp1.HOST.az1.v000.webapp"],
)  # fmt: skip
def test_a_missing_name_is_denied_for_every_type(world: World, form: str, type_: str) -> None:
    answer = world.asked(form, type_)
    assert answer.denied == "NXDOMAIN", answer.text
    assert "aa" in answer.flags
    assert world.asked_inside(form, type_).denied == "NXDOMAIN"


# ---------------------------------------------------------------- whose they are


@pytest.mark.parametrize(
    ("label", "complaint"),
    {
        "webapp": "the DNS label `webapp` is also taken by webapp.yaml",
        "login": "the DNS label `login` is also taken by auth.yaml",
        "dns": "`dns` is reserved by SkyDNS for its name servers",
        "any": "`any` is a SkyDNS wildcard",
        "v1": "instances of `v1` would be called like revisions",
        "v000": "`v000` looks like a revision",
    }.items(),
)
def test_a_label_that_is_somebody_elses_is_refused_and_changes_nothing(
    world: World, label: str, complaint: str
) -> None:
    loop = world.loop
    before, serial = loop.containers(every=True), world.serial()
    loop.save("intruder", spec(1, f"dns: {label}"))
    try:
        loop.until(lambda: complaint in problems(loop, "intruder"), what=f"it is refused: {complaint}")
        checked = loop.cli("validate", loop.specs)
        assert checked.code == 1
        assert complaint.partition(" by ")[0] in " ".join(checked.err.split())
        assert "intruder.yaml" in checked.err
        assert problems(loop, "webapp") == problems(loop, "auth") == ""
        assert loop.containers(every=True) == before
        assert world.serial() == serial  # no name came, went or changed
    finally:
        (loop.specs / "intruder.yaml").unlink()
    loop.until(lambda: loop.cluster("intruder") is None, what="the intruder is forgotten")


def problems(loop: LoopProcess, cluster: str) -> str:
    """What is wrong with a cluster's spec, on one line."""
    row = loop.cluster(cluster)
    return " ".join(" ".join(str(problem).split()) for problem in row.problems) if row else ""


@pytest.fixture(scope="module")
def other(engine: str, place: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """A second environment on the same engine, with a `webapp` of its own."""
    process = LoopProcess(engine, tmp_path_factory.mktemp("other"), options=("--dns-server", place))
    try:
        process.start()
        process.save("webapp", spec(1, image=BASE))
        process.until_ready("webapp", 1)
        yield process
    finally:
        process.close()


def test_two_environments_do_not_see_each_others_names(world: World, other: LoopProcess) -> None:
    ours, theirs = world.of("webapp-1", "webapp-2"), {address(other, f"{other.env}-webapp-1")}
    their_name, their_client = f"webapp.{other.env}.{DOMAIN}", f"{other.env}-webapp-1"
    # each its own, by the same short name
    assert told_inside(world.loop, world.client, "webapp") == ours
    assert told_inside(other, their_client, "webapp") == theirs
    assert dig(their_name, server=server_of(other)).addresses == theirs
    assert dig(f"webapp.any.{DOMAIN}", server=world.server).addresses == ours
    # and not the other's: by full name and by wildcard, from the host and from inside
    for asked, server in ((world.name("webapp"), server_of(other)), (their_name, world.server)):
        assert dig(asked, server=server).addresses == set()
    for form in (f"webapp.*.{DOMAIN}", f"*.any.{DOMAIN}"):
        assert not dig(form, server=server_of(other)).addresses & ours
        assert not dig(form, server=world.server).addresses & theirs
    assert told_inside(world.loop, world.client, their_name) == set()
    assert told_inside(other, their_client, world.name("webapp")) == set()


def test_a_server_refuses_the_other_environments_containers(world: World, other: LoopProcess) -> None:
    answer = dig_inside(other.docker, f"{other.env}-webapp-1", world.name("webapp"), server=world.server)
    assert answer.status in {"REFUSED", ""}, answer.text  # refused, or not let through by the engine's own rules
    assert answer.answer == ()
