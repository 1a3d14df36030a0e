"""Status, plans and events as plain JSON values: the shapes of docs/reference/api.md and of `-o json`.

Before: routes and the command line's `-o json`. After: json. Keys are added, never renamed or removed.
decode is the way back. Nothing here fills anything in: what a value doesn't say is null or empty.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from reconciler.errors import Problem
from reconciler.plan.actions import Action
from reconciler.plan.lookup import NameStatus
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.status import ClusterStatus, Condition, InstanceStatus, WorldStatus
from reconciler.state.event import Event
from reconciler.state.faults import FaultSeen
from reconciler.state.revisions import KeptRevision

Json = dict[str, Any]


def status_dict(world: WorldStatus) -> Json:
    """A whole environment, as `status -o json` prints it."""
    return {
        "environment": world.environment,
        "domain": world.domain,
        "loop": {"running": world.loop_running, "pid": world.loop_pid, "specs": world.specs},
        "held": list(world.held),
        "problems": [problem_dict(problem) for problem in world.problems],
        "foreign": list(world.foreign),
        "engine_problem": world.engine_problem,
        "channel_problem": world.channel_problem,
        "names_problem": world.names_problem,
        "faults": [fault_dict(fault) for fault in world.faults],
        "closed_zones": [plain(closed) for closed in world.closed_zones],
        "clusters": [cluster_dict(cluster) for cluster in world.clusters],
    }


def cluster_dict(cluster: ClusterStatus) -> Json:
    """One cluster; `error` is null, or what is wrong with its file in one text."""
    return {
        "name": cluster.name,
        "kind": cluster.kind,
        "desired": cluster.desired,
        "current": cluster.current,
        "updated": cluster.updated,
        "ready": cluster.ready,
        "available": cluster.available,
        "revision": cluster.revision,
        "error": "\n".join(str(problem) for problem in cluster.problems) or None,
        "problems": [problem_dict(problem) for problem in cluster.problems],
        "image": cluster.image,
        "dns": cluster.dns,
        "chaos": cluster.chaos,
        "traffic": cluster.traffic,
        "zones": list(cluster.zones),
        "generation": cluster.generation,
        "doing": list(cluster.doing),
        "rollout": plain(cluster.rollout),
        "scale": plain(cluster.scale),
        "conditions": [condition_dict(condition) for condition in cluster.conditions],
        "instances": [instance_dict(instance) for instance in cluster.instances],
    }


def condition_dict(condition: Condition) -> Json:
    """With the keys of Kubernetes' API conventions."""
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": condition.observed_generation,
        "lastTransitionTime": rfc3339(condition.last_transition_time),
    }


def instance_dict(instance: InstanceStatus) -> Json:
    """One instance; `heartbeat_age` in seconds, null where no heartbeat is known."""
    return {
        "name": instance.name,
        "number": instance.number,
        "zone": instance.zone,
        "container": instance.container,
        "id": instance.id,
        "phase": instance.phase,
        "verdict": instance.verdict.value,
        "heartbeat_age": instance.heartbeat_age,
        "revision": instance.revision,
        "address": instance.address,
        "attempt": instance.attempt,
        "load": instance.load,
        "memory_bytes": instance.memory_bytes,
        "cpu": instance.cpu,
        "metrics": dict(instance.metrics),
        "exit_code": instance.exit_code,
        "task": instance.task,
        "serving": instance.serving,
        "registry": instance.registry,
        "since": instance.since,
    }


def fault_dict(fault: FaultSeen) -> Json:
    """A fault made on purpose; `until` is Unix seconds, when it ends by itself."""
    return {**plain(fault)}


def problem_dict(problem: Problem) -> Json:
    """One thing wrong in one file."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "problem": problem.problem,
        "fix": problem.fix,
    }


def name_dict(found: NameStatus) -> Json:
    """What a name answers and why, as `dns lookup -o json` prints it."""
    return {**plain(found)}


def plan_dict(plan: Plan) -> Json:
    """One cluster's plan; `quiet` says that there is nothing to do, `text` is what `plan` prints."""
    return {
        "cluster": plan.cluster,
        "quiet": plan.quiet,
        "text": str(plan),
        "actions": [action_dict(action) for action in plan.actions],
        "waits": [_wait_dict(wait) for wait in plan.waits],
        "held": _wait_dict(plan.held) if plan.held else None,
        "requeue_after_seconds": plan.requeue_after_seconds,
    }


def action_dict(action: Action) -> Json:
    """One action: `kind`, `cluster`, `subject`, `cause`, then what its kind needs."""
    return {"kind": action.kind, "subject": action.subject, **plain(action)}


def event_dict(event: Event) -> Json:
    """One event; `at` is Unix seconds and `time` the same in RFC 3339."""
    return {
        "id": event.id,
        "at": event.at,
        "time": rfc3339(event.at),
        "cluster": event.cluster,
        "kind": event.kind,
        "subject": event.subject,
        "cause": event.cause,
        "result": event.result,
        "message": event.message,
        "duration_seconds": event.duration_seconds,
    }


def revision_dict(kept: KeptRevision) -> Json:
    """One version of a cluster; `at` is Unix seconds and `time` the same in RFC 3339."""
    return {
        "revision": kept.version.revision,
        "spec_hash": kept.version.spec_hash,
        "image_id": kept.version.image_id,
        "at": kept.at,
        "time": rfc3339(kept.at),
        "image": kept.image,
        "good": kept.good,
        "why": kept.why,
        "file": kept.file,
        "text": kept.text.decode("utf-8", "replace"),
    }


def rfc3339(at: float) -> str | None:
    """Unix seconds as UTC with milliseconds; null for 0, which means never."""
    if not at:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """Any frozen value of ours as JSON's kinds: dataclasses by their field names, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def _wait_dict(wait: Wait) -> Json:
    return {"reason": wait.reason, "message": wait.message}
