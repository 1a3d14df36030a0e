"""What a container has used of the processors, and what it has in memory: the engine's own statistics.

Before: adapter. After: api. The engine takes a sample a second while anybody asks, so an answer takes up to a second;
its own rates need two samples and would take two.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.engine.docker.api import Api
from reconciler.engine.ports import Usage

_ONE_SAMPLE = {"stream": "false", "one-shot": "true"}
_GONE = (404, 409)


def usage(api: Api, id: str) -> Usage | None:
    """None where it doesn't run."""
    doing = f"asking for the statistics of container {id[:12]}"
    reply = api.call("GET", f"/containers/{id}/stats", params=_ONE_SAMPLE, doing=doing, accept=_GONE)
    return read_usage(reply.payload) if reply.status < 400 else None


def read_usage(payload: Any) -> Usage | None:
    """One answer, with control groups of either version; one that doesn't run has no figures in it."""
    found: Mapping[str, Any] = payload if isinstance(payload, Mapping) else {}
    nanoseconds = ((found.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage")
    memory = found.get("memory_stats") or {}
    if not nanoseconds or "usage" not in memory:
        return None
    details = memory.get("stats") or {}
    # The file cache that could be given back at once is no use of memory: named `total_…` by the first version.
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return Usage(cpu_seconds=nanoseconds / 1e9, memory_bytes=max(0, int(memory["usage"]) - int(cache)))
