"""A fault as its helper containers show it: their labels are the record, and no other is kept.

Before: engine (listing), which reads the labels; chaos, which writes them. After: status, the keeper, `chaos list`.
Never here: doing or undoing a fault. Times are unix seconds, since a record outlives the process that wrote it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.state import labels as keys
from reconciler.state.instance import ALIVE, EngineState

PATIENCE_SECONDS = 3.0
"""A helper that heals by itself at its end needs a moment, and whoever watches it another one to remove it."""

_ID = re.compile(r"[a-z0-9]{1,20}")
_SHORT = 12


def fault_name(env: str, fault_id: str, victim_id: str) -> str:
    """The name of the helper beside one victim: `dev_fault_k3f9_0123456789ab`; no instance can be called so."""
    return f"{env}_{keys.FAULT_ROLE}_{fault_id}_{victim_id[:_SHORT]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultLabels:
    """What a helper's labels say: `kind` is what people call the fault (split-brain), `says` a sentence about it.

    `fault_id` is of lower-case letters and digits. `until`: when it ends by itself. `instance` is `web-1`.
    """

    env: str
    fault_id: str
    kind: str
    says: str
    until: float
    victim_id: str
    instance: str
    cluster: str
    zone: str

    @property
    def name(self) -> str:
        """The helper's own name."""
        return fault_name(self.env, self.fault_id, self.victim_id)

    def as_labels(self) -> dict[str, str]:
        """The same as the engine stores it: text to text."""
        return {
            keys.ENV: self.env,
            keys.ROLE: keys.FAULT_ROLE,
            keys.FAULT: self.kind,
            keys.FAULT_ID: self.fault_id,
            keys.FAULT_SAYS: self.says,
            keys.FAULT_UNTIL: f"{self.until:.3f}",
            keys.FAULT_VICTIM: self.victim_id,
            keys.FAULT_INSTANCE: self.instance,
            keys.CLUSTER: self.cluster,
            keys.ZONE: self.zone,
        }


def read_fault_labels(labels: Mapping[str, str], name: str) -> FaultLabels | None:
    """Read a helper's labels; None where the container `name` isn't what they say, so that it is left alone."""
    fault_id, victim_id = labels.get(keys.FAULT_ID, ""), labels.get(keys.FAULT_VICTIM, "")
    env = labels.get(keys.ENV, "")
    if labels.get(keys.ROLE) != keys.FAULT_ROLE or not _ID.fullmatch(fault_id) or not victim_id:
        return None
    if name != fault_name(env, fault_id, victim_id):
        return None
    return FaultLabels(
        env=env,
        fault_id=fault_id,
        kind=labels.get(keys.FAULT, ""),
        says=labels.get(keys.FAULT_SAYS, ""),
        until=_seconds(labels.get(keys.FAULT_UNTIL, "")),
        victim_id=victim_id,
        instance=labels.get(keys.FAULT_INSTANCE, ""),
        cluster=labels.get(keys.CLUSTER, ""),
        zone=labels.get(keys.ZONE, ""),
    )


def _seconds(text: str) -> float:
    """An end that can't be read has been: whatever is unclear gets cleaned up."""
    return float(text) if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPart:
    """One helper beside one victim. `id` is the helper's container, `victim_id` the victim's; `instance` is `web-1`.

    `exit_code` is None unless the engine says that it exited; 0 means that everything is undone.
    """

    id: str
    fault_id: str
    kind: str
    says: str
    until: float
    victim_id: str
    instance: str
    cluster: str
    zone: str
    state: EngineState
    exit_code: int | None = None

    @property
    def alive(self) -> bool:
        """Its process is there, so it still can undo what it did."""
        return self.state in ALIVE

    @property
    def ended_badly(self) -> bool:
        """It ended without saying that all is undone: killed, or with its victim."""
        return self.state is EngineState.DEAD or (self.state is EngineState.EXITED and self.exit_code != 0)


def part_of(
    id: str, name: str, labels: Mapping[str, str], state: EngineState, exit_code: int | None
) -> FaultPart | None:
    """The container `id`, if it is what its labels say."""
    read = read_fault_labels(labels, name)
    if read is None:
        return None
    return FaultPart(
        id=id,
        fault_id=read.fault_id,
        kind=read.kind,
        says=read.says,
        until=read.until,
        victim_id=read.victim_id,
        instance=read.instance,
        cluster=read.cluster,
        zone=read.zone,
        state=state,
        exit_code=exit_code,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSeen:
    """One fault: `until` is the latest end of its helpers, `instances` the names of its victims, sorted.

    `leftover`: a helper ended badly, or stands there after its end; somebody has to clean up.
    """

    id: str
    kind: str
    says: str
    until: float
    instances: tuple[str, ...]
    leftover: bool


def is_leftover(part: FaultPart, now: float) -> bool:
    """Nobody looks after this helper any more, or it could not undo what it did."""
    return part.ended_badly or now >= part.until + PATIENCE_SECONDS


def group(parts: Iterable[FaultPart], now: float) -> tuple[FaultSeen, ...]:
    """The faults that these helpers are, by their end, then id."""
    faults: dict[str, list[FaultPart]] = defaultdict(list)
    for part in parts:
        faults[part.fault_id].append(part)
    seen = [
        FaultSeen(
            id=fault_id,
            kind=its[0].kind,
            says=its[0].says,
            until=max(part.until for part in its),
            instances=tuple(sorted({part.instance for part in its})),
            leftover=any(is_leftover(part, now) for part in its),
        )
        for fault_id, its in faults.items()
    ]
    return tuple(sorted(seen, key=lambda fault: (fault.until, fault.id)))
