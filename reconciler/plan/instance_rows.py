"""One instance for people, from what the engine, its beats and the registry say of it.

Before: report, which asks for each. After: the status. Nothing is decided or counted here.
"""

from reconciler.plan.runs import run_phase
from reconciler.plan.status import InstanceStatus, Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import InFlight, Observed


def instance_row(
    instance: Instance,
    spec: ClusterSpec | None,
    observed: Observed,
    judgement: Judgement,
    now: float,
    epoch: float | None,
) -> InstanceStatus:
    """One that is there; `epoch` is attended time's zero in Unix seconds, where it is known."""
    beat, gauge = observed.beats.get(instance.id), observed.gauges.get(instance.id)
    record = observed.names.get(instance.id)
    source = beat or gauge  # what it says of itself goes before what the engine says of it
    label = spec.dns_label if spec else instance.cluster
    return InstanceStatus(
        name=f"{label}{instance.number}",
        number=instance.number,
        zone=instance.zone,
        container=instance.container,
        id=instance.id,
        phase=run_phase(instance, judgement) if instance.task else str(instance.state),
        verdict=Verdict.STARTING if _is_being_started(instance, observed) else judgement.verdict,
        heartbeat_age=max(0.0, now - beat.at) if beat and not _is_record(instance) else None,
        revision=instance.revision,
        address=instance.address,
        attempt=instance.attempt,
        load=beat.load if beat else None,
        memory_bytes=source.memory_bytes if source else None,
        cpu=beat.cpu if beat and beat.cpu is not None else (gauge.cpu if gauge else None),
        metrics=beat.metrics if beat else {},
        exit_code=instance.exit_code,
        task=instance.task,
        registry=seen.status if (seen := observed.registered.get(instance.id)) else "",
        serving=record is not None and record.ready,
        since=_since(instance, observed, epoch),
    )


def _is_being_started(instance: Instance, observed: Observed) -> bool:
    """Between its creation and its start the engine lists it. It is dead only where nobody is about to start it."""
    flights = observed.in_flight.get(instance.cluster, ())
    made = any(flight.kind == "create" and flight.number == instance.number for flight in flights)
    return made and instance.state is EngineState.CREATED


def _since(instance: Instance, observed: Observed, epoch: float | None) -> float | None:
    """Whole seconds: what is read again a moment later is the same."""
    sighting = observed.sightings.get(instance.id)
    if epoch is None or sighting is None or not instance.alive:
        return None
    return float(round(epoch + sighting.up_since))


def _is_record(instance: Instance) -> bool:
    """Kept for as long as its spec is: the silence of one that has ended is no news."""
    return instance.task and not instance.alive


def is_unseen(flight: InFlight, instances: tuple[Instance, ...]) -> bool:
    """It is being made, and nothing of its number is listed yet."""
    return flight.kind == "create" and all(i.number != flight.number for i in instances)


def pending_row(flight: InFlight) -> InstanceStatus:
    """One that is being made."""
    number = flight.number or 0
    return InstanceStatus(
        name=f"{flight.cluster}{number}", number=number, zone=flight.zone or "", container="", id="",
        phase="pending", verdict=Verdict.STARTING, heartbeat_age=None, revision=flight.revision or "", address=None,
    )  # fmt: skip
