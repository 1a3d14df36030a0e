"""Which entries a name leads to, out of the entries alone."""

from dataclasses import replace

import pytest

from reconciler.state.entry import Entry, entry_of, host_label
from reconciler.state.names import NameTable
from reconciler.state.records import Record


def entry(instance: str, address: str, *, cluster: str = "webapp", ready: bool = True, zone: str = "az1") -> Entry:
    record = Record(instance=instance, cluster=cluster, zone=zone, revision="v001", address=address, ready=ready)
    return entry_of(record, env="dev", host="host1")


def table(*entries: Entry) -> NameTable:
    made = NameTable()
    for number, each in enumerate(entries):
        made = made.placed(f"id{number}", each)
    return made


def found(names: NameTable, name: str) -> list[str] | None:
    match = names.match(tuple(name.split(".")))
    return None if match is None else [each.target for each in match.entries]


WEBAPP = table(
    entry("webapp1", "10.0.0.1"),
    entry("webapp2", "10.0.0.2", zone="az2"),
    entry("webapp3", "10.0.0.3", zone="az2", ready=False),
    entry("auth1", "10.0.0.9", cluster="auth"),
)


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("webapp.dev", ["10.0.0.1", "10.0.0.2"]),
        ("v001.webapp.dev", ["10.0.0.1", "10.0.0.2"]),
        ("v000.webapp.dev", None),
        ("az1.v001.webapp.dev", ["10.0.0.1"]),
        ("*.*.az1.*.webapp.dev", ["10.0.0.1"]),
        ("any.all.az2.any.webapp.dev", ["10.0.0.2"]),
        ("host1.az2.v001.webapp.dev", ["10.0.0.2"]),
        ("host2.az2.v001.webapp.dev", None),
        ("webapp1.host1.az1.v001.webapp.dev", ["10.0.0.1"]),
        ("webapp1.host1.az2.v001.webapp.dev", []),
        ("webapp3.host1.az2.v001.webapp.dev", []),
        ("*.webapp.dev", ["10.0.0.1", "10.0.0.2"]),
        ("*.dev", ["10.0.0.1", "10.0.0.2", "10.0.0.9"]),
        ("dev", ["10.0.0.1", "10.0.0.2", "10.0.0.9"]),
        ("webapp.*", ["10.0.0.1", "10.0.0.2"]),
        ("webapp.prod", None),
        ("prod", None),
        ("webapp1.webapp.dev", ["10.0.0.1"]),
        ("webapp3.webapp.dev", ["10.0.0.3"]),
        ("webapp4.webapp.dev", None),
        ("webapp1.auth.dev", None),
        ("x.webapp1.host1.az1.v001.webapp.dev", None),
    ],
)
def test_labels_are_compared_from_the_right_and_those_on_the_left_may_be_left_out(
    name: str, addresses: list[str] | None
) -> None:
    assert found(WEBAPP, name) == addresses


def test_a_name_that_asks_for_a_zone_knows_the_others_for_failing_over() -> None:
    match = WEBAPP.match(("az1", "v001", "webapp", "dev"))
    assert match is not None
    assert [each.instance for each in match.elsewhere] == ["webapp2"]
    everywhere = WEBAPP.match(("v001", "webapp", "dev"))
    assert everywhere is not None
    assert everywhere.elsewhere == ()


def test_a_zone_without_instances_fails_over_to_the_others() -> None:
    match = WEBAPP.match(("az9", "*", "webapp", "dev"))
    assert match is not None
    assert match.entries == ()
    assert [each.instance for each in match.elsewhere] == ["webapp1", "webapp2"]


def test_an_empty_table_knows_nothing() -> None:
    assert NameTable().match(("dev",)) is None
    assert NameTable().match(()) is None


def test_names_are_kept_in_lower_case() -> None:
    shouted = table(entry("WebApp1", "10.0.0.1", cluster="WebApp", zone="AZ1"))
    assert found(shouted, "webapp1.host1.az1.v001.webapp.dev") == ["10.0.0.1"]


def test_a_container_leaving_and_its_successor_both_answer_under_their_number() -> None:
    both = table(entry("webapp1", "10.0.0.1"), entry("webapp1", "10.0.0.2"))
    assert found(both, "webapp1.webapp.dev") == ["10.0.0.1", "10.0.0.2"]
    assert found(both.removed("id0"), "webapp1.webapp.dev") == ["10.0.0.2"]


