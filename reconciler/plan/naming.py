"""Names are observed and planned like containers: what should answer against what does.

Before: verdicts. After: the plan's publish and withdraw actions.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from reconciler.plan.actions import PublishName, WithdrawName
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed
from reconciler.state.records import Record


def answers_ready(instance: Instance, judgement: Judgement, observed: Observed) -> bool:
    """Whether the cluster's name leads to it: ready, or it was when we stopped being able to tell."""
    if judgement.verdict is Verdict.READY:
        return True
    if judgement.verdict is not Verdict.UNKNOWN:
        return False
    record = observed.names.get(instance.id)
    return record is not None and record.ready


def name_actions(
    spec: ClusterSpec,
    instances: Iterable[Instance],
    judgements: Mapping[str, Judgement],
    observed: Observed,
    doomed: Collection[str],
) -> Iterator[PublishName | WithdrawName]:
    """Publish what runs and isn't about to end; withdraw what has ended. The doomed lose theirs by `ending`."""
    in_flight = {f.id for f in observed.in_flight.get(spec.name, ()) if f.kind in ("publish", "withdraw")}
    for instance in instances:
        if instance.id in doomed or instance.id in in_flight:
            continue
        judgement = judgements[instance.id]
        published = observed.names.get(instance.id)
        if judgement.verdict in (Verdict.DEAD, Verdict.STOPPING):
            if published is not None:
                yield WithdrawName(
                    cluster=spec.name, number=instance.number, id=instance.id, cause=judgement.cause or "ending"
                )
        elif instance.address:
            ready = answers_ready(instance, judgement, observed)
            if published is None or _differs(published, instance, ready, spec):
                yield _publish(spec, instance, ready)


def _differs(published: Record, instance: Instance, ready: bool, spec: ClusterSpec) -> bool:
    return (
        published.ready != ready
        or published.address != instance.address
        or published.cluster != spec.dns_label
        or published.zone != instance.zone
    )


def _publish(spec: ClusterSpec, instance: Instance, ready: bool) -> PublishName:
    record = Record(
        instance=f"{spec.dns_label}{instance.number}",
        cluster=spec.dns_label,
        zone=instance.zone,
        revision=instance.revision,
        address=instance.address or "",
        ports=tuple(port.container for port in spec.ports),
        ready=ready,
    )
    cause = "ready" if ready else "running"
    return PublishName(cluster=spec.name, number=instance.number, id=instance.id, cause=cause, record=record)
