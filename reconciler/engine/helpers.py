"""From a fault's labels to the container of its helper: pure.

Before: chaos, and the keeper when it cleans up. After: an engine makes it. Never here: what the program in it does with
its settings; that is images/chaos.
Each kind gets what it needs of the victim and of the kernel, and nothing more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reconciler.engine.ports import Blueprint, Joins
from reconciler.spec.cluster import Resources
from reconciler.state.faults import FaultLabels

IMAGE = "reconciler/chaos:latest"
SETTINGS_VARIABLE = "RECONCILER_FAULT"
Kind = Literal["net", "freeze", "burn", "fill", "flush", "thaw"]
"""What a helper can do; `flush` and `thaw` clean up after a `net` and a `freeze` that could not do it themselves."""

# Of the helper alone, wherever its work counts: a mistake in it must not take the host down.
_BOUNDS = Resources(memory_bytes=96 * 2**20, pids=96)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    network: bool = False
    pids: bool = False
    cgroup: bool = False
    capabilities: tuple[str, ...] = ()


_NEEDS: Mapping[str, _Needs] = {
    "net": _Needs(network=True, capabilities=("NET_ADMIN",)),
    "flush": _Needs(network=True, capabilities=("NET_ADMIN",)),
    # Signals to processes of any user; a process among others also dies with them.
    "freeze": _Needs(pids=True, capabilities=("KILL",)),
    "thaw": _Needs(pids=True, capabilities=("KILL",)),
    "burn": _Needs(pids=True, cgroup=True),
    # The victim's files are reached through /proc, as whoever may trace it, in a directory of any user.
    "fill": _Needs(pids=True, capabilities=("DAC_OVERRIDE", "SYS_PTRACE")),
}


def helper(labels: FaultLabels, kind: Kind, *, seconds: float, settings: Mapping[str, object]) -> Blueprint:
    """The helper beside the victim that `labels` name. It undoes what it did `seconds` after its start at the latest.

    `settings` are those of its kind alone.
    """
    needs, victim = _NEEDS[kind], labels.victim_id
    whole = {"id": labels.fault_id, "kind": kind, "seconds": seconds, **settings}
    return Blueprint(
        name=labels.name,
        image=IMAGE,
        hostname="",
        labels=labels.as_labels(),
        environment={SETTINGS_VARIABLE: json.dumps(whole)},
        network="none",
        resources=_BOUNDS,
        capabilities=needs.capabilities,
        stop_seconds=5.0,
        joins=Joins(
            network_of=victim if needs.network else None,
            pids_of=victim if needs.pids else None,
            cgroup_of=victim if needs.cgroup else None,
        ),
    )
