"""What may be registered, and the names that it gets."""

import json
import random
from contextlib import suppress
from typing import Any

import pytest

from reconciler.dns.skydns.service import HIDDEN_SECONDS, Refused, listed, read_service, read_ttl
from reconciler.state.entry import Entry, entry_of
from tests.unit.dns.skydns.conftest import body, record, service


def test_labels_are_lower_case_and_dots_of_host_and_version_are_dashes() -> None:
    assert service("A-1", Version="1.0.0", Host="Web1.Site.com").entry() == Entry(
        env="production",
        cluster="testservice",
        revision="1-0-0",
        zone="east",
        host="web1-site-com",
        instance="a-1",
        target="Web1.Site.com",
        ports=(80,),
        ttl_seconds=1,
        detail="instance=A-1 zone=east revision=1-0-0 registered=yes",
    )


def test_version_and_region_may_be_left_out_and_an_address_may_be_the_host() -> None:
    entry = service(Version=None, Region=None, Host="10.1.2.3").entry()
    assert (entry.revision, entry.zone, entry.host, entry.address) == ("", "", "10-1-2-3", "10.1.2.3")


@pytest.mark.parametrize("ttl", [3, 4, 5, 4000])
def test_no_answer_outlives_a_registration_however_late_it_is_given(ttl: int) -> None:
    """The last one is given as names stop leading to it, 2 s before the end, or by a late sweep a little after."""
    assert service(TTL=ttl).entry().ttl_seconds < HIDDEN_SECONDS
    assert service(TTL=ttl).entry(ttl_seconds=0).ttl_seconds == 0


def test_what_never_expires_needs_no_ttl_and_its_answers_hold_as_long_as_a_clusters() -> None:
    assert service(NoExpire=True, TTL=None).entry().ttl_seconds == 5
    assert service(NoExpire=True, TTL=4).entry(ttl_seconds=30).ttl_seconds == 30


def test_json_comes_out_with_the_fields_of_skydns() -> None:
    assert service().json(ttl_seconds=7, expires="2024-01-01T00:00:00Z") == {
        "UUID": "1001",
        "Name": "TestService",
        "Version": "1.0.0",
        "Environment": "Production",
        "Region": "East",
        "Host": "web1.site.com",
        "Port": 80,
        "TTL": 7,
        "Expires": "2024-01-01T00:00:00Z",
        "NoExpire": False,
    }


def test_fields_may_be_written_in_any_case_and_unknown_ones_mean_nothing() -> None:
    text = b'{"name":"db","ENVIRONMENT":"dev","host":"h","port":1,"ttl":9,"UUID":"other","Callback":{"x":1},"Extra":[]}'
    read = read_service("mine", text)
    assert (read.uuid, read.name, read.environment, read.port) == ("mine", "db", "dev", 1)


