"""The labels and names of what we make: how a container says whose it is, without any database.

Before: the engine's listing (text). After: instance. A container whose labels disagree with its name is foreign.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "io.reconciler."
ENV = PREFIX + "env"
CLUSTER = PREFIX + "cluster"
NUMBER = PREFIX + "number"
ZONE = PREFIX + "zone"
REVISION = PREFIX + "revision"
SPEC_HASH = PREFIX + "spec-hash"
ROLE = PREFIX + "role"
ATTEMPT = PREFIX + "attempt"
TOKEN_SHA256 = PREFIX + "token-sha256"
AGENT = PREFIX + "agent"
LISTENER = PREFIX + "listener"
FAULT = PREFIX + "fault"
FAULT_ID = PREFIX + "fault-id"
FAULT_UNTIL = PREFIX + "fault-until"
FAULT_SAYS = PREFIX + "fault-says"
FAULT_VICTIM = PREFIX + "fault-victim"
FAULT_INSTANCE = PREFIX + "fault-instance"

INSTANCE_ROLE = "instance"
TASK_ROLE = "task"
FAULT_ROLE = "fault"
ROLES = frozenset({INSTANCE_ROLE, TASK_ROLE})
"""The roles of what a spec wants; whatever has another one is ours, and no spec speaks of it."""

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceLabels:
    """What an instance's labels say; `number` and `attempt` count from 1. `task`: it is a run of a TaskSpec."""

    env: str
    cluster: str
    number: int
    zone: str
    revision: str
    spec_hash: str
    attempt: int
    token_sha256: str
    task: bool = False

    def as_labels(self) -> dict[str, str]:
        """The same as the engine stores it: text to text."""
        return {
            ENV: self.env,
            CLUSTER: self.cluster,
            NUMBER: str(self.number),
            ZONE: self.zone,
            REVISION: self.revision,
            SPEC_HASH: self.spec_hash,
            ROLE: TASK_ROLE if self.task else INSTANCE_ROLE,
            ATTEMPT: str(self.attempt),
            TOKEN_SHA256: self.token_sha256,
        }


def container_name(env: str, cluster: str, number: int) -> str:
    """The name that makes the engine refuse a second live instance of one number: `dev-webapp-1`."""
    return f"{env}-{cluster}-{number}"


def network_name(env: str) -> str:
    """The environment's own bridge network."""
    return f"reconciler-{env}"


def read_labels(labels: Mapping[str, str], name: str) -> InstanceLabels | str:
    """Read an instance's labels, or say in a sentence why the container `name` is none of ours."""
    missing = [key for key in (ENV, CLUSTER, NUMBER, ZONE, REVISION, SPEC_HASH) if not labels.get(key)]
    if missing:
        return f"label {missing[0]} is missing"
    if not _NUMBER.fullmatch(labels[NUMBER]):
        return f"label {NUMBER}={labels[NUMBER]!r} is no number"
    expected = container_name(labels[ENV], labels[CLUSTER], int(labels[NUMBER]))
    if name != expected:
        return f"its labels belong to {expected}"
    attempt = labels.get(ATTEMPT, "1")
    return InstanceLabels(
        env=labels[ENV],
        cluster=labels[CLUSTER],
        number=int(labels[NUMBER]),
        zone=labels[ZONE],
        revision=labels[REVISION],
        spec_hash=labels[SPEC_HASH],
        attempt=int(attempt) if _NUMBER.fullmatch(attempt) else 1,
        token_sha256=labels.get(TOKEN_SHA256, ""),
        task=labels.get(ROLE) == TASK_ROLE,
    )
