"""The main job: a cluster's file goes from 3 to 5 to 0 to another image and away; containers and names follow."""

from collections.abc import Iterator

import dns.message
import dns.query
import dns.rdatatype
import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, SLIM, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

ZONES = "zones: [az1, az2, az3]"


@pytest.fixture(scope="module")
def foreigners(loop: LoopProcess) -> Iterator[dict[str, str]]:
    """Somebody else's containers: named as ours are, with our labels under another name, a guest on our network."""
    labels = {
        "io.reconciler.env": loop.env, "io.reconciler.cluster": "web", "io.reconciler.number": "2",
        "io.reconciler.zone": "az1", "io.reconciler.revision": "v000", "io.reconciler.spec-hash": "0" * 12,
        "io.reconciler.role": "instance",
    }  # fmt: skip
    wanted: dict[str, dict[str, str]] = {f"{loop.env}-web-7": {}, f"{loop.env}-forged": labels, f"{loop.env}-guest": {}}
    made: dict[str, str] = {}
    try:
        for name, forged in wanted.items():
            host = loop.docker.create_host_config(network_mode=f"reconciler-{loop.env}", init=True)
            command = ["sleep", "infinity"]
            made[name] = loop.docker.create_container(SLIM, command, name=name, labels=forged, host_config=host)["Id"]
            loop.docker.start(made[name])
        yield made
    finally:
        for id_ in made.values():
            loop.docker.remove_container(id_, force=True)


def addresses(loop: LoopProcess, name: str) -> set[str]:
    """What our server on the network's gateway answers."""
    network = loop.docker.inspect_network(f"reconciler-{loop.env}")
    question = dns.message.make_query(name, dns.rdatatype.A)
    answer = dns.query.udp(question, network["IPAM"]["Config"][0]["Gateway"], timeout=2)
    return {item.address for rrset in answer.answer for item in rrset if item.rdtype == dns.rdatatype.A}


def seen_inside(loop: LoopProcess, name: str) -> set[str]:
    """What a program in a container is told, by a name below the search domain."""
    ran = loop.cli("exec", "client", "--", "getent", "ahostsv4", name)
    return {line.split()[0] for line in ran.out.splitlines()} if ran.code == 0 else set()


def follows(loop: LoopProcess, text: str, size: int) -> dict[str, str]:
    """Saved, and ready with `size`: exactly these run, exactly their addresses are named; ids by name."""
    loop.follow("web", text, size)
    loop.until(lambda: len(loop.containers("web", every=True)) == size + 1, what="nothing is left over")  # the forged
    loop.until_settled()
    row = loop.cluster("web")
    assert row is not None
    assert len(row.instances) == size
    zone = f"{loop.env}.docker"
    assert addresses(loop, f"web.{zone}") == {one.address for one in row.instances}
    for number in range(1, 6):
        expected = {one.address for one in row.instances if one.number == number}
        assert addresses(loop, f"web{number}.web.{zone}") == expected
    assert seen_inside(loop, "web") == {one.address for one in row.instances}
    ran = loop.plan()
    assert ran.code == 0, ran.out
    return {one.container: one.id for one in row.instances}


def test_a_file_from_three_to_five_to_none_to_another_image_and_away(
    loop: LoopProcess, foreigners: dict[str, str]
) -> None:
    loop.follow("client", spec(1), 1)
    three = follows(loop, spec(3, ZONES), 3)
    row = loop.cluster("web")
    assert row is not None
    assert sorted(one.zone for one in row.instances) == ["az1", "az2", "az3"]
    assert [one.number for one in row.instances] == [1, 2, 3]

    five = follows(loop, spec(5, ZONES), 5)
    assert three.items() <= five.items()
    assert sorted(int(name.rpartition("-")[2]) for name in five) == [1, 2, 3, 4, 5]
    follows(loop, spec(0, ZONES), 0)

    old = follows(loop, spec(2, ZONES), 2)
    new = follows(loop, spec(2, ZONES, image=BASE, command="[sleep, '1000000']"), 2)
    assert not set(new.values()) & set(old.values())
    for id_ in new.values():
        found = loop.inspect(id_)
        assert found["Config"]["Image"] == BASE
        assert found["Config"]["Cmd"] == ["sleep", "1000000"]

    (loop.specs / "web.yaml").unlink()
    loop.until(lambda: loop.cluster("web") is None, what="the cluster is gone")
    loop.until(lambda: len(loop.containers("web", every=True)) == 1, what="its containers are gone")  # the forged
    assert addresses(loop, f"web.{loop.env}.docker") == set()
    assert seen_inside(loop, "web") == set()
    assert loop.plan().code == 0

    for name, id_ in foreigners.items():
        found = loop.inspect(name)
        assert (found["Id"], found["State"]["Running"]) == (id_, True)
    assert any(f"{loop.env}-forged" in sentence for sentence in loop.status().foreign)


def test_a_name_taken_by_somebody_else_is_told_and_waited_for(loop: LoopProcess) -> None:
    """The engine lets one container have a name; ours comes when it is free."""
    name = f"{loop.env}-taken-1"
    id_ = loop.docker.create_container(SLIM, ["sleep", "infinity"], name=name)["Id"]
    try:
        loop.save("taken", spec(1))
        loop.until(lambda: loop.condition("taken", "Degraded").startswith("True"), what="it is told")
        assert name in loop.condition("taken", "Degraded")
        assert loop.inspect(name)["Id"] == id_
    finally:
        loop.docker.remove_container(id_, force=True)
    loop.until_ready("taken", 1)
    assert loop.inspect(name)["Id"] != id_
    loop.client.expect_delete("taken")  # else it counts with what a test before deleted
    (loop.specs / "taken.yaml").unlink()
    loop.until_gone("taken")


def test_an_image_made_anew_under_its_tag_is_rolled_out(loop: LoopProcess) -> None:
    """Nothing in the file changed; the tag means another image."""
    repository = f"reconciler-test/{loop.env}"
    loop.docker.tag(SLIM, repository, "1")
    try:
        loop.save("rebuilt", spec(1, "pull: never", image=f"{repository}:1"))
        loop.until_ready("rebuilt", 1)
        before = loop.containers("rebuilt")
        loop.docker.commit(next(iter(before.values())), repository, "1")
        loop.until(lambda: loop.containers("rebuilt") != before, what="rolled out")
        loop.until_ready("rebuilt", 1)
        loop.until_settled()
        assert not set(loop.containers("rebuilt").values()) & set(before.values())
        assert any("image rebuilt" in event.cause for event in loop.events("rebuilt", "create"))
        loop.client.expect_delete("rebuilt")  # else it counts with what a test before deleted
        (loop.specs / "rebuilt.yaml").unlink()
        loop.until_gone("rebuilt")
    finally:
        loop.docker.remove_image(f"{repository}:1", force=True)
