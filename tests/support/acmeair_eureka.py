"""What Eureka says is registered, read over its REST interface.

Before: Eureka's address. After: end-to-end tests. Eureka answers lists only compressed (406 without gzip).
"""

import gzip
import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One instance: `id` as in `web1:8080`, `zone` where Netflix's clients read it."""

    app: str
    id: str
    status: str
    address: str
    zone: str


def registered(host: str, port: int) -> dict[str, Registered]:
    """All instances by id. Raises OSError where Eureka doesn't answer."""
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/eureka/v2/apps", headers={"Accept": "application/json", "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(f"Eureka answers {answer.status}")
    finally:
        connection.close()
    if answer.getheader("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    apps = _several(json.loads(body)["applications"].get("application"))
    return {one.id: one for app in apps for one in map(_read, _several(app["instance"]))}


def _several(found: Any) -> list[Any]:
    """Eureka's JSON may have one thing in place of a list of one."""
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _read(found: dict[str, Any]) -> Registered:
    return Registered(
        app=found["app"],
        id=found["instanceId"],
        status=found["status"],
        address=found["ipAddr"],
        zone=found["dataCenterInfo"].get("metadata", {}).get("availability-zone", ""),
    )
