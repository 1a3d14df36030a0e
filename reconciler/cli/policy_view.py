"""What policies see of an environment: members, and everything that is wrong with it, as chaos' own values. Pure.

Before: keeping (the files in force, the status that everybody reads). After: chaos.policy. Whatever is unclear counts
as wrong: a policy that waits costs nothing.
"""

from collections.abc import Iterator

from reconciler.chaos.policy import Candidate, Member, View
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus
from reconciler.spec.wanted import Wanted, WantedWorld


def has_policies(world: WantedWorld) -> bool:
    """Whether there is anything to look at."""
    return any(_policy(wanted) is not None for wanted in world.clusters.values())


def view(world: WantedWorld, status: WorldStatus, stale: str = "") -> View:
    """`stale` says why the status may be old; empty where it isn't."""
    rows = {row.name: row for row in status.clusters}
    members = [_member(wanted, rows.get(name)) for name, wanted in sorted(world.clusters.items())]
    troubles = dict(_troubles(status))
    if stale:
        troubles = {"stale": stale, **troubles}
    return View(members=tuple(one for one in members if one is not None), troubles=troubles)


def _policy(wanted: Wanted) -> object:
    chaos = wanted.spec.chaos if wanted.spec is not None else None
    return chaos.monkey if chaos is not None and chaos.enabled else None


def _member(wanted: Wanted, row: ClusterStatus | None) -> Member | None:
    spec = wanted.spec
    if spec is None or spec.chaos is None or spec.chaos.monkey is None or not spec.chaos.enabled:
        return None
    return Member(
        cluster=wanted.name,
        policy=spec.chaos.monkey,
        candidates=_candidates(row) if row is not None else (),
        off=_off(wanted, suspended=spec.suspend),
    )


def _off(wanted: Wanted, *, suspended: bool) -> str:
    if suspended:
        return "the cluster is suspended"
    return "its file has problems, so nobody knows what is wanted now" if wanted.problems else ""


def _candidates(row: ClusterStatus) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(id=one.id, name=f"{row.name}-{one.number}", number=one.number, zone=one.zone)
        for one in row.instances
        if one.id and one.verdict is Verdict.READY and not one.task
    )


def _troubles(status: WorldStatus) -> Iterator[tuple[str, str]]:
    """By a word that stays while the trouble does, the gravest first."""
    if status.engine_problem:
        yield "engine", status.engine_problem
    if status.channel_problem:
        yield "channel", status.channel_problem
    if status.names_problem:
        yield "names", status.names_problem
    for sentence in status.held:
        yield "held", sentence
    for problem in status.problems:
        yield f"file {problem.file}", str(problem)
    for fault in status.faults:
        yield f"fault {fault.id}", f"fault {fault.id} is in force ({fault.says})"
    for zone in status.closed_zones:
        yield f"zone {zone.zone}", f"zone {zone.zone} is closed"
    for row in status.clusters:
        wrong = _wrong(row)
        if wrong:
            yield f"cluster {row.name}", f"{row.name}: {wrong}"


def _wrong(row: ClusterStatus) -> str:
    for condition in row.conditions:
        if condition.type in ("Degraded", "Held") and condition.status == "True":
            return condition.message or condition.reason
    if not row.all_ready:
        ready = next((one.message for one in row.conditions if one.type == "Ready"), "")
        return ready or f"{row.ready} of {row.desired} are ready"
    if row.kind == "ClusterSpec" and row.available < row.desired:
        return f"{row.available} of {row.desired} are available"
    return ""
