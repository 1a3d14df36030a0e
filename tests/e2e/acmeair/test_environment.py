"""The parts around the site: who Eureka knows, how Cassandra's nodes see each other, names, logins, the task."""

import subprocess

import pytest

from tests.support.acmeair import Cloud
from tests.support.acmeair_eureka import registered

pytestmark = [pytest.mark.engine, pytest.mark.acmeair, pytest.mark.timeout(300)]


def test_eureka_lists_exactly_what_is_ready_with_its_zone(air: Cloud) -> None:
    assert air.eureka_knows_all(), registered("127.0.0.1", air.eureka)


def test_every_part_is_reached_from_this_machine_by_its_address(air: Cloud) -> None:
    assert air.person().ask("GET", "/").status == 200
    for name in ("web1", "web2", "auth1", "auth2"):
        person = air.person()
        person.host, person.port = air.address(name), 8080
        assert person.ask("GET", "/healthcheck").status == 200, name
    assert registered(air.address("eureka1"), 8080)


def test_every_part_has_a_name_inside(air: Cloud) -> None:
    for name in ("eureka", "web2.web", "cassandra1.cassandra", "zuul", f"auth.{air.loop.env}.docker"):
        ran = air.loop.cli("exec", "web1", "--", "getent", "hosts", name)
        assert ran.code == 0, f"{name}: {ran.out} {ran.err}"


def test_two_cassandra_nodes_know_each_other_and_each_holds_all_data(air: Cloud) -> None:
    ran = air.loop.cli("exec", "cassandra1", "--", "nodetool", "status", "acmeair")
    lines = [line.split() for line in ran.out.splitlines() if line.startswith("UN ")]
    assert len(lines) == 2, ran.out + ran.err
    assert {line[1] for line in lines} == {air.address("cassandra1"), air.address("cassandra2")}
    assert {line[-1] for line in lines} == {"az1", "az2"}
    assert all("100.0%" in line for line in lines), ran.out


def test_a_login_works_with_the_key_made_on_first_use_and_with_no_password(air: Cloud) -> None:
    ran = air.loop.cli("ssh", "web1", "hostname")
    assert (ran.code, ran.out.strip()) == (0, "web1"), ran.err
    refused = subprocess.run(
        ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         "-o", "PubkeyAuthentication=no", f"root@{air.address('web1')}", "true"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr


def test_the_loader_ran_once_and_its_container_is_its_record(air: Cloud) -> None:
    row = air.loop.cluster("loader")
    assert row is not None
    assert row.all_ready
    assert [(one.exit_code, one.attempt) for one in row.instances] == [(0, 1)]


def test_what_runs_is_what_is_wanted(air: Cloud) -> None:
    air.loop.until_settled()
    ran = air.loop.plan()
    assert ran.code == 0, ran.out
