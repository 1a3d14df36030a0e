"""How a rollout goes on: from what the last pass concluded and what is there now to what holds from here on. Pure.

Before: in_force, which has the verdicts. After: stages (what is made of it), the next pass, the store. A rollout begins
when the version that the file wants differs from the one before, and ends when everybody is of it and available; it has
failed when one more than ever before has not become available in time, while it could have.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from reconciler.plan.progress import Progress, progress
from reconciler.plan.revisions import revision_for
from reconciler.plan.verdicts import Judgement
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.observed import Observed
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState


def advance(
    wanted: Wanted, observed: Observed, judgements: Mapping[str, Judgement], *, now: float
) -> tuple[RolloutState | None, Progress | None]:
    """The rollout after this pass, and what is there of it where it is under way."""
    spec, state = wanted.spec, observed.rollouts.get(wanted.name)
    if spec is None or spec.task is not None:
        return state, None
    image = observed.images.get(spec.image)
    image_id = image.id if image is not None else ""
    if state is not None and state.done and _is_wanted(state, wanted.spec_hash, image_id):
        if state.size or not spec.size:
            return state, None  # nearly all clusters, nearly always
        seen = progress(wanted, spec, observed, judgements, now)
        return (replace(state, size=spec.size) if seen.available >= spec.size and not seen.blind else state), None
    if state is None or not _is_wanted(state, wanted.spec_hash, image_id) or _is_judged_otherwise(state, spec):
        state = _begin(wanted, observed, image_id, state, now)
    elif image_id and not state.to.image_id:
        state = replace(state, to=_version(wanted, observed, image_id))
    if state.done:
        return state, None
    seen = progress(wanted, spec, observed, judgements, now)
    if state.back is None and seen.commonest is not None:
        state = replace(state, back=seen.commonest)
    if state.size != spec.size:
        state = replace(state, size=spec.size)
    if spec.rollout.promoted == state.to.revision and not state.promoted:  # a person's word waits for nothing
        state = replace(state, promoted=True)
    return _go_on(state, wanted, spec, seen, now), seen


def same(one: Version, other: Version | None) -> bool:
    """The same hash and image, whatever the label."""
    return other is not None and (one.spec_hash, one.image_id) == (other.spec_hash, other.image_id)


def returns(state: RolloutState, wanted: Wanted) -> bool:
    """It has failed, the file lets it go back, and there is something to go back to that is known."""
    spec = wanted.spec
    return bool(state.failed) and spec is not None and spec.rollout.rollback and knows_back(state, wanted)


def failed_instances(world: WantedWorld, observed: Observed) -> frozenset[str]:
    """The ids of those whose version has failed and is gone back from."""
    return frozenset(
        instance.id
        for name, state in observed.rollouts.items()
        if state.failed and (wanted := world.clusters.get(name)) is not None and returns(state, wanted)
        for instance in observed.instances.get(name, ())
        if (instance.spec_hash, instance.image_id) == (state.to.spec_hash, state.to.image_id)
    )


def knows_back(state: RolloutState, wanted: Wanted) -> bool:
    """There was another good version, and what its instances were made from is known."""
    back = state.back
    if back is None or same(state.to, back):
        return False
    return back.spec_hash == wanted.spec_hash or back.spec_hash in wanted.earlier


def why_failed(state: RolloutState, wanted: Wanted) -> str:
    """Why it failed; and why it doesn't go back though the file wants that: nobody knows what to."""
    unknown = wanted.spec is not None and wanted.spec.rollout.rollback and not knows_back(state, wanted)
    return f"{state.failed}; what ran before isn't remembered, so nothing goes back" if unknown else state.failed


def deadline_seconds(spec: ClusterSpec) -> float:
    """How long one more may take to become available: as long as it may start, and bake, unless the file says it."""
    given = spec.rollout.deadline_seconds
    return given if given is not None else spec.health.start_seconds + spec.rollout.bake_seconds


