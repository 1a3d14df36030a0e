"""Names are observed and planned like containers: what should answer against what does.

Before: verdicts. After: the plan's publish and withdraw actions.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.plan.actions import PublishName, WithdrawName
from reconciler.plan.groups import Serves, everybody
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed
from reconciler.state.records import Record

_ENDED = frozenset({Verdict.DEAD, Verdict.STOPPING})


def answers_ready(instance: Instance, judgement: Judgement, observed: Observed) -> bool:
    """Whether the cluster's name leads to it: ready, or it was when we stopped being able to tell."""
    if judgement.verdict is Verdict.READY:
        return True
    # A loop that has just begun to listen presumes that a young instance is starting; the one before it knew better.
    if judgement.verdict is not Verdict.UNKNOWN and not (judgement.verdict is Verdict.STARTING and judgement.presumed):
        return False
    record = observed.names.get(instance.id)
    return record is not None and record.ready


def name_actions(
    spec: ClusterSpec,
    instances: Iterable[Instance],
    judgements: Mapping[str, Judgement],
    observed: Observed,
    doomed: Collection[str],
    serves: Serves = everybody,
) -> Iterator[PublishName | WithdrawName]:
    """Publish what runs and isn't about to end; withdraw what has ended, or has no address any more: that may be
    another's soon. The doomed lose theirs by `ending`.

    Who doesn't serve is published as not ready; whoever had the traffic keeps it until those have it that serve. Where
    the file wants no traffic, nobody has it, at once.
    """
    names = observed.names
    staying = tuple(instance for instance in instances if instance.id not in doomed)
    for instance in staying:
        judgement = judgements[instance.id]
        published = names.get(instance.id)
        if _has_ended(instance, judgement, observed) or not instance.address:
            if published is not None:
                yield _withdraw(instance, judgement, observed)
            continue
        able = answers_ready(instance, judgement, observed)
        ready = able and spec.traffic
        if ready and not serves(instance):
            has_it = published is not None and published.ready
            ready = has_it and not _has_moved(spec, staying, judgements, observed, serves)
        if published is None or _differs(published, instance, spec, ready=ready):
            yield _publish(spec, instance, published, ready=ready, without=_without(spec) if able else "")


def _has_moved(
    spec: ClusterSpec,
    instances: tuple[Instance, ...],
    judgements: Mapping[str, Judgement],
    observed: Observed,
    serves: Serves,
) -> bool:
    """The names lead to all that stay, serve and are known to be ready, and those are enough."""
    told = [i for i in instances if judgements[i.id].verdict is Verdict.READY and not judgements[i.id].presumed]
    there = [i for i in told if serves(i)]
    records = [observed.names.get(i.id) for i in there]
    least = max(1, spec.size - spec.rollout.unavailable)
    return len(there) >= least and all(record is not None and record.ready for record in records)


def keep_names(
    instances: Iterable[Instance], judgements: Mapping[str, Judgement], observed: Observed
) -> Iterator[PublishName | WithdrawName]:
    """Without a spec: names that are published follow what becomes of their instances; no new ones are made."""
    for instance in instances:
        published = observed.names.get(instance.id)
        judgement = judgements[instance.id]
        if published is None:
            continue
        if _has_ended(instance, judgement, observed) or not instance.address:
            yield _withdraw(instance, judgement, observed)
            continue
        ready = answers_ready(instance, judgement, observed)
        if ready != published.ready or instance.address != published.address:
            yield _publish_record(instance, replace(published, ready=ready, address=instance.address))


def _has_ended(instance: Instance, judgement: Judgement, observed: Observed) -> bool:
    return judgement.verdict in _ENDED or not instance.alive or instance.id in observed.ended


def _differs(published: Record, instance: Instance, spec: ClusterSpec, *, ready: bool) -> bool:
    return (
        published.ready != ready
        or published.address != instance.address
        or published.cluster != spec.dns_label
        or published.zone != instance.zone
    )


def _without(spec: ClusterSpec) -> str:
    """Why somebody who could have traffic has none."""
    return "its group has no traffic" if spec.traffic else "its file says: no traffic"


def _publish(
    spec: ClusterSpec, instance: Instance, published: Record | None, *, ready: bool, without: str
) -> PublishName:
    """Its ports are those it was made with, whatever the file says by now."""
    record = Record(
        instance=f"{spec.dns_label}{instance.number}",
        cluster=spec.dns_label,
        zone=instance.zone,
        revision=instance.revision,
        address=instance.address or "",
        ports=published.ports if published else tuple(dict.fromkeys(port.container for port in spec.ports)),
        ready=ready,
    )
    return _publish_record(instance, record, without)


def _publish_record(instance: Instance, record: Record, without: str = "") -> PublishName:
    cause = "ready" if record.ready else without or "running"
    return PublishName(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause, record=record)


def _withdraw(instance: Instance, judgement: Judgement, observed: Observed) -> WithdrawName:
    if judgement.verdict in _ENDED or not instance.alive:
        cause = judgement.cause or "ending"
    else:
        cause = "the engine told of its end" if instance.id in observed.ended else "not on the network"
    return WithdrawName(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause)
