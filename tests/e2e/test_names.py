"""Names by Debian's dig, from the host and from inside a container: each form of SkyDNS v1, what isn't there, and whose
they are. One environment for all, with one instance that runs and is never ready.
"""

from collections.abc import Iterator, Mapping

import pytest

from tests.support.dig import dig, dig_inside
from tests.support.loop_process import DOMAIN, LoopProcess
from tests.support.name_world import World, address, server_of, told_inside
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

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
        # A server in its own container begins a moment after the first instances.
        process.until(lambda: told_inside(process, f"{process.env}-webapp-1", "webapp") != set(), what="names answer")
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