def in_canary_stage(state: RolloutState, spec: ClusterSpec, seen: Progress) -> bool:
    """Only the first few are changed yet. Where nothing was before, or it goes back to what was good, there is none."""
    if spec.rollout.strategy != "canary" or not spec.size or state.promoted or same(state.to, state.back):
        return False
    return replaces(state, seen)


def replaces(state: RolloutState, seen: Progress) -> bool:
    """There is something that it takes the place of, and could do without it."""
    return bool(seen.others) or (state.back is not None and not same(state.to, state.back))


def has_two_groups(state: RolloutState, wanted: Wanted, spec: ClusterSpec, seen: Progress) -> bool:
    """A red-black rollout whose old group is known: without it there is nothing to keep."""
    return spec.rollout.strategy == "red-black" and knows_back(state, wanted) and replaces(state, seen)


def in_judgment(state: RolloutState, wanted: Wanted, spec: ClusterSpec, seen: Progress) -> bool:
    """The new group of a red-black rollout gets no traffic before a person says so. What goes back to what was good
    needs no judgment, nor what takes the place of nobody.
    """
    rollout = spec.rollout
    if rollout.strategy != "red-black" or not rollout.red_black.judged or not spec.size:
        return False
    if state.promoted or state.switched_at is not None or same(state.to, state.back):
        return False
    return knows_back(state, wanted) or bool(seen.others)


def _is_wanted(state: RolloutState, spec_hash: str, image_id: str) -> bool:
    """A tag that the engine doesn't have is no other image; one that it has got since is, if it was given up."""
    to = state.to
    if to.spec_hash != spec_hash:
        return False
    return to.image_id == image_id or not image_id or not (to.image_id or state.failed)


def _is_judged_otherwise(state: RolloutState, spec: ClusterSpec) -> bool:
    """It failed by other terms than those that the file says now: a wrong health check may have been all."""
    return bool(state.failed and state.terms) and state.terms != _terms(spec)


def _terms(spec: ClusterSpec) -> str:
    """What says whether a version is well and in time, as a short text that differs when any of it does."""
    canary = spec.rollout.canary
    said = (spec.health, deadline_seconds(spec), spec.rollout.bake_seconds, canary.metric, canary.most)
    return sha256(repr(said).encode()).hexdigest()[:12]


def _version(wanted: Wanted, observed: Observed, image_id: str) -> Version:
    name = wanted.name
    revision = revision_for(
        wanted.spec_hash, image_id, observed.instances.get(name, ()), observed.in_flight.get(name, ()),
        observed.history.get(name, ()),
    )  # fmt: skip
    return Version(revision=revision, spec_hash=wanted.spec_hash, image_id=image_id)


def _begin(wanted: Wanted, observed: Observed, image_id: str, before: RolloutState | None, now: float) -> RolloutState:
    """To a version that is new to us. At first sight, whoever is all there already has been rolled out before."""
    to = _version(wanted, observed, image_id)
    state = RolloutState(
        to=to, back=before.good if before is not None else None, began_at=now, progressed_at=now, looked_at=now
    )
    if _returns_unjudged(state, wanted, before):
        state = replace(state, promoted=True)
    instances = observed.instances.get(wanted.name, ())
    if before is not None or not instances or not image_id or wanted.spec is None:
        return state
    current = [i for i in instances if (i.spec_hash, i.image_id) == (to.spec_hash, image_id) and i.alive]
    size = wanted.spec.size
    return replace(state, size=size, done=len(current) == len(instances) >= size)


def _returns_unjudged(state: RolloutState, wanted: Wanted, before: RolloutState | None) -> bool:
    """A person takes back a red-black rollout that has switched: at once, that is what the old group is kept for."""
    if wanted.spec is None or wanted.spec.rollout.strategy != "red-black" or before is None:
        return False
    return same(state.to, before.back) and not same(state.to, before.good)


