"""A task's run as the engine shows it: running, completed or failed, and whether it is the one that is wanted.

Before: observed. After: world (verdicts), task (what to do), report. Only its end says how a run went: heartbeats,
probes and HEALTHCHECK say nothing of it, so its silence is nobody's blindness either.
"""

from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import NEVER_SEEN, STOPPING, Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Observed

NUMBER = 1
"""Every run's: the container's name is the engine's own word that no two run at once."""
RUNNING = Judgement(Verdict.STARTING, "running")


def judge_run(instance: Instance, observed: Observed) -> Judgement:
    """Ready means exited 0. A run that was told to end before its end is nobody's result, whatever its exit code."""
    told = observed.sightings.get(instance.id, NEVER_SEEN).terminated_at is not None
    if told or instance.state is EngineState.REMOVING:
        return STOPPING
    if instance.alive:
        return RUNNING
    if instance.state is EngineState.CREATED:
        return Judgement(Verdict.DEAD, "left half made: never started")
    if instance.exit_code == 0:
        return Judgement(Verdict.READY, "completed: exit 0")
    return Judgement(Verdict.DEAD, _failure(instance, observed))


def _failure(instance: Instance, observed: Observed) -> str:
    code = "died" if instance.exit_code is None else f"exit {instance.exit_code}"
    killed = observed.sightings.get(instance.id, NEVER_SEEN).killed_at is not None
    return f"failed: {code}{', killed at its deadline' if killed else ''}"


def is_current(instance: Instance, spec: ClusterSpec, wanted: Wanted, observed: Observed) -> bool:
    """A run of the revision that is wanted now; where that can't be known for want of a file, any run will do."""
    if not instance.task or instance.number != NUMBER:
        return False
    return bool(wanted.missing_files) or _same_revision(instance, spec, wanted, observed)


def _same_revision(instance: Instance, spec: ClusterSpec, wanted: Wanted, observed: Observed) -> bool:
    image = observed.images.get(spec.image)
    return instance.spec_hash == wanted.spec_hash and (image is None or image.id == instance.image_id)


def is_completed(spec: ClusterSpec, wanted: Wanted, observed: Observed) -> bool:
    """The wanted revision has run to its end and exited 0, and nothing else is there or under way."""
    instances = observed.instances.get(spec.name, ())
    if len(instances) != 1 or observed.in_flight.get(spec.name):
        return False
    return has_completed(spec, wanted, observed)


def has_completed(spec: ClusterSpec, wanted: Wanted, observed: Observed) -> bool:
    """What a dependent waits for."""
    return any(
        is_current(i, spec, wanted, observed) and judge_run(i, observed).verdict is Verdict.READY
        for i in observed.instances.get(spec.name, ())
    )


def run_phase(instance: Instance, judgement: Judgement) -> str:
    """The engine's word for a container, or how its run ended."""
    if judgement.verdict is Verdict.READY:
        return "completed"
    failed = judgement.verdict is Verdict.DEAD and instance.state is not EngineState.CREATED
    return "failed" if failed else str(instance.state)
