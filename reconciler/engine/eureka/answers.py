"""What Eureka's answers mean, as values. Pure; Eureka's REST API v2 in JSON.

Facts (eureka-server 1.10.1, tried): one instance may stand in place of a list of one; an application that nobody is
registered under is 404 with no body, but with a content type, which 404 for a wrong path has not; `overriddenStatus`
is what somebody else put on the instance, UNKNOWN where nobody did.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.errors import RegistryError
from reconciler.state.registered import OUT_OF_SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One lease: `id` is the instance's in Eureka, `address` its IPv4 address, `born` when it registered (ms)."""

    id: str
    address: str
    status: str
    held_out: bool
    born: int = 0


def entries_of(status: int, content_type: str, body: bytes) -> tuple[Entry, ...]:
    """The instances in the answer to `GET /apps/{APP}`; RegistryError where it isn't Eureka's."""
    if status == 404 and not body and content_type:
        return ()
    if status != 200:
        raise RegistryError(f"it answers {status}: is the path of its API right?" if status == 404 else said(status))
    try:
        found = json.loads(body)["application"]["instance"]
        listed = found if isinstance(found, list) else [found]
        return tuple(sorted(_entries(listed), key=lambda entry: (entry.address, entry.born, entry.id)))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise RegistryError("its answer is no list of instances: is it an Eureka?") from error


def said(status: int) -> str:
    """An answer that can't be used, in words."""
    return f"it answers {status}"


def _entries(listed: list[dict[str, Any]]) -> Iterator[Entry]:
    for instance in listed:
        # Some versions spell it without the capital.
        overridden = instance.get("overriddenStatus") or instance.get("overriddenstatus") or ""
        lease = instance.get("leaseInfo") or {}
        yield Entry(
            id=str(instance["instanceId"]),
            address=str(instance["ipAddr"]),
            status=str(instance["status"]),
            held_out=overridden == OUT_OF_SERVICE,
            born=int(lease.get("registrationTimestamp") or 0),
        )
