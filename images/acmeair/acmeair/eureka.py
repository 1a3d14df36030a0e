"""What Eureka is told and what it tells, as values. Pure; Eureka's REST API v2 in JSON.

The zone stands where Netflix's clients look for it: in the metadata of an Amazon data centre.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RENEW_SECONDS = 1
LEASE_SECONDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are, in Eureka's words."""

    app: str
    vip: str
    hostname: str
    address: str
    port: int
    zone: str
    cluster: str
    image: str = ""

    @property
    def instance_id(self) -> str:
        """`web1:8080`."""
        return f"{self.hostname}:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """An instance of another tier; a replacement at the same address counts as another one."""

    id: str
    host: str
    port: int
    zone: str
    born: int = 0


def instance_document(identity: Identity, status: str, *, now_ms: int) -> bytes:
    """The body of a registration."""
    base = f"http://{identity.address}:{identity.port}"
    metadata = {
        "ami-id": identity.image,  # what Eureka's page lists first
        "availability-zone": identity.zone,
        "instance-id": identity.instance_id,
        "local-ipv4": identity.address,
        "local-hostname": identity.hostname,
    }
    instance = {
        "instanceId": identity.instance_id,
        # The name that answers in DNS while the instance runs.
        "hostName": f"{identity.hostname}.{identity.cluster}" if identity.cluster else identity.hostname,
        "app": identity.app,
        "ipAddr": identity.address,
        "vipAddress": identity.vip,
        "status": status,
        "port": {"$": identity.port, "@enabled": "true"},
        "securePort": {"$": 443, "@enabled": "false"},
        "homePageUrl": f"{base}/",
        "statusPageUrl": f"{base}/healthcheck",
        "healthCheckUrl": f"{base}/healthcheck",
        "dataCenterInfo": {"@class": "com.netflix.appinfo.AmazonInfo", "name": "Amazon", "metadata": metadata},
        "leaseInfo": {"renewalIntervalInSecs": RENEW_SECONDS, "durationInSecs": LEASE_SECONDS},
        "metadata": {"zone": identity.zone},
        "lastDirtyTimestamp": str(now_ms),
        "lastUpdatedTimestamp": str(now_ms),
    }
    return json.dumps({"instance": instance}).encode()


def servers_of(document: bytes) -> tuple[Server, ...]:
    """The instances that are UP in the answer to `GET /apps/{APP}`; raises ValueError when it is something else."""
    try:
        found = json.loads(document)["application"]["instance"]
        listed = found if isinstance(found, list) else [found]
        return tuple(sorted(_servers(listed), key=lambda server: server.id))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no list of instances: {error!r}") from error


def _servers(listed: list[dict[str, Any]]) -> Iterator[Server]:
    for instance in listed:
        if instance["status"] != "UP":
            continue
        amazon = instance.get("dataCenterInfo", {}).get("metadata") or {}
        zone = amazon.get("availability-zone") or (instance.get("metadata") or {}).get("zone") or ""
        born = int((instance.get("leaseInfo") or {}).get("registrationTimestamp") or 0)
        yield Server(instance["instanceId"], instance["ipAddr"], int(instance["port"]["$"]), zone, born)