def test_an_instance_of_ours_is_listed_as_one_that_never_expires() -> None:
    assert listed(entry_of(record("webapp1", "10.5.0.11"), env="dev", host="host1")) == {
        "UUID": "webapp1",
        "Name": "webapp",
        "Version": "v000",
        "Environment": "dev",
        "Region": "az1",
        "Host": "10.5.0.11",
        "Port": 80,
        "TTL": 5,
        "Expires": "0001-01-01T00:00:00Z",
        "NoExpire": True,
    }


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"Host": None}, "Host and Port required"),
        ({"Port": None}, "Host and Port required"),
        ({"Port": 0}, "Host and Port required"),
        ({"Port": 65536}, "Port: 65536 is no whole number of 0 to 65535"),
        ({"Port": "80"}, 'Port: "80" is no whole number'),
        ({"Port": 80.0}, "Port: 80.0 is no whole number"),
        ({"Port": True}, "Port: true is no whole number"),
        ({"Name": None}, "Name required"),
        ({"Environment": ""}, "Environment required"),
        ({"Name": 7}, "Name: 7 is no text"),
        ({"Name": "web.app"}, 'Name: "web.app" can\'t be a part of a name'),
        ({"Name": "-web"}, 'Name: "-web" can\'t be a part of a name'),
        ({"Name": "x" * 64}, "can't be a part of a name"),
        ({"Name": "wéb"}, "can't be a part of a name"),
        ({"Name": "\ud800"}, "can't be a part of a name"),
        ({"Name": "DNS"}, "Name: 'DNS' is kept for the name server's own names"),
        ({"Region": "us west"}, 'Region: "us west" can\'t be a part of a name'),
        ({"Version": "1..0-"}, 'Version: "1..0-" can\'t be a part of a name'),
        ({"Environment": "a.b"}, 'Environment: "a.b" can\'t be a part of a name'),
        ({"Name": "*"}, "Name: '*' stands for any label"),
        ({"Region": "Any"}, "Region: 'Any' stands for any label"),
        ({"Version": "all"}, "Version: 'all' stands for any label"),
        ({"Environment": "*"}, "Environment: '*' stands for any label"),
        ({"Host": "all"}, "Host: 'all' stands for any label"),
        ({"Host": "::1"}, "only IPv4 addresses and host names"),
        ({"Host": "h:80"}, "write no port here"),
        ({"Host": "http://h/"}, "only IPv4 addresses and host names"),
        ({"Host": "10.0.0.256"}, "neither an IPv4 address nor a host name"),
        ({"Host": "0.0.0.0"}, "Host: 0.0.0.0: nobody can connect to it"),
        ({"Host": "0.1.2.3"}, "nobody can connect to it"),
        ({"Host": "224.0.0.1"}, "nobody can connect to it"),
        ({"Host": "239.255.255.250"}, "nobody can connect to it"),
        ({"Host": "255.255.255.255"}, "nobody can connect to it"),
        ({"Host": "a..b"}, "neither an IPv4 address nor a host name"),
        ({"Host": "a b"}, "neither an IPv4 address nor a host name"),
        ({"Host": ".".join(["a" * 60] * 5)}, "neither an IPv4 address nor a host name"),
        ({"TTL": None}, "TTL: 0 s: a service is hidden for the last 2 s"),
        ({"TTL": 2}, "TTL: 2 s"),
        ({"TTL": -1}, "TTL: -1 is no whole number"),
        ({"TTL": 2**32}, "TTL: 4294967296 is no whole number"),
        ({"NoExpire": "yes"}, 'NoExpire: "yes" is neither true nor false'),
    ],
)
def test_what_can_not_be_a_name_is_refused_with_the_field_and_the_reason(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        service(**fields)
    assert refused.value.status == 400
    assert sentence in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "240.0.0.1", "169.254.1.1", "10.0.0.255"])
def test_addresses_that_somebody_may_be_able_to_connect_to_are_taken(host: str) -> None:
    assert service(Host=host).entry().address == host


@pytest.mark.parametrize("uuid", ["", "a.b", "*", "any", "a/b", "a b", "-", "ü", "x" * 64])
def test_a_uuid_that_can_not_be_a_label_is_refused(uuid: str) -> None:
    with pytest.raises(Refused, match="UUID") as refused:
        service(uuid)
    assert refused.value.status == 400


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"{}{}",
    b"\xff\xfe",
    b'{"Port":NaN}',
    b"[" * 5000,
    b'{"Port":' + b"1" * 5000 + b"}",
]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_json_object_is_refused(broken: bytes) -> None:
    for read in (lambda: read_service("1", broken), lambda: read_ttl(broken)):
        with pytest.raises(Refused) as refused:
            read()
        assert refused.value.status == 400


def test_a_renewal_reads_the_ttl_alone() -> None:
    assert read_ttl(b'{"TTL":10}') == 10
    assert read_ttl(body(Host=None, TTL=25)) == 25
    with pytest.raises(Refused, match="TTL: 0 s"):
        read_ttl(b"{}")


def test_nothing_but_a_service_or_a_refusal_comes_out_of_random_bodies() -> None:
    rng = random.Random(4)
    values: list[Any] = [None, True, -1, 0, 80, 1e308, "", "web", "*", "a.b", "\0", [], {}, "x" * 300, "10.0.0.1"]
    keys = ["Name", "name", "Host", "Port", "TTL", "Version", "Region", "Environment", "NoExpire", "UUID"]
    for _ in range(3_000):
        fields = {rng.choice(keys): rng.choice(values) for _ in range(rng.randrange(9))}
        text = bytearray(json.dumps({**json.loads(body()), **fields}).encode())
        if rng.random() < 0.3:
            text[rng.randrange(len(text))] = rng.randrange(256)
        with suppress(Refused):
            read_service(rng.choice(["1", "*", "web-1"]), bytes(text)).entry()
