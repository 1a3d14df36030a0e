"""A record as SkyDNS's keys and messages, and back."""

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.dns.etcd.layout import Layout
from reconciler.state.records import Record

LAYOUT = Layout(env="dev", domain="docker", host="box")
RECORD = Record(
    instance="webapp1", cluster="webapp", zone="az1", revision="v001", address="10.5.0.11", ports=(8080,), ready=True
)
TOP = "/skydns/docker/dev/webapp"


def messages(record: Record, layout: Layout = LAYOUT) -> dict[str, Any]:
    return {key: json.loads(value) for key, value in layout.values("id1", record).items()}


def test_a_ready_instance_has_its_full_name_its_short_one_its_address_and_its_clusters_presence() -> None:
    assert set(messages(RECORD)) == {
        f"{TOP}/v001/az1/box/webapp1",
        f"{TOP}/webapp1/_/_/_/box/8080",
        f"{TOP}/_/_/box/_",
        "/skydns/arpa/in-addr/10/5/0/11",
    }


def test_a_running_one_has_all_but_the_full_name() -> None:
    found = messages(replace(RECORD, ready=False))
    assert set(messages(RECORD)) - set(found) == {f"{TOP}/v001/az1/box/webapp1"}


def test_the_message_is_skydns_own() -> None:
    message = messages(RECORD)[f"{TOP}/v001/az1/box/webapp1"]
    message.pop("reconciler")
    assert message == {
        "host": "10.5.0.11", "port": 8080, "priority": 10, "weight": 100, "ttl": 5, "group": "ready",
    }  # fmt: skip


def test_each_of_several_ports_is_a_key_below_the_full_name_and_its_target_is_that_name() -> None:
    found = messages(replace(RECORD, ports=(80, 443)))
    assert f"{TOP}/v001/az1/box/webapp1" not in found
    for port in (80, 443):
        assert found[f"{TOP}/v001/az1/box/webapp1/{port}"]["targetstrip"] == 1
        assert found[f"{TOP}/webapp1/_/_/_/box/{port}"]["targetstrip"] == 5


def test_a_port_that_is_both_tcp_and_udp_is_one() -> None:
    assert set(messages(replace(RECORD, ports=(8080, 8080)))) == set(messages(RECORD))


def test_answers_may_be_kept_as_long_as_the_loop_is_told() -> None:
    layout = replace(LAYOUT, ttl_seconds=9)
    assert {message["ttl"] for message in messages(RECORD, layout).values()} == {9}


def test_without_a_port_there_is_no_srv() -> None:
    found = messages(replace(RECORD, ports=()))
    assert found[f"{TOP}/v001/az1/box/webapp1"]["port"] == -1
    assert found[f"{TOP}/webapp1/_/_/_/box/_"]["port"] == -1


def test_every_running_key_is_deeper_than_every_ready_one() -> None:
    """CoreDNS answers with the group of the shortest key."""
    depth: dict[str, set[int]] = {"ready": set(), "running": set()}
    for ports in ((), (80,), (80, 443)):
        for key, message in messages(replace(RECORD, ports=ports)).items():
            if "group" in message:
                depth[message["group"]].add(key.count("/"))
    assert max(depth["ready"]) < min(depth["running"])


def test_presence_leads_to_nothing() -> None:
    """To CoreDNS a host name with a text is no address and no CNAME, port -1 no SRV; 20 has weights of its own."""
    message = messages(RECORD)[f"{TOP}/_/_/box/_"]
    assert message["host"] == "nothing.dns.dev.docker"
    assert message["text"]
    assert (message["port"], message["priority"], message["group"]) == (-1, 20, "ready")


def test_presence_is_the_same_for_all_instances_of_a_cluster() -> None:
    other = replace(RECORD, instance="webapp2", address="10.5.0.12", ready=False)
    key = f"{TOP}/_/_/box/_"
    assert LAYOUT.values("id1", RECORD)[key] == LAYOUT.values("id2", other)[key]


def test_the_reverse_name_is_the_short_name() -> None:
    assert messages(RECORD)["/skydns/arpa/in-addr/10/5/0/11"]["host"] == "webapp1.webapp.dev.docker"


def test_keys_are_lower_case_and_a_domain_of_several_labels_is_reversed() -> None:
    layout = Layout(env="dev", domain="Fly.Example.NET", host="box")
    record = replace(RECORD, cluster="WebApp", instance="WebApp1", zone="Az1")
    assert all(key == key.lower() for key in layout.values("id1", record))
    assert layout.root == "/skydns/net/example/fly/dev/"


def test_a_value_tells_the_container_and_the_whole_record() -> None:
    for key, value in LAYOUT.values("id1", RECORD).items():
        mark = LAYOUT.ours(value)
        assert mark is not None
        assert (mark.id, mark.record) == (("", None) if key.endswith("/_/_/box/_") else ("id1", RECORD))


@pytest.mark.parametrize(
    "other",
    [
        Layout(env="prod", domain="docker", host="box"),
        Layout(env="dev", domain="other", host="box"),
        Layout(env="dev", domain="docker", host="elsewhere"),
    ],
)
def test_another_environments_domains_or_hosts_values_are_not_ours(other: Layout) -> None:
    assert all(LAYOUT.ours(value) is None for value in other.values("id1", RECORD).values())


@pytest.mark.parametrize(
    "value",
    ["", "x", "[]", "null", "{}", '{"host":"1.2.3.4"}', '{"reconciler":1}', '{"reconciler":{"env":1}}', "[" * 100_000],
)
def test_what_others_write_is_not_ours(value: str) -> None:
    assert LAYOUT.ours(value) is None


@pytest.mark.parametrize(
    "field",
    [
        {"address": "fe80::1"}, {"address": 1}, {"ports": [0]}, {"ports": [True]}, {"ports": "80"}, {"ready": 1},
        {"zone": "a/b"}, {"zone": ""}, {"cluster": "*"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_record_that_none_of_ours_can_be_is_not_taken_over(field: dict[str, object]) -> None:
    message = json.loads(LAYOUT.values("id1", RECORD)[f"{TOP}/v001/az1/box/webapp1"])
    message["reconciler"]["record"].update(field)
    mark = LAYOUT.ours(json.dumps(message))
    assert mark is not None
    assert mark.record is None