def _go_on(state: RolloutState, wanted: Wanted, spec: ClusterSpec, seen: Progress, now: float) -> RolloutState:
    """One pass later."""
    elapsed = max(0.0, now - state.looked_at)
    if returns(state, wanted):
        return state
    if seen.blind:
        return state.stood_still(elapsed)
    if _is_complete(state, wanted, spec, seen):
        return replace(state, done=True, failed="", terms="", held_at=None)
    if spec.rollout.paused and replaces(state, seen):
        held_at = seen.standing if state.held_at is None else state.held_at
        return replace(state.stood_still(elapsed), held_at=held_at)
    if state.held_at is not None:
        state = replace(state, held_at=None)
    if seen.stopped:
        return state.stood_still(elapsed)
    state = _clock(state, spec, seen, now, elapsed)
    if state.failed:
        return state
    if in_canary_stage(state, spec, seen):
        return _canary(state, spec, seen, now)
    return _red_black(state, wanted, spec, seen, now)


def _red_black(state: RolloutState, wanted: Wanted, spec: ClusterSpec, seen: Progress, now: float) -> RolloutState:
    """The switch: when the new group is whole, and judged where the file wants that."""
    whole = bool(spec.size) and seen.available >= spec.size
    if in_judgment(state, wanted, spec, seen):
        return _stands(state, spec, now) if whole else replace(state, gate_since=None)
    if whole and state.switched_at is None and has_two_groups(state, wanted, spec, seen):
        return replace(state, switched_at=now)
    return state


def _is_complete(state: RolloutState, wanted: Wanted, spec: ClusterSpec, seen: Progress) -> bool:
    if not state.to.image_id or seen.others or seen.available < spec.size:
        return False
    return not in_canary_stage(state, spec, seen) and not in_judgment(state, wanted, spec, seen)


def _clock(state: RolloutState, spec: ClusterSpec, seen: Progress, now: float, elapsed: float) -> RolloutState:
    """The clock runs only while one more could come; what once became available and died again is no progress."""
    state = replace(state, looked_at=now, trouble=seen.trouble or state.trouble)
    if seen.available > state.most_available:
        return replace(state, most_available=seen.available, progressed_at=now, failed="", trouble="")
    most = spec.rollout.canary.count(spec.size) if in_canary_stage(state, spec, seen) else spec.size
    if not seen.coming or seen.available >= most:  # what else goes wrong concerns the version before
        return replace(state, progressed_at=state.progressed_at + elapsed)
    deadline = deadline_seconds(spec)
    if not state.failed and replaces(state, seen) and now - state.progressed_at >= deadline:
        what = state.trouble or seen.pending
        why = f": {what}" if what else ""
        failed = f"{seen.available} of {spec.size} available and not one more within {deadline:g} s{why}"
        return replace(state, failed=failed, terms=_terms(spec))
    return state


def _stands(state: RolloutState, spec: ClusterSpec, now: float) -> RolloutState:
    """Everybody of what is judged is available. A death after so long is an accident, and none before it counts."""
    since = now if state.gate_since is None else state.gate_since
    if now - since >= deadline_seconds(spec):
        state = replace(state, progressed_at=now)
    return replace(state, gate_since=since)


def _canary(state: RolloutState, spec: ClusterSpec, seen: Progress, now: float) -> RolloutState:
    """The gate: all canaries available for long enough, and their metric within its bound; or a person says so."""
    stage = spec.rollout.canary
    if not spec.size:
        return replace(state, promoted=True)
    if seen.available < stage.count(spec.size):
        return replace(state, gate_since=None)
    if stage.metric is not None and stage.most is not None:
        if seen.metric is None:
            return replace(state, gate_since=None)
        if seen.metric > stage.most:
            failed = f"its canaries' {stage.metric} is {seen.metric:.3g}, at most {stage.most:g} was allowed"
            return replace(state, failed=failed, terms=_terms(spec))
    state = _stands(state, spec, now)
    since = now if state.gate_since is None else state.gate_since
    over = stage.after_seconds is not None and now - since >= stage.after_seconds
    return replace(state, promoted=over)
