"""What a creation needs before it can be planned: files, dependencies, and an image on the engine.

Before: reconcile, when something is missing or outdated. After: filling. Where one is lacking, the draft says so;
a pull is an action like any other, one at a time, with back-off.
"""

from collections.abc import Collection

from reconciler.plan.actions import PullImage
from reconciler.plan.backoff import retry_at
from reconciler.plan.draft import Draft
from reconciler.plan.groups import image_for
from reconciler.plan.limits import Limits
from reconciler.plan.plan import Wait
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.observed import Observed


def gate(spec: ClusterSpec, wanted: Wanted, ready_clusters: Collection[str], *, cold: bool) -> Wait | None:
    """Why nothing may be created now: a file that isn't there, or a dependency that a cold cluster waits for."""
    if wanted.missing_files:
        files = ", ".join(wanted.missing_files)
        return Wait(reason="FileMissing", message=f"{files}: no such file; put it there, creation waits for it")
    waiting_for = [name for name in spec.depends_on if name not in ready_clusters]
    if not waiting_for or not cold:
        return None
    return Wait(reason="DependencyNotReady", message=f"waits until {', '.join(waiting_for)} is ready")


def source_image(wanted: Wanted, observed: Observed, draft: Draft, now: float, limits: Limits) -> Image | None:
    """The image to create from; None after the draft was told of the pull, or why there is none.

    An image of an earlier version is never fetched: its tag means another one by now.
    """
    spec, image = wanted.spec, image_for(wanted, observed)
    if spec is None:
        return None
    if wanted.pinned is not None:
        if image is None:
            message = f"{spec.image} as it was ({wanted.pinned[:19]}) is not on this engine any more"
            draft.waits.append(Wait(reason="ImageMissing", message=message))
        return image
    stale = spec.pull == "always" and observed.pulled.get(spec.name) != wanted.generation
    if image is not None and not stale:
        return image
    if spec.pull == "never":
        message = f"{spec.image} is not on this engine and `pull: never` forbids to fetch it"
        draft.waits.append(Wait(reason="ImageMissing", message=message))
        return None
    if any(flight.kind == "pull" for flight in observed.in_flight.get(spec.name, ())):
        draft.waits.append(Wait(reason="Pulling", message=f"fetching {spec.image}"))
        return None
    setback = observed.setbacks.get(spec.name, {}).get("pull")
    until = retry_at(setback, limits) if setback else now
    if setback is not None and now < until:
        message = f"{setback.message}; next try in {until - now:.0f} s"
        draft.waits.append(Wait(reason="ImagePullBackOff", message=message))
        draft.wake_at.append(until)
        return None
    cause = "not on this engine" if image is None else "`pull: always` and a new spec"
    draft.add((PullImage(cluster=spec.name, image=spec.image, policy=spec.pull, cause=cause),))
    return None
