"""A name is explained: what it means, what it leads to, and why the others are left out."""

from dataclasses import replace

import pytest

from reconciler.plan.lookup import NameStatus, NameWorld, look_up, whole_name
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.state.entry import Entry, entry_of
from reconciler.state.names import NameTable
from reconciler.state.records import Record


def entry(instance: str, *, ready: bool = True, zone: str = "az1") -> Entry:
    record = Record(
        instance=instance, cluster="webapp", zone=zone, revision="v001", address=f"10.0.0.{instance[-1]}", ready=ready
    )
    return entry_of(record, env="dev", host="host1")


TABLE = (
    NameTable()
    .placed("id1", entry("webapp1"))
    .placed("id2", entry("webapp2", zone="az2"))
    .placed("id3", entry("webapp3", ready=False))
)
WORLD = NameWorld(
    env="dev",
    domain="docker",
    table=TABLE,
    judgements={"id3": Judgement(Verdict.SUSPECT, "silent for 3 s")},
    nameservers=("10.0.0.254",),
)


def rows(found: NameStatus) -> dict[str, str]:
    return {row.instance: row.why for row in found.rows}


def test_a_cluster_says_who_answers_and_why_the_others_do_not() -> None:
    found = look_up("webapp", WORLD)
    assert (found.name, found.known, found.meaning) == ("webapp.dev.docker", True, "the ready instances of webapp")
    assert rows(found) == {"webapp1": "", "webapp2": "", "webapp3": "not ready: silent for 3 s"}


def test_one_that_is_ready_and_has_no_traffic_is_not_called_unready() -> None:
    idle = replace(WORLD, judgements={"id3": Judgement(Verdict.READY)})
    why = "ready, but without traffic now: its group, or its file, has none"
    assert rows(look_up("webapp", idle))["webapp3"] == why


def test_a_zone_says_that_only_srv_leads_elsewhere() -> None:
    found = look_up("az1.v001.webapp.dev.docker", WORLD)
    assert found.meaning == "the ready instances of webapp, revision v001, zone az1"
    assert rows(found)["webapp2"] == "in zone az2: only SRV leads there, with priority 20"


def test_an_instance_answers_while_it_runs() -> None:
    found = look_up("webapp3.webapp", WORLD)
    assert found.meaning == "instance webapp3, as long as it runs"
    assert [(row.instance, row.answers) for row in found.rows] == [("webapp3", True)]


def test_a_name_that_is_missing_is_not_known_and_leads_nowhere() -> None:
    found = look_up("webapp9.webapp", WORLD)
    assert (found.ours, found.known, found.rows) == (True, False, ())
    assert found.meaning == "there is no such name"


def test_a_name_elsewhere_is_passed_on() -> None:
    found = look_up("example.com.", WORLD)
    assert (found.ours, found.name) == (False, "example.com")
    assert "passed on" in found.meaning


def test_what_is_registered_under_a_cluster_of_ours_is_said_to_be_hidden() -> None:
    world = replace(WORLD, table=TABLE.placed("skydns:x", replace(entry("x9"), managed=False)))
    assert rows(look_up("webapp", world))["x9"] == "hidden: webapp is a cluster of ours"


def test_an_address_is_explained_by_who_has_it() -> None:
    found = look_up("2.0.0.10.in-addr.arpa.", WORLD)
    assert (found.known, found.meaning) == (True, "whoever has the address 10.0.0.2")
    assert [row.instance for row in found.rows] == ["webapp2"]
    assert not look_up("77.0.0.10.in-addr.arpa.", WORLD).ours


SERVED = replace(WORLD, subnet="10.0.0.0/24", servers=("10.0.0.254",))


def test_an_address_of_the_network_that_nobody_has_is_denied_not_passed_on() -> None:
    found = look_up("77.0.0.10.in-addr.arpa.", SERVED)
    assert (found.ours, found.known) == (True, False)
    assert found.meaning == "there is no such name: nobody has the address 10.0.0.77"
    assert not look_up("77.0.1.10.in-addr.arpa.", SERVED).ours


def test_the_servers_own_address_has_its_name() -> None:
    found = look_up("254.0.0.10.in-addr.arpa.", SERVED)
    assert (found.ours, found.known, found.meaning) == (True, True, "the name server itself")


@pytest.mark.parametrize(
    ("subnet", "name", "ours", "known"),
    [
        ("10.0.0.0/24", "0.0.10.in-addr.arpa.", True, True),
        ("10.0.0.0/24", "0.10.in-addr.arpa.", False, False),
        ("10.0.0.0/16", "3.0.10.in-addr.arpa.", True, True),
        ("10.0.0.0/16", "x.0.10.in-addr.arpa.", True, False),
        ("10.0.0.0/16", "9.8.7.0.10.in-addr.arpa.", True, False),
        ("10.0.0.0/26", "0.0.10.in-addr.arpa.", False, False),
        ("10.0.0.0/26", "77.0.0.10.in-addr.arpa.", False, False),
        ("10.0.0.0/26", "33.0.0.10.in-addr.arpa.", True, False),
    ],
)
def test_the_reverse_zone_of_the_network_is_ours(subnet: str, name: str, ours: bool, known: bool) -> None:
    found = look_up(name, replace(SERVED, subnet=subnet))
    assert (found.ours, found.known) == (ours, known)


def test_a_name_of_ours_without_the_zone_is_denied_not_passed_on() -> None:
    found = look_up("webapp.", SERVED)
    assert (found.ours, found.known) == (True, False)
    assert found.meaning == "there is no such name: webapp is short for webapp.dev.docker"
    assert look_up("webapp1.webapp.", SERVED).ours
    assert not look_up("other.", SERVED).ours


def test_where_no_server_of_ours_runs_nothing_else_is_denied() -> None:
    world = replace(SERVED, servers=())
    names = ("77.0.0.10.in-addr.arpa.", "254.0.0.10.in-addr.arpa.", "webapp.")
    assert not any(look_up(name, world).ours for name in names)


def test_a_name_with_too_many_labels_is_told_the_longest_form() -> None:
    assert look_up("a.b.c.d.e.f.g", WORLD).meaning.startswith("there is no such name: too many labels")


def test_wildcards_and_the_environment_itself_are_put_into_words() -> None:
    assert look_up("*.dev.docker", WORLD).meaning == "all that is ready"
    assert look_up("dev.docker", WORLD).meaning == "all that is ready"
    assert look_up("webapp.any.docker", WORLD).meaning == "the ready instances of webapp, in any environment"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("webapp", "webapp.dev.docker"),
        ("WebApp.dev.Docker", "webapp.dev.docker"),
        ("webapp.dev.docker.", "webapp.dev.docker"),
        ("webapp.", "webapp"),
        ("docker", "docker"),
    ],
)
def test_the_search_domain_is_added_where_ours_is_missing(text: str, whole: str) -> None:
    assert whole_name(text, "dev", "docker") == whole
