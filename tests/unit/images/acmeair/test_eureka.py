"""What Eureka is told and what is read from it."""

import json

import pytest

from acmeair.eureka import Identity, Server, instance_document, servers_of

IDENTITY = Identity(
    app="ACMEAIR_WEBAPP",
    vip="ACMEAIR_WEBAPP",
    hostname="web1",
    address="10.0.0.7",
    port=8080,
    zone="az1",
    cluster="web",
    image="reconciler/acmeair-web:latest",
)


def listed(number: int, status: str = "UP", **more: object) -> dict[str, object]:
    return {
        "instanceId": f"auth{number}:8080",
        "ipAddr": f"10.0.0.{number}",
        "status": status,
        "port": {"$": 8080, "@enabled": "true"},
        "dataCenterInfo": {"name": "Amazon", "metadata": {"availability-zone": f"az{number}"}},
        "leaseInfo": {"registrationTimestamp": 1000 + number},
        **more,
    }


def document(instances: object) -> bytes:
    return json.dumps({"application": {"name": "ACMEAIR-AUTH-SERVICE", "instance": instances}}).encode()


def test_a_registration_has_what_eureka_insists_on_and_the_zone_where_clients_look() -> None:
    instance = json.loads(instance_document(IDENTITY, "STARTING", now_ms=5))["instance"]
    assert instance["instanceId"] == "web1:8080"
    assert (instance["hostName"], instance["ipAddr"], instance["app"]) == ("web1.web", "10.0.0.7", "ACMEAIR_WEBAPP")
    assert instance["status"] == "STARTING"
    assert instance["port"] == {"$": 8080, "@enabled": "true"}
    assert instance["dataCenterInfo"]["@class"] == "com.netflix.appinfo.AmazonInfo"
    assert instance["dataCenterInfo"]["metadata"]["availability-zone"] == "az1"
    assert instance["dataCenterInfo"]["metadata"]["ami-id"] == "reconciler/acmeair-web:latest"
    assert instance["metadata"]["zone"] == "az1"
    assert instance["leaseInfo"] == {"renewalIntervalInSecs": 1, "durationInSecs": 3}


def test_only_who_is_up_is_listed() -> None:
    found = servers_of(document([listed(2), listed(1), listed(3, "STARTING"), listed(4, "OUT_OF_SERVICE")]))
    assert found == (
        Server("auth1:8080", "10.0.0.1", 8080, "az1", 1001),
        Server("auth2:8080", "10.0.0.2", 8080, "az2", 1002),
    )


def test_a_single_instance_may_stand_without_a_list() -> None:
    assert [server.id for server in servers_of(document(listed(1)))] == ["auth1:8080"]


def test_a_zone_may_stand_in_the_instance_s_own_metadata() -> None:
    (server,) = servers_of(document([listed(1, dataCenterInfo={"name": "MyOwn"}, metadata={"zone": "az9"})]))
    assert server.zone == "az9"


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"application":{"instance":[{}]}}', b"<xml/>"])
def test_what_is_no_list_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"no list|Expecting"):
        servers_of(text)
