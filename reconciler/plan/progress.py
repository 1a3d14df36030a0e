"""How far a version has come in its cluster, as this pass sees it.

Before: verdicts. After: rollouts, stages. Nothing is concluded here of what that means.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.plan.buckets import HEALTHY, available
from reconciler.plan.groups import image_for, is_of
from reconciler.plan.metrics import metric_of
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Observed
from reconciler.state.revisions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`standing` are those of the version, made or being made; `available` of them have been ready for long enough.
    `others` of other versions live, most of the healthy of `commonest` (one whose spec is known, where there is one).

    `coming`: one more could become available, were it well. `trouble` says what keeps it, where that can be said;
    `pending` who is merely not ready yet.
    `blind`: too little was heard to conclude anything. `stopped`: nothing is done to the cluster, or can be. `metric`
    is the mean of what the canary stage looks at, None where nobody tells it.
    """

    standing: int = 0
    available: int = 0
    others: int = 0
    commonest: Version | None = None
    coming: bool = False
    trouble: str = ""
    pending: str = ""
    blind: bool = False
    stopped: bool = False
    metric: float | None = None


def progress(
    wanted: Wanted, spec: ClusterSpec, observed: Observed, judgements: Mapping[str, Judgement], now: float
) -> Progress:
    """What is there of the version that `wanted` says."""
    there = [i for i in observed.instances.get(wanted.name, ()) if judgements[i.id].verdict is not Verdict.STOPPING]
    members = [i for i in there if is_of(wanted, i.spec_hash, i.image_id, observed)]
    ids = {i.id for i in members}
    others = [i for i in there if i.id not in ids and i.alive]
    flights = observed.in_flight.get(wanted.name, ())
    creations = [f for f in flights if f.kind == "create"]
    made = [f for f in creations if is_of(wanted, f.spec_hash or "", f.image_id or "", observed)]
    bake = spec.rollout.bake_seconds
    fit = [i for i in members if available(i, judgements[i.id], observed, now, bake) and not judgements[i.id].presumed]
    fetching = any(f.kind == "pull" for f in flights)
    unfit = sorted((i for i in members if judgements[i.id].verdict is not Verdict.READY), key=lambda i: i.number)
    said = [(_is_telling(i, judgements[i.id]), f"{i.cluster}-{i.number} {judgements[i.id].cause}") for i in unfit]
    unlisted = (i for i in members if i.id in observed.unlisted)
    said += [(False, f"{i.cluster}-{i.number} is ready, but not registered as UP where others are") for i in unlisted]
    troubles = [*_setbacks(wanted, observed), *(text for telling, text in said if telling)]
    lacking = image_for(wanted, observed) is None and not fetching
    return Progress(
        standing=len({i.number for i in members} | {f.number for f in made}),
        available=len(fit),
        others=len(others),
        commonest=_commonest(wanted, [i for i in others if judgements[i.id].verdict in HEALTHY]),
        coming=bool(made or troubles or lacking or len(fit) < len(members)),
        pending=said[0][1] if said else "",
        trouble=troubles[0] if troubles else (f"{spec.image} is not on this engine" if lacking else ""),
        blind=observed.channel.blind_since is not None or any(judgements[i.id].presumed for i in there),
        stopped=_stopped(wanted, spec, observed),
        metric=_metric(spec, members, observed, now),
    )


def _setbacks(wanted: Wanted, observed: Observed) -> Iterator[str]:
    for key, setback in observed.setbacks.get(wanted.name, {}).items():
        if key == "pull" or key.startswith("create-"):
            yield setback.message


def _is_telling(instance: Instance, judgement: Judgement) -> bool:
    """Its verdict says what is wrong with it; not that it has merely just been made."""
    return judgement.verdict is not Verdict.STARTING and instance.state is not EngineState.CREATED


def _metric(spec: ClusterSpec, members: list[Instance], observed: Observed, now: float) -> float | None:
    metric = spec.rollout.canary.metric
    if spec.rollout.strategy != "canary" or metric is None:
        return None
    told = [value for i in members if (value := metric_of(i, spec, observed, metric, now)) is not None]
    return sum(told) / len(told) if told else None


def _stopped(wanted: Wanted, spec: ClusterSpec, observed: Observed) -> bool:
    """A person stopped it, or has to do something before anything can be made, or nobody is wanted."""
    return not spec.size or spec.suspend or bool(wanted.missing_files) or observed.closed_zones.keys() >= {*spec.zones}


def _commonest(wanted: Wanted, others: list[Instance]) -> Version | None:
    """The version that most of them have, one that can be made again before others."""
    counts = Counter(Version(revision=i.revision, spec_hash=i.spec_hash, image_id=i.image_id) for i in others)
    known = {v: n for v, n in counts.items() if v.spec_hash == wanted.spec_hash or v.spec_hash in wanted.earlier}
    among = known or counts
    return max(among, key=lambda version: (among[version], version.revision)) if among else None