def test_an_entry_that_moves_to_another_cluster_leaves_the_first() -> None:
    moved = table(entry("webapp1", "10.0.0.1")).placed("id0", entry("web1", "10.0.0.1", cluster="web"))
    assert found(moved, "webapp.dev") is None
    assert found(moved, "web.dev") == ["10.0.0.1"]


def test_the_serial_rises_with_each_change_and_stays_without_one() -> None:
    first = table(entry("webapp1", "10.0.0.1"))
    assert first.placed("id0", entry("webapp1", "10.0.0.1")) is first
    assert first.removed("b") is first
    assert first.placed("id0", entry("webapp1", "10.0.0.1", ready=False)).serial > first.serial


def test_a_change_shares_all_other_groups_with_the_table_before() -> None:
    second = WEBAPP.placed("new", entry("webapp4", "10.0.0.4"))
    assert second.groups["dev", "auth"] is WEBAPP.groups["dev", "auth"]


def test_what_is_registered_can_not_join_or_shadow_a_cluster_of_ours() -> None:
    stranger = replace(entry("x", "10.9.9.9"), managed=False)
    joined = WEBAPP.placed("skydns:x", stranger)
    assert found(joined, "webapp.dev") == ["10.0.0.1", "10.0.0.2"]
    assert found(joined, "x.webapp.dev") is None
    assert found(joined, "*.dev") == ["10.0.0.1", "10.0.0.2", "10.0.0.9"]
    assert [each.target for each in joined.at("10.9.9.9")] == []
    assert joined.manages("dev", "webapp")
    assert not joined.manages("dev", "db")


def test_what_is_registered_answers_not_even_while_the_cluster_has_no_instance() -> None:
    stranger = replace(entry("x", "10.9.9.9"), managed=False)
    elsewhere = replace(entry("y", "10.9.9.8", cluster="db"), managed=False)
    ours = (
        NameTable().placed("skydns:x", stranger).placed("skydns:y", elsewhere).reserving(frozenset({("dev", "webapp")}))
    )
    assert found(ours, "webapp.dev") is None
    assert found(ours, "*.dev") == ["10.9.9.8"]
    assert ours.manages("dev", "webapp")
    assert ours.placed("skydns:z", replace(stranger, instance="z")).match(("webapp", "dev")) is None
    assert ours.reserving(frozenset({("dev", "webapp")})) is ours
    assert found(ours.reserving(frozenset()), "webapp.dev") == ["10.9.9.9"]


def test_nobody_else_is_named_by_an_address_of_ours() -> None:
    stranger = replace(entry("x", "10.0.0.1", cluster="db"), managed=False)
    joined = WEBAPP.placed("skydns:x", stranger)
    assert [each.instance for each in joined.at("10.0.0.1")] == ["webapp1"]


def test_what_is_registered_answers_again_when_the_cluster_is_gone() -> None:
    stranger = replace(entry("x", "10.9.9.9"), managed=False)
    joined = table(entry("webapp1", "10.0.0.1")).placed("skydns:x", stranger)
    assert found(joined.removed("id0"), "webapp.dev") == ["10.9.9.9"]


def test_a_registered_service_may_lie_in_another_environment() -> None:
    stranger = replace(entry("x", "10.9.9.9", cluster="db"), managed=False, env="prod")
    joined = WEBAPP.placed("skydns:x", stranger)
    assert found(joined, "db.prod") == ["10.9.9.9"]
    assert found(joined, "db.dev") is None
    assert found(joined, "db.any") == ["10.9.9.9"]
    assert joined.environments == {"dev", "prod"}


def test_an_address_is_found_backwards_ready_or_not() -> None:
    assert [each.instance for each in WEBAPP.at("10.0.0.3")] == ["webapp3"]
    assert WEBAPP.at("10.0.0.77") == ()


@pytest.mark.parametrize(
    ("hostname", "label"),
    [("laptop", "laptop"), ("Build.Example.COM.", "build-example-com"), ("", "localhost"), ("x" * 70, "x" * 63)],
)
def test_a_host_is_one_label(hostname: str, label: str) -> None:
    assert host_label(hostname) == label
