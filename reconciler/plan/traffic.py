"""Traffic in a registry (Eureka), planned like names are: who should draw it against who does.

Before: verdicts, groups (who serves). After: the plan's activate and deactivate actions; `ending` has its own part.

An instance has traffic there when it is ready and its group serves. Who should have none is held out, before it says
that it is up where that can be. Never is the last one held out for the sake of others who don't draw traffic yet. Of
who isn't registered, or whose registry can't be asked, nothing is planned: nothing ever waits for a registry.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from reconciler.plan.actions import PutInService, PutOutOfService
from reconciler.plan.groups import Serves, everybody
from reconciler.plan.status import Verdict
from reconciler.plan.verdicts import Judgement
from reconciler.state.instance import Instance
from reconciler.state.observed import Observed
from reconciler.state.registered import UP, Registered

Traffic = PutInService | PutOutOfService
EARLY_SECONDS = 0.5
"""One that says UP is ready in a moment, as a rule: our own check comes only a little later. So long it is believed."""
_HEALTHY = frozenset({Verdict.READY, Verdict.UNKNOWN})


def traffic_actions(
    instances: Iterable[Instance],
    judgements: Mapping[str, Judgement],
    observed: Observed,
    doomed: Collection[str],
    now: float,
    serves: Serves = everybody,
    *,
    wanted: bool = True,
) -> Iterator[Traffic]:
    """Give it to who is ready and serves; withhold it from the others. The doomed lose theirs by `ending`. Not
    `wanted`: the file says that nobody has it, so nobody has to stand in for anybody.
    """
    if not observed.registered:  # nearly always
        return
    staying = [i for i in _registered(instances, observed) if i.id not in doomed]
    yield from _given(staying, judgements, observed, now, serves) if wanted else _none(staying, observed)


def _given(
    staying: list[Instance], judgements: Mapping[str, Judgement], observed: Observed, now: float, serves: Serves
) -> Iterator[Traffic]:
    stands_in = _stands_in(
        [i for i in staying if serves(i) and not observed.registered[i.id].parted], judgements, observed
    )
    for instance in staying:
        seen, judgement = observed.registered[instance.id], judgements[instance.id]
        if seen.parted:
            if seen.held_out and judgement.verdict is Verdict.READY:
                yield _activate(instance, seen, "its file says this registry no more")
        elif not serves(instance):
            if seen.draws and stands_in:
                yield deactivate(instance, seen, "its group has no traffic")
        elif seen.held_out:
            if judgement.verdict is Verdict.READY:
                yield _activate(instance, seen, "ready")
        elif _is_early(instance, judgement, observed) and now >= seen.since + EARLY_SECONDS:
            yield deactivate(instance, seen, f"registered as {UP}, but {judgement.cause or 'not ready yet'}")


def _none(staying: Iterable[Instance], observed: Observed) -> Iterator[Traffic]:
    for instance in staying:
        seen = observed.registered[instance.id]
        if seen.draws and not seen.parted:
            yield deactivate(instance, seen, "its file says: no traffic")


def traffic_changes(
    instances: Iterable[Instance], judgements: Mapping[str, Judgement], observed: Observed
) -> Iterator[float]:
    """When time alone changes what is to be done."""
    if observed.registered:
        for instance in _registered(instances, observed):
            seen = observed.registered[instance.id]
            if _is_early(instance, judgements[instance.id], observed):
                yield seen.since + EARLY_SECONDS


def deactivate(instance: Instance, seen: Registered, cause: str) -> PutOutOfService:
    """Hold it out."""
    return PutOutOfService(
        cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause,
        place=seen.place, entry=seen.entry,
    )  # fmt: skip


def _activate(instance: Instance, seen: Registered, cause: str) -> PutInService:
    return PutInService(
        cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause,
        place=seen.place, entry=seen.entry,
    )  # fmt: skip


def _registered(instances: Iterable[Instance], observed: Observed) -> list[Instance]:
    return [i for i in instances if i.id in observed.registered and i.alive and i.id not in observed.ended]


def _stands_in(serving: list[Instance], judgements: Mapping[str, Judgement], observed: Observed) -> bool:
    """Whether those who serve draw traffic, all of them that are ready: then nobody else needs to."""
    ready = [i for i in serving if judgements[i.id].verdict in _HEALTHY]
    return bool(ready) and all(observed.registered[i.id].status == UP for i in ready)


def _is_early(instance: Instance, judgement: Judgement, observed: Observed) -> bool:
    """It says that it is up, and isn't. Nothing is concluded before anybody can have been heard, nor from the lease of
    one that had this address before.
    """
    seen, sighting = observed.registered[instance.id], observed.sightings.get(instance.id)
    if seen.status != UP or judgement.verdict is not Verdict.STARTING or judgement.presumed:
        return False
    return sighting is not None and seen.since >= sighting.up_since
